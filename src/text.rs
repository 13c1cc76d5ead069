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

/// A number to four significant digits, for reading: `0.9984`, `2.1e-4`, `∞`; a dash for NaN.
pub fn short(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "–".into() } else { format!("{}∞", if x < 0.0 { "-" } else { "" }) };
    }
    let scientific = format!("{x:.3e}");
    let (digits, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a whole number");
    let trimmed = |text: &str| match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text.to_owned(),
    };
    if x == 0.0 {
        "0".into()
    } else if (-3..6).contains(&exponent) {
        trimmed(&format!("{x:.*}", (3 - exponent).max(0) as usize))
    } else {
        format!("{}e{exponent}", trimmed(digits))
    }
}

/// Text for a cell of a spreadsheet: what a spreadsheet would run as a formula gets an apostrophe in front.
pub fn inert(text: &str) -> std::borrow::Cow<'_, str> {
    // The wide forms of the signs are signs to a spreadsheet too.
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(signs) { format!("'{text}").into() } else { text.into() }
}

/// `1 run`, `2 runs`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The known name nearest to a mistyped one, whatever the case, if any is near.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = typed.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|&(distance, name)| {
            let shorter = name.chars().count().min(lower.chars().count());
            distance <= 1 + shorter / 4 && distance < shorter
        })
        .min_by_key(|&(distance, name)| {
            (distance, !name.to_lowercase().starts_with(lower.chars().next().unwrap_or(' ')))
        })
        .map(|(_, name)| name)
}

/// Text for HTML and XML, in elements and in quoted attributes; it hides nothing and turns no direction of writing.
pub fn markup(text: &str) -> String {
    masked(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Text as a basic string of TOML, on one line.
pub fn toml(text: &str) -> String {
    // The escapes are JSON's, but for one character that JSON takes as it is.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Text as one word of a POSIX shell.
pub fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,/:@%+".contains(c);
    let bare = !text.is_empty() && text.chars().all(plain);
    if bare { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Bytes as a person reads them: `812 B`, `1.5 KiB`, `107 MiB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return format!("{} {unit}", short((value * 10.0).round() / 10.0));
        }
        value /= 1024.0;
    }
    format!("{} TiB", short(value))
}

/// Text for a terminal: control characters, which could move the cursor or hide what follows, and marks that turn the
/// direction of writing or take no room, written out.
pub fn plain(text: &str) -> String {
    text.chars().map(spelt).collect()
}

fn spelt(c: char) -> String {
    if hides(c) { c.escape_default().collect() } else { c.to_string() }
}

/// Whether a character does something to those around it.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// [`plain`] but for the ends of lines and tabs, which a cell of a table may have.
pub fn plain_lines(text: &str) -> std::borrow::Cow<'_, str> {
    let harmless = |c: char| !hides(c) || "\n\t".contains(c);
    match text.chars().all(harmless) {
        true => text.into(),
        false => text.chars().map(|c| if harmless(c) { c.to_string() } else { spelt(c) }).collect::<String>().into(),
    }
}

/// Text with every character at the byte where it was, and in place of those that would obey or hide something a mark of
/// as many bytes. ASCII is left alone.
pub fn masked(text: &str) -> std::borrow::Cow<'_, str> {
    let mask = |c: char| match c.len_utf8() {
        2 if hides(c) => '¤',
        3 if hides(c) => char::REPLACEMENT_CHARACTER,
        4 if hides(c) => '\u{1f6ab}',
        _ => c,
    };
    match text.chars().all(|c| mask(c) == c) {
        true => text.into(),
        false => text.chars().map(mask).collect::<String>().into(),
    }
}

/// [`plain`], cut to 60 characters: a stranger's text within a message.
pub fn brief(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = plain(&text.chars().take(MOST).collect::<String>());
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_masked_in_its_place() {
        assert_eq!(masked("a\u{9b}31m\u{202e}é\n\u{e0041}"), "a¤31m\u{fffd}é\n\u{1f6ab}");
        assert_eq!(markup("a\u{2066}<b>"), "a\u{fffd}&lt;b&gt;");
        assert_eq!(plain_lines("a\u{1b}[\n\tb"), "a\\u{1b}[\n\tb");
    }

    #[test]
    fn floats_are_short_and_read_back() {
        for (x, text) in [(0.01, "0.01"), (1e-8, "1e-8"), (200.0, "200"), (1e-3, "0.001"), (0.0, "0"), (1e20, "1e20")] {
            assert_eq!(float(x), text);
            assert_eq!(text.parse::<f64>(), Ok(x));
        }
    }

    #[test]
    fn numbers_for_reading_have_four_digits_at_most() {
        let cases = [
            (0.0, "0"),
            (0.99841, "0.9984"),
            (0.000_214_9, "2.149e-4"),
            (0.01, "0.01"),
            (0.00999999, "0.01"),
            (12345.6, "12346"),
            (-3.0, "-3"),
            (2.5e7, "2.5e7"),
            (f64::INFINITY, "∞"),
            (f64::NAN, "–"),
        ];
        for (x, text) in cases {
            assert_eq!(short(x), text);
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("2-6-1"), "2-6-1");
        for text in ["+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]
        {
            assert_eq!(inert(text), format!("'{text}"));
        }
    }

    #[test]
    fn near_misses_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("adamm", ["sgd", "adam", "adamw"]), Some("adam"));
        assert_eq!(nearest("frobnicate", ["sgd", "adam"]), None);
        assert_eq!(nearest("XOR", ["and", "xor"]), Some("xor"));
        assert_eq!(nearest("xr", ["or", "xor"]), Some("xor"), "the first letter decides");
        assert_eq!(nearest("two-moons", ["circles", "two_moons"]), Some("two_moons"));
        assert_eq!(nearest("z", ["a", "y"]), None, "one letter is near to every other");
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn a_terminal_sees_what_would_move_or_hide_text() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d\u{200b}e"), r"a\u{1b}[2Jb\nc\u{202e}d\u{200b}e");
        assert_eq!(plain("löss ≤ 1 中文"), "löss ≤ 1 中文");
    }

    #[test]
    fn a_strangers_text_is_cut() {
        assert_eq!(brief(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(brief(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_string_of_toml(text: String, control in "[\u{0}-\u{1f}\u{7f}\"'\\\\]{0,9}") {
            let text = text + &control;
            let line = format!("key = {}", toml(&text));
            let read: ::toml::Table = line.parse().expect("TOML");
            proptest::prop_assert_eq!(read["key"].as_str(), Some(&*text));
            proptest::prop_assert!(!line.contains('\n'));
        }
    }

    #[test]
    fn markup_is_defused() {
        let text = r#"<a href='x' title="y">&amp;</a>"#;
        assert_eq!(markup(text), "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;&lt;/a&gt;");
    }
}
