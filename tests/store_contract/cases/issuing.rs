//! `Sessions::issue`: what a login leaves behind, and when it is refused.

use crate::Outcome;
use crate::backend::Backend;
use crate::given;

pub async fn a_login_gives_a_usable_token_and_a_session(backend: &dyn Backend) -> Outcome {
    let (user, client) = (given::user(backend).await?, given::client());
    let login = given::remembered_login(backend, &client);
    let issued = given::logged_in(&backend.store(), user, &login).await?;
    let store = backend.second_server();
    let token = store.access_token(login.access.0).await?.ok_or("no token")?;
    assert_eq!((token.user, &token.client, token.expires), (user, &client, issued.access_expires));
    let remembered = store.remember_me_token(login.remember_me.ok_or("none asked for")?.0).await?;
    assert_eq!(remembered.map(|found| (found.user, found.client)), Some((user, client.clone())));
    let held = store.holdings(user).await?.ok_or("no user")?;
    assert_eq!(held.sessions.get(&client).map(|session| session.id), Some(issued.session));
    Ok(())
}
