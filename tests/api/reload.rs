//! SIGHUP: what of the settings a running server takes over, and what it says of the rest.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::app::{App, Kind};
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose settings are in a file that may change.
struct Place {
    app: App,
    folder: TempDir,
}

impl Place {
    fn start(settings: &str) -> Self {
        let folder = TempDir::with_prefix("bimgate-settings-").expect("a folder");
        let file = folder.path().join("my.toml");
        fs::write(&file, settings).expect("a file");
        fs::write(folder.path().join("clients"), "first:0123456789abcdef\n").expect("a file");
        let clients = folder.path().join("clients").display().to_string();
        let file = file.display().to_string();
        let app = App::start(Kind::Embedded, &[("BIMGATE_CONFIG", &file), ("introspection.clients_file", &clients)]);
        Self { app, folder }
    }

    /// Has the server read these settings, and waits until its log says `words` so many times.
    fn reload(&self, settings: &str, words: &str, times: usize) {
        fs::write(self.folder.path().join("my.toml"), settings).expect("a file");
        self.app.server.signal(Signal::HUP);
        until(words, PATIENCE, || (self.app.server.log().matches(words).count() >= times).then_some(()));
    }

    fn allows(&self, origin: &str) -> bool {
        let reply = self.app.request("GET", "/healthz").header("Origin", origin).send();
        reply.header("access-control-allow-origin") == Some(origin)
    }

    /// How a back end is answered that asks about a token.
    fn introspects(&self, credentials: &str) -> u16 {
        let basic = format!("Basic {}", STANDARD.encode(credentials));
        let request = self.app.request("POST", "/directory/api/introspect").header("Authorization", &basic);
        request.body("token=x").send().status
    }

    fn applications(&self, access: &str) -> String {
        let reply = self.app.request("GET", "/directory/api/directorysession/applications").token(access).send();
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    }
}

const BEFORE: &str = r#"
[server]
allowed_origins = ["https://one.example.org"]
[log]
level = "warn"
[[directory.applications]]
id = "viewer"
name = "Viewer"
url = "https://viewer.example.org/"
"#;

const AFTER: &str = r#"
[server]
allowed_origins = ["https://two.example.org"]
workers = 3
[tokens]
access_lifetime = 1234
[events.syslog]
url = "udp://127.0.0.1:9"
[log]
level = "info"
[[directory.applications]]
id = "editor"
name = "Editor"
url = "https://editor.example.org/"
"#;

#[test]
fn a_signal_has_settings_taken_over_and_names_those_that_are_not() {
    let place = Place::start(BEFORE);
    let user = place.app.user();
    let access = place.app.login(&user);
    let (one, two) = ("https://one.example.org", "https://two.example.org");
    assert!(place.allows(one) && !place.allows(two));
    assert_eq!((place.introspects("first:0123456789abcdef"), place.introspects("next:fedcba9876543210")), (200, 401));
    assert!(place.applications(&access).contains("viewer"));
    assert!(!place.app.server.log().contains("\"message\":\"request\""));

    fs::write(place.folder.path().join("clients"), "next:fedcba9876543210\n").expect("a file");
    place.reload(AFTER, "counts after a restart", 3);
    assert!(!place.allows(one) && place.allows(two));
    assert_eq!((place.introspects("first:0123456789abcdef"), place.introspects("next:fedcba9876543210")), (401, 200));
    let applications = place.applications(&access);
    assert!(applications.contains("editor") && !applications.contains("viewer"), "{applications}");
    place.app.login(&user);
    let log = until("requests are logged", PATIENCE, || {
        Some(place.app.server.log()).filter(|log| log.contains("\"message\":\"request\""))
    });
    let told = |setting: &str, words: &str| {
        let name = format!("\"setting\":\"{setting}\"");
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&name)).collect();
        assert!(lines.len() == 1 && lines[0].contains(words), "{setting}: {log}");
    };
    for setting in ["server.allowed_origins", "introspection.clients", "directory.applications", "log.level"] {
        told(setting, "counts from now on");
    }
    for setting in ["server.workers", "tokens.access_lifetime", "events.syslog.url"] {
        told(setting, "counts after a restart");
    }
    assert!(!log.contains("fedcba9876543210"));

    // Whatever is wrong changes nothing, and all of it is named.
    let wrong = AFTER.replace("two.example.org", "three.example.org").replace("= 3", "= \"many\"").replace("1234", "0");
    place.reload(&wrong, "nothing is changed", 2);
    assert!(place.allows(two) && !place.allows("https://three.example.org"));
    let log = place.app.server.log();
    assert!(log.contains("server.workers must be") && log.contains("tokens.access_lifetime must be"), "{log}");

    // What is still to be taken over at a restart is said again, and nothing else.
    place.reload(AFTER, "counts after a restart", 6);
    assert_eq!(place.app.server.log().matches("counts from now on").count(), 4);
    let before =
        AFTER.replace("workers = 3", "").replace("access_lifetime = 1234", "").replace("udp://127.0.0.1:9", "");
    place.reload(&before, "are as before", 1);
}
