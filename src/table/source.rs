//! What a file is by its first bytes, and its text as UTF-8 whatever it is wrapped in.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::problem::{Problem, TableError};
use super::{Compression, Encoding};

/// Most bytes of text read, unpacked.
const LARGEST: u64 = 4 << 30;
/// As many first bytes as every signature and a look at the encoding need.
const HEAD: usize = 4096;

/// Bytes to read a table from; their first are looked at before any is taken.
pub(super) struct Source<'a> {
    pub reader: Box<dyn Read + 'a>,
    pub encoding: Encoding,
    pub compression: Compression,
}

/// What the first bytes show.
enum Signature {
    Text,
    Gzip,
    Parquet,
    Other(&'static str, &'static str),
}

/// Whether the bytes begin a Parquet file.
pub(super) fn is_parquet(head: &[u8]) -> bool {
    matches!(signature(head), Signature::Parquet)
}

/// Text out of bytes.
///
/// # Errors
/// For files that are neither text nor gzip: says what they are and what to do. Parquet files are not for here.
pub(super) fn open<'a>(bytes: impl Read + 'a) -> Result<Source<'a>, TableError> {
    let mut reader: Box<dyn BufRead + 'a> = Box::new(BufReader::with_capacity(1 << 16, bytes));
    let mut compression = Compression::None;
    let (start, mut head) = peek(reader)?;
    reader = start;
    if matches!(signature(&head), Signature::Gzip) {
        compression = Compression::Gzip;
        reader = Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader)));
        let (start, inner) =
            peek(reader).map_err(|error| Problem::of_file(format!("is a damaged gzip file: {error}")))?;
        (reader, head) = (start, inner);
    }
    let what = match (signature(&head), compression) {
        (Signature::Text, _) => None,
        (Signature::Other(what, help), _) => Some((what, help)),
        (Signature::Gzip, _) => Some(("compressed with gzip twice", "gunzip it once")),
        (Signature::Parquet, _) => {
            Some(("a Parquet file compressed with gzip", "gunzip it; Parquet is compressed inside"))
        }
    };
    if let Some((what, help)) = what {
        let within = if compression == Compression::Gzip { ", within gzip," } else { "" };
        return Err(Problem::of_file(format!("the file{within} is {what}, not CSV text")).help(help).into());
    }
    let reader = Limited { inner: reader, left: LARGEST };
    let encoding = encoding(&head)?;
    let reader: Box<dyn Read + 'a> = match encoding {
        Encoding::Utf8 => Box::new(reader),
        Encoding::Utf16Le => Box::new(Utf16::new(reader, u16::from_le_bytes)),
        Encoding::Utf16Be => Box::new(Utf16::new(reader, u16::from_be_bytes)),
    };
    Ok(Source { reader, encoding, compression })
}

type Peeked<'a> = (Box<dyn BufRead + 'a>, Vec<u8>);

/// The first bytes, and the reader as it was.
fn peek<'a>(mut reader: Box<dyn BufRead + 'a>) -> io::Result<Peeked<'a>> {
    let mut head = Vec::new();
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((Box::new(io::Cursor::new(head.clone()).chain(reader)), head))
}

fn signature(head: &[u8]) -> Signature {
    use Signature::{Gzip, Other, Parquet, Text};
    const UNPACK: &str = "unpack it and name the CSV file within";
    const SAVE: &str = "open it and save the sheet as \"CSV UTF-8\"";
    const CONVERT: &str = "write the table as CSV or Parquet";
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    let other = match head {
        [0x1f, 0x8b, ..] => return Gzip,
        [b'P', b'A', b'R', b'1', ..] => return Parquet,
        [b'P', b'K', 3 | 5, 4 | 6, ..] if has(b"xl/") || has(b"[Content_Types].xml") => {
            ("an Excel workbook (xlsx)", SAVE)
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] if has(b"opendocument") => ("an OpenDocument file", SAVE),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => ("a zip archive", UNPACK),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => ("an old Office file (xls)", SAVE),
        [b'B', b'Z', b'h', ..] => ("compressed with bzip2", "bunzip2 it, or pack it with gzip"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("compressed with xz", "unxz it, or pack it with gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("compressed with zstd", "unzstd it, or pack it with gzip"),
        [b'7', b'z', 0xbc, 0xaf, ..] => ("a 7-Zip archive", UNPACK),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => ("an Arrow (Feather) file", CONVERT),
        [b'O', b'R', b'C', ..] => ("an ORC file", CONVERT),
        [b'O', b'b', b'j', 1, ..] => ("an Avro file", CONVERT),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => ("a NumPy array", CONVERT),
        [0x89, b'H', b'D', b'F', ..] => ("an HDF5 file", CONVERT),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => ("an image", "name the table"),
        [0x80, 2..=5, ..] => ("a Python pickle", CONVERT),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF document", CONVERT),
        [b'{', b'\\', b'r', b't', b'f', ..] => ("an RTF document", "save it as plain text"),
        _ if head.starts_with(b"SQLite format 3") => ("an SQLite database", "export the table as CSV"),
        _ if head.starts_with(b"version https://git-lfs.github.com/spec/") => {
            ("a Git LFS pointer, which stands for the file", "fetch the file with `git lfs pull`")
        }
        _ if head.get(257..262) == Some(b"ustar") => ("a tar archive", UNPACK),
        _ => return markup(head).map_or(Text, |(what, help)| Other(what, help)),
    };
    Other(other.0, other.1)
}

/// Text of another kind than a table.
fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |word: &str| start.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    let html = ["<!doctype html", "<html", "<head", "<body", "<table", "<script", "<!--"].iter().any(|tag| begins(tag));
    if html {
        return Some(("an HTML page", "download the file itself (of a page on GitHub: \"Raw\")"));
    }
    if begins("<?xml") {
        return Some(("an XML document", "write the table as CSV or Parquet"));
    }
    let mut rest = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (rest.next(), rest.next()) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')) => {
            Some(("a JSON document", "write the table as CSV or Parquet"))
        }
        _ if begins("@relation") => Some(("an ARFF file", "write the table as CSV or Parquet")),
        _ => None,
    }
}

/// By the mark, or by where the zero bytes of ASCII letters lie.
fn encoding(head: &[u8]) -> Result<Encoding, Problem> {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err(Problem::of_file("the file is UTF-32 text").help("save it as UTF-8"));
        }
        [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
        _ => {}
    }
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    // Most characters of a table are ASCII, and no other byte of theirs is zero.
    match (even, odd) {
        (0, 0) => Ok(Encoding::Utf8),
        (0, _) if 2 * odd > half => Ok(Encoding::Utf16Le),
        (_, 0) if 2 * even > half => Ok(Encoding::Utf16Be),
        _ => {
            Err(Problem::of_file("the file holds zero bytes: it is not text").help("write the table as CSV or Parquet"))
        }
    }
}

/// UTF-16 as UTF-8; what cannot be is U+FFFD.
struct Utf16<R> {
    inner: R,
    unit: fn([u8; 2]) -> u16,
    high: Option<u16>,
    odd: Option<u8>,
    ready: Vec<u8>,
    taken: usize,
    raw: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    fn new(inner: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { inner, unit, high: None, odd: None, ready: Vec::new(), taken: 0, raw: vec![0; 1 << 15] }
    }

    /// Decodes what comes next; `false` at the end.
    fn more(&mut self) -> io::Result<bool> {
        let read = self.inner.read(&mut self.raw)?;
        self.ready.clear();
        self.taken = 0;
        if read == 0 {
            // A byte or half a character that nothing follows.
            let cut = self.high.take().is_some() | self.odd.take().is_some_and(|byte| byte != 0);
            if cut {
                self.ready.extend("\u{fffd}".bytes());
            }
            return Ok(cut);
        }
        let bytes = self.odd.take().into_iter().chain(self.raw[..read].iter().copied()).collect::<Vec<u8>>();
        let mut pairs = bytes.chunks_exact(2);
        let units = self.high.take().into_iter().chain(pairs.by_ref().map(|pair| (self.unit)([pair[0], pair[1]])));
        let mut units: Vec<u16> = units.collect();
        self.odd = pairs.remainder().first().copied();
        self.high = units.pop_if(|last| (0xd800..0xdc00).contains(last));
        for c in char::decode_utf16(units) {
            self.ready.extend(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).bytes());
        }
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if !self.more()? {
                return Ok(0);
            }
        }
        let n = into.len().min(self.ready.len() - self.taken);
        into[..n].copy_from_slice(&self.ready[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}

/// Refuses to go on and on.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other("the text is larger than 4 GiB"))?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<(String, Encoding), String> {
        let mut source = open(bytes).map_err(|error| error.to_string())?;
        let mut text = String::new();
        source.reader.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok((text, source.encoding))
    }

    #[test]
    fn utf16_is_found_with_and_without_its_mark() {
        let csv = "a,y\n1,\u{1d11e}\nä,2\n";
        let le: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = csv.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&le), Ok((csv.into(), Encoding::Utf16Le)));
        assert_eq!(text(&be), Ok((csv.into(), Encoding::Utf16Be)));
        let marked = [&[0xff, 0xfe], &le[..]].concat();
        assert_eq!(text(&marked), Ok((format!("\u{feff}{csv}"), Encoding::Utf16Le)));
        assert_eq!(text(&[&le[..], &[0x34]].concat()), Ok((format!("{csv}\u{fffd}"), Encoding::Utf16Le)), "cut short");
    }

    #[test]
    fn utf16_longer_than_a_buffer_comes_through_whole() {
        let csv: String = (0..50_000).map(|i| format!("{i},\u{1d11e}\n")).collect();
        let le: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&le).expect("text").0, csv);
    }

    #[test]
    fn other_files_are_named() {
        let cases: [(&[u8], &str); 12] = [
            (b"PK\x03\x04\x14\x00[Content_Types].xml", "Excel workbook"),
            (b"PK\x03\x04\x14\x00data.csv", "zip archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls"),
            (b"  <!DOCTYPE html><html>", "HTML page"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
            (b"{\"a\": 1}", "JSON"),
            (b"[{\"a\": 1}]", "JSON"),
            (b"ARROW1\0\0", "Arrow"),
            (b"SQLite format 3\0", "SQLite"),
            (b"BZh91AY", "bzip2"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"a,b\n1\0,2\n\0\0", "not text"),
        ];
        for (bytes, word) in cases {
            let error = text(bytes).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }
}
