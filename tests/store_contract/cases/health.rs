//! `Health`.

use std::time::Duration;

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
