//! Finds where heads and bodies begin and end in what a client sends.
//!
//! The framework reads the same bytes, and it alone decides what a request is. This module follows with the same parser
//! and the same rules, to know whether a client still owes bytes. Input that the framework will refuse is
//! [`Part::Endless`] here: the framework answers it and closes the connection.

use std::mem::MaybeUninit;
use std::ops::Range;

use httparse::{Request, Status};

/// The most headers that the framework reads.
const MAX_HEADERS: usize = 96;

/// The bytes of a client, followed from the first one on.
#[derive(Debug, Default)]
pub(super) struct Framing {
    part: Part,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A body, and how many bytes of it are missing.
    Sized(u64),
    /// A chunked body.
    Chunked(Chunk),
    /// A body without an end, or no HTTP: no head can follow.
    Endless,
}

/// What the next byte of a chunked body belongs to. The numbers are the size of a chunk, or how much of it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Size,
    SizeRest(u64),
    SizeSpace(u64),
    Extension(u64),
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    EndCr,
    EndLf,
    Trailer,
    TrailerLf,
}

/// The outcome of [`Framing::advance`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// How many bytes the framework may have.
    pub passed: usize,
    /// How many heads are complete among them.
    pub heads: u32,
    /// What comes after them.
    pub rest: Rest,
}

/// What comes after the bytes that the framework may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// A head that is not complete.
    PartialHead,
    /// A head that must be changed before the framework sees it.
    Amend(Amendment),
}

/// A change of a head; positions count from the first byte given to [`Framing::advance`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Amendment {
    /// The head is a POST of HTTP/1.0 without a length, which the framework refuses: it has no body.
    NoBody { end_of_headers: usize, end_of_head: usize },
    /// The head expects 100 (Continue) but announces no body. The framework would send 100.
    NoContinue { expectation: Range<usize> },
}

impl Amendment {
    /// Whether to drop what comes after the head: it may be a body without a length, and must not be read as a request.
    pub(super) const fn is_last(&self) -> bool {
        matches!(self, Self::NoBody { .. })
    }

    /// Changes the head in these bytes; nothing is left after the last one.
    pub(super) fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Self::NoBody { end_of_headers, end_of_head } => {
                bytes.truncate(end_of_head);
                bytes.splice(end_of_headers..end_of_headers, *b"Content-Length: 0\r\nConnection: close\r\n");
            }
            Self::NoContinue { expectation } => bytes[expectation].fill(b' '),
        }
    }
}

impl Framing {
    /// Whether a body has begun and not ended.
    pub(super) fn is_in_body(&self) -> bool {
        self.part != Part::Head
    }

    /// Lets everything through to the framework from now on.
    pub(super) fn give_up(&mut self) {
        self.part = Part::Endless;
    }

    /// Follows the next bytes. Bytes that did not pass must come again, with more after them or changed.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Progress {
        let (mut passed, mut heads) = (0, 0);
        while passed < bytes.len() {
            let next = &bytes[passed..];
            match &mut self.part {
                Part::Head => match read_head(next) {
                    Head::Partial => return Progress { passed, heads, rest: Rest::PartialHead },
                    Head::Amend(amendment) => {
                        let rest = Rest::Amend(amendment.behind(passed));
                        return Progress { passed, heads, rest };
                    }
                    Head::Complete { length, body } => {
                        passed += length;
                        heads += 1;
                        self.part = body;
                    }
                    Head::Refused => self.part = Part::Endless,
                },
                Part::Sized(missing) => {
                    let taken = usize::try_from(*missing).map_or(next.len(), |missing| missing.min(next.len()));
                    passed += taken;
                    *missing -= taken as u64;
                    if *missing == 0 {
                        self.part = Part::Head;
                    }
                }
                Part::Chunked(chunk) => {
                    let (taken, part) = chunk.advance(next);
                    passed += taken;
                    self.part = part;
                }
                Part::Endless => passed = bytes.len(),
            }
        }
        Progress { passed, heads, rest: Rest::Nothing }
    }
}

impl Amendment {
    fn behind(self, bytes: usize) -> Self {
        match self {
            Self::NoBody { end_of_headers, end_of_head } => {
                Self::NoBody { end_of_headers: bytes + end_of_headers, end_of_head: bytes + end_of_head }
            }
            Self::NoContinue { expectation } => {
                Self::NoContinue { expectation: bytes + expectation.start..bytes + expectation.end }
            }
        }
    }
}

enum Head {
    Partial,
    Complete { length: usize, body: Part },
    Amend(Amendment),
    Refused,
}

fn read_head(bytes: &[u8]) -> Head {
    let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut request = Request::new(&mut []);
    let length = match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Head::Partial,
        Err(_) => return Head::Refused,
    };
    let is_newer = request.version == Some(1);
    let (mut sized, mut chunked, mut expectation) = (None, false, None);
    for header in &*request.headers {
        // Compare lengths first: most headers then cost one comparison.
        match header.name.len() {
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                let number = str::from_utf8(header.value).map(str::trim).ok().filter(|text| !text.starts_with('+'));
                match number.and_then(|text| text.parse::<u64>().ok()) {
                    Some(number) if sized.is_none() => sized = Some(number),
                    _ => return Head::Refused,
                }
            }
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                if chunked || !is_newer || !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    return Head::Refused;
                }
                chunked = true;
            }
            7 if header.name.eq_ignore_ascii_case("upgrade")
                && header.value.trim_ascii().eq_ignore_ascii_case(b"websocket") =>
            {
                return Head::Complete { length, body: Part::Endless };
            }
            6 if is_newer && header.name.eq_ignore_ascii_case("expect") && !header.value.trim_ascii().is_empty() => {
                let start = header.value.as_ptr() as usize - bytes.as_ptr() as usize;
                expectation = Some(start..start + header.value.len());
            }
            _ => {}
        }
    }
    let body = match (chunked, sized) {
        (true, Some(_)) => return Head::Refused,
        (true, None) => Part::Chunked(Chunk::Size),
        (false, Some(length)) if length > 0 => Part::Sized(length),
        (false, None) if request.method == Some("CONNECT") => Part::Endless,
        (false, None) if request.method == Some("POST") && !is_newer => {
            let end_of_headers = length - if bytes[..length].ends_with(b"\r\n") { 2 } else { 1 };
            return Head::Amend(Amendment::NoBody { end_of_headers, end_of_head: length });
        }
        (false, _) => Part::Head,
    };
    match expectation {
        Some(expectation) if body == Part::Head => Head::Amend(Amendment::NoContinue { expectation }),
        _ => Head::Complete { length, body },
    }
}

impl Chunk {
    /// Takes bytes of a body. Returns how many, and what comes next.
    fn advance(self, bytes: &[u8]) -> (usize, Part) {
        if let Self::Data(missing) = self {
            let taken = usize::try_from(missing).map_or(bytes.len(), |missing| missing.min(bytes.len()));
            let missing = missing - taken as u64;
            return (taken, Part::Chunked(if missing == 0 { Self::DataCr } else { Self::Data(missing) }));
        }
        (1, self.step(bytes[0]))
    }

    fn step(self, byte: u8) -> Part {
        let next = match (self, byte) {
            (Self::SizeRest(size) | Self::SizeSpace(size), b' ' | b'\t') => Self::SizeSpace(size),
            (Self::SizeRest(size) | Self::SizeSpace(size) | Self::Extension(size), b'\r') => Self::SizeLf(size),
            (Self::SizeRest(size) | Self::SizeSpace(size), b';')
            | (Self::Extension(size), b'\t' | 0x20..=0x7e | 0x80..) => Self::Extension(size),
            (Self::SizeLf(0) | Self::TrailerLf, b'\n') => Self::EndCr,
            (Self::SizeLf(size), b'\n') => Self::Data(size),
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::Size,
            (Self::EndCr, b'\r') => Self::EndLf,
            (Self::EndLf, b'\n') => return Part::Head,
            (Self::Trailer, b'\r') => Self::TrailerLf,
            (Self::EndCr | Self::Trailer, _) => Self::Trailer,
            (Self::Size | Self::SizeRest(_), digit) => {
                let size = if let Self::SizeRest(size) = self { size } else { 0 };
                match (char::from(digit).to_digit(16), size.checked_mul(16)) {
                    (Some(digit), Some(size)) => Self::SizeRest(size + u64::from(digit)),
                    _ => return Part::Endless,
                }
            }
            _ => return Part::Endless,
        };
        Part::Chunked(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const LOGIN: &[u8] = b"POST /v2/authorize HTTP/1.1\r\nHost: x\r\ncontent-length: 4\r\n\r\nbody";
    const CHUNKS: &[u8] =
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0A \r\n0123456789\r\n0\r\nA: b\r\n\r\n";

    /// Follows bytes that come in pieces of this size; how many heads came, and whether a body is under way.
    fn follow(bytes: &[u8], piece: usize) -> (u32, bool) {
        let mut framing = Framing::default();
        let (mut held, mut heads) = (Vec::new(), 0);
        for piece in bytes.chunks(piece) {
            held.extend_from_slice(piece);
            let progress = framing.advance(&held);
            held.drain(..progress.passed);
            heads += progress.heads;
        }
        (heads, framing.is_in_body())
    }

    #[test]
    fn heads_and_bodies_are_told_apart_wherever_they_are_cut() {
        let bytes = [GET, LOGIN, CHUNKS, GET, LOGIN].concat();
        for piece in [1, 2, 3, 7, 50, 4096] {
            assert_eq!(follow(&bytes, piece), (5, false), "{piece}");
            assert_eq!(follow(&bytes[..bytes.len() - 1], piece), (5, true), "{piece}");
        }
    }

    #[test]
    fn what_the_framework_refuses_has_no_end() {
        for head in [
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
            "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nno header\r\n\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(follow(&[head.as_bytes(), GET].concat(), 4096), (0, true), "{head}");
        }
        let endless = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n";
        assert_eq!(follow(&[endless.as_bytes(), GET].concat(), 4096), (1, true));
        assert_eq!(follow(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", 4096), (1, true));
    }

    /// A head as it goes on to the framework.
    fn amended(head: &str) -> String {
        let mut bytes = [GET, head.as_bytes()].concat();
        let progress = Framing::default().advance(&bytes);
        if let Rest::Amend(amendment) = progress.rest {
            assert_eq!(progress.passed, GET.len());
            amendment.apply(&mut bytes);
        }
        assert_eq!(Framing::default().advance(&bytes).passed, bytes.len(), "it is amended once");
        String::from_utf8_lossy(&bytes[GET.len()..]).into_owned()
    }

    #[test]
    fn only_a_head_that_needs_it_is_changed() {
        let length = "Content-Length: 0\r\nConnection: close\r\n";
        assert_eq!(amended("POST / HTTP/1.0\r\nA: b\r\n\r\n"), format!("POST / HTTP/1.0\r\nA: b\r\n{length}\r\n"));
        assert_eq!(amended("POST / HTTP/1.0\n\n"), format!("POST / HTTP/1.0\n{length}\n"));
        let expect = "GET / HTTP/1.1\r\nexpect: 100-continue\r\nhost: x\r\n\r\n";
        assert_eq!(amended(expect), expect.replace("100-continue", "            "));
        for untouched in [
            "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
            "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
            "POST / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        ] {
            assert_eq!(amended(untouched), untouched);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_are_never_lost(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            chunked in any::<bool>(),
        ) {
            let head: &[u8] = if chunked { b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" } else { b"" };
            let bytes = [head, &bytes].concat();
            let progress = Framing::default().advance(&bytes);
            prop_assert!(progress.passed <= bytes.len());
            prop_assert!(progress.passed == bytes.len() || progress.rest != Rest::Nothing);
        }
    }
}
