//! A login begins where a person sees it, and not in what another site's page loads unseen.

use crate::steps::begin;
use crate::support::app::App;
use crate::support::visitor::{Visitor, parameter};

on_both_stores!(what_a_page_loads_unseen_begins_no_login, |kind| {
    let app = App::start(kind, &[("directory.max_pending_per_network", "1")]);
    let start = app.authenticate("access:client", "");
    let visitor = |headers: &[(&str, &str)]| {
        let mut visitor = Visitor::default();
        visitor.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        visitor
    };
    let frame = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")];
    let image = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")];
    for headers in [
        &image[..],
        &[("Sec-Fetch-Mode", "cors")],
        &[("Sec-Fetch-Mode", "same-origin")],
        &[("Sec-Fetch-Mode", "websocket")],
        &[("Sec-Fetch-Mode", "")],
        &frame,
    ] {
        let reply = visitor(headers).get(&start);
        let body = reply.refused(400, "E_BadRequest");
        assert!(body["message"].as_str().is_some_and(|sentence| sentence.contains("window")), "{body}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    // There was room for one: none of them took it.
    let window = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let page = begin(&mut visitor(&window), &start);
    assert_eq!(parameter(&page, "state").len(), 32);
});
