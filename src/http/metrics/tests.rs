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
fn a_gauge_is_asked_at_every_scrape_and_may_have_no_number() -> fmt::Result {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let metrics = Metrics::new(Timestamp::default());
    let waiting = Arc::new(AtomicUsize::new(3));
    let asked = Arc::clone(&waiting);
    metrics.watch("waiting", "Who waits", move || Some(asked.load(Ordering::Relaxed)).filter(|waiting| *waiting > 0));
    assert!(metrics.render()?.contains("waiting 3\n"));
    waiting.store(5, Ordering::Relaxed);
    let page = metrics.render()?;
    assert!(page.contains("# TYPE waiting gauge\nwaiting 5\n"), "{page}");
    waiting.store(0, Ordering::Relaxed);
    let page = metrics.render()?;
    assert!(!page.contains("waiting"), "{page}");
    Ok(())
}

#[test]
fn the_process_tells_what_runs_and_what_it_takes() -> fmt::Result {
    let page = Metrics::new(Timestamp::from_millis(1_700_000_000_500)).render()?;
    assert!(page.contains(concat!(r#"bimgate_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#)), "{page}");
    let number = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().parse::<f64>().unwrap_or_default()
    };
    assert!(page.contains("process_start_time_seconds 1700000000.5\n"), "{page}");
    assert!(number("process_resident_memory_bytes ") > 1e6, "{page}");
    assert!(number("process_virtual_memory_bytes ") > number("process_resident_memory_bytes "), "{page}");
    assert!(number("process_cpu_seconds_total ") > 0.0, "{page}");
    assert!((3.0..=number("process_max_fds ")).contains(&number("process_open_fds ")), "{page}");
    Ok(())
}
