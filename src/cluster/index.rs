//! Which part of a sweep this process is to train, as the engine that started it says.

/// What an engine calls the index it hands to a task.
const HYPERQUEUE: &str = "HQ_TASK_ID";
const SLURM: &str = "SLURM_ARRAY_TASK_ID";
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";

/// A part that cannot be told. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(String);

/// The part, from 1, and how many there are; `of` is their number if the user gave it. `variable` looks into the
/// environment.
///
/// Slurm says where its array begins and ends, so it may begin anywhere. The others say the index alone: it counts
/// from 0. HyperQueue is asked first, since it may run within a Slurm job.
pub fn part(of: Option<u64>, variable: impl Fn(&str) -> Option<String>) -> Result<(u64, u64), Unknown> {
    let number = |name: &str| -> Result<Option<u64>, Unknown> {
        let wrong = |text: &str| Unknown(format!("{name} is `{}`, not a number", crate::text::plain(text)));
        variable(name).map(|text| text.trim().parse().map_err(|_| wrong(&text))).transpose()
    };
    let told = |what: &str| Unknown(what.to_owned());
    if let Some(index) = number(HYPERQUEUE)? {
        return from_zero(HYPERQUEUE, index, of.ok_or_else(|| no_count(HYPERQUEUE))?);
    }
    if let Some(index) = number(SLURM)? {
        let named = |end: &str| number(&format!("SLURM_ARRAY_TASK_{end}"));
        let (count, min, max) = (named("COUNT")?, named("MIN")?, named("MAX")?);
        let step = named("STEP")?.filter(|&step| step > 0).unwrap_or(1);
        return match (count, min, max) {
            (Some(count), Some(min), Some(max))
                if max >= min && (max - min) / step + 1 == count && (min..=max).contains(&index) =>
            {
                match of.filter(|&of| of != count) {
                    None => Ok(((index - min) / step + 1, count)),
                    Some(of) if count < of => from_zero(SLURM, index, of),
                    Some(of) => Err(Unknown(format!("the job array has {count} tasks, more than {of} parts"))),
                }
            }
            // An array of chosen indices, such as --array=3,5, trains some of the parts again.
            _ => from_zero(SLURM, index, of.ok_or_else(|| told(GAPS))?),
        };
    }
    if let Some(index) = number(KUBERNETES)? {
        let of = of.map_or_else(|| number("JOB_COMPLETIONS"), |of| Ok(Some(of)))?;
        return from_zero(KUBERNETES, index, of.ok_or_else(|| no_count(KUBERNETES))?);
    }
    Err(told(
        "no engine has given this process an index: neither SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX nor HQ_TASK_ID is set; write 2/8",
    ))
}

const GAPS: &str = "the job array has gaps, so its length does not say how many parts there are; write auto/8, and \
                    indices that count from 0";

fn no_count(name: &str) -> Unknown {
    Unknown(format!("{name} does not say how many parts there are; write auto/8"))
}

fn from_zero(name: &str, index: u64, of: u64) -> Result<(u64, u64), Unknown> {
    if index < of {
        return Ok((index + 1, of));
    }
    Err(Unknown(format!("{name} is {index}, and indices of {of} parts count from 0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(of: Option<u64>, variables: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let look =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        part(of, look).map_err(|error| error.to_string())
    }

    fn slurm(id: &'static str, [min, max, count, step]: [&'static str; 4]) -> [(&'static str, &'static str); 5] {
        let [a, b, c, d] =
            ["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP"];
        [(SLURM, id), (a, min), (b, max), (c, count), (d, step)]
    }

    #[test]
    fn an_array_of_slurm_may_begin_anywhere() {
        assert_eq!(said(None, &slurm("0", ["0", "7", "8", "1"])), Ok((1, 8)));
        assert_eq!(said(None, &slurm("8", ["1", "8", "8", "1"])), Ok((8, 8)));
        assert_eq!(said(None, &slurm("12", ["10", "13", "4", "1"])), Ok((3, 4)));
        assert_eq!(said(None, &slurm("6", ["0", "14", "8", "2"])), Ok((4, 8)), "--array=0-14:2");
    }

    #[test]
    fn an_array_with_gaps_needs_the_number_of_parts() {
        let five = slurm("5", ["3", "5", "2", "1"]);
        assert!(said(None, &five).is_err_and(|error| error.contains("gaps")));
        assert_eq!(said(Some(8), &five), Ok((6, 8)));
        assert_eq!(said(Some(8), &slurm("3", ["3", "3", "1", "1"])), Ok((4, 8)), "one part again");
        assert!(said(Some(5), &five).is_err_and(|error| error.contains("from 0")));
        assert!(said(Some(2), &slurm("0", ["0", "7", "8", "1"])).is_err_and(|error| error.contains("more than")));
        assert!(said(None, &[(SLURM, "1")]).is_err());
    }

    #[test]
    fn kubernetes_and_hyperqueue_count_from_zero() {
        assert_eq!(said(Some(8), &[(KUBERNETES, "0")]), Ok((1, 8)));
        assert_eq!(said(None, &[(KUBERNETES, "7"), ("JOB_COMPLETIONS", "8")]), Ok((8, 8)));
        assert!(said(None, &[(KUBERNETES, "0")]).is_err_and(|error| error.contains("auto/8")));
        assert!(said(Some(8), &[(HYPERQUEUE, "8")]).is_err_and(|error| error.contains("from 0")));
        let within = [&slurm("2", ["1", "4", "4", "1"])[..], &[(HYPERQUEUE, "5")]].concat();
        assert_eq!(said(Some(8), &within), Ok((6, 8)), "HyperQueue within a Slurm job");
    }

    #[test]
    fn nothing_and_nonsense_are_told() {
        assert!(said(None, &[]).is_err_and(|error| error.contains("2/8")));
        assert!(
            said(None, &[(SLURM, "x\u{1b}")])
                .is_err_and(|error| error.contains("not a number") && !error.contains('\u{1b}'))
        );
    }
}
