//! Every page in every state, language and look: also those that take an accident to see.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpServer, rt};
use arc_swap::ArcSwap;
use bimgate::account::{FactorPlace, MadeAppPassword, PasskeyPlace, PasswordPlace, Place, PlaceId, PlaceKind};
use bimgate::auth::PasskeyRequest;
use bimgate::demo;
use bimgate::demo::page::DemoPage;
use bimgate::demo::texts::DemoTexts;
use bimgate::domain::{
    AppPassword, AppPasswordId, AppPasswordValue, ClientInfo, KnownNetwork, Network, Passkey, RecoveryCode,
    RedirectTarget, RedirectUrl, SessionId, Timestamp, TokenDigest,
};
use bimgate::http::error::ApiError;
use bimgate::http::pages::account::{
    AccountPage, AccountProblem, AppPasswordsSection, FactorSection, Notice, PasswordSection, Shown,
};
use bimgate::http::pages::confirm::{ConfirmPage, Program};
use bimgate::http::pages::forgot::{ForgotPage, ForgotProblem};
use bimgate::http::pages::link::{LinkPage, PasswordIsSetPage};
use bimgate::http::pages::login::{LoginPage, LoginProblem};
use bimgate::http::pages::passkey::PasskeyPage;
use bimgate::http::pages::problem::{Problem, ProblemPage};
use bimgate::http::pages::register::RegisterPage;
use bimgate::http::pages::second_factor::{RecoveryCodesPage, SetUpPage};
use bimgate::http::pages::sign_out::{SignOutPage, SignedOutPage};
use bimgate::http::pages::{self, Brand, Frame};
use bimgate::login::LoginStep;
use bimgate::settings::{BrandingSettings, Colour, Picture};

use crate::browser::Browser;
use crate::looks::LOOKS;

const EMAIL: &str = "ada.lovelace@example.org";
const NAME: &str = "Ada Lovelace";
const APPLICATION: &str = "https://viewer.example.org/back";
/// What somebody may put into every field that they may choose: markup, letters that turn the rest around, no space.
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}txet desrever &amp; <b>bold</b> \
    aVeryLongWordWithoutAnySpaceInItThatGoesOnAndOnUntilItIsWiderThanAnyScreenThatAPhoneEverHadOrWillHave";

/// What can be shown, beside one page for each problem.
const SHOWN: [&str; 40] = [
    "login-passkey",
    "login-recovery",
    "passkey",
    "account-passkeys",
    "login-code",
    "login-code-wrong",
    "factor",
    "factor-wrong",
    "recovery-codes",
    "account-factor-wrong",
    "login-forgot",
    "forgot",
    "forgot-wrong",
    "forgot-asked",
    "link",
    "link-wrong",
    "link-done",
    "login",
    "login-account",
    "account",
    "account-wrong",
    "account-old",
    "account-elsewhere",
    "account-hostile",
    "account-made",
    "account-name",
    "account-full",
    "login-native",
    "login-wrong",
    "login-throttled",
    "login-busy",
    "confirm",
    "confirm-hostile",
    "confirm-silent",
    "register",
    "session",
    "nobody",
    "sign-out",
    "signed-out",
    "expired-again",
];

/// A page by its name.
fn page(name: &str, frame: &Frame) -> Result<HttpResponse, ApiError> {
    let target = RedirectTarget::parse(APPLICATION).expect("a URL");
    let redirect = &RedirectUrl::parse(APPLICATION).expect("a URL");
    let login = LoginPage {
        frame,
        step: LoginStep::Password,
        passkey: None,
        redirect,
        application: None,
        account: false,
        native: false,
        csrf: "csrf",
        again: None,
        email: EMAIL,
        forgot: false,
        problem: None,
    };
    let asked = &passkey_request();
    let code = LoginStep::Code { app: true };
    let now = Timestamp::from_millis(1_790_000_000_000);
    let confirm = ConfirmPage {
        frame,
        csrf: "csrf",
        name: NAME,
        email: EMAIL,
        program: Some(Program { name: "Allplan 2027, build 1284", address: "203.0.113.77" }),
        operator: false,
        state: "state",
        asked: now,
        now: now.plus(Duration::from_secs(130)),
        redirect,
    };
    match name {
        "login" => LoginPage { email: "", ..login }.respond(),
        "login-native" => LoginPage { email: "", native: true, application: Some("Model Viewer"), ..login }.respond(),
        "login-account" => LoginPage { email: "", account: true, ..login }.respond(),
        "login-code" => LoginPage { step: code, ..login }.respond(),
        "login-code-wrong" => LoginPage { step: code, problem: Some(LoginProblem::Wrong), ..login }.respond(),
        "login-passkey" => {
            let problem = Some(LoginProblem::WrongPasskey);
            LoginPage { step: code, passkey: Some(asked), problem, ..login }.respond()
        }
        "login-recovery" => LoginPage { step: LoginStep::Code { app: false }, passkey: Some(asked), ..login }.respond(),
        "passkey" => add_passkey(frame, asked),
        "factor" => set_up(frame, None),
        "factor-wrong" => set_up(frame, Some(AccountProblem::WrongCode)),
        "recovery-codes" => recovery_codes(frame),
        "login-wrong" => LoginPage { problem: Some(LoginProblem::Wrong), ..login }.respond(),
        "login-throttled" => {
            LoginPage { problem: Some(LoginProblem::Throttled(Duration::from_secs(58))), ..login }.respond()
        }
        "login-busy" => LoginPage { problem: Some(LoginProblem::Busy), ..login }.respond(),
        "confirm" => confirm.respond(),
        "confirm-hostile" => {
            let program = Some(Program { name: HOSTILE, address: HOSTILE });
            ConfirmPage { name: HOSTILE, program, operator: true, ..confirm }.respond()
        }
        "confirm-silent" => ConfirmPage { program: None, ..confirm }.respond(),
        "register" => RegisterPage { frame, csrf: "csrf", target: &target }.respond(),
        "session" => DemoPage {
            frame,
            texts: DemoTexts::of(frame.language),
            person: Some((NAME, EMAIL)),
            fields: &[("Claims", "access:client".to_owned()), ("Opened", "2026-11-22 21:10:04 UTC".to_owned())],
        }
        .respond(),
        "nobody" => DemoPage { frame, texts: DemoTexts::of(frame.language), person: None, fields: &[] }.respond(),
        "login-forgot" => LoginPage { email: "", forgot: true, ..login }.respond(),
        "forgot" => ForgotPage { frame, csrf: "csrf", asked: false, problem: None }.respond(),
        "forgot-wrong" => {
            ForgotPage { frame, csrf: "csrf", asked: false, problem: Some(ForgotProblem::NoAddress) }.respond()
        }
        "forgot-asked" => ForgotPage { frame, csrf: "csrf", asked: true, problem: None }.respond(),
        "link" => LinkPage { frame, csrf: "csrf", email: EMAIL, shortest: 8, problem: None }.respond(),
        "link-wrong" => {
            let problem = Some(AccountProblem::Common);
            LinkPage { frame, csrf: "csrf", email: EMAIL, shortest: 8, problem }.respond()
        }
        "link-done" => PasswordIsSetPage { frame }.respond(),
        account if account.starts_with("account") => show_account(account, frame, now),
        "sign-out" => SignOutPage { frame, csrf: "csrf", person: Some((NAME, EMAIL)) }.respond(),
        "signed-out" => SignedOutPage { frame, only_here: true }.respond(),
        "expired-again" => {
            let again = Some("/directory/api/directorysession/authenticate");
            ProblemPage { frame, problem: Problem::Expired, detail: None, again, request_id: Some(uuid::Uuid::nil()) }
                .respond(StatusCode::OK)
        }
        problem => {
            let known = Problem::ALL.into_iter().find(|known| format!("{known:?}") == problem);
            let detail = Some("redirecturl: must begin with http:// or https://");
            ProblemPage {
                frame,
                problem: known.expect("a page"),
                detail,
                again: None,
                request_id: Some(uuid::Uuid::nil()),
            }
            .respond(StatusCode::OK)
        }
    }
}

/// The page that shows new recovery codes, once.
fn recovery_codes(frame: &Frame) -> Result<HttpResponse, ApiError> {
    let codes: Vec<_> = (0..10).map(|_| RecoveryCode::draw().expect("random numbers")).collect();
    RecoveryCodesPage { frame, is_new: true, codes: &codes }.render_page()
}

/// The page on which somebody adds a passkey.
fn add_passkey(frame: &Frame, passkey: &PasskeyRequest) -> Result<HttpResponse, ApiError> {
    let problem = Some(AccountProblem::PasskeyName);
    PasskeyPage { frame, csrf: "csrf", email: EMAIL, passkey, name: HOSTILE, problem }.respond()
}

fn passkey_request() -> PasskeyRequest {
    let text = |text: &str| text.to_owned();
    PasskeyRequest { challenge: text("AAAA"), relying_party: text("127.0.0.1"), ids: Vec::new(), user: text("AA") }
}

/// The page on which somebody sets an app up as a second factor.
fn set_up(frame: &Frame, problem: Option<AccountProblem>) -> Result<HttpResponse, ApiError> {
    let uri = "otpauth://totp/login.example.org:ada.lovelace%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
        &issuer=login.example.org";
    let secret = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
    SetUpPage { frame, csrf: "csrf", email: EMAIL, secret, uri, problem }.respond()
}

/// The account page of somebody who is logged in here and there.
fn show_account(name: &str, frame: &Frame, now: Timestamp) -> Result<HttpResponse, ApiError> {
    let hostile = name == "account-hostile";
    let place = |kind, user_agent: &str, hours: u32, own| {
        let contact = ClientInfo {
            address: Some([203, 0, 113, 77].into()),
            user_agent: Some(if hostile { HOSTILE } else { user_agent }.into()),
            application: Some(if hostile { HOSTILE } else { "planner" }.into()),
        };
        let id = PlaceId::Session(SessionId(uuid::Uuid::nil()));
        let used = Timestamp::from_millis(now.millis() - u64::from(hours) * 3_600_000);
        let since = Timestamp::from_millis(used.millis() - 86_400_000);
        Place { id, kind, contact, since, used, own }
    };
    let (windows, phone) = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
    );
    let host = if hostile { HOSTILE } else { "viewer.example.org" };
    let places = [
        place(PlaceKind::Browser, windows, 0, true),
        place(PlaceKind::Client, "Allplan/2027 (Windows 11)", 1, false),
        place(
            PlaceKind::Web { host: host.to_owned(), application: Some("Example Viewer".to_owned()) },
            windows,
            5,
            false,
        ),
        place(PlaceKind::Native, windows, 20, false),
        place(PlaceKind::Browser, phone, 49, false),
    ];
    let shown = places.each_ref().map(|place| Shown { place, now });
    let (password, fresh) = match name {
        "account-elsewhere" => (PasswordPlace::Elsewhere("https://id.example.org/realms/one".into()), true),
        _ => (PasswordPlace::Here, name != "account-old"),
    };
    let held = app_passwords(if hostile { HOSTILE } else { "Plugin on the laptop" }, now);
    let value = AppPasswordValue::generate().expect("random numbers");
    let made = MadeAppPassword { name: if hostile { HOSTILE } else { "Phone" }.into(), value };
    let app_passwords = AppPasswordsSection {
        held: if name == "account" { &[] } else { &held },
        most: if name == "account-full" { 2 } else { 16 },
        fresh,
        without_login: (name == "account-elsewhere").then_some(Duration::from_secs(90 * 86_400)),
        now,
        made: matches!(name, "account-made" | "account-hostile").then_some(&made),
    };
    let problem = match name {
        "account-wrong" => Some(AccountProblem::WrongPresent),
        "account-factor-wrong" => Some(AccountProblem::WrongCode),
        "account-name" => Some(AccountProblem::AppPasswordName),
        "account-full" => Some(AccountProblem::TooManyAppPasswords(2)),
        _ => None,
    };
    let asked = passkey_request();
    let passkeys = [("Phone", None), (HOSTILE, Some(now))].map(|(name, used)| Passkey {
        id: [1].into(),
        key: [2].into(),
        count: 0,
        name: name.into(),
        created: now,
        used,
    });
    let factor = match name {
        "account-elsewhere" => FactorPlace::Elsewhere,
        "account-old" | "account-factor-wrong" | "account-passkeys" => {
            FactorPlace::On { app: true, since: now, left: 1 }
        }
        _ => FactorPlace::Off,
    };
    AccountPage {
        frame,
        csrf: "csrf",
        name: if hostile { HOSTILE } else { NAME },
        email: EMAIL,
        places: &shown,
        others: true,
        page: 2,
        pages: if name == "account-old" { 3 } else { 1 },
        password: &PasswordSection { place: password, fresh, shortest: 8, app_passwords: true },
        app_passwords: Some(&app_passwords),
        factor: FactorSection {
            place: factor,
            passkeys: if name == "account-passkeys" { &passkeys } else { &[] },
            adds: match name {
                "account" => PasskeyPlace::NoAddress,
                "account-passkeys" => PasskeyPlace::Full,
                _ => PasskeyPlace::Free,
            },
            asks: (name == "account-passkeys").then_some(&asked),
            fresh,
        },
        notice: (name == "account").then_some(Notice::OthersEnded),
        problem,
    }
    .respond()
}

/// One that was never used, one that was, and one that has ended.
fn app_passwords(name: &str, now: Timestamp) -> [AppPassword; 3] {
    let day = |number: u64| Timestamp::from_millis(now.millis() - 86_400_000 * number);
    let used = |number| Some(KnownNetwork { network: Network::of([203, 0, 113, 77].into()), seen: day(number) });
    let of = |number: u128, name: &str, expires, used| AppPassword {
        id: AppPasswordId(uuid::Uuid::from_u128(number)),
        digest: TokenDigest([1; 16]),
        name: name.into(),
        created: day(80),
        expires,
        used,
    };
    [
        of(1, "Tablet", Some(now.plus(Duration::from_secs(10 * 86_400))), None),
        of(2, name, None, used(1)),
        of(3, "Viewer", Some(day(2)), used(3)),
    ]
}

/// A server of the pages alone, stopped when dropped.
struct Gallery {
    address: SocketAddr,
    server: ServerHandle,
    running: Option<JoinHandle<()>>,
}

impl Gallery {
    fn open(brand: Arc<ArcSwap<Brand>>) -> Self {
        let (tell, told) = mpsc::channel();
        let running = thread::spawn(move || {
            let app = move || {
                let show = async |name: Path<String>, request: HttpRequest| page(&name, &Frame::of(&request));
                actix_web::App::new()
                    .app_data(Data::from(Arc::clone(&brand)))
                    .configure(pages::routes)
                    .configure(demo::routes)
                    .route("/directory/api/gallery/{name}", web::get().to(show))
            };
            let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").expect("a port");
            let address = server.addrs()[0];
            rt::System::new().block_on(async {
                let server = server.run();
                tell.send((address, server.handle())).expect("somebody waits");
                server.await.expect("it runs");
            });
        });
        let (address, server) = told.recv().expect("it starts");
        Self { address, server, running: Some(running) }
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        rt::System::new().block_on(self.server.stop(false));
        let _ = self.running.take().map(JoinHandle::join);
    }
}

#[test]
fn every_page_can_be_read_and_used_by_everyone() {
    let brand = Arc::new(ArcSwap::from(Brand::own()));
    let gallery = Gallery::open(Arc::clone(&brand));
    let problems = Problem::ALL.map(|problem| format!("{problem:?}"));
    let names: Vec<_> = SHOWN.iter().copied().chain(problems.iter().map(String::as_str)).collect();
    let browser = Browser::start();
    // Every page in each language, on each screen, and light and dark, but not in all of their combinations: that would
    // take minutes. French has the longest words for a phone.
    for (language, looks) in [("en", &LOOKS[..1]), ("de", &LOOKS[1..2]), ("fr", &LOOKS[3..])] {
        browser.speaks(language);
        for name in &names {
            browser.open(format!("http://{}/directory/api/gallery/{name}", gallery.address));
            browser.poses(&format!("{name}-{language}"), looks);
        }
    }
    for name in ["login-forgot", "account-made"] {
        browser.open(format!("http://{}/directory/api/gallery/{name}", gallery.address));
        browser.poses(&format!("{name}-fr"), &LOOKS[..3]);
    }
    brand.store(Arc::new(an_operators_brand()));
    for name in ["login-wrong", "account-made"] {
        browser.open(format!("http://{}/directory/api/gallery/{name}", gallery.address));
        browser.poses(&format!("{name}-branded"), &LOOKS);
    }
}

/// With all that an operator may set: a wide logo, the lightest colour that is taken, and every link.
fn an_operators_brand() -> Brand {
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 220 48\"><style>text { fill: #16211f; } \
        @media (prefers-color-scheme: dark) { text { fill: #e6efed; } }</style><circle cx=\"24\" cy=\"24\" r=\"20\" \
        fill=\"#d9480f\"/><text x=\"56\" y=\"33\" font-size=\"26\" font-family=\"sans-serif\">Example AG</text></svg>";
    let link = |path: &str| Some(format!("https://www.example.org/{path}"));
    let accent = Colour::parse("#ff922b").expect("a colour").in_the_light().to_string();
    Brand::new(&BrandingSettings {
        name: "Example AG".to_owned(),
        logo: None,
        accent: Some(accent),
        help: Some("mailto:help@example.org".to_owned()),
        privacy: link("privacy"),
        imprint: link("imprint"),
        picture: Some(Picture { content_type: "image/svg+xml", bytes: logo.as_bytes().into() }),
    })
}
