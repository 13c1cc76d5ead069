//! Rows found in the bare bytes of a SQLite file and its log, however little of its structure is left, of any format.
//!
//! A row's record begins with the types of its columns, from which its length follows; ours begin with two 16-byte blobs,
//! which is looked for at every byte of every page. What is found is taken only if its checksum holds, so it is a row
//! that was once stored, wherever it lies. A run is whole once the observations that its row names have been found as well.
//! Layouts: <https://www.sqlite.org/fileformat2.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;

use super::row::{Bare, OBSERVATION_WIDTH, Observation, RUN_WIDTH};
use super::{Record, StoreError, format1, schema};
use crate::disk;
use crate::plan::RunId;

/// The type of a blob of 16 bytes in a record.
const BLOB_16: u8 = 12 + 2 * 16;

/// The pages of a file and its log.
pub(super) struct Pages {
    path: PathBuf,
    file: File,
    log: Option<File>,
    size: usize,
    /// Where the newest version of a page begins in the log.
    newest: BTreeMap<u32, u64>,
    /// Bytes in the file.
    length: u64,
    /// Bytes in both: no row is longer.
    total: u64,
    /// Bytes of overflow pages that may still be read: each belongs to one row, and some are tried for none. Pages that
    /// lead in circles would be read for ever.
    allowed: u64,
}

/// How often as many bytes as there are may be read from overflow pages.
const AGAIN: u64 = 32;

impl Pages {
    /// Opens the file at `path` and the log beside it, if there is one.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        super::look_at(path)
            .or_else(|error| if let StoreError::Damaged { .. } = error { Ok(()) } else { Err(error) })?;
        Self::look(&super::real(path)).map_err(|source| StoreError::io(path, source))
    }

    fn look(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut log = File::open(disk::suffixed(path, "-wal")).ok();
        let length = file.metadata()?.len();
        let mut total = length;
        let mut header = [0; 18];
        let read = read_at(&mut file, 0, &mut header)?;
        let stated = usize::from(u16::from_be_bytes([header[16], header[17]]));
        let stated = if stated == 1 { 65536 } else { stated };
        let sound = read == 18 && stated.is_power_of_two() && stated >= 512;
        let mut size = if sound { stated } else { schema::PAGE };
        let mut newest = BTreeMap::new();
        if let Some(log) = &mut log {
            total += log.metadata()?.len();
            let mut start = [0; 32];
            if read_at(log, 0, &mut start)? == 32 {
                let told = u32::from_be_bytes([start[8], start[9], start[10], start[11]]) as usize;
                if !sound && told.is_power_of_two() && (512..=65536).contains(&told) {
                    size = told;
                }
                newest = index(log, size, &start[16..24])?;
            }
        }
        Ok(Self { path: path.to_owned(), file, log, size, newest, length, total, allowed: AGAIN * total })
    }

    /// Hands every sound row to `found`, the same perhaps several times, and returns the runs that the index names.
    pub(super) fn scan(
        &mut self,
        mut found: impl FnMut(Record) -> Result<(), StoreError>,
    ) -> Result<BTreeSet<RunId>, StoreError> {
        let path = self.path.clone();
        let failed = |source| StoreError::io(&path, source);
        let mut named = BTreeSet::new();
        let mut pieces = Pieces::default();
        let mut page = vec![0; self.size];
        for number in 0.. {
            let Some(length) = self.image(number, &mut page).map_err(failed)? else { break };
            page[length..].fill(0);
            named_in(&page, &mut named);
            let begins = page.windows(3).enumerate().filter(|(_, bytes)| bytes[1..] == [BLOB_16; 2]);
            for (begin, _) in begins {
                let whole = self.piece(&page, begin).map_err(failed)?.and_then(|piece| pieces.add(piece));
                whole.map_or(Ok(()), &mut found)?;
            }
        }
        Ok(named)
    }

    /// Reads the page images of the file and then those of the log, numbered from 0; `None` after the last.
    fn image(&mut self, number: u64, page: &mut [u8]) -> io::Result<Option<usize>> {
        let size = self.size as u64;
        let pages = self.length.div_ceil(size);
        let length = match (&mut self.log, number.checked_sub(pages)) {
            (_, None) => read_at(&mut self.file, number * size, page)?,
            (Some(log), Some(frame)) => read_at(log, 32 + frame * (24 + size) + 24, page)?,
            (None, Some(_)) => 0,
        };
        Ok(Some(length).filter(|&length| length > 0))
    }

    /// The row of ours whose record begins at `begin` of `page`, if it is one and sound.
    fn piece(&mut self, page: &[u8], begin: usize) -> io::Result<Option<Piece>> {
        if let Some(payload) = self.row(page, begin, format1::WIDTH)? {
            return Ok(format1::decode(&payload.columns()).ok().map(|record| Piece::Whole(Box::new(record))));
        }
        // Behind the columns of a run and of an observation stands the place of the run in its file.
        if let Some(payload) = self.row(page, begin, RUN_WIDTH + 1)? {
            return Ok(Bare::decode(&payload.columns()).ok().map(|run| Piece::Run(Box::new(run))));
        }
        let Some(payload) = self.row(page, begin, OBSERVATION_WIDTH + 1)? else { return Ok(None) };
        let observation = Observation::decode(&payload.columns());
        Ok(observation.ok().map(|(id, observation)| Piece::Observation(id, observation)))
    }

    /// What the record of so many columns that begins at `begin` of `page` holds, if there is such a one.
    fn row(&mut self, page: &[u8], begin: usize, width: usize) -> io::Result<Option<Payload>> {
        let Some((types, header)) = types(&page[begin..], width) else { return Ok(None) };
        let length = types.iter().try_fold(header as u64, |sum, &(_, length)| sum.checked_add(length as u64));
        let Some(length) = length.filter(|&length| length <= self.total) else { return Ok(None) };
        let bytes = self.payload(page, begin, length as usize)?;
        Ok(bytes.map(|bytes| Payload { types, header, bytes }))
    }

    /// `length` bytes from `begin`: what fits in the page, then a chain of overflow pages.
    fn payload(&mut self, page: &[u8], begin: usize, length: usize) -> io::Result<Option<Vec<u8>>> {
        let size = self.size;
        let local = if length <= size - 35 {
            length
        } else {
            let least = (size - 12) * 32 / 255 - 23;
            let wanted = least + (length - least) % (size - 4);
            if wanted <= size - 35 { wanted } else { least }
        };
        let Some(start) = page.get(begin..begin + local) else { return Ok(None) };
        let mut payload = start.to_vec();
        let mut next = page.get(begin + local..begin + local + 4).map(number);
        let mut overflow = vec![0; size];
        while payload.len() < length {
            let Some(number @ 1..) = next else { return Ok(None) };
            let Some(left) = self.allowed.checked_sub(size as u64) else { return Ok(None) };
            self.allowed = left;
            if !self.page(number, &mut overflow)? {
                return Ok(None);
            }
            let more = (length - payload.len()).min(size - 4);
            payload.extend_from_slice(&overflow[4..4 + more]);
            next = Some(u32::from_be_bytes([overflow[0], overflow[1], overflow[2], overflow[3]]));
        }
        Ok(Some(payload))
    }

    /// Reads the newest version of a page (numbered from 1); `false` if it is not whole.
    fn page(&mut self, number: u32, page: &mut [u8]) -> io::Result<bool> {
        let place = u64::from(number - 1) * self.size as u64;
        let read = match (&mut self.log, self.newest.get(&number)) {
            (Some(log), Some(&place)) => read_at(log, place, page)?,
            // A damaged number may lie beyond what the file system can seek to.
            _ if place >= self.length => 0,
            _ => read_at(&mut self.file, place, page)?,
        };
        Ok(read == self.size)
    }
}

/// A record's bytes, and what they mean.
struct Payload {
    types: Vec<(u64, usize)>,
    header: usize,
    bytes: Vec<u8>,
}

impl Payload {
    /// The values of the first columns.
    fn columns<const WIDTH: usize>(&self) -> [ValueRef<'_>; WIDTH] {
        let mut rest = &self.bytes[self.header..];
        let mut columns = [ValueRef::Null; WIDTH];
        for (column, &(kind, length)) in columns.iter_mut().zip(&self.types) {
            let (content, tail) = rest.split_at(length);
            *column = value(kind, content);
            rest = tail;
        }
        columns
    }
}

/// A sound row.
enum Piece {
    /// A run with all its results, as format 1 keeps it.
    Whole(Box<Record>),
    Run(Box<Bare>),
    Observation(RunId, Observation),
}

/// Rows of runs that are not whole yet: they lie near each other, so few wait at a time.
#[derive(Default)]
struct Pieces(BTreeMap<RunId, (Vec<Bare>, Vec<Observation>)>);

impl Pieces {
    /// Takes a row; the run that is whole with it.
    fn add(&mut self, piece: Piece) -> Option<Record> {
        let id = match &piece {
            Piece::Whole(record) => record.id,
            Piece::Run(run) => run.id(),
            Piece::Observation(id, _) => *id,
        };
        let (runs, observations) = self.0.entry(id).or_default();
        match piece {
            Piece::Whole(record) => return Some(*record),
            Piece::Run(run) => runs.push(*run),
            Piece::Observation(_, observation) => observations.push(observation),
        }
        let whole = runs.iter().find_map(|run| run.clone().with(observations).ok())?;
        self.0.remove(&id);
        Some(whole)
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// Reads as much of `buffer` as there is.
fn read_at(file: &mut File, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(place))?;
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// The frames of the log that belong to its present use, which `salt` marks: the last of each page.
fn index(log: &mut File, size: usize, salt: &[u8]) -> io::Result<BTreeMap<u32, u64>> {
    let mut newest = BTreeMap::new();
    let mut header = [0; 24];
    let mut place = 32;
    while read_at(log, place, &mut header)? == 24 && header[8..16] == *salt {
        newest.insert(number(&header[..4]), place + 24);
        place += 24 + size as u64;
    }
    Ok(newest)
}

/// A number of variable length and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().enumerate().take(8) {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    Some((value << 8 | u64::from(*bytes.get(8)?), &bytes[9..]))
}

/// Type and length of each column of a record of so many columns, and the length of its header.
fn types(record: &[u8], width: usize) -> Option<(Vec<(u64, usize)>, usize)> {
    let (header, mut rest) = varint(record)?;
    let mut types = Vec::with_capacity(width);
    for _ in 0..width {
        let (kind, tail) = varint(rest)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        types.push((kind, length.try_into().ok()?));
        rest = tail;
    }
    let read = record.len() - rest.len();
    (read as u64 == header).then_some((types, read))
}

fn value(kind: u64, content: &[u8]) -> ValueRef<'_> {
    let integer = || {
        let negative = content.first().is_some_and(|&byte| byte >= 0x80);
        content.iter().fold(if negative { -1 } else { 0 }, |value: i64, &byte| value << 8 | i64::from(byte))
    };
    match kind {
        0 => ValueRef::Null,
        7 => ValueRef::Real(f64::from_bits(integer() as u64)),
        8 => ValueRef::Integer(0),
        9 => ValueRef::Integer(1),
        1..=6 => ValueRef::Integer(integer()),
        _ if kind.is_multiple_of(2) => ValueRef::Blob(content),
        _ => ValueRef::Text(content),
    }
}

/// Adds the runs named in a page of the index of identities.
fn named_in(page: &[u8], named: &mut BTreeSet<RunId>) {
    let (pointers, skip) = match page[0] {
        10 => (8, 0),
        2 => (12, 4),
        _ => return,
    };
    let cells = number(&page[3..5]) as usize;
    for pointer in page[pointers..].chunks_exact(2).take(cells) {
        let entry = page.get(number(pointer) as usize + skip..).and_then(varint).map(|(_, entry)| entry);
        if let Some([3, BLOB_16, 1..=9, rest @ ..]) = entry
            && let Some(id) = rest.first_chunk()
        {
            named.insert(RunId(*id));
        }
    }
}
