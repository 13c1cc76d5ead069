//! Words as they stand in a cell: each kept once, recognized as dates or as the two words of a truth value.

use std::collections::HashMap;

/// The code of a missing cell.
pub(super) const MISSING: u32 = u32::MAX;

/// The words of a column in the order in which they come, and each row's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// Of each row the place in `words`; `u32::MAX` where it is missing.
    pub codes: Vec<u32>,
    /// The distinct words.
    pub words: Vec<String>,
}

impl Words {
    /// The word of a row; `None` where it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.words.get(self.codes[row] as usize).map(String::as_str)
    }
}

/// Gives each distinct word of a column a number.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    codes: HashMap<Box<str>, u32>,
    pub words: Vec<String>,
    pub marks: Vec<String>,
}

impl Dictionary {
    /// The code of a word that was seen before.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        self.codes.get(word).copied()
    }

    /// Keeps a word that was not seen before.
    pub(super) fn add(&mut self, word: &str) -> u32 {
        let code = self.words.len() as u32;
        self.codes.insert(word.into(), code);
        self.words.push(word.to_owned());
        code
    }

    /// Notes that a cell stands for nothing.
    pub(super) fn add_mark(&mut self, word: &str) {
        self.codes.insert(word.into(), MISSING);
        self.marks.push(word.to_owned());
    }
}

/// The words for no and yes, in lower case.
pub(super) const TRUTHS: [[&str; 2]; 5] = [["false", "true"], ["no", "yes"], ["f", "t"], ["n", "y"], ["off", "on"]];

/// Whether the words say no or yes, in one of the usual pairs and whatever the case; then each word's truth. With
/// `numbers`, 0 and 1 are such a pair.
pub(super) fn truths(words: &[String], numbers: bool) -> Option<Vec<bool>> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let pairs = TRUTHS.iter().chain([&["0", "1"]].into_iter().filter(|_| numbers));
    let mut fitting = pairs.filter(|pair| lower.iter().all(|word| pair.contains(&&**word)));
    let pair = fitting.next().filter(|_| !lower.is_empty())?;
    Some(lower.iter().map(|word| word == pair[1]).collect())
}

/// Whether a word is a date, a time of day, or both.
pub(super) fn is_date(word: &str) -> bool {
    let lower = word.to_lowercase();
    let (date, time) = match lower.find(['t', ' ']).filter(|&at| lower[at + 1..].contains(':')) {
        Some(at) => (lower[..at].trim_end_matches(','), Some(&lower[at + 1..])),
        None if lower.contains(':') => ("", Some(&*lower)),
        None => (&*lower, None),
    };
    time.is_none_or(is_time) && (is_day(date) || (date.is_empty() && time.is_some()))
}

/// `12:30`, `12:30:05.25Z`, `1:05 pm`, `12:30+02:00`.
fn is_time(time: &str) -> bool {
    let time = time.trim().trim_end_matches("am").trim_end_matches("pm").trim_end_matches('z').trim_end();
    let (clock, zone) = time.split_at(time.rfind(['+', '-']).unwrap_or(time.len()));
    let numbers = |text: &str, most: usize| {
        let parts: Vec<&str> = text.split(':').collect();
        let number = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let Some((last, first)) = parts.split_last() else { return false };
        let seconds = last.split('.').next().unwrap_or_default();
        let rest = last[seconds.len()..].trim_start_matches('.');
        (2..=most).contains(&parts.len())
            && first.iter().all(number)
            && number(&seconds)
            && rest.bytes().all(|b| b.is_ascii_digit())
    };
    let zone = zone.trim_start_matches(['+', '-']);
    let is_zone = zone.is_empty() || numbers(zone, 2) || (zone.len() <= 4 && zone.bytes().all(|b| b.is_ascii_digit()));
    numbers(clock, 3) && is_zone
}

/// `2024-01-31`, `31.12.2024`, `1/31/24`, `2024-01`, `31 Jan 2024`, `Jan 31, 2024`, `Jan-24`.
fn is_day(date: &str) -> bool {
    let parts: Vec<&str> = date.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| part.len() <= 4 && !part.starts_with('+'));
    let month_name = |part: &&str| {
        const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        const FULL: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        MONTHS.contains(part) || FULL.contains(part)
    };
    let named = parts.iter().filter(|part| month_name(part)).count();
    let numbers: Vec<(u32, usize)> = parts.iter().filter_map(|part| Some((number(part)?, part.len()))).collect();
    if named + numbers.len() != parts.len() {
        return false;
    }
    let day = |x: u32| (1..=31).contains(&x);
    let month = |x: u32| (1..=12).contains(&x);
    let year = |(x, digits): (u32, usize)| digits == 4 && (1000..=2999).contains(&x);
    match (named, &numbers[..]) {
        (1, [one]) => year(*one) || one.1 <= 2,
        (1, [a, b]) => (day(a.0) && (year(*b) || b.1 == 2)) || (year(*a) && day(b.0)),
        (0, [a, b]) => year(*a) && b.1 == 2 && month(b.0) && date.len() == 7 && !date.contains(['.', ' ', ',']),
        (0, [a, b, c]) if year(*a) => b.1 <= 2 && c.1 <= 2 && month(b.0) && day(c.0),
        (0, [a, b, c]) => {
            let order = (day(a.0) && month(b.0)) || (month(a.0) && day(b.0));
            a.1 <= 2 && b.1 <= 2 && order && (year(*c) || c.1 == 2)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_told_from_other_words() {
        for word in [
            "2024-01-31",
            "2024/1/31",
            "31.12.2024",
            "12/31/2024",
            "1/2/24",
            "2024-01",
            "2024-01-31T12:00:00Z",
            "2024-01-31 12:00",
            "2024-01-31 12:00:00.123+02:00",
            "12:30",
            "23:59:59",
            "1:05 pm",
            "31 Jan 2024",
            "Jan 31, 2024",
            "Jan-24",
            "January 2024",
            "2024 Jan 3",
            "5/6/2024 1:00 AM",
        ] {
            assert!(is_date(word), "{word}");
        }
        for word in [
            "",
            "red",
            "18-25",
            "0-17",
            "1990-95",
            "192.168.0.1",
            "A-1-2",
            "may be",
            "1.2.3.4",
            "12",
            "1:1:1:1",
            "3:a",
            "t",
            " ",
            "one two",
            "45-67-89",
            "2024-13-01",
            "9 to 5",
            "ratio 1:2",
        ] {
            assert!(!is_date(word), "{word}");
        }
    }

    #[test]
    fn truth_values_come_in_pairs() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(truths(&words(&["Yes", "no"]), false), Some(vec![true, false]));
        assert_eq!(truths(&words(&["TRUE"]), false), Some(vec![true]));
        assert_eq!(truths(&words(&["f", "T", "F"]), false), Some(vec![false, true, false]));
        assert_eq!(truths(&words(&["yes", "false"]), false), None);
        assert_eq!(truths(&words(&["0", "1"]), false), None);
        assert_eq!(truths(&words(&["0", "1"]), true), Some(vec![false, true]));
        assert_eq!(truths(&[], false), None);
    }
}
