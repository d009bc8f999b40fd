//! The programs in `examples`, run beside the demo as their READMEs say.

use std::io::Write as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use url::Url;
use uuid::uuid;

use crate::browser::Browser;
use crate::support::app::User;
use crate::support::client::{Reply, Request};
use crate::support::directory::{Session, path};
use crate::support::lines::Lines;
use crate::support::proxy::free_address;
use crate::support::server::Server;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

/// Far longer than a program takes to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running example, killed when dropped.
struct Example {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines,
}

impl Example {
    fn start(command: &mut Command) -> Self {
        let command = command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the example runs");
        let output = Lines::of("the example", child.stdout.take().expect("piped"));
        Self { input: child.stdin.take(), child, output }
    }

    /// Waits for the next line, which must begin so; the rest of it.
    #[track_caller]
    fn says(&self, beginning: &str) -> String {
        let line = self.output.next().unwrap_or_else(|| panic!("it ended before it said {beginning:?}"));
        line.strip_prefix(beginning).unwrap_or_else(|| panic!("not {beginning:?}: {line}")).to_owned()
    }

    fn press_enter(&mut self) {
        self.input.as_mut().expect("piped").write_all(b"\n").expect("it reads");
    }

    fn ends(&mut self) -> ExitStatus {
        until("the example ends", PATIENCE, || self.child.try_wait().expect("a child"))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The demo and the web application, at this URL.
fn web_application() -> (Server, Example, String) {
    let address = free_address();
    let url = format!("http://{address}/");
    let demo = Server::start_with(&["serve", "--demo"], &[("directory.redirect_urls", &url)]);
    let mut node = Command::new("node");
    node.arg("web/server.mjs").env("BIMGATE", format!("http://{}", demo.address));
    let application = Example::start(node.env("LISTEN", address.to_string()));
    assert_eq!(application.says("Open "), url);
    (demo, application, url)
}

fn demo_user() -> User {
    let id = uuid!("b37b60d4-0f1b-4158-99c4-847254786517");
    User { id, email: "test@bimplus.net".into(), password: "test".into() }
}

/// A session that the demo's user opens in another browser, for the application at this URL.
fn session_elsewhere(demo: &Server, url: &str) -> Session {
    let mut start = Url::parse(&format!("http://{}{}", demo.address, path("authenticate"))).expect("a URL");
    start.query_pairs_mut().append_pair("claims", "access:client").append_pair("redirecturl", url);
    Session::of_fragment(&Visitor::default().log_in(&start, &demo_user()))
}

#[test]
fn a_person_logs_in_to_the_web_application_and_out_again() {
    let (demo, _application, url) = web_application();
    let browser = Browser::start();
    // A link that somebody else prepared logs nobody in.
    browser.open(format!("{url}#directory_access_token={}", session_elsewhere(&demo, &url).directory));
    browser.sees("Nobody is logged in");
    browser.press("Log in");
    browser.give_password(&demo_user());
    browser.sees("Hello Test User");
    browser.reads(&format!("The back end knows you as {}.", demo_user().id));
    assert_eq!(browser.url().as_str(), url, "the bearers are out of the address");
    browser.press("Log out");
    browser.sees("Nobody is logged in");
}

#[test]
fn its_back_end_takes_good_bearers_for_it_alone() {
    let (demo, _application, url) = web_application();
    let session = session_elsewhere(&demo, &url);
    let address = Url::parse(&url).expect("a URL").socket_addrs(|| None).expect("an address")[0];
    let me = |bearer: &str| -> Reply {
        Request::new(address, "GET", "/me").header("Authorization", &format!("Bearer {bearer}")).send()
    };
    let answer = me(&session.http);
    assert_eq!((answer.status, answer.json()["user"].as_str()), (200, Some(demo_user().id.to_string().as_str())));
    let (signed, signature) = session.http.rsplit_once('.').expect("a JWT");
    let others = format!("{}.{signature}", session.directory.rsplit_once('.').expect("a JWT").0);
    for bad in [session.directory.as_str(), &others, signed, &format!("{signed}."), "a.b.c", ""] {
        assert_eq!(me(bad).status, 401, "{bad}");
    }
}

#[test]
fn a_person_lets_the_native_client_in_and_it_logs_out() {
    let demo = Server::start_with(&["serve", "--demo"], &[]);
    let mut python = Command::new("python3");
    // The test opens the browser.
    python.args(["native/client.py", &format!("http://{}", demo.address)]).env("BROWSER", "true");
    let mut client = Example::start(&mut python);
    let browser = Browser::start();
    browser.open(client.says("Log in at "));
    browser.give_password(&demo_user());
    browser.sees("Let this program in?");
    browser.reads("bimgate-example/1.0");
    browser.press("Yes, log it in");
    browser.sees("The login is done");
    client.says("Hello Test User");
    client.says("The v2 API knows you as test@bimplus.net");
    client.says("Enter logs out.");
    client.press_enter();
    client.says("Logged out");
    assert!(client.ends().success());
}
