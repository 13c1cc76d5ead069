//! Numbers and words as people read them, and text made safe for where it goes.

/// The shortest decimal that reads back as `x`: `0.01`, `200`, `1e-8`.
pub fn float(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 {
        "0".into()
    } else if (1e-4..1e16).contains(&magnitude) || !x.is_finite() {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

/// `1 run`, `2 runs`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The known name nearest to a mistyped one, if any is near.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|&(distance, name)| distance <= 1 + name.len().min(typed.len()) / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_short_and_read_back() {
        for (x, text) in [(0.01, "0.01"), (1e-8, "1e-8"), (200.0, "200"), (1e-3, "0.001"), (0.0, "0"), (1e20, "1e20")] {
            assert_eq!(float(x), text);
            assert_eq!(text.parse::<f64>(), Ok(x));
        }
    }

    #[test]
    fn near_misses_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("adamm", ["sgd", "adam", "adamw"]), Some("adam"));
        assert_eq!(nearest("frobnicate", ["sgd", "adam"]), None);
    }
}
