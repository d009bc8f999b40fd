//! A file's text as UTF-8: spreadsheets also write UTF-16.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

/// How much is read at once, in bytes.
const CHUNK: usize = 8 << 10;

/// Reads text in UTF-16 as UTF-8, and other bytes as they are, without a byte order mark.
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
