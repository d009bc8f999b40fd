//! Clients that use HTTP/2 to keep a server busy or full. Each time others log in meanwhile.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::support::http2::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, Http2, NONE, PING, RST_STREAM, fields, frame,
    head,
};
use crate::support::wait::until;
use crate::tls::{LONG, PATIENCE, Place};

const ENHANCE_YOUR_CALM: u32 = 11;
const REFUSED_STREAM: u32 = 7;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
/// The server's own limit.
const STREAMS: u32 = 32;

/// A request that is under way until somebody logs in.
fn waits(stream: u32) -> Vec<u8> {
    let path = "/directory/api/directorysession/waitforauthentication?timeoutsec=60";
    let native = format!("{stream:064x}");
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &head("GET", path, &[("x-infinite-bearer", &native)]))
}

/// Somebody else logs in, on a connection of their own.
fn others_log_in(place: &Place) {
    let user = place.app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let login = place.app.request("POST", "/v2/authorize").header("Content-Type", "application/json").body(body);
    Http2::open(place.app.address()).expect("HTTP/2").ask(&login).expect("an answer").ok();
    place.open().expect("TLS").ask(&login).expect("an answer").ok();
}

/// The connection is closed, with this code if that could be read before the connection was reset.
fn is_closed(attacker: &mut Frames, code: u32) {
    if let Some(told) = attacker.closed_for() {
        assert_eq!(told, code);
    }
}

#[test]
fn who_opens_and_resets_streams_in_one_go_is_closed() {
    let place = Place::start(&[]);
    let mut attacker = Frames::open(place.app.address()).expect("HTTP/2");
    let stream = |stream| [waits(stream), frame(RST_STREAM, NONE, stream, &CANCEL)].concat();
    let flood: Vec<u8> = (0..5000).flat_map(|n| stream(2 * n + 1)).collect();
    // It may be closed before all is sent.
    let _ = attacker.send(&flood);
    others_log_in(&place);
    is_closed(&mut attacker, ENHANCE_YOUR_CALM);
    until("the log", PATIENCE, || place.app.server.log().contains("what a client sent is no request").then_some(()));
}

#[test]
fn who_gives_up_every_request_is_closed() {
    let place = Place::start(&[]);
    let mut attacker = Frames::open(place.app.address()).expect("HTTP/2");
    let mut begun = 0;
    // One after the other, each begun before it is given up.
    let give_up = |attacker: &mut Frames, stream| -> std::io::Result<bool> {
        attacker.send(&waits(stream))?;
        attacker.send(&frame(PING, NONE, 0, b"catch up"))?;
        loop {
            match attacker.next()? {
                Some(answer) if answer.kind == PING && answer.flags == ACK => break,
                Some(_) => {}
                None => return Ok(false),
            }
        }
        attacker.send(&frame(RST_STREAM, NONE, stream, &CANCEL))?;
        Ok(true)
    };
    while begun < 1000 && give_up(&mut attacker, 2 * begun + 1).unwrap_or(false) {
        begun += 1;
    }
    assert!((100..=102).contains(&begun), "{begun}");
    others_log_in(&place);
    until("the log", PATIENCE, || place.app.server.log().contains("what a client sent is no request").then_some(()));
}

#[test]
fn a_head_without_end_is_no_head() {
    let place = Place::start(&[]);
    let mut attacker = Frames::open(place.app.address()).expect("HTTP/2");
    let field = fields(&[("x-one-more", "of ten thousand")]);
    let mut flood = frame(HEADERS, END_STREAM, 1, &head("GET", "/v2/authorize", &[]));
    for _ in 0..10_000 {
        flood.extend(frame(CONTINUATION, NONE, 1, &field));
    }
    let _ = attacker.send(&flood);
    others_log_in(&place);
    is_closed(&mut attacker, ENHANCE_YOUR_CALM);

    // One that is too large, in as few frames as can be, costs the request alone.
    let mut large = Frames::open(place.app.address()).expect("HTTP/2");
    let value = "x".repeat(100);
    let many = vec![("x-one-more", value.as_str()); 100];
    large.send(&frame(HEADERS, END_STREAM, 1, &head("GET", "/v2/authorize", &many))).expect("sent");
    large.send(&frame(CONTINUATION, NONE, 1, &fields(&many))).expect("sent");
    large.send(&frame(CONTINUATION, END_HEADERS, 1, &fields(&many))).expect("sent");
    let refused = large.hears(HEADERS);
    // HPACK has a code for each digit (RFC 7541, B).
    let [four, three, one] = [0b01_1010_u32, 0b01_1001, 0b0_0001];
    let status = (four << 11 | three << 5 | one) << 7 | 0x7f;
    assert!(refused.payload.windows(3).any(|three| three == &status.to_be_bytes()[1..]), "{refused:?}");
    large.catch_up();
}

#[test]
fn a_connection_has_so_many_requests_and_its_network_so_many_more() {
    let place = Place::start(&[("server.max_connections_per_network", "40")]);
    let refused = |attacker: &mut Frames, streams: u32| {
        for n in 0..streams {
            attacker.send(&waits(2 * n + 1)).expect("sent");
        }
        let mut refused = 0;
        // The answer to a ping may overtake what the server has to say when it has read the ping.
        for _ in 0..2 {
            attacker.send(&frame(PING, NONE, 0, b"catch up")).expect("sent");
            loop {
                let frame = attacker.next().expect("a frame").expect("it is open");
                if frame.kind == RST_STREAM {
                    assert_eq!(frame.code(), REFUSED_STREAM);
                    refused += 1;
                } else if frame.kind == PING && frame.flags == ACK {
                    break;
                }
            }
        }
        refused
    };
    let attackers = Ipv4Addr::new(127, 0, 0, 2);
    let open = || Frames::open_from(attackers, place.app.address()).expect("HTTP/2");
    let (mut first, mut second) = (open(), open());
    assert_eq!(refused(&mut first, STREAMS + 5), 5);
    // The first has 32 of the 40 places; the second has its own, and seven more.
    assert_eq!(refused(&mut second, 10), 2);
    others_log_in(&place);
}

#[test]
fn requests_in_place_of_others_take_no_more_places() {
    let place = Place::start(&[("server.max_connections_per_network", "40")]);
    let mut attacker = Frames::open_from(Ipv4Addr::new(127, 0, 0, 2), place.app.address()).expect("HTTP/2");
    let stream = |n| 2 * n + 1;
    let given_up = |n| frame(RST_STREAM, NONE, stream(n), &CANCEL);
    attacker.send(&(0..STREAMS).flat_map(|n| waits(stream(n))).collect::<Vec<_>>()).expect("sent");
    attacker.catch_up();
    // All of these are there before any of those has ended.
    let others = (0..STREAMS).flat_map(given_up).chain((STREAMS..2 * STREAMS).flat_map(|n| waits(stream(n))));
    attacker.send(&others.collect::<Vec<_>>()).expect("sent");
    // The answer to a ping may overtake what the server has to say when it has read the ping.
    for _ in 0..2 {
        attacker.send(&frame(PING, NONE, 0, b"catch up")).expect("sent");
        loop {
            let frame = attacker.next().expect("a frame").expect("it is open");
            assert_ne!(frame.kind, RST_STREAM, "{frame:?}");
            if frame.kind == PING && frame.flags == ACK {
                break;
            }
        }
    }
    // The most at once, and the next as soon as one has ended.
    let next = frame(HEADERS, END_HEADERS | END_STREAM, stream(2 * STREAMS), &head("GET", "/v2/authorize", &[]));
    attacker.send(&[given_up(STREAMS), next].concat()).expect("sent");
    assert_eq!(attacker.hears(HEADERS).stream, stream(2 * STREAMS));
    others_log_in(&place);
}

#[test]
fn who_says_nothing_is_cut_off() {
    let timeouts = [("server.client_timeout", "3"), ("server.idle_timeout", "2")];
    let place = Place::start(&timeouts);
    let address = place.app.address();
    let silent = Frames::agree(Ipv4Addr::LOCALHOST, address).expect("TLS");
    let begun = Frames::open(address).expect("HTTP/2");
    let mut in_a_head = Frames::open(address).expect("HTTP/2");
    in_a_head.send(&frame(HEADERS, END_STREAM, 1, &head("GET", "/v2/authorize", &[]))).expect("sent");
    let mut idle = Frames::open(address).expect("HTTP/2");
    idle.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v2/authorize", &[]))).expect("sent");
    idle.hears(HEADERS);
    others_log_in(&place);
    for mut connection in [silent, begun, in_a_head, idle] {
        is_closed(&mut connection, 0);
    }
}

#[test]
fn pings_keep_no_connection_open() {
    let place = Place::start(&[("server.idle_timeout", "1")]);
    let mut pinging = Frames::open(place.app.address()).expect("HTTP/2");
    pinging.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v2/authorize", &[]))).expect("sent");
    pinging.hears(HEADERS);
    until("it is closed", PATIENCE, || {
        let _ = pinging.send(&frame(PING, NONE, 0, b"I am her"));
        pinging.next().expect("a frame").is_none().then_some(())
    });
}

#[test]
fn a_body_that_does_not_come_costs_its_stream_alone() {
    let place = Place::start(&[("server.idle_timeout", LONG)]);
    let mut slow = Http2::open(place.app.address()).expect("HTTP/2");
    let login = || place.app.request("POST", "/v2/authorize").header("Content-Type", "application/json");
    let hanging: Vec<_> = (0..8).map(|_| slow.begin(&login().body("{")).expect("sent")).collect();
    others_log_in(&place);
    slow.ask(&place.app.request("GET", "/v2/authorize")).expect("an answer").refused(401, "E_InvalidToken");
    for hanging in hanging {
        slow.answer(hanging).expect("an answer").refused(400, "E_BadRequest");
    }
    slow.ask(&place.app.request("GET", "/v2/authorize")).expect("it is open").refused(401, "E_InvalidToken");
}

#[test]
fn frames_that_are_wrong_end_the_connection() {
    let place = Place::start(&[]);
    // Data for a stream that was never opened; a preface that is none.
    let mut wrong = Frames::open(place.app.address()).expect("HTTP/2");
    let _ = wrong.send(&frame(DATA, NONE, 1, b"nobody asked"));
    wrong.closed_for();
    let mut other = Frames::agree(Ipv4Addr::LOCALHOST, place.app.address()).expect("TLS");
    let _ = other.send(b"GET /v2/authorize HTTP/1.1\r\nHost: localhost\r\n\r\n");
    other.closed_for();
    others_log_in(&place);
}
