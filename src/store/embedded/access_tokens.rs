//! The hot path.

use futures_util::future::{Either, ready};

use super::EmbeddedStore;
use crate::domain::TokenDigest;
use crate::store::metrics::Op;
use crate::store::{AccessTokens, Lookup};

impl AccessTokens for EmbeddedStore {
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_> {
        Either::Left(ready(self.read(Op::Check, |snapshot| snapshot.access_token(digest))))
    }
}
