//! The command that trains a run again.

use crate::spec::{KeyId, RunConfig};
use crate::text;

/// `tallow train …` of a run. A CSV dataset's path is as the experiment file gives it.
pub fn command(run: &RunConfig) -> String {
    let (mut flags, mut others) = (Vec::new(), Vec::new());
    // The replicate comes last.
    let (seed, keys): (Vec<KeyId>, Vec<KeyId>) = KeyId::all().partition(|key| key.name() == "seed");
    for key in keys {
        let Some((name, toml)) = key.toml(run) else { continue };
        match key.flag().map(|flag| (flag.long, flag.word(&toml))) {
            Some((flag, Some(word))) => flags.push(format!("--{flag} {}", text::shell(&word))),
            Some((_, None)) => flags.push(format!("--set {}", text::shell(&format!("{name}={toml}")))),
            None => others.push(format!("--set {}", text::shell(&format!("{name}={toml}")))),
        }
    }
    let seed = seed.iter().filter_map(|key| Some(format!("--{} {}", key.flag()?.long, run.seed)));
    format!("tallow train {}", flags.into_iter().chain(others).chain(seed).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::spec::Experiment;

    fn run(overrides: &[&str]) -> RunConfig {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        Plan::new(&Experiment::of_overrides("test", &overrides).expect("sound")).expect("a plan").run(0).config
    }

    #[test]
    fn the_command_is_what_a_person_would_type() {
        let simple = run(&["dataset=xor", "hidden=[[8, 4]]", "seeds=[3]"]);
        assert_eq!(
            command(&simple),
            "tallow train --dataset xor --hidden 8,4 --activation relu --optimizer adam --lr 0.01 --epochs 200 \
             --batch-size 100 --seed 3"
        );
        let settings = run(&["dataset=xor", "optimizer={ name = \"sgd\", momentum = 0.9 }", "points=500"]);
        let command = command(&settings);
        assert!(command.contains(r#"--set 'optimizer={ name = "sgd", momentum = 0.9 }'"#), "{command}");
        assert!(command.ends_with("--set points=500 --seed 0"), "{command}");
    }
}
