//! The embedded store on a volume that is full or cannot be written: a sentence at the start, 503 while running, and
//! nothing lost.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::{App, Kind, ROOMY, User, token};
use crate::support::server::{Server, ends};
use crate::support::wait::until;
use crate::volume::Volume;

/// Enough for the store's file when it is new, and for some growth.
const ROOM: u64 = 8 << 20;
/// Some other user, who owns nothing here.
const NOBODY: &str = "65534";
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_volume_that_fills_up_is_503_for_what_must_be_written_and_loses_nothing() {
    let volume = Volume::mount(ROOM);
    let mut app = start_on(&volume);
    let user = app.user();
    let mut issued = vec![app.login(&user)];
    let mut to_revoke: Vec<String> = (0..20).map(|_| app.login(&user)).collect();
    let mut revoked = vec![app.login(&user)];
    app.revoke(&revoked[0], "").ok();

    // The file has some room of its own, and closing it gives some back to the volume. What finds it is done and counts.
    until("a refused login", PATIENCE, || {
        volume.fill();
        try_login(&app, &user, &mut issued).is_none().then_some(())
    });
    until("a refused revocation", PATIENCE, || {
        volume.fill();
        let token = to_revoke.pop().expect("refused sooner");
        let reply = app.revoke(&token, "");
        if reply.status == 503 {
            reply.refused(503, "E_Unavailable");
            return Some(());
        }
        reply.ok();
        revoked.push(token);
        None
    });
    until("a refused cross token", PATIENCE, || {
        volume.fill();
        let reply = app.mint(&issued[0]);
        if reply.status == 503 {
            reply.refused(503, "E_Unavailable");
            return Some(());
        }
        reply.ok();
        None
    });
    let mut added = Vec::new();
    until("a refused command", PATIENCE, || {
        volume.fill();
        let email = format!("{}@example.org", added.len());
        let done = app.server.command(&["user", "add", "--email", &email, "--no-password"], "").status.success();
        if done {
            added.push(email);
        }
        (!done).then_some(())
    });
    let check = app.check(&issued[0]);
    assert!([200, 503].contains(&check.status), "{}", check.text());
    let check = app.check(&revoked[0]);
    assert!([401, 503].contains(&check.status), "{}", check.text());
    app.request("GET", "/healthz").send().ok();
    until("not ready", PATIENCE, || {
        volume.fill();
        let _refused_or_done = app.mint(&issued[0]);
        (app.request("GET", "/readyz").send().status == 503).then_some(())
    });

    volume.free();
    until("serving again", PATIENCE, || try_login(&app, &user, &mut issued));
    all_count(&app, &user, &issued, &revoked);

    app.server.kill();
    app.server.restart();
    all_count(&app, &user, &issued, &revoked);
    for email in &added {
        assert!(app.server.command(&["user", "show", email], "").status.success(), "{email} was acknowledged");
    }
    let said = app.server.log();
    assert!(!said.contains("panic"), "{said}");
}

#[test]
fn a_server_killed_on_a_full_volume_starts_with_what_it_had() {
    let volume = Volume::mount(ROOM);
    let mut app = start_on(&volume);
    let user = app.user();
    let mut issued = vec![app.login(&user), app.login(&user)];
    let revoked = [app.login(&user)];
    app.revoke(&revoked[0], "").ok();
    volume.fill();
    until("a refusal", PATIENCE, || try_login(&app, &user, &mut issued).is_none().then_some(()));
    app.server.kill();
    // It needs no room to answer checks, and there is none.
    app.server.restart();
    for token in &issued {
        app.accepts(token);
    }
    app.refuses(&revoked[0]);
    volume.free();
    until("serving again", PATIENCE, || try_login(&app, &user, &mut issued));
    all_count(&app, &user, &issued, &revoked);
}

#[test]
fn a_full_volume_is_told_at_the_start_and_no_half_of_a_store_is_left_on_it() {
    let volume = Volume::mount(ROOM);
    volume.fill();
    let (status, said) = Server::refuses_to_start(&[("store.url", &volume.store_url())]);
    assert_eq!(status.code(), Some(1), "{said}");
    one_sentence(&said, &volume, "is full");
    volume.free();
    let app = start_on(&volume);
    app.login(&app.user());
}

#[test]
fn a_read_only_volume_is_told_at_the_start() {
    let volume = Volume::mount(ROOM);
    volume.make_read_only();
    let (status, said) = Server::refuses_to_start(&[("store.url", &volume.store_url())]);
    assert_eq!(status.code(), Some(3), "{said}");
    one_sentence(&said, &volume, "cannot be used");
}

/// Root may write anywhere, so it is another user who tries: with the program in a place where everybody may run it.
#[test]
fn a_folder_of_another_user_is_told_at_the_start() {
    let place = TempDir::with_prefix("bimgate-").expect("a folder");
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("ours");
    let program = place.path().join("bimgate");
    fs::copy(env!("CARGO_BIN_EXE_bimgate"), &program).expect("copied");
    let data = place.path().join("data");
    fs::create_dir(&data).expect("made");
    for mode in [0o700, 0o755] {
        fs::set_permissions(&data, Permissions::from_mode(mode)).expect("ours");
        let (status, said) = ends(
            Command::new("setpriv")
                .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
                .arg(&program)
                .arg("serve")
                .env_clear()
                .current_dir(place.path())
                .env("BIMGATE__SERVER__LISTEN", "127.0.0.1:0"),
        );
        assert_eq!(status.code(), Some(3), "{said}");
        assert!(said.contains("the data folder ./data cannot be used") && said.lines().count() == 1, "{said}");
    }
}

fn start_on(volume: &Volume) -> App {
    let cheap = [("passwords.memory_kib", "8"), ("passwords.iterations", "1")];
    let store = [("store.url", &*volume.store_url())];
    App::start(Kind::Embedded, &[&ROOMY[..], &cheap, &store].concat())
}

/// Logs in on a client of its own. `None` if refused, which must be for the store.
fn try_login(app: &App, user: &User, issued: &mut Vec<String>) -> Option<()> {
    let reply = app.try_login(user, &json!({"client_id": uuid::Uuid::new_v4().to_string()}));
    if reply.status == 503 {
        reply.refused(503, "E_Unavailable");
        return None;
    }
    issued.push(token(&reply.ok(), "access_token"));
    Some(())
}

fn all_count(app: &App, user: &User, issued: &[String], revoked: &[String]) {
    for token in issued {
        app.accepts(token);
    }
    for token in revoked {
        app.refuses(token);
    }
    app.login_with(user, &Value::Null);
}

fn one_sentence(said: &str, volume: &Volume, what: &str) {
    let names_it = said.contains(&volume.path().display().to_string());
    assert!(said.lines().count() == 1 && names_it && said.contains(what), "{said}");
}
