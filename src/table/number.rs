//! Numbers as they are written in a cell: read exactly, or recognized as written in another notation.

use super::reading::Reading;

/// The marks that numbers are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notation {
    pub decimal: char,
    pub thousands: Option<char>,
}

impl Notation {
    /// The usual one: a point, and nothing between thousands.
    pub(super) const PLAIN: Self = Self { decimal: '.', thousands: None };

    /// The one that was said.
    pub(super) fn of(reading: &Reading) -> Self {
        Self { decimal: reading.decimal, thousands: reading.thousands }
    }
}

/// A finite number as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// The nearest `f64`.
    pub value: f64,
    /// Leading zeros, as codes have: `007`.
    pub padded: bool,
    /// A whole number that `f64` does not hold: 2⁵³ + 1 and others beyond.
    pub inexact: bool,
}

/// Powers of ten that `f64` holds exactly and a mantissa of 15 digits needs.
const POWERS: [f64; 16] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number at the start of `bytes` and its length, where it is short and plain: an optional minus, digits without
/// leading zeros, a decimal mark and digits, 15 digits at most. Then mantissa and power of ten are exact, so that one
/// division rounds correctly (Clinger 1990). `None` sends the cell to [`parse`].
#[inline(always)]
pub(super) fn short(bytes: &[u8], decimal: u8) -> Option<(f64, usize)> {
    let digit = |at: usize| bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10);
    let negative = bytes.first() == Some(&b'-');
    let first = usize::from(negative);
    let (mut at, mut mantissa) = (first, 0_u64);
    while let Some(next) = digit(at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(next));
        at += 1;
    }
    let mut digits = at - first;
    if digits == 0 || (digits > 1 && bytes[first] == b'0') {
        return None;
    }
    let mut value = mantissa as f64;
    if bytes.get(at) == Some(&decimal) {
        at += 1;
        let from = at;
        while let Some(next) = digit(at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(next));
            at += 1;
        }
        digits += at - from;
        value = mantissa as f64 / POWERS.get(at - from)?;
    }
    (digits <= 15).then_some((if negative { -value } else { value }, at))
}

/// The number that a cell is, if it is one: sign, digits (parted by the thousands mark into groups of three, or two as
/// in India, before the last three), decimal mark, digits, exponent. Rounded to the nearest `f64`.
pub(super) fn parse(cell: &str, notation: Notation) -> Option<Number> {
    let (sign, rest) = match cell.chars().next()? {
        '-' | '\u{2212}' => ("-", &cell[cell.chars().next()?.len_utf8()..]),
        '+' => ("", &cell[1..]),
        _ => ("", cell),
    };
    if !rest.starts_with(|c: char| c.is_ascii_digit() || c == notation.decimal) {
        return None;
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once(notation.decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = match notation.thousands {
        Some(mark) if whole.contains(mark) => ungrouped(whole, mark)?,
        _ => whole.to_owned(),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.unwrap_or("");
    if !all_digits(&whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let exponent_digits = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    if exponent_digits.is_some_and(|digits| digits.is_empty() || !all_digits(digits)) {
        return None;
    }
    let plain = format!("{sign}{whole}.{fraction}0e{}", exponent.unwrap_or("0"));
    let value: f64 = plain.parse().ok().filter(|x: &f64| x.is_finite())?;
    let is_whole = exponent.is_none() && fraction.bytes().all(|b| b == b'0');
    let held = || whole.parse::<u128>().is_ok_and(|digits| value.abs() as u128 == digits);
    let inexact = is_whole && whole.trim_start_matches('0').len() > 15 && !held();
    let padded = whole.len() > 1 && whole.starts_with('0') && fraction.is_empty() && exponent.is_none();
    Some(Number { value, padded, inexact })
}

/// Digits without the mark between their groups, if the groups are ones of thousands.
fn ungrouped(whole: &str, mark: char) -> Option<String> {
    let groups: Vec<&str> = whole.split(mark).collect();
    let (last, before) = groups.split_last()?;
    let (first, between) = before.split_first()?;
    let digits = |group: &&str| group.bytes().all(|b| b.is_ascii_digit());
    let of_three = between.iter().all(|group| group.len() == 3);
    let of_two = between.iter().all(|group| group.len() == 2) && first.len() <= 2;
    let right = last.len() == 3 && (1..=3).contains(&first.len()) && (of_three || of_two);
    (right && groups.iter().all(digits)).then(|| groups.concat())
}

/// How a cell that is not a number in the notation given would be one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Otherwise {
    /// `12,5`.
    Decimal(char),
    /// `1,234,567`, `1 234`.
    Thousands(char),
    /// `1,234`: thousands, or a decimal mark.
    Either(char),
    /// `1.234,56`: thousands mark, decimal mark.
    Both(char, char),
    /// `$12.50`, `12 %`: the unit.
    Unit(String),
    /// `inf`, `1e999`.
    Infinite,
}

/// The marks that part thousands somewhere.
const THOUSANDS: [char; 8] = [',', '.', ' ', '\u{a0}', '\u{202f}', '\'', '’', '_'];

/// What notation a cell seems to be in that is not a number in its own file's.
pub(super) fn otherwise(cell: &str) -> Option<Otherwise> {
    let bare = cell.trim_start_matches(['+', '-', '\u{2212}']);
    if ["inf", "infinity"].contains(&&*bare.to_lowercase()) || overflows(bare) {
        return Some(Otherwise::Infinite);
    }
    marked(bare).or_else(|| with_unit(cell).map(|(unit, _)| Otherwise::Unit(unit)))
}

/// Whether it is a number too large for `f64`.
fn overflows(bare: &str) -> bool {
    bare.starts_with(|c: char| c.is_ascii_digit()) && bare.parse::<f64>().is_ok_and(f64::is_infinite)
}

fn marked(bare: &str) -> Option<Otherwise> {
    if !bare.starts_with(|c: char| c.is_ascii_digit()) || !bare.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut marks: Vec<char> = bare.chars().filter(|c| !c.is_ascii_digit()).collect();
    let count = marks.len();
    let last = *marks.last()?;
    marks.dedup();
    let reads = |decimal, thousands| parse(bare, Notation { decimal, thousands }).is_some();
    match marks[..] {
        [mark] if !THOUSANDS.contains(&mark) => None,
        [mark] if reads('\0', Some(mark)) => Some(if count == 1 && [',', '.'].contains(&mark) {
            Otherwise::Either(mark)
        } else {
            Otherwise::Thousands(mark)
        }),
        [mark] if count == 1 && [',', '.'].contains(&mark) => Some(Otherwise::Decimal(mark)),
        [first, second] if THOUSANDS.contains(&first) && [',', '.'].contains(&second) && reads(last, Some(first)) => {
            Some(Otherwise::Both(first, second))
        }
        _ => None,
    }
}

/// The unit of a cell and the number beside it: a sign such as `$` or `%` before or after, three capital letters of a
/// currency, or letters parted by a blank.
pub(super) fn with_unit(cell: &str) -> Option<(String, String)> {
    let (sign, rest) = match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", cell.strip_prefix('+').unwrap_or(cell)),
    };
    let digit = |c: char| c.is_ascii_digit();
    let (first, last) = (rest.find(digit)?, rest.rfind(digit)?);
    // A mark may stand before the first digit: `$.50`, `$-5`.
    let start = rest[..first].trim_end_matches(['.', ',', '-']).len();
    let (before, number, after) = (&rest[..start], &rest[start..=last], &rest[last + 1..]);
    let unit = format!("{}{}", before.trim(), after.trim());
    let fits = is_unit(before, false) && is_unit(after, true) && !unit.is_empty();
    let number = format!("{sign}{number}");
    let is_number = parse(&number, Notation::PLAIN).is_some() || marked(number.trim_start_matches('-')).is_some();
    (fits && is_number).then_some((unit, number))
}

/// Whether what stands beside a number may be its unit, or is nothing.
fn is_unit(text: &str, after: bool) -> bool {
    let unit = text.trim();
    let is_sign = |c: char| !c.is_alphanumeric() && !"()[]<>+/:#*._&'\"-,;".contains(c);
    let signs = unit.chars().count() <= 2 && unit.chars().all(is_sign);
    let currency = unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_uppercase());
    let spaced =
        unit.len() < text.len() && unit.chars().count() <= 6 && unit.chars().all(|c| is_sign(c) || c.is_alphabetic());
    signs || currency || (after && spaced)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(cell: &str) -> Option<f64> {
        parse(cell, Notation::PLAIN).map(|number| number.value)
    }

    #[test]
    fn numbers_are_read_as_people_and_programs_write_them() {
        let cases = [("1", 1.0), ("-2.5", -2.5), ("+3", 3.0), (".5", 0.5), ("5.", 5.0), ("1e-3", 1e-3), ("1E+05", 1e5)];
        for (cell, x) in cases.into_iter().chain([("−4", -4.0), ("007", 7.0), ("1e400", f64::NAN)]) {
            assert_eq!(value(cell), Some(x).filter(|x| !x.is_nan()), "{cell}");
        }
        for cell in ["", "-", ".", "e5", "1e", "1e+", "1 2", "0x10", "inf", "nan", "1_000", "1,5", "--1", "1.2.3", "½"]
        {
            assert_eq!(value(cell), None, "{cell}");
        }
    }

    #[test]
    fn thousands_are_groups_of_three_and_nothing_else() {
        let german = Notation { decimal: ',', thousands: Some('.') };
        let read = |cell| parse(cell, german).map(|number| number.value);
        assert_eq!(read("1.234.567,5"), Some(1_234_567.5));
        assert_eq!(read("12,5"), Some(12.5));
        assert_eq!(read("999"), Some(999.0));
        for cell in ["12.5", "1.23", "1.2345", ".234", "1..234", "1234.567,0", "1,234.5"] {
            assert_eq!(read(cell), None, "{cell}");
        }
        let indian = Notation { decimal: '.', thousands: Some(',') };
        assert_eq!(parse("12,34,567", indian).map(|number| number.value), Some(1_234_567.0));
        let spaced = Notation { decimal: ',', thousands: Some('\u{a0}') };
        assert_eq!(parse("1\u{a0}234,5", spaced).map(|number| number.value), Some(1234.5));
    }

    #[test]
    fn whole_numbers_that_f64_does_not_hold_are_told_apart() {
        let inexact = |cell| parse(cell, Notation::PLAIN).map(|number| number.inexact);
        assert_eq!(inexact("9007199254740992"), Some(false));
        assert_eq!(inexact("9007199254740993"), Some(true));
        assert_eq!(inexact("-9007199254740993.0"), Some(true));
        assert_eq!(inexact("1700000000000000000"), Some(false), "a multiple of 256");
        assert_eq!(inexact("12345678901234567890123456789012345678901234"), Some(true));
        assert_eq!(inexact("1e30"), Some(false), "nobody counts with an exponent");
        assert_eq!(inexact("0.1"), Some(false));
    }

    #[test]
    fn other_notations_are_named() {
        use Otherwise::*;
        let unit = |unit: &str| Some(Unit(unit.into()));
        let cases = [
            ("12,5", Some(Decimal(','))),
            ("25,90", Some(Decimal(','))),
            ("8,143", Some(Either(','))),
            ("1,234,567", Some(Thousands(','))),
            ("1 234", Some(Thousands(' '))),
            ("1'234", Some(Thousands('\''))),
            ("1.234.567", Some(Thousands('.'))),
            ("1.234,56", Some(Both('.', ','))),
            ("-1,234.56", Some(Both(',', '.'))),
            ("$12.50", unit("$")),
            ("-$12.50", unit("$")),
            ("12 %", unit("%")),
            ("€ 1.234,50", unit("€")),
            ("12 kg", unit("kg")),
            ("USD 5", unit("USD")),
            ("5 °C", unit("°C")),
            ("inf", Some(Infinite)),
            ("-Infinity", Some(Infinite)),
            ("1e999", Some(Infinite)),
            ("A7", None),
            ("1st", None),
            ("18-25", None),
            ("192.168.0.1", None),
            ("(12)", None),
            ("4+", None),
            ("word", None),
        ];
        for (cell, expected) in cases {
            assert_eq!(otherwise(cell), expected, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_gives_the_standard_librarys_bits(x in any::<f64>(), digits in 0..9_usize, n in any::<i32>()) {
            for text in [format!("{x}"), format!("{n}"), format!("{:.digits$}", f64::from(n) / 1e4), format!("{x:e}")] {
                if let Some((value, length)) = short(text.as_bytes(), b'.') {
                    prop_assert_eq!(value.to_bits(), text[..length].parse::<f64>().expect("digits").to_bits());
                }
                let value = parse(&text, Notation::PLAIN).map(|number| number.value.to_bits());
                prop_assert_eq!(value, text.parse::<f64>().ok().filter(|x| x.is_finite()).map(f64::to_bits));
            }
        }

        #[test]
        fn no_cell_makes_it_panic(cell in "\\PC{0,12}|[-+$€0-9., eE%'kg]{0,12}") {
            let _ = (short(cell.as_bytes(), b'.'), parse(&cell, Notation::PLAIN), otherwise(&cell), with_unit(&cell));
        }
    }
}
