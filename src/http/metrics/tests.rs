use super::*;

#[test]
fn a_request_is_counted_by_route_method_and_status() -> fmt::Result {
    let metrics = Metrics::new(Timestamp::default());
    let brief = Duration::from_micros(60);
    metrics.observe_request(Route::Authorize, &Method::GET, StatusCode::OK, brief);
    metrics.observe_request(Route::Authorize, &Method::GET, StatusCode::OK, brief);
    metrics.observe_request(Route::Unmatched, &Method::TRACE, StatusCode::IM_A_TEAPOT, brief);
    let page = metrics.render()?;
    for line in [
        r#"bimgate_http_requests_total{method="GET",route="/v2/authorize",status="200"} 2"#,
        r#"bimgate_http_requests_total{method="OTHER",route="unmatched",status="other"} 1"#,
        r#"bimgate_http_request_duration_seconds_bucket{route="/v2/authorize",le="0.0001"} 2"#,
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    Ok(())
}

#[test]
fn no_request_adds_a_line_of_its_own_making() -> fmt::Result {
    let metrics = Metrics::new(Timestamp::default());
    let count = |name: &str| {
        let method = Method::from_bytes(name.as_bytes()).unwrap_or_default();
        metrics.observe_request(Route::of(&format!("/{name}")), &method, StatusCode::NOT_FOUND, Duration::ZERO);
    };
    count("MADE");
    let lines = metrics.render()?.lines().count();
    (0..100).for_each(|number| count(&format!("UP{number}")));
    assert_eq!(metrics.render()?.lines().count(), lines);
    Ok(())
}

#[test]
fn logins_are_counted_by_outcome_and_refusals_for_haste_also_alone() -> fmt::Result {
    let metrics = Metrics::new(Timestamp::default());
    metrics.observe_login(LoginMethod::Password, LoginOutcome::Success);
    metrics.observe_login(LoginMethod::Cross, LoginOutcome::Throttled);
    let page = metrics.render()?;
    for line in [
        r#"bimgate_logins_total{method="password",outcome="success"} 1"#,
        r#"bimgate_logins_total{method="cross",outcome="throttled"} 1"#,
        r#"bimgate_logins_total{method="remember_me",outcome="refused"} 0"#,
        "bimgate_throttled_total 1",
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    Ok(())
}

#[test]
fn the_hashing_queue_is_asked_at_every_scrape() -> fmt::Result {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let metrics = Metrics::new(Timestamp::default());
    let waiting = Arc::new(AtomicUsize::new(3));
    let asked = Arc::clone(&waiting);
    metrics.watch_hashing(move || asked.load(Ordering::Relaxed), || 2);
    assert!(metrics.render()?.contains("bimgate_hashing_queued 3\n"));
    waiting.store(5, Ordering::Relaxed);
    let page = metrics.render()?;
    assert!(page.contains("bimgate_hashing_queued 5\n") && page.contains("bimgate_hashing_running 2\n"), "{page}");
    Ok(())
}

#[test]
fn the_process_tells_its_version_start_and_memory() -> fmt::Result {
    let page = Metrics::new(Timestamp::from_millis(1_700_000_000_500)).render()?;
    assert!(page.contains(concat!(r#"bimgate_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#)), "{page}");
    let number = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().parse::<f64>().unwrap_or_default()
    };
    assert!(page.contains("process_start_time_seconds 1700000000.5\n"), "{page}");
    assert!(number("process_resident_memory_bytes ") > 1e6, "{page}");
    Ok(())
}

#[test]
fn every_metric_stands_once_on_the_page() -> fmt::Result {
    let metrics = Metrics::new(Timestamp::default());
    metrics.watch_store(&StoreMetrics::new());
    metrics.watch_hashing(|| 0, || 0);
    metrics.watch_waiting(|| 0);
    metrics.observe_request(Route::Authorize, &Method::GET, StatusCode::OK, Duration::ZERO);
    let page = metrics.render()?;
    let mut names: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.sort_unstable();
    let known = [
        "bimgate_build_info gauge",
        "bimgate_denied_total counter",
        "bimgate_hashing_queued gauge",
        "bimgate_hashing_running gauge",
        "bimgate_http_request_duration_seconds histogram",
        "bimgate_http_requests_total counter",
        "bimgate_logins_total counter",
        "bimgate_sessions_ended_total counter",
        "bimgate_store_duration_seconds histogram",
        "bimgate_store_errors_total counter",
        "bimgate_throttled_total counter",
        "bimgate_waiting_clients gauge",
        "process_resident_memory_bytes gauge",
        "process_start_time_seconds gauge",
    ];
    assert_eq!(names, known, "{page}");
    Ok(())
}
