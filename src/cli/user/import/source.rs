//! The file to import, in a form that can be read twice, and its text as UTF-8.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek as _, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};
use rustix::fs::{MemfdFlags, memfd_create};
use uuid::Uuid;

use crate::cli::error::CliError;

/// The most that is kept in memory if there is no temporary folder to write to: some 300,000 users with hashes.
const MAX_IN_MEMORY: u64 = 64 << 20;
/// How much of text in UTF-16 is read at once, in bytes.
const CHUNK: usize = 8 << 10;

pub(super) struct Source {
    name: String,
    file: File,
    bytes: u64,
}

impl Source {
    /// Opens it. What cannot be read twice, such as a pipe, is first copied into a file without a name.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let standard_input = path == Path::new("-");
        let name = if standard_input { "standard input".to_owned() } else { path.display().to_string() };
        let opened = || {
            let given =
                if standard_input { File::from(stdin().as_fd().try_clone_to_owned()?) } else { File::open(path)? };
            let file = if given.metadata()?.is_file() { given } else { copied(given)? };
            let bytes = file.metadata()?.len();
            Ok((file, bytes))
        };
        match opened() {
            Ok((file, bytes)) => Ok(Self { name, file, bytes }),
            Err(error) => Err(unreadable(&name, &error)),
        }
    }

    /// How long it is.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, to be read from its start.
    pub(super) fn rewound(&mut self) -> Result<File, CliError> {
        let rewound = self.file.rewind().and_then(|()| self.file.try_clone());
        rewound.map_err(|error| unreadable(&self.name, &error))
    }
}

/// A copy in the temporary folder, or in memory if that folder cannot be written to.
fn copied(mut from: File) -> io::Result<File> {
    let folder = std::env::temp_dir();
    let cannot = |error: &io::Error| {
        let folder = folder.display();
        let sentence = format!("it cannot be copied to the temporary folder {folder}: {error}; TMPDIR names another");
        io::Error::new(error.kind(), sentence)
    };
    match unnamed(&folder) {
        Ok(mut to) => io::copy(&mut from, &mut to).map(|_| to).map_err(|error| cannot(&error)),
        Err(error) => {
            let mut to = File::from(memfd_create("bimgate-import", MemfdFlags::CLOEXEC)?);
            if io::copy(&mut from.take(MAX_IN_MEMORY + 1), &mut to)? > MAX_IN_MEMORY {
                let kept = format!("{}; at most {} MiB are kept in memory", cannot(&error), MAX_IN_MEMORY >> 20);
                return Err(io::Error::new(error.kind(), kept));
            }
            Ok(to)
        }
    }
}

/// A new file that nobody else can open.
fn unnamed(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("bimgate-import-{}", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::refused(format!("{name} cannot be read: {error}"))
}

/// Reads text in UTF-16, which spreadsheets also write, as UTF-8, and other bytes as they are, without a byte order mark.
pub(super) struct Text<R> {
    from: R,
    /// The bytes that were read to find the encoding.
    begun: Vec<u8>,
    /// `None`: the bytes are read as UTF-8.
    decoder: Option<Decoder>,
    read: Box<[u8]>,
    decoded: String,
    given: usize,
    ended: bool,
}

impl<R: Read> Text<R> {
    pub(super) fn new(mut from: R) -> io::Result<Self> {
        let mut begun = Vec::new();
        from.by_ref().take(3).read_to_end(&mut begun)?;
        let encoding = match begun[..] {
            // With a mark or without one: names of columns and JSON begin with ASCII.
            [0xff, 0xfe, ..] | [1..=255, 0, ..] => Some(UTF_16LE),
            [0xfe, 0xff, ..] | [0, 1..=255, ..] => Some(UTF_16BE),
            _ => None,
        };
        if begun == [0xef, 0xbb, 0xbf] {
            begun.clear();
        }
        let decoder = encoding.map(encoding_rs::Encoding::new_decoder_with_bom_removal);
        let read = vec![0; if decoder.is_some() { CHUNK } else { 0 }].into();
        Ok(Self { from, begun, decoder, read, decoded: String::new(), given: 0, ended: false })
    }

    /// The bytes as they are, first those that were already read.
    fn raw(begun: &mut Vec<u8>, from: &mut R, into: &mut [u8]) -> io::Result<usize> {
        if begun.is_empty() {
            return from.read(into);
        }
        let count = begun.len().min(into.len());
        into[..count].copy_from_slice(&begun[..count]);
        begun.drain(..count);
        Ok(count)
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Self::raw(&mut self.begun, &mut self.from, into) };
        while self.given == self.decoded.len() && !self.ended {
            let count = Self::raw(&mut self.begun, &mut self.from, &mut self.read)?;
            self.ended = count == 0;
            self.decoded.clear();
            self.given = 0;
            let most = decoder.max_utf8_buffer_length_without_replacement(count).unwrap_or(CHUNK * 4);
            self.decoded.reserve(most);
            let (result, _) =
                decoder.decode_to_string_without_replacement(&self.read[..count], &mut self.decoded, self.ended);
            if let DecoderResult::Malformed(..) = result {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the text is not whole UTF-16"));
            }
        }
        let count = into.len().min(self.decoded.len() - self.given);
        into[..count].copy_from_slice(&self.decoded.as_bytes()[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Where a list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// How many bytes of text are before it.
    pub offset: u64,
    /// On which line it is.
    pub line: u64,
}
