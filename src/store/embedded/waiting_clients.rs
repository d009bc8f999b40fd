//! How native clients that wait describe themselves, in memory: a restart forgets it, and they say it again.

use std::collections::HashMap;

use crate::domain::{ClientInfo, Timestamp, TokenDigest};
use crate::store::WAITING_CLIENT_KEPT;

/// How clients describe themselves, by native token, and until when that is kept. A table of 65,536 places, some 20 MB
/// if all are taken: its size is fixed since callers choose their tokens. A later client takes the place of an earlier
/// one, which describes itself again with its next poll.
#[derive(Default)]
pub(super) struct WaitingClients(HashMap<[u8; 2], (TokenDigest, Timestamp, ClientInfo)>);

impl WaitingClients {
    pub(super) fn note(&mut self, native: TokenDigest, client: &ClientInfo, now: Timestamp) {
        self.0.insert(place(native), (native, now.plus(WAITING_CLIENT_KEPT), client.clone()));
    }

    pub(super) fn of(&self, native: TokenDigest, now: Timestamp) -> Option<ClientInfo> {
        let (whose, until, client) = self.0.get(&place(native))?;
        (*whose == native && *until > now).then(|| client.clone())
    }
}

fn place(native: TokenDigest) -> [u8; 2] {
    let [one, two, ..] = native.0;
    [one, two]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_kept_out_and_none_remembered_for_ever() {
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        let token = |number: u128| TokenDigest(number.to_be_bytes());
        let client = ClientInfo { application: Some("A".into()), ..ClientInfo::default() };
        let mut introduced = WaitingClients::default();
        introduced.note(token(1), &client, at(0));
        assert_eq!(introduced.of(token(1), at(599)), Some(client.clone()));
        assert_eq!(introduced.of(token(1), at(600)), None);
        assert_eq!(introduced.of(token(2), at(1)), None, "another's place");
        introduced.note(token(2), &client, at(0));
        assert_eq!(introduced.of(token(2), at(1)), Some(client.clone()));
        assert_eq!(introduced.of(token(1), at(1)), None);
        introduced.note(token(u128::MAX), &client, at(0));
        assert_eq!((introduced.of(token(2), at(1)), introduced.0.len()), (Some(client), 2));
    }
}
