//! `Health`.

use std::time::Duration;

use bimgate::domain::{LicenseLimits, SessionId};
use bimgate::store::Census;
use uuid::Uuid;

use crate::given::{self, HOUR, client, logged_in, login};
use crate::given_directory::{MANY, close, opened, opening};

on_every_backend!(the_store_tells_the_time, |backend| {
    for store in [backend.store(), backend.second_server()] {
        let (before, told, after) = (backend.now(), store.time().await?, backend.now());
        let tolerance = Duration::from_secs(1);
        assert!(told.plus(tolerance) >= before && told <= after.plus(tolerance), "one machine, one time");
    }
    Ok(())
});

// Every backend of the suite is set up so; what is warned of is tested where it can be set up otherwise. No setup of a
// cluster keeps all through a failover.
on_every_backend!(a_store_that_loses_nothing_warns_of_nothing, |backend| {
    for store in [backend.store(), backend.second_server()] {
        let mut warnings = store.warnings().await?;
        warnings.retain(|warning| !warning.contains("failover"));
        assert_eq!(warnings, Vec::<String>::new());
    }
    Ok(())
});

on_every_backend!(what_there_is_is_counted_and_what_has_ended_is_not, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    assert_eq!(known(store.census().await?), Census { directory_sessions: Some(0), ..Census::default() });
    let users = [given::user(backend).await?, given::user(backend).await?];
    for client in [client(), client()] {
        logged_in(&store, users[0], &login(backend, &client)).await?;
    }
    let [one, other] = users.map(|user| opening(backend, user));
    for opening in [&one, &other] {
        opened(&store, opening).await?;
    }
    let (state, pending) = (given::digest(), crate::support::given::pending(backend.now()));
    store.begin_login(state, &pending, MANY).await?;
    let (native, limits) = (given::digest(), LicenseLimits { total: 5, per_user: 5 });
    store.check_out(native, users[0], SessionId(Uuid::new_v4()), HOUR, limits).await?;

    let census = second.census().await?;
    let all = Census { users: Some(2), client_sessions: Some(2), directory_sessions: Some(2), logins: 1, licenses: 1 };
    assert_eq!(known(census), Census { users: None, client_sessions: None, ..all });
    assert!(census.users.is_none_or(|users| users == 2), "{census:?}");
    assert!(census.client_sessions.is_none_or(|sessions| sessions == 2), "{census:?}");

    store.close_session(users[0], &close(one.session)).await??;
    store.end_login(state, &pending).await?;
    store.check_in(native).await?;
    let left = known(second.census().await?);
    assert_eq!((left.directory_sessions, left.logins, left.licenses), (Some(1), 0, 0));
    Ok(())
});

/// What every store tells.
fn known(census: Census) -> Census {
    Census { users: None, client_sessions: None, ..census }
}
