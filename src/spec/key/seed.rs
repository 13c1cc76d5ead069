//! `seed`: the replicate, one of the file's `seeds`.

use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable};
use crate::diag::Diagnostic;
use crate::param::{Domain, Field, Value};
use crate::spec::tree::Node;

/// `seed`, which is written as `seeds` at the top of a file and is not an axis.
#[derive(Debug)]
pub(super) struct Seed;

pub(super) static KEY: Seed = Seed;

const FLAG: Flag = Flag {
    long: "seed",
    alias: None,
    value: "N",
    help: "The replicate: draws data, weights and batch order",
    default: "0",
    key: "seeds",
    toml: |typed| format!("[{typed}]"),
};

impl Holds<u64> for Seed {
    fn initial(&self) -> u64 {
        0
    }
}

impl Key for Seed {
    fn name(&self) -> &'static str {
        "seed"
    }

    /// A grid has none: `seeds` stands at the top of a file.
    fn spellings(&self) -> &[&'static str] {
        &[]
    }

    fn names(&self) -> Vec<&'static str> {
        vec!["seed"]
    }

    fn about(&self) -> &'static str {
        "the replicate; `seeds = 10` at the top of a file runs ten of every grid point"
    }

    fn explain(&self) -> String {
        "    seeds = 1  How many, from 0, or a list of seeds; each draws data, first weights and batch order\n".into()
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        vec![(9, "seed")]
    }

    fn default(&'static self) -> Option<Decision> {
        None
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        let error = Diagnostic::error("seeds are replicates of every grid point", &node.span);
        reader.tell(error.help("write them at the top of the file: seeds = 10"));
        None
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        vec![("seed", run.seed.get())]
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        self.values(run)
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let seed = said("seed").ok_or_else(|| Unreadable::missing("seed"))?;
        run.seed = u64::read(seed, Domain::Any).map_err(|why| Unreadable::new("seed", why))?;
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        Some(&FLAG)
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        Some(("seeds", format!("[{}]", run.seed)))
    }
}
