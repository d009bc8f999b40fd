//! `[branding]`: the pages are an operator's own, and a logo of theirs can do nothing.

use std::fs;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::app::{App, Kind};
use crate::support::client::Reply;
use crate::support::wait::until;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
const PAGE: &str = "/account/link?done=set";
const LOGO: &str = "/directory/api/static/logo";
const SHEET: &str = "/directory/api/static/brand.css";

fn settings(accent: &str, logo: &str) -> String {
    format!(
        r#"[branding]
name = "Example & Partners"
logo = "{logo}"
accent = "{accent}"
help = "mailto:help@example.org"
privacy = "https://www.example.org/privacy?a=1&b=2"
imprint = "https://www.example.org/imprint"
"#
    )
}

fn get(app: &App, path: &str) -> Reply {
    let reply = app.request("GET", path).header("Accept", "text/html").header("Accept-Language", "fr").send();
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply
}

#[test]
fn pages_are_the_operators_own() {
    let folder = TempDir::with_prefix("bimgate-branding-").expect("a folder");
    let (file, logo) = (folder.path().join("my.toml"), folder.path().join("logo"));
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    fs::write(&logo, svg).expect("a file");
    let logo = logo.display().to_string();
    fs::write(&file, settings("#9d174d", &logo)).expect("a file");
    let app = App::start(Kind::Embedded, &[("BIMGATE_CONFIG", &file.display().to_string())]);
    for path in [PAGE, "/"] {
        let page = get(&app, path).text();
        for shown in [
            "Example &#38; Partners</title>",
            "alt=\"Example &#38; Partners\"",
            "directory/api/static/brand.css\"",
            "<a href=\"mailto:help@example.org\">Aide</a>",
            "<a href=\"https://www.example.org/privacy?a=1&#38;b=2\">Confidentialité</a>",
            "<a href=\"https://www.example.org/imprint\">Mentions légales</a>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("bimgate</") && !page.contains("mark.svg"), "{page}");
    }
    let policy = get(&app, PAGE).header("content-security-policy").expect("a policy").to_owned();
    assert!(!policy.contains("unsafe") && policy.contains("style-src 'self'; img-src 'self';"), "{policy}");

    let picture = get(&app, LOGO);
    assert_eq!((picture.header("content-type"), &*picture.text()), (Some("image/svg+xml"), svg));
    assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
    let policy = picture.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none';") && policy.contains("; sandbox;"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    let sheet = get(&app, SHEET);
    assert_eq!(sheet.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(sheet.text().contains("--accent: #9d174d;"), "{}", sheet.text());

    // At SIGHUP the file of the logo is read again; the name stays until a restart, as mails have it.
    let png = b"\x89PNG\r\n\x1a\n and so on";
    fs::write(&logo, png).expect("a file");
    fs::write(&file, settings("#1d4ed8", &logo).replace("Example &", "Other &")).expect("a file");
    app.server.signal(Signal::HUP);
    let words = ["\"setting\":\"branding.accent\"", "\"setting\":\"branding.name\""];
    let log = until("both are told", PATIENCE, || {
        Some(app.server.log()).filter(|log| words.iter().all(|word| log.contains(word)))
    });
    let line = |word: &str| log.lines().find(|line| line.contains(word)).unwrap_or_default().to_owned();
    assert!(
        line(words[0]).contains("counts from now on") && line(words[1]).contains("counts after a restart"),
        "{log}"
    );
    let picture = get(&app, LOGO);
    assert_eq!((picture.header("content-type"), &picture.body[..]), (Some("image/png"), &png[..]));
    assert!(get(&app, SHEET).text().contains("--accent: #1d4ed8;"));
    assert!(get(&app, PAGE).text().contains("Example &#38; Partners"));
}

#[test]
fn without_settings_they_are_as_ever() {
    let app = App::shared(Kind::Embedded);
    let page = get(&app, PAGE).text();
    assert!(page.contains("– bimgate</title>") && !page.contains("brand.css"), "{page}");
    let mark = "directory/api/static/mark.svg\"";
    assert!(page.contains(&format!("{mark}>")) && page.contains(&format!("{mark} alt=\"\"")), "{page}");
    for path in [LOGO, SHEET] {
        assert_eq!(app.request("GET", path).send().status, 404, "{path}");
    }
}
