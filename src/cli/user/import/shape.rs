//! How a JSON file holds its rows: by themselves, or as other programs export them.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::dump::Dump;
use super::keycloak::Realm;
use super::row::MAX_ROW;
use super::source::{Place, Text};
use crate::cli::error::CliError;

/// How much of a member beside the users is read, in bytes.
const MAX_MEMBER: usize = 1 << 20;

pub(super) enum Shape {
    /// Objects as `bimgate user import` documents them, one a line or in one list.
    Rows,
    /// A realm that Keycloak exported.
    Keycloak(Realm),
    /// The `users.json` of a dump of the vendor's directory.
    Dump(Dump),
}

impl Shape {
    /// Recognises the file at `path` by the members of its first object. `issuer` is the identity provider of the
    /// settings.
    pub(super) fn of(file: File, path: &Path, issuer: Option<&str>) -> Result<Self, CliError> {
        let unreadable = |error: io::Error| CliError::refused(format!("the file cannot be read: {error}"));
        let text = Text::new(file).map_err(unreadable)?;
        let Some(found) = Members::of(text).map_err(unreadable)? else { return Ok(Self::Rows) };
        Ok(match found.list {
            (List::Users, place) => Self::Keycloak(Realm::new(place, &found.kept, issuer)),
            (List::Data, place) => Self::Dump(Dump::new(place, path, issuer)),
        })
    }

    /// Where the list of users begins, unless the file is one.
    pub(super) const fn list(&self) -> Option<Place> {
        match self {
            Self::Rows => None,
            Self::Keycloak(realm) => Some(realm.users),
            Self::Dump(dump) => Some(dump.users),
        }
    }

    /// Tells the person what the file was taken for.
    pub(super) fn tell(&self) {
        match self {
            Self::Rows => {}
            Self::Keycloak(realm) => eprintln!("This is a realm that Keycloak exported. {}", realm.subjects_are()),
            Self::Dump(dump) => eprintln!("This is a dump of the vendor's directory. {}", dump.subjects_are()),
        }
    }
}

/// The list that holds the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// Keycloak's.
    Users,
    /// The directory's.
    Data,
}

/// The members of a file that is one object with a list of users.
struct Members {
    list: (List, Place),
    /// The others that are of use.
    kept: Vec<(String, Value)>,
}

impl Members {
    /// `None`: the file is anything else.
    fn of(text: impl Read) -> io::Result<Option<Self>> {
        let mut from = Scan { from: BufReader::with_capacity(MAX_ROW, text), place: Place { offset: 0, line: 1 } };
        if from.sign()? != Some(b'{') {
            return Ok(None);
        }
        from.step()?;
        let (mut list, mut kept) = (None, Vec::new());
        loop {
            match from.sign()? {
                Some(b',') => from.step()?,
                Some(b'}') => break,
                Some(b'"') => {
                    let Some(name) = from.value(MAX_ROW)?.and_then(|name| serde_json::from_slice::<String>(&name).ok())
                    else {
                        return Ok(None);
                    };
                    if from.sign()? != Some(b':') {
                        return Ok(None);
                    }
                    from.step()?;
                    let sign = from.sign()?;
                    let place = from.place;
                    let of_use = matches!(&*name, "realm" | "identityProviders");
                    let value = from.value(if of_use { MAX_MEMBER } else { 0 })?;
                    match (&*name, sign) {
                        ("users", Some(b'[')) => list = Some((List::Users, place)),
                        ("data", Some(b'[')) if list.is_none() => list = Some((List::Data, place)),
                        _ => {}
                    }
                    if let (true, Some(Ok(value))) = (of_use, value.map(|value| serde_json::from_slice(&value))) {
                        kept.push((name, value));
                    }
                }
                _ => return Ok(None),
            }
        }
        from.step()?;
        let alone = from.sign()?.is_none();
        Ok(list.filter(|_| alone).map(|list| Self { list, kept }))
    }
}

/// Reads JSON without understanding more than its brackets and quotes.
struct Scan<R> {
    from: BufReader<R>,
    place: Place,
}

impl<R: Read> Scan<R> {
    /// The next byte; it is not consumed.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.from.fill_buf()?.first().copied())
    }

    /// Consumes a byte.
    fn step(&mut self) -> io::Result<()> {
        if let Some(sign) = self.peek()? {
            self.place.line += u64::from(sign == b'\n');
            self.place.offset += 1;
            self.from.consume(1);
        }
        Ok(())
    }

    /// The next byte that is not a space; it is not consumed.
    fn sign(&mut self) -> io::Result<Option<u8>> {
        while self.peek()?.is_some_and(|sign| sign.is_ascii_whitespace()) {
            self.step()?;
        }
        self.peek()
    }

    /// Consumes a value; its text, unless that is longer than `most`.
    fn value(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let (mut text, mut length, mut depth, mut quoted, mut escaped) = (Vec::new(), 0_usize, 0_usize, false, false);
        while let Some(sign) = self.peek()? {
            if depth == 0
                && !quoted
                && length > 0
                && (matches!(sign, b',' | b'}' | b']' | b':') || sign.is_ascii_whitespace())
            {
                break;
            }
            match sign {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            length += 1;
            if length <= most {
                text.push(sign);
            }
            self.step()?;
        }
        Ok((length <= most).then_some(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Option<(List, Place)> {
        Members::of(text.as_bytes()).ok().flatten().map(|found| found.list)
    }

    #[test]
    fn a_list_of_users_is_found_wherever_it_is() {
        for (text, found) in [
            ("{\"users\":[]}", Some((List::Users, Place { offset: 9, line: 1 }))),
            (
                "{\"a\":{\"data\":[1]},\n \"data\" : [{}], \"b\":\"}\\\"\"}\n",
                Some((List::Data, Place { offset: 29, line: 2 })),
            ),
            ("{\"data\":[],\"users\":[{}]}", Some((List::Users, Place { offset: 19, line: 1 }))),
            ("{\"users\":1}", None),
            ("{\"users\":[]}\n{\"users\":[]}", None),
            ("{\"email\":\"a@b\"}\n{\"email\":\"b@b\"}", None),
            ("[{\"users\":[]}]", None),
            ("", None),
        ] {
            assert_eq!(list(text), found, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_scan_panic_or_hang(text in "[{}\\[\\]\",:a\\\\ \n]{0,60}", any in "\\PC{0,40}") {
            let _ = (list(&text), list(&any), list(&format!("{{\"users\":{text}")));
        }
    }
}
