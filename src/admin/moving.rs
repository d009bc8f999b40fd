//! The steps of a move of the store to another one.

use super::bodies::Hold;
use super::{Answer, Response};
use crate::store::{HoldStep, Store};

pub(super) async fn hold(store: &dyn Store, step: Hold) -> Response {
    let step = match step {
        Hold::Begin { by } => HoldStep::Begin { by },
        Hold::Renew { by } => HoldStep::Renew { by },
        Hold::Keep { by, to } => HoldStep::Keep { by, to: to.into() },
        Hold::Lift { by } => HoldStep::Lift { by },
        Hold::Undo {} => HoldStep::Undo,
    };
    Ok(Answer::Held(store.hold(step).await?))
}
