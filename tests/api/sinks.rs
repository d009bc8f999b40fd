//! Events are sent elsewhere: nothing is lost or moved, nothing is secret, and nobody waits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bimgate::domain::Chain;
use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
use rustls::{ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::support::app::{App, Kind, token};
use crate::support::liar::{Answer, Liar, TLS, response, server_config};
use crate::support::server::output;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_dGhpcyBzZWNyZXQgaXMga25vd24gdG8gdGhlIHRlc3Rz";
/// What a client may call itself: what ends lines, what terminals obey, and what is no ASCII.
const NASTY: &str = "a\"]\\\r\n<0>1 - evil - - - -\u{0}\u{1b}[31m\u{7f}\u{85}\u{202e}\u{fc}\u{1f600}";

/// A request that a receiver got.
#[derive(Clone)]
struct Sent {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Sent {
    fn of(request: &str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { headers, body: body.to_owned() }
    }

    fn events(&self) -> Vec<Value> {
        serde_json::from_str(&self.body).expect("a list")
    }

    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// What a receiver got at a path, as it came.
fn sent_to(liar: &Liar, path: &str) -> Vec<Sent> {
    let line = format!("POST {path} HTTP/1.1\r\n");
    liar.everything_asked()
        .iter()
        .filter(|request| request.starts_with(&line))
        .map(|request| Sent::of(request))
        .collect()
}

/// The events of batches, each batch once.
fn events_of(batches: &[Sent]) -> Vec<Value> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    let mut events = Vec::new();
    for batch in batches {
        match known.insert(batch.id(), &batch.body) {
            Some(before) => assert_eq!(before, batch.body, "what is sent again is the same"),
            None => events.extend(batch.events()),
        }
    }
    events
}

/// Fails unless the events of each chain are there from the first on, in order, each with the hash of the one before.
#[track_caller]
fn are_whole(events: &[Value]) {
    let mut ends: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for event in events {
        let end = &event["proof"]["end"];
        let chain = end["chain"].as_str().expect("a chain").to_owned();
        let (number, hash) = ends.remove(&chain).unwrap_or_else(|| (0, "0".repeat(64)));
        assert_eq!((&end["number"], &event["proof"]["previous"]), (&json!(number + 1), &json!(hash)), "{event}");
        ends.insert(chain, (number + 1, end["hash"].as_str().expect("a hash").to_owned()));
    }
}

/// What the program in `docs/operations/events.md` says of this: it is not ours, so that a mistake on both sides shows.
fn verifies(sent: &Sent, secret: &str) -> bool {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/events.md"));
    let document = document.expect("the document");
    let recipe = document.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a recipe");
    let program = format!(
        "{recipe}\nimport json, sys\nasked = json.load(sys.stdin)\n\
         print(verify(asked['secret'], asked['headers'], asked['body'].encode()))"
    );
    let asked = json!({"secret": secret, "headers": sent.headers, "body": sent.body});
    let said = output(Command::new("python3").args(["-c", &program]), &asked.to_string());
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).trim() == "True"
}

fn accepted() -> Answer {
    response("204 No Content", "text/plain", "")
}

/// Everything that `bimgate events` lists, but for what commands wrote themselves.
fn stored(app: &App) -> Vec<Value> {
    let printed = app.server.run(&["events", "--json", "--since", "1h"], "");
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_webhook_gets_every_event_as_it_is_kept_signed_and_without_a_secret() {
    let liar = Liar::start_with_tls();
    liar.says("/in", accepted());
    let (url, authority) = (format!("{}/in", liar.url), format!("{TLS}/authority.pem"));
    let mut app = App::start(
        Kind::Embedded,
        &[
            ("events.webhook.url", &url),
            ("events.webhook.secret", SECRET),
            ("events.webhook.ca_file", &authority),
            ("licenses.total", "5"),
        ],
    );
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": NASTY}));
    let access = token(&login, "access_token");
    let remembered = token(&login, "remember_me_token");
    app.try_login(&user, &json!({"password": "wrong-password"})).refused(401, "E_InvalidCredentials");
    let cross = app.cross_token(&access);
    app.swap(&json!({"cross_token": cross, "client_id": "tablet"})).ok();
    app.open_session(&user);
    app.server.run(&["user", "set-name", &user.email, "A B"], "");
    until("they are sent while the server runs", PATIENCE, || {
        sent_to(&liar, "/in").iter().any(|sent| sent.body.contains("name changed")).then_some(())
    });
    app.server.ask_to_stop();
    app.server.stopped();

    let batches = sent_to(&liar, "/in");
    let events = events_of(&batches);
    are_whole(&events);
    let without_proof = |event: &Value| {
        let mut event = event.clone();
        event.as_object_mut().expect("an object").remove("proof");
        (event["cursor"].to_string(), event)
    };
    let sent: BTreeMap<_, _> = events.iter().map(without_proof).collect();
    let of_commands = format!("{}", Chain::COMMANDS);
    let mut kept: BTreeMap<_, _> = stored(&app).iter().map(without_proof).collect();
    kept.retain(|cursor, _| !cursor.contains(&of_commands));
    // Both, so that a difference is short.
    assert_eq!(sent.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    assert_eq!(sent, kept);
    let names: BTreeSet<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    for name in
        ["server started", "login", "swap", "session opened", "account changed", "operator", "head", "server stopped"]
    {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    let login = events.iter().find(|event| event["event"] == "login" && event["client"] == NASTY);
    assert_eq!(login.expect("the login")["email"], user.email.as_str());

    let one = batches.iter().find(|sent| sent.body.contains("wrong_password")).expect("a batch");
    assert_eq!(one.headers["content-type"], "application/json");
    assert!(verifies(one, SECRET));
    let changed = [
        (Sent { body: one.body.replace("wrong_password", "no_password"), ..one.clone() }, SECRET),
        (with(one, "webhook-id", "another"), SECRET),
        (with(one, "webhook-timestamp", "1000000000"), SECRET),
        (one.clone(), "whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBpcyBsb25nIGVub3VnaA=="),
    ];
    for (sent, secret) in &changed {
        assert!(!verifies(sent, secret), "{} {secret}", sent.id());
    }
    let said = format!("{}{}", liar.everything_asked().concat(), app.server.log());
    let secrets = [&access, &remembered, &cross, &user.password, "wrong-password", &SECRET["whsec_".len()..]];
    for secret in secrets {
        assert!(!said.contains(secret), "{secret} is said");
    }

    // A command that finds no server sends what it does itself.
    let rename = |name: &str| app.server.command(&["user", "set-name", &user.email, name], "");
    assert!(rename("C D").status.success());
    let own: Vec<_> = sent_to(&liar, "/in").iter().skip(batches.len()).flat_map(Sent::events).collect();
    let mut names: Vec<_> = own.iter().filter_map(|event| event["event"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["account changed", "operator"]);
    assert!(own.iter().all(|event| event["proof"]["end"]["chain"] == of_commands.as_str()), "{own:?}");
    liar.says("/in", response("503 Service Unavailable", "text/plain", ""));
    let renamed = rename("E F");
    let said = String::from_utf8_lossy(&renamed.stderr).into_owned();
    assert!(renamed.status.success() && said.contains("not sent") && !said.contains(SECRET), "{said}");
}

fn with(sent: &Sent, header: &str, value: &str) -> Sent {
    let mut sent = sent.clone();
    sent.headers.insert(header.to_owned(), value.to_owned());
    sent
}

#[test]
fn a_webhook_that_says_when_to_come_back_is_left_alone_until_then() {
    let liar = Liar::start();
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    liar.says("/in", Answer::Raw(busy.into()));
    let url = format!("{}/in", liar.url);
    let settings = [("events.webhook.url", &*url), ("events.webhook.secret", SECRET)];
    let _app = App::start(Kind::Embedded, &settings);
    until("it is asked", PATIENCE, || (liar.asked("/in") == 1).then_some(()));
    let began = Instant::now();
    liar.says("/in", accepted());
    until("it is asked again", PATIENCE, || (liar.asked("/in") == 2).then_some(()));
    // By itself the server comes back after a second.
    assert!(began.elapsed() > Duration::from_millis(3_500), "{:?}", began.elapsed());
}

#[test]
fn a_webhook_that_does_not_take_events_gets_them_again() {
    // Nobody listens there yet, and nobody else can.
    let port = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&port, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = TcpListener::from(port);
    let url = format!("http://{}/in", port.local_addr().expect("bound"));
    let mut app = App::start(
        Kind::Embedded,
        &[("events.webhook.url", &url), ("events.webhook.secret", SECRET), ("events.webhook.timeout", "1")],
    );
    let user = app.user();
    let told = |app: &App, words: &str| app.server.log().matches(words).count();
    let (waits, again) = ("events cannot be sent to a sink; they wait", "events are sent to a sink again");
    until("that nobody is there is told", PATIENCE, || (told(&app, waits) == 1).then_some(()));
    app.login(&user);
    listen(&port, 16).expect("it is bound");
    let liar = Liar::start_on(port);
    liar.says("/in", accepted());
    until("they are sent again", PATIENCE, || (told(&app, again) == 1).then_some(()));

    let redirect = format!("307 Temporary Redirect\r\nLocation: {}/elsewhere", liar.url);
    let mischief = [
        response("500 Internal Server Error", "text/plain", "no"),
        response(&redirect, "text/plain", ""),
        Answer::Raw(b"SSH-2.0-OpenSSH_10.0\r\n\r\n".to_vec()),
        // Too slow.
        Answer::Nothing,
    ];
    for (place, answer) in mischief.into_iter().enumerate() {
        liar.says("/in", answer);
        let asked = liar.asked("/in");
        app.login(&user);
        until("it is asked in vain", PATIENCE, || (told(&app, waits) == place + 2).then_some(()));
        assert!(liar.asked("/in") > asked);
        // What comes meanwhile waits behind it.
        app.login(&user);
        liar.says("/in", accepted());
        until("they are sent again", PATIENCE, || (told(&app, again) == place + 2).then_some(()));
    }
    app.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    let batches = until("the last one is sent", PATIENCE, || {
        let batches = sent_to(&liar, "/in");
        batches.last().is_some_and(|last| last.body.contains("wrong_password")).then_some(batches)
    });
    let events = events_of(&batches);
    are_whole(&events);
    let logins = events.iter().filter(|event| event["event"] == "login" && event["outcome"] == "success").count();
    assert_eq!((logins, liar.asked("/elsewhere")), (9, 0));
    let distinct: BTreeSet<_> = batches.iter().map(Sent::id).collect();
    assert!(batches.len() >= distinct.len() + 4, "each that failed came twice");
    let last = batches.last().expect("one");
    assert!(verifies(last, SECRET));

    let page = until("it is counted", PATIENCE, || {
        let page = app.request("GET", "/metrics").send().text();
        page.contains(&format!("bimgate_sink_events_total{{sink=\"webhook\",outcome=\"sent\"}} {}\n", events.len()))
            .then_some(page)
    });
    assert!(page.contains("bimgate_sink_events_total{sink=\"webhook\",outcome=\"dropped\"} 0\n"), "{page}");
    let failures = page.lines().find_map(|line| line.strip_prefix("bimgate_sink_failures_total{sink=\"webhook\"} "));
    assert!(failures.and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count >= 5), "{page}");

    // A receiver that hangs keeps no server from stopping.
    liar.says("/in", Answer::Nothing);
    app.server.ask_to_stop();
    app.server.stopped();
    let log = app.server.log();
    let last =
        log.lines().find(|line| line.contains("so many events were not sent before the end")).expect("it is told");
    assert!(last.contains("\"host\":\"127.0.0.1\"") && last.contains("\"sink\":\"webhook\""), "{last}");
    let kept: BTreeSet<_> = stored(&app).iter().map(|event| event["event"].to_string()).collect();
    assert!(kept.contains("\"server stopped\""), "what was not sent is kept");
}

/// A message as RFC 5424, 6 has it: its head, and what it says.
fn parse(message: &str) -> (Vec<&str>, Value) {
    assert!(message.bytes().all(|byte| matches!(byte, b' '..=b'~')), "printable ASCII: {message:?}");
    let (priority, rest) = message.strip_prefix('<').and_then(|rest| rest.split_once('>')).expect("a priority");
    let fields: Vec<_> = rest.splitn(8, ' ').collect();
    let [version, at, host, name, process, kind, structured, said] = fields[..] else { panic!("{message}") };
    assert_eq!((version, name, structured), ("1", "bimgate", "-"), "{message}");
    assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok() && at.ends_with('Z') && at.len() == 24, "{at}");
    assert!(!host.is_empty() && process.parse::<u32>().is_ok() && (1..=32).contains(&kind.len()), "{message}");
    (vec![priority, at, process, kind], serde_json::from_str(said).expect("JSON"))
}

/// The messages in a stream, each behind its length (RFC 6587, 3.4.1).
fn unframe(mut stream: &str) -> Vec<&str> {
    let mut messages = Vec::new();
    while !stream.is_empty() {
        let (length, rest) = stream.split_once(' ').expect("a length");
        assert!(!length.starts_with('0'), "{length}");
        let (message, rest) = rest.split_at(length.parse().expect("a number"));
        messages.push(message);
        stream = rest;
    }
    messages
}

/// Does something that makes events, and stops the server. Its secrets.
fn live(app: &mut App) -> [String; 3] {
    let user = app.user();
    let access = token(&app.login_with(&user, &json!({"client_id": NASTY})), "access_token");
    app.try_login(&user, &json!({"password": "wrong-password"})).refused(401, "E_InvalidCredentials");
    app.server.run(&["user", "set-name", &user.email, "A B"], "");
    app.server.ask_to_stop();
    app.server.stopped();
    [access, user.password, "wrong-password".to_owned()]
}

/// Fails unless these are all the events of a server that has stopped, each in its message.
#[track_caller]
fn are_all(messages: &[&str], app: &App, secrets: &[String]) {
    let parsed: Vec<_> = messages.iter().map(|message| parse(message)).collect();
    let events: Vec<_> = parsed.iter().map(|(_, event)| event.clone()).collect();
    are_whole(&events);
    let of_commands = Chain::COMMANDS.to_string();
    let kept = stored(app).iter().filter(|event| !event["cursor"].to_string().contains(&of_commands)).count();
    assert_eq!(events.len(), kept);
    for (head, event) in &parsed {
        let priority = if event["outcome"] == "refused" { "85" } else { "86" };
        let kind = event["event"].as_str().expect("a name").replace(' ', "-");
        assert_eq!((head[0], head[2], head[3]), (priority, app.server.id().to_string().as_str(), kind.as_str()));
        let at = chrono::DateTime::parse_from_rfc3339(head[1]).expect("an instant").timestamp_millis();
        assert_eq!(event["millis"], at);
    }
    assert!(events.iter().any(|event| event["client"] == NASTY), "it is there, to the letter");
    let refused = parsed.iter().any(|(head, event)| head[0] == "85" && event["reason"] == "wrong_password");
    assert!(refused && events.last().is_some_and(|event| event["event"] == "server stopped"), "{events:?}");
    for secret in secrets {
        assert!(!messages.concat().contains(secret), "{secret} is said");
    }
}

#[test]
fn syslog_by_udp_has_a_message_in_each_datagram() {
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    receiver.set_read_timeout(Some(PATIENCE)).expect("set");
    let url = format!("udp://{}", receiver.local_addr().expect("bound"));
    let mut app = App::start(Kind::Embedded, &[("events.syslog.url", &url)]);
    let secrets = live(&mut app);
    let mut messages = Vec::new();
    while !messages.last().is_some_and(|message: &String| message.contains("server stopped")) {
        let mut datagram = vec![0; 65_536];
        let length = receiver.recv(&mut datagram).expect("a datagram in time");
        messages.push(String::from_utf8(datagram[..length].to_vec()).expect("ASCII"));
    }
    are_all(&messages.iter().map(String::as_str).collect::<Vec<_>>(), &app, &secrets);
}

/// Everything until the other side says good-bye.
fn all_from(mut stream: impl Read) -> String {
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("ASCII, and an end");
    said
}

/// The next one who connects.
fn accept(receiver: &TcpListener) -> TcpStream {
    let (stream, _) = receiver.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

#[test]
fn syslog_by_tcp_connects_again_when_the_receiver_has_hung_up() {
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("tcp://{}", receiver.local_addr().expect("bound"));
    let mut app = App::start(Kind::Embedded, &[("events.syslog.url", &url)]);
    let mut first = accept(&receiver);
    assert!(first.read(&mut [0; 1024]).expect("it sends") > 0);
    drop(first);
    let read = thread::spawn(move || all_from(accept(&receiver)));
    live(&mut app);
    let stream = read.join().expect("it is read");
    let messages: Vec<_> = unframe(&stream).into_iter().map(parse).collect();
    let has = |name: &str, value: &str| messages.iter().any(|(_, event)| event[name] == value);
    assert!(has("client", NASTY) && has("reason", "wrong_password") && has("event", "server stopped"), "{stream}");
}

#[test]
fn syslog_by_tls_is_sent_to_nobody_else() {
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("tls://{}", receiver.local_addr().expect("bound"));
    let authority = format!("{TLS}/authority.pem");
    let mut app = App::start(Kind::Embedded, &[("events.syslog.url", &url), ("events.syslog.ca_file", &authority)]);
    let by_tls = |name: &str| {
        let connection = ServerConnection::new(server_config(name)).expect("TLS");
        StreamOwned::new(connection, accept(&receiver))
    };
    let heard = by_tls("other").read(&mut [0; 1024]);
    assert!(heard.is_err(), "somebody else hears nothing: {heard:?}");
    let told = "events cannot be sent to a sink; they wait";
    until("it is told", PATIENCE, || app.server.log().contains(told).then_some(()));
    let right = by_tls("server");
    let read = thread::spawn(move || all_from(right));
    let secrets = live(&mut app);
    let stream = read.join().expect("it is read");
    are_all(&unframe(&stream), &app, &secrets);
    assert!(app.server.log().contains("events are sent to a sink again"));
}
