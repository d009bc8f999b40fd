//! From the bytes of a file to entries.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::bufread::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use super::{BackupError, MAGIC, MAX_RECORD, Origin, SUM, VERSION};
use crate::store::Entry;
use crate::store::codec::{Record, decode};

/// The longest first line.
const MAX_HEAD: u64 = 32;

/// A backup that is whole: its sum is right.
pub struct Backup {
    file: File,
    /// Where the body begins.
    body: u64,
    /// How long the body is.
    length: u64,
    origin: Origin,
}

impl Backup {
    /// Opens a backup, and reads all of it once.
    ///
    /// # Errors
    /// [`BackupError`]: it is none, or none that is whole.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        Self::of(File::open(path)?)
    }

    /// As [`Self::open`], of a file that is open.
    ///
    /// # Errors
    /// [`BackupError`]
    pub fn of(mut file: File) -> Result<Self, BackupError> {
        file.seek(SeekFrom::Start(0))?;
        if !file.metadata()?.is_file() {
            return Err(BackupError::NoFile);
        }
        let mut head = Vec::new();
        BufReader::new((&file).take(MAX_HEAD)).read_until(b'\n', &mut head)?;
        let version = head.strip_prefix(MAGIC).and_then(|rest| rest.strip_suffix(b"\n"));
        let version = version.and_then(|version| std::str::from_utf8(version).ok()?.parse::<u32>().ok());
        match version {
            Some(VERSION) => {}
            Some(later) if later > VERSION => return Err(BackupError::Newer(later)),
            // What is left of one that was cut off so early is none.
            _ => return Err(BackupError::Foreign),
        }
        let (body, end) = (head.len() as u64, file.metadata()?.len());
        let length = end.checked_sub(body + SUM as u64).ok_or(BackupError::Damaged)?;
        file.seek(SeekFrom::Start(0))?;
        let mut sum = Sha256::new();
        let summed = io::copy(&mut (&file).take(body + length), &mut Sum(&mut sum))?;
        let mut told = Vec::new();
        (&file).take(SUM as u64 + 1).read_to_end(&mut told)?;
        if summed != body + length || *told != *sum.finalize() {
            return Err(BackupError::Damaged);
        }
        let origin = Frames::of(&file, body, length)?.record()?.ok_or(BackupError::Damaged)?;
        Ok(Self { file, body, length, origin })
    }

    /// When it was taken, and by what.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Every entry, from the first on.
    ///
    /// # Errors
    /// [`BackupError`]
    pub fn entries(&mut self) -> Result<Entries<'_>, BackupError> {
        let mut frames = Frames::of(&self.file, self.body, self.length)?;
        let _origin: Option<Origin> = frames.record()?;
        Ok(Entries { frames, count: 0, is_over: false })
    }
}

/// The entries of a backup, in order, ended by the first error.
pub struct Entries<'a> {
    frames: Frames<'a>,
    count: u64,
    is_over: bool,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, BackupError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = match self.frames.record() {
            Ok(Some(entry)) => {
                self.count += 1;
                return Some(Ok(entry));
            }
            Ok(None) => self.frames.end(self.count).err(),
            Err(error) => Some(error),
        };
        self.is_over = true;
        next.map(Err)
    }
}

struct Frames<'a>(DeflateDecoder<BufReader<io::Take<&'a File>>>);

impl<'a> Frames<'a> {
    fn of(mut file: &'a File, body: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(body))?;
        Ok(Self(DeflateDecoder::new(BufReader::new(file.take(length)))))
    }

    /// The next record; `None` at the end.
    fn record<R: Record>(&mut self) -> Result<Option<R>, BackupError> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).map_err(unreadable)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 {
            return Ok(None);
        }
        if length > MAX_RECORD {
            return Err(BackupError::Unreadable("a record is too long".into()));
        }
        let mut record = Vec::new();
        (&mut self.0).take(length as u64).read_to_end(&mut record).map_err(unreadable)?;
        if record.len() < length {
            return Err(BackupError::Damaged);
        }
        decode(&record).map(Some).map_err(|error| BackupError::Unreadable(error.to_string()))
    }

    /// What follows the last record says that so many entries were before it, and is the end.
    fn end(&mut self, count: u64) -> Result<(), BackupError> {
        let mut told = Vec::new();
        (&mut self.0).take(9).read_to_end(&mut told).map_err(unreadable)?;
        if *told == count.to_be_bytes() { Ok(()) } else { Err(BackupError::Damaged) }
    }
}

fn unreadable(error: io::Error) -> BackupError {
    match error.kind() {
        ErrorKind::UnexpectedEof => BackupError::Damaged,
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            BackupError::Unreadable("it is not compressed as it should be".into())
        }
        _ => BackupError::Io(error),
    }
}

/// Sums what is written to it.
struct Sum<'a>(&'a mut Sha256);

impl io::Write for Sum<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
