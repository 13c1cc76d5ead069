//! The batch scripts of a submission, as text for the engine and for people.

use super::Submission;
use crate::text;

impl Submission {
    /// The script of the job array: task K trains slice K into a store of its own.
    pub fn tasks_script(&self) -> String {
        let Self { id, tasks, runs, request, .. } = self;
        let mut script = format!(
            "#!/usr/bin/env bash\n# {tasks} tasks that train {runs} runs of {}; made by `tallow submit`.\n",
            self.experiment.display()
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
    --partition \"@{slices}/$SLURM_ARRAY_TASK_ID\" --store \"$attempt.db\" \"${{earlier[@]/#/--resume=}}\" \\
    --progress-file \"$attempt.json\" --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\"{device}
",
                project = text::shell(&self.project.to_string_lossy()),
                job = job,
                slices = format_args!("{}/{id}/slices", super::FOLDER),
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
            self.id
        )
    }

    fn directives(&self, log: &str) -> String {
        let mut lines = format!(
            "#SBATCH --job-name={}\n#SBATCH --output={}/logs/{log}.log\n#SBATCH --open-mode=append\n#SBATCH --requeue\n",
            self.name,
            self.folder().display()
        );
        lines += &self.request.queue.as_ref().map(|queue| format!("#SBATCH --partition={queue}\n")).unwrap_or_default();
        lines += &self.request.time.as_ref().map(|time| format!("#SBATCH --time={time}\n")).unwrap_or_default();
        lines + &self.request.sbatch.iter().map(|argument| format!("#SBATCH {argument}\n")).collect::<String>()
    }
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
}
