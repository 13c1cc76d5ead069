//! The command line: what may be typed, and where it goes. The only module that touches the terminal.

mod answer;
mod apart;
mod chosen;
mod claim;
mod compare;
mod conflict;
mod confusion;
mod data;
mod diff;
mod exit;
mod export;
mod finish;
mod follow;
mod forecast;
mod handover;
mod init;
mod interrupt;
mod jobs;
mod journal;
mod keys;
mod machine;
mod partition;
mod plan;
mod predict;
mod progress;
mod progress_file;
mod provenance;
mod publish;
mod report;
mod save;
mod selection;
mod show;
mod sketch;
mod store;
mod submission;
mod submit;
mod sweep;
mod tally;
mod terminal;
mod train;
mod verified;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use exit::Exit;

const EXAMPLES: &str = "\
Examples:
  tallow sweep experiments/xor.toml              train what is new, write reports/xor/
  tallow plan experiments/xor.toml               what a sweep would train, and how long it takes
  tallow compare experiments/xor.toml            the answer, here
  tallow train --dataset xor --hidden 6 --lr 0.01
  tallow keys optimizer                          what an experiment file may say

Exit codes: 0 done, 1 some runs failed or a check found a difference, 2 wrong request, 130 interrupted.";

/// Train every network of a grid, reproducibly, and see which is best.
#[derive(Parser, Debug)]
#[command(name = "tallow", version = provenance::version(), after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Train what the store lacks, and write the report
    #[command(after_help = "\
Examples:
  tallow sweep experiments/xor.toml
  tallow sweep experiments/xor.toml --jobs 4 --set seeds=50
  tallow sweep experiments/xor.toml --only optimizer=adam,learning_rate=0.01
  tallow sweep experiments/xor.toml --partition 2/8 --store part-2.db

Ctrl-C keeps what is finished; the same command goes on from there.")]
    Sweep(sweep::Args),

    /// Print what a sweep would train and what it would take: new, cached and diverged runs, time, memory
    #[command(after_help = "\
Examples:
  tallow plan experiments/xor.toml
  tallow plan experiments/xor.toml --list --only seed=0
  tallow plan experiments/xor.toml --format json")]
    Plan(plan::Args),

    /// Write the report of the stored runs, or check the one on disk
    #[command(after_help = "\
Examples:
  tallow report experiments/xor.toml
  tallow report experiments/xor.toml --summary   also on the page of a GitHub job
  tallow report experiments/xor.toml --check     exit 1 if reports/xor is not what the store says")]
    Report(report::Args),

    /// Print the answer in the terminal, or as a table
    #[command(after_help = "\
Examples:
  tallow compare experiments/xor.toml
  tallow compare experiments/optimizers.toml --by activation
  tallow compare experiments/xor.toml --format latex")]
    Compare(compare::Args),

    /// Print one stored run: description, parameters, loss, history, and the command that trains it again
    #[command(after_help = "\
Examples:
  tallow show 3fa9c2                             as much of the identity as no other run shares")]
    Show(show::Args),

    /// Train one run, without a file and without a store
    #[command(after_help = "\
Examples:
  tallow train --dataset xor --hidden 6 --activation relu --optimizer adam --lr 0.01 --epochs 200
  tallow train --dataset '{ name = \"spirals\", noise = 0.1 }' --hidden 8,8 --activation tanh
  tallow train --dataset prod --set points=500 --set schedule=cosine --seed 7")]
    Train(train::Args),

    /// What a trained network says of the rows of a new file: classes and probabilities, or values
    #[command(after_help = "\
Examples:
  tallow predict 3fa9c2 new.csv > predictions.csv       one run, by its identity
  tallow predict houses.toml new.csv --best             the best setting of an experiment
  tallow predict houses.toml new.csv --best --ensemble seeds

The file needs the columns that the network was trained on, in any order; a target is not looked at.
It is read, imputed and scaled as the training rows were.")]
    Predict(predict::Args),

    /// A trained network as a file for PyTorch (safetensors), for ONNX runtimes, or to read (JSON)
    #[command(after_help = "\
Examples:
  tallow save 3fa9c2 --format onnx -o houses.onnx       with the preprocessing inside
  tallow save 3fa9c2 --format safetensors -o houses.safetensors
  tallow save houses.toml --best --format json")]
    Save(save::Args),

    /// Print a table of your own column by column: types, missing cells, ranges, how the target is read, what is suspicious
    #[command(after_help = "\
Examples:
  tallow data houses.csv --target price
  tallow data trees.data --set header=false")]
    Data(data::Args),

    /// Write an experiment file for a table, with comments, that runs at once
    #[command(after_help = "\
Examples:
  tallow init houses.csv --target price          on stdout
  tallow init houses.csv --target price -o houses.toml")]
    Init(init::Args),

    /// List every dataset: formula, task, settings and their defaults
    Datasets,

    /// List the keys of an experiment file, with their values: optimizers, activations, schedules, initializers
    #[command(after_help = "\
Examples:
  tallow keys                                    every key with its values
  tallow keys optimizer                          one key")]
    Keys(keys::Args),

    /// Train stored runs again and compare every bit
    #[command(after_help = "\
Examples:
  tallow verify experiments/xor.toml --sample 50
  tallow verify experiments/xor.toml --all
  tallow verify 3fa9c2                           one stored run, by its identity")]
    Verify(verify::Args),

    /// Submit the runs that the store lacks to a cluster: one job array, then one job that merges and reports
    #[command(after_help = "\
Examples:
  tallow submit experiments/xor.toml --engine slurm --tasks 16 --time 1:00:00
  tallow submit experiments/xor.toml --cpus 8 --sbatch-arg=--account=lab --wait
  tallow submit experiments/xor.toml --dry-run   only print the batch scripts

All nodes must see the folder. `tallow jobs` lists what was submitted.")]
    Submit(submit::Args),

    /// List what was submitted to a cluster, with its progress; resubmit, cancel or finish it
    #[command(after_help = "\
Examples:
  tallow jobs
  tallow jobs resubmit xor-1                     the missing runs, nothing else
  tallow jobs cancel xor-1")]
    Jobs(jobs::Args),

    /// Inspect a store, check it, or merge several
    #[command(
        subcommand,
        after_help = "\
Examples:
  tallow store info
  tallow store check --store damaged.db --salvage saved.db
  tallow store merge part-*.db --into .tallow/store.db"
    )]
    Store(store::Command),

    /// Print what moved between two reports by more than its interval
    #[command(after_help = "\
Examples:
  tallow diff HEAD~1:reports/xor reports/xor
  tallow diff before/xor after/xor --tolerance 0.05
  tallow diff before.db .tallow/store.db --of experiments/xor.toml")]
    Diff(diff::Args),

    /// Print any table of a report
    #[command(after_help = "\
Examples:
  tallow export experiments/xor.toml --table history > history.csv
  tallow export experiments/xor.toml --table comparison --format latex")]
    Export(export::Args),

    /// Trains one run for another process
    #[command(name = apart::COMMAND, hide = true)]
    TrainApart(apart::Args),

    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  tallow completions bash > ~/.local/share/bash-completion/completions/tallow")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Does what the arguments say; the process's exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = cli.command.run().unwrap_or_else(exit::Error::tell);
    ExitCode::from(exit as u8)
}

impl Command {
    fn run(&self) -> exit::Result<Exit> {
        match self {
            Self::Sweep(args) => sweep::run(args),
            Self::Plan(args) => plan::run(args),
            Self::Report(args) => report::run(args),
            Self::Compare(args) => compare::run(args),
            Self::Show(args) => show::run(args),
            Self::Train(args) => train::run(args),
            Self::Predict(args) => predict::run(args),
            Self::Save(args) => save::run(args),
            Self::Data(args) => data::run(args),
            Self::Init(args) => init::run(args),
            Self::Datasets => keys::run_datasets(),
            Self::Keys(args) => keys::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Submit(args) => submit::run(args),
            Self::Jobs(args) => jobs::run(args),
            Self::Store(command) => store::run(command),
            Self::Diff(args) => diff::run(args),
            Self::Export(args) => export::run(args),
            Self::TrainApart(args) => apart::run(args),
            Self::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(*shell, &mut Cli::command(), "tallow", &mut script);
                terminal::print(script)?;
                Ok(Exit::Done)
            }
        }
    }
}
