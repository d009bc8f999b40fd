//! Tokens of the management API.

use tokio::sync::mpsc::Receiver;

use super::{AdminError, Answer, NewToken, Response, TokenView};
use crate::clock::Clock;
use crate::domain::{ApiTokenDirectory, Timestamp, TokenDigest, TokenRefused};
use crate::store::{self, Store};

/// How often a change of the record is tried that others change at the same time.
const TRIES: usize = 8;

pub(super) async fn list(store: &dyn Store) -> Response {
    Ok(Answer::Tokens(store.api_tokens().await?.tokens.iter().map(TokenView::of).collect()))
}

/// Adds one; the same once more is no error.
pub(super) async fn add(store: &dyn Store, now: Timestamp, new: NewToken) -> Response {
    let new = new.at(now);
    let added = change(store, |directory| {
        if directory.token(new.digest).is_some_and(|held| held.name == new.name && held.scopes == new.scopes) {
            return Ok(false);
        }
        directory.add(new.clone()).map(|()| true)
    });
    match added.await? {
        Ok(()) => Ok(Answer::Token(TokenView::of(&new))),
        Err(TokenRefused::NameTaken) => Err(AdminError::TokenTaken),
        Err(TokenRefused::TooMany) => Err(AdminError::TooManyTokens),
    }
}

pub(super) async fn remove(store: &dyn Store, name: &str) -> Response {
    let removed = change(store, |directory| if directory.remove(name) { Ok(true) } else { Err(()) });
    match removed.await? {
        Ok(()) => Ok(Answer::Deleted),
        Err(()) => Err(AdminError::NoSuchToken),
    }
}

/// Notes the uses of tokens that requests have told, so that no request waits for it. Ends with the last that can tell.
pub async fn note_uses(store: &dyn Store, clock: &dyn Clock, mut uses: Receiver<TokenDigest>) {
    while let Some(digest) = uses.recv().await {
        let now = clock.now();
        let noted = change(store, |directory| Ok::<_, ()>(directory.note_use(digest, now)));
        if let Err(error) = noted.await {
            tracing::debug!(%error, "the use of an API token could not be noted");
        }
    }
}

/// Changes the record, as one act. `change` says whether it has changed anything, or why not.
async fn change<E>(
    store: &dyn Store,
    mut change: impl FnMut(&mut ApiTokenDirectory) -> Result<bool, E>,
) -> Result<Result<(), E>, AdminError> {
    for _ in 0..TRIES {
        let mut directory = store.api_tokens().await?;
        match change(&mut directory) {
            Ok(false) => return Ok(Ok(())),
            Err(refused) => return Ok(Err(refused)),
            Ok(true) => {}
        }
        if store.replace_api_tokens(&directory).await? {
            return Ok(Ok(()));
        }
    }
    let contended = store::StoreError::Unavailable("others change the API tokens at the same time".to_owned());
    Err(contended.into())
}
