//! However much a person has, no more is loaded than the rule is about.

use super::v2::{client, close, key, login, mint, swap};
use super::*;
use crate::domain::{AccessHandle, CrossParent, Expire, Issue, MintCross, Revoke};

#[test]
fn however_much_a_person_has_no_more_is_loaded_than_the_rule_is_about() {
    let limits = Limits { tokens_per_client: 16, sessions_per_user: 1_000, tokens_per_user: 16_000, ..LIMITS };
    let mut person = Person::new();
    let digest = |session: u32, token: u32| TokenDigest((u128::from(session) << 32 | u128::from(token)).to_be_bytes());
    let log_in = |session: u32, number: u32| {
        let login = login(&session.to_string(), 0, Duration::from_millis(session.into()));
        Issue { access: (digest(session, number), DAY), limits, ..login }
    };
    for session in 0..1_000 {
        let (_, mut state) = (person.issued(&log_in(session, 0)), person.clients.remove(&client(&session.to_string())));
        if let Some(state) = &mut state {
            let first = state.access[0];
            state.access.extend((1..16).map(|number| AccessHandle { digest: digest(session, number), ..first }));
        }
        person.clients.extend(state.map(|state| (client(&session.to_string()), state)));
        person.totals = person.whole().totals();
    }
    assert_eq!(person.totals, Totals { clients: 1_000, directory: 0, tokens: 16_000 });
    let name = |session: u32| session.to_string();
    person.issued(&log_in(500, 16));
    assert_eq!(person.loaded, 1, "a login");
    let parent =
        CrossParent::Access { token: digest(501, 0), client: client("501"), proven: at(START), not_after: None };
    person.done(&Revoke { client: client("501"), token: digest(501, 1) }, HOUR);
    assert_eq!(person.loaded, 1, "a revocation");
    person.minted(&MintCross { parent, cross: (token(21), HOUR), limits, ..mint("", 0, 0, START) });
    assert_eq!(person.loaded, 1, "a cross token");
    let swap = Issue { limits, ..swap(21, "501", "502", 22, START) };
    person.issued(&swap);
    assert_eq!(person.loaded, 2, "a swap");
    person.done(&close(&name(503)), START);
    assert_eq!(person.loaded, 1, "a close");
    person.done(&Expire { session: Some(key("504")) }, START);
    assert_eq!(person.loaded, 1, "an expiry");
    person.issued(&log_in(1_000, 0));
    person.issued(&log_in(1_001, 0));
    assert!(person.loaded <= 9, "a login too many: {}", person.loaded);
}
