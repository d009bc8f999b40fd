//! A real SMTP server beside a case.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::lines::Lines;

/// Whom the server lets send.
pub const USERNAME: &str = "bimgate";
/// See [`USERNAME`].
pub const PASSWORD: &str = "the password for mail";
const FROM: &str = "login@example.org";
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/authority.pem");

/// A running server, killed when dropped.
pub struct MailServer {
    child: Child,
    said: Lines,
    port: u64,
    encryption: &'static str,
}

/// A mail that it took.
pub struct Mail {
    pub to: String,
    pub secure: bool,
    /// Decoded.
    pub text: String,
    /// With its head, as it came.
    pub whole: String,
}

impl MailServer {
    /// Starts one that behaves in a manner that `server.mjs` knows.
    pub fn start(encryption: &'static str, manner: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail_server");
        assert!(
            folder.join("node_modules/smtp-server").exists(),
            "the mail server is not installed: run ./scripts/test once, or `npm ci` in tests/mail_server"
        );
        let mut asked = json!({"encryption": encryption, "manner": manner});
        if encryption != "none" {
            asked["username"] = USERNAME.into();
            asked["password"] = PASSWORD.into();
        }
        let mut child = Command::new("node")
            .arg("server.mjs")
            .arg(asked.to_string())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("Node.js is installed (./scripts/test installs it; Debian: apt-get install nodejs npm)");
        let said = Lines::of("the mail server", child.stdout.take().expect("piped"));
        let port = said.next().and_then(|line| line.parse().ok()).expect("a port");
        Self { child, said, port, encryption }
    }

    /// What a server must be told to send by it. Links lead to an address where nobody is.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("server.public_url", "http://login.example.org".to_owned()),
            ("mail.host", "localhost".to_owned()),
            ("mail.port", self.port.to_string()),
            ("mail.encryption", self.encryption.to_owned()),
            ("mail.from", format!("Login <{FROM}>")),
            ("mail.ca_file", AUTHORITY.to_owned()),
            ("mail.timeout", "60".to_owned()),
        ];
        if self.encryption != "none" {
            settings.extend([("mail.username", USERNAME.to_owned()), ("mail.password", PASSWORD.to_owned())]);
        }
        settings
    }

    /// The next mail that it takes.
    #[track_caller]
    pub fn mail(&self) -> Mail {
        let said: Value = serde_json::from_str(&self.said.next().expect("it runs")).expect("JSON");
        assert_eq!(said["from"], FROM);
        let whole = said["text"].as_str().expect("a text").to_owned();
        let (_, body) = whole.split_once("\r\n\r\n").expect("a head");
        let to = said["to"][0].as_str().expect("an address").to_owned();
        Mail { to, secure: said["secure"] == true, text: decoded(body), whole }
    }

    /// Ends it, as a crash does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Mail {
    /// The one-time link in it, the same in every language.
    #[track_caller]
    pub fn link(&self) -> &str {
        let mut links = self.text.lines().filter(|line| line.contains("/account/link?link="));
        let link = links.next().unwrap_or_else(|| panic!("no link in {}", self.text));
        assert!(links.all(|other| other == link), "one link");
        link
    }
}

/// A text in quoted-printable (RFC 2045, 6.7), in which the mailer writes.
fn decoded(body: &str) -> String {
    let mut bytes = Vec::new();
    let joined = body.replace("=\r\n", "");
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let mut pair = String::new();
        let is_code = *first == b'=' && after.take(2).read_to_string(&mut pair).is_ok();
        if let (true, Ok(byte)) = (is_code, u8::from_str_radix(&pair, 16)) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
}
