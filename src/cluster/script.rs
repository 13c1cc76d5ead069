//! The batch scripts of a submission, as text for the engine and for people.

use super::{Request, Submission};
use crate::text;

impl Submission {
    /// The script of the job array: task K trains slice K into a store of its own.
    pub fn tasks_script(&self) -> String {
        let Self { tasks, runs, request, .. } = self;
        let mut script = format!(
            "#!/usr/bin/env bash\n# {tasks} tasks that train {runs} runs of {}; made by `tallow submit`.\n",
            text::plain(&self.experiment.display().to_string())
        );
        script += &self.directives("%a");
        script += &format!("#SBATCH --array=1-{tasks}\n#SBATCH --cpus-per-task={}\n", request.cpus.unwrap_or(1));
        script += &request.gpus.map(|gpus| format!("#SBATCH --gpus={gpus}\n")).unwrap_or_default();
        let [program, copy, data, job] =
            [&self.program, &self.copy(), &self.data, &self.folder()].map(|path| text::shell(&path.to_string_lossy()));
        let named = |flag: &str, values: &[String]| -> String {
            values.iter().map(|value| format!(" \\\n    {flag} {}", text::shell(value))).collect()
        };
        let changes = named("--set", &self.set) + &named("--only", &self.only);
        let device = if request.gpus.is_some() { " --device cuda" } else { "" };
        script
            + &format!(
                "\nset -euo pipefail
shopt -s nullglob
cd {project}
own={job}/tasks/$SLURM_ARRAY_TASK_ID
# Each attempt has a store of its own: a task may start again while its first copy still runs.
earlier=(\"$own\"/*.db)
attempt=$own/${{SLURM_RESTART_COUNT:-0}}-$(hostname)-$$
exec {program} sweep {copy} --data-folder {data}{changes} \\
    --partition @{job}/slices/\"$SLURM_ARRAY_TASK_ID\" --store \"$attempt.db\" \"${{earlier[@]/#/--resume=}}\" \\
    --progress-file \"$attempt.json\" --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\"{device}
",
                project = text::shell(&self.project.to_string_lossy()),
            )
    }

    /// The script of the job that merges and reports.
    pub fn finish_script(&self) -> String {
        let [program, project] = [&self.program, &self.project].map(|path| text::shell(&path.to_string_lossy()));
        format!(
            "#!/usr/bin/env bash
# Merges what the tasks have trained and writes the report; may run twice, also at once.
{}
set -euo pipefail
cd {project}
exec {program} jobs finish {}
",
            self.directives("finish"),
            text::shell(&self.id)
        )
    }

    fn directives(&self, log: &str) -> String {
        let Request { queue, time, sbatch, .. } = &self.request;
        // Slurm puts its own words in place of what begins with a percent sign.
        let folder = self.folder().to_string_lossy().replace('%', "%%");
        let named = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("--{name}={value}"));
        let own = [
            format!("--job-name={}", self.name),
            format!("--output={folder}/logs/{log}.log"),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
        ];
        let asked = [named("partition", queue), named("time", time)].into_iter().flatten();
        own.into_iter().chain(asked).chain(sbatch.iter().cloned()).map(|word| directive(&word)).collect()
    }
}

/// A line by which a script says an argument of sbatch; quoted, as sbatch reads it, where it must be.
fn directive(word: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_=.,/:@%+*[]".contains(c);
    if word.chars().all(bare) {
        return format!("#SBATCH {word}\n");
    }
    format!("#SBATCH \"{}\"\n", word.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell_are_quoted_where_they_must_be() {
        for (text, word) in
            [("a-b/c.toml", "a-b/c.toml"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("$x", "'$x'")]
        {
            assert_eq!(text::shell(text), word);
        }
    }

    #[test]
    fn an_argument_of_sbatch_is_one_word_whatever_it_holds() {
        for (word, line) in [
            ("--account=lab", "#SBATCH --account=lab\n"),
            ("--comment=a # b", "#SBATCH \"--comment=a # b\"\n"),
            (r#"--comment=a"b\c"#, "#SBATCH \"--comment=a\\\"b\\\\c\"\n"),
        ] {
            assert_eq!(directive(word), line);
        }
    }
}
