//! `Health`.

use std::time::Duration;

use crate::Outcome;
use crate::backend::Backend;

pub async fn the_store_tells_the_time_and_its_warnings(backend: &dyn Backend) -> Outcome {
    for store in [backend.store(), backend.second_server()] {
        let (before, told, after) = (backend.now(), store.time().await?, backend.now());
        let tolerance = Duration::from_secs(1);
        assert!(told.plus(tolerance) >= before && told <= after.plus(tolerance), "one machine, one time");
        assert!(store.warnings().await?.iter().all(|warning| !warning.is_empty()));
    }
    Ok(())
}
