//! The ids and addresses of earlier rows, to find duplicates in one file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};

use crate::admin::NewAccount;

/// The first half of each address's SHA-256, each id, and their lines: 20 bytes an entry, without the table's spare
/// room.
#[derive(Default)]
pub(super) struct Seen {
    emails: HashMap<[u8; 16], u32>,
    ids: HashMap<[u8; 16], u32>,
}

impl Seen {
    /// Notes the claims of a row; if one was made before, says which and where.
    pub(super) fn clash(&mut self, line: u64, account: &NewAccount) -> Option<String> {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let email = match self.emails.entry(digest(account.email.as_str())) {
            Entry::Occupied(held) => return Some(format!("its e-mail address is that of line {}", held.get())),
            Entry::Vacant(free) => free,
        };
        if let Some(id) = account.id {
            match self.ids.entry(id.0.into_bytes()) {
                Entry::Occupied(held) => return Some(format!("its id is that of line {}", held.get())),
                Entry::Vacant(free) => free.insert(line),
            };
        }
        email.insert(line);
        None
    }
}

fn digest(text: &str) -> [u8; 16] {
    let whole = Sha256::digest(text);
    let mut digest = [0; 16];
    digest.copy_from_slice(&whole[..16]);
    digest
}
