//! What is tried at each provider.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use thirtyfour::By;
use url::{Url, form_urlencoded};

use crate::browser::Browser;
use crate::front_end::FrontEnd;
use crate::known::{Act, Known};
use crate::running::{Running, SECRET};
use crate::support::app::{App, Kind};
use crate::support::client::Request;
use crate::support::directory::Session;
use crate::support::openid_provider::{CLIENT, address_for_a_server};
use crate::support::visitor::parameter;
use crate::support::wait::until;

/// How long a provider may take to tell us of a logout.
const TOLD: Duration = Duration::from_secs(30);
/// The client that has tokens for the services.
const VIEWER: &str = "viewer";

/// Something that is tried. It says whether the provider offers it.
pub struct Step {
    pub name: &'static str,
    run: fn(&Site) -> bool,
}

/// All that is tried, in this order.
pub const STEPS: &[Step] = &[
    Step { name: "login", run: logs_in },
    Step { name: "teams", run: brings_teams },
    Step { name: "asked again", run: is_asked_again },
    Step { name: "logout there too", run: logs_out_there_too },
    Step { name: "back-channel logout", run: is_told_of_a_logout },
    Step { name: "its JWT at a check", run: checks_a_token },
];

/// A provider, the server that asks it, and a front end of the server.
pub struct Site {
    known: &'static Known,
    provider: Running,
    app: App,
    front_end: FrontEnd,
    _secret: NamedTempFile,
}

impl Site {
    /// Starts them, with the settings that the README gives for any provider, and those that this one takes.
    pub fn start(known: &'static Known) -> Self {
        let front_end = FrontEnd::start();
        let address = address_for_a_server().to_string();
        let (server, viewer, origin) = (format!("http://{address}"), front_end.url(), front_end.origin());
        let provider = Running::start(known, &server, &viewer);
        let secret = NamedTempFile::new().expect("a file");
        std::fs::write(secret.path(), format!("{SECRET}\n")).expect("a file");
        let secret_file = secret.path().to_string_lossy();
        let own = [
            ("server.listen", address.as_str()),
            ("server.public_url", &server),
            ("server.allowed_origins", &origin),
            ("directory.redirect_urls", &viewer),
            ("openid.issuer", &provider.issuer),
            ("openid.client_id", CLIENT),
            ("openid.client_secret_file", &secret_file),
            ("openid.check_audiences", known.services.map_or("", |(audience, _)| audience)),
        ];
        let app = App::start(Kind::Embedded, &[&own[..], known.settings].concat());
        if let Some(subject) = known.imported {
            let row = json!({"email": known.email, "issuer": provider.issuer, "subject": subject});
            app.server.run(&["user", "import", "-", "--format", "jsonl"], &row.to_string());
        } else {
            app.server.run(&["user", "add", "--email", known.email, "--no-password"], "");
        }
        Self { known, provider, app, front_end, _secret: secret }
    }

    /// The provider's version.
    pub fn version(&self) -> String {
        self.provider.version()
    }

    /// Tries something; how it went.
    pub fn tries(&self, step: &Step) -> &'static str {
        match catch_unwind(AssertUnwindSafe(|| (step.run)(self))) {
            Ok(true) => "yes",
            Ok(false) => "-",
            Err(_) => {
                for (who, said) in [("server", self.app.server.log()), ("provider", self.provider.log())] {
                    let log = self.provider.tools.join(format!("{}-{who}.log", self.known.folder));
                    std::fs::write(&log, said).expect("a file");
                    println!("   what the {who} said is in {}", log.display());
                }
                "FAILED"
            }
        }
    }

    /// The one account here, as `bimgate user list` tells.
    fn user(&self) -> Value {
        let all = self.app.server.run(&["user", "list", "--json"], "");
        serde_json::from_str(all.lines().next().unwrap_or_default()).expect("JSON")
    }

    fn acts(&self, browser: &Browser, acts: &[Act]) {
        for act in acts {
            match act {
                Act::Account(field) => types(browser, field, self.known.account),
                Act::Password(field) => types(browser, field, self.known.password),
                Act::Press(button) => browser.click(button),
                Act::Linger => passes(Duration::from_millis(1100)),
            }
        }
    }

    /// Opens a login of the front end.
    fn begins(&self, browser: &Browser) {
        let more = format!("&appdata=http://{}", self.app.address());
        browser.open(self.app.authenticate_to(&self.front_end.url(), "access:client", &more));
    }

    /// Waits until the front end greets the person; its bearer.
    fn is_greeted(&self, browser: &Browser) -> String {
        let back = self.front_end.url();
        let end = browser.arrives("the front end", |url| url.as_str().starts_with(&back));
        let bearer = Session::of_fragment(&end).directory;
        browser.sees(&format!("Hello {}", self.app.user_info(&bearer).ok()["email"].as_str().expect("a text")));
        // What the provider's pages complain about is theirs to mend.
        browser.complaints();
        bearer
    }

    /// Logs out here, and so at the provider.
    fn logs_out(&self, browser: &Browser) {
        browser.open(self.app.url("/directory/api/signout"));
        browser.press("Log out");
        self.acts(browser, self.known.log_out);
    }

    /// Logs in at the provider, which must ask; the front end's bearer.
    fn logs_in(&self, browser: &Browser) -> String {
        self.begins(browser);
        self.acts(browser, self.known.log_in);
        self.is_greeted(browser)
    }
}

/// A person logs in, is who they are, and is not asked a second time.
fn logs_in(site: &Site) -> bool {
    let browser = Browser::start();
    site.logs_in(&browser);
    let user = site.user();
    println!("   {} {} {}", user["email"], user["name"], user["subject"]);
    site.begins(&browser);
    site.is_greeted(&browser);
    true
}

/// The person is in the teams that the provider tells.
fn brings_teams(site: &Site) -> bool {
    let teams = site.user()["teams"].take();
    let mut told: Vec<_> = teams.as_array().expect("a list").iter().filter_map(|team| team["id"].as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, site.known.teams);
    !told.is_empty()
}

/// Who closed their session for good is asked by the provider, though it knows them still.
fn is_asked_again(site: &Site) -> bool {
    let browser = Browser::start();
    let (bearer, asked) = (site.logs_in(&browser), Instant::now());
    site.app.close(&bearer, "true").ok();
    passes(site.known.fresh_for.saturating_sub(asked.elapsed()));
    site.begins(&browser);
    site.acts(&browser, site.known.asked_again.unwrap_or(site.known.log_in));
    site.is_greeted(&browser);
    site.begins(&browser);
    site.is_greeted(&browser);
    true
}

/// Who logs out here is logged out there too, and comes back.
fn logs_out_there_too(site: &Site) -> bool {
    let browser = Browser::start();
    site.logs_in(&browser);
    site.logs_out(&browser);
    browser.sees("You are logged out");
    browser.complaints();
    site.logs_in(&browser);
    true
}

/// Who logs out there is logged out here: the provider tells us.
fn is_told_of_a_logout(site: &Site) -> bool {
    let Some(page) = site.known.leave else { return false };
    let browser = Browser::start();
    let bearer = site.logs_in(&browser);
    if page.is_empty() {
        site.logs_out(&browser);
    } else {
        browser.open(format!("{}{page}", site.provider.origin()));
        site.acts(&browser, site.known.log_out);
    }
    until("the session has ended", TOLD, || (site.app.user_info(&bearer).status == 401).then_some(()));
    browser.complaints();
    site.logs_in(&browser);
    true
}

/// An access token for the services, of another client, counts at a check.
fn checks_a_token(site: &Site) -> bool {
    let Some((_, more)) = site.known.services else { return false };
    let metadata = site.provider.metadata();
    let endpoint = |name: &str| Url::parse(metadata[name].as_str().expect("an endpoint")).expect("a URL");
    let verifier = "v".repeat(43);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let back = site.front_end.url();
    let mut ask = endpoint("authorization_endpoint");
    ask.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", VIEWER)
        .append_pair("redirect_uri", &back)
        .append_pair("scope", "openid profile email")
        .append_pair("state", "s")
        .append_pair("nonce", "a nonce of the ID token")
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let browser = Browser::start();
    browser.open(format!("{ask}{more}"));
    site.acts(&browser, site.known.log_in);
    let code = parameter(&browser.arrives("back", |url| url.as_str().starts_with(&back)), "code");
    browser.complaints();
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &back)])
        .append_pair("code_verifier", &verifier)
        .finish();
    let token = endpoint("token_endpoint");
    let reply = Request::new(token.socket_addrs(|| None).expect("an address")[0], "POST", token.path())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(format!("{VIEWER}:{SECRET}"))))
        .body(format!("{form}{more}"))
        .send();
    let tokens = reply.ok();
    for name in ["id_token", "access_token"] {
        println!("   {name}: {}", readable(tokens[name].as_str().expect("a token")));
    }
    let access = tokens["access_token"].as_str().expect("a token");
    assert_eq!(site.app.check(access).ok()["user_id"], site.user()["id"]);
    true
}

/// Lets time pass: it is what these providers go by.
fn passes(time: Duration) {
    let started = Instant::now();
    until("time passes", time + TOLD, || (started.elapsed() >= time).then_some(()));
}

/// Types into what is found by this `XPath`, as often as the page changes meanwhile.
fn types(browser: &Browser, field: &str, text: &str) {
    browser.waits_for(field, || {
        browser.try_to(async {
            let field = browser.driver().find(By::XPath(field)).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
    });
}

/// Header and claims of a JWT, for whoever looks at what providers send.
fn readable(token: &str) -> String {
    let parts = token.split('.').take(2).map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default());
    String::from_utf8_lossy(&parts.collect::<Vec<_>>().join(&b' ')).into_owned()
}
