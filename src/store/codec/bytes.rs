//! Reading and writing the parts of records. Integers are big-endian.

use std::net::IpAddr;

use uuid::Uuid;

use crate::domain::{ClientKey, Timestamp, TokenDigest};
use crate::store::StoreError;

/// The version every record is written in.
pub(super) const VERSION: u8 = 1;

/// A record being written.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut record = Vec::with_capacity(bytes);
        record.push(VERSION);
        Self(record)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u16(&mut self, value: usize) {
        self.raw(&u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn instant(&mut self, value: Timestamp) {
        self.raw(&value.millis().to_be_bytes()[2..]);
    }

    pub(super) fn uuid(&mut self, value: Uuid) {
        self.raw(value.as_bytes());
    }

    pub(super) fn digest(&mut self, value: TokenDigest) {
        self.raw(&value.0);
    }

    pub(super) fn raw(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    /// A length of two bytes, then the text; texts are bounded far below 64 KiB where they enter.
    pub(super) fn text(&mut self, value: &str) {
        self.u16(value.len());
        self.raw(value.as_bytes());
    }

    pub(super) fn client(&mut self, value: &ClientKey) {
        match value {
            ClientKey::Uuid(uuid) => {
                self.u8(1);
                self.uuid(*uuid);
            }
            ClientKey::Text(text) => {
                self.u8(2);
                self.text(text);
            }
        }
    }

    pub(super) fn address(&mut self, value: Option<IpAddr>) {
        match value {
            None => self.u8(0),
            Some(IpAddr::V4(v4)) => {
                self.u8(4);
                self.raw(&v4.octets());
            }
            Some(IpAddr::V6(v6)) => {
                self.u8(6);
                self.raw(&v6.octets());
            }
        }
    }

    pub(super) fn texts(&mut self, values: &[Box<str>]) {
        self.u16(values.len());
        for value in values {
            self.text(value);
        }
    }

    pub(super) fn flags(&mut self, flags: &[bool]) {
        self.u8(flags.iter().enumerate().fold(0, |byte, (bit, &set)| byte | u8::from(set) << bit));
    }
}

/// A record being read. Every method fails with [`StoreError::Unreadable`] when the record is too short or wrong.
pub(super) struct Reader<'a> {
    kind: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(kind: &'static str, record: &'a [u8]) -> Result<Self, StoreError> {
        let mut reader = Self { kind, rest: record };
        match reader.u8()? {
            VERSION => Ok(reader),
            version => Err(reader.wrong(&format!("version {version}"))),
        }
    }

    /// Reads a part that has no version of its own.
    pub(super) const fn part(kind: &'static str, bytes: &'a [u8]) -> Self {
        Self { kind, rest: bytes }
    }

    pub(super) fn wrong(&self, what: &str) -> StoreError {
        StoreError::Unreadable(format!("{}: {what}", self.kind))
    }

    /// The next byte, left where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn raw(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.wrong("too short"))?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or_else(|| self.wrong("too short"))?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, StoreError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<usize, StoreError> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    pub(super) fn u32(&mut self) -> Result<u32, StoreError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, StoreError> {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.array::<6>()?);
        Ok(Timestamp::from_millis(u64::from_be_bytes(millis)))
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, StoreError> {
        self.array().map(Uuid::from_bytes)
    }

    pub(super) fn digest(&mut self) -> Result<TokenDigest, StoreError> {
        self.array().map(TokenDigest)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, StoreError> {
        let length = self.u16()?;
        let bytes = self.raw(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong("not UTF-8"))
    }

    pub(super) fn client(&mut self) -> Result<ClientKey, StoreError> {
        match self.u8()? {
            1 => self.uuid().map(ClientKey::Uuid),
            2 => self.text().map(|text| ClientKey::Text(text.into())),
            kind => Err(self.wrong(&format!("client of kind {kind}"))),
        }
    }

    pub(super) fn address(&mut self) -> Result<Option<IpAddr>, StoreError> {
        match self.u8()? {
            0 => Ok(None),
            4 => self.array::<4>().map(|octets| Some(octets.into())),
            6 => self.array::<16>().map(|octets| Some(octets.into())),
            kind => Err(self.wrong(&format!("address of kind {kind}"))),
        }
    }

    /// As many items as the two bytes before them say.
    pub(super) fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
        (0..self.u16()?).map(|_| item(self)).collect()
    }

    /// Whether nothing is left: a field that was appended later is not there.
    pub(super) const fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn flags<const N: usize>(&mut self) -> Result<[bool; N], StoreError> {
        let byte = self.u8()?;
        Ok(std::array::from_fn(|bit| byte >> bit & 1 == 1))
    }
}
