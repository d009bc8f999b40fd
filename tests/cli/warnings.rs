//! Settings that are good, but not what their operator can want.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::support::server::Server;
use super::{Outcome, bimgate, stderr, stdout};

#[test]
fn a_check_tells_what_is_no_mistake_too() -> Outcome {
    let folder = tempfile::tempdir()?;
    for (listen, public_url, warns) in [
        ("0.0.0.0:8080", "", true),
        ("[::]:8080", "", true),
        ("0.0.0.0:8080", "https://login.example.org", false),
        ("127.0.0.1:8080", "", false),
        ("192.0.2.1:8080", "", false),
    ] {
        for (more, says) in [(&[][..], "the settings are good\n"), (&["--json"], "{\"problems\":[]}\n")] {
            let mut command = bimgate(folder.path());
            command.args(["config", "check"]).args(more).env("BIMGATE__SERVER__LISTEN", listen);
            let output = command.env("BIMGATE__SERVER__PUBLIC_URL", public_url).output()?;
            assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), says), "{listen}");
            let told = stderr(&output);
            assert_eq!(told.contains("server.public_url is empty"), warns, "{listen} {public_url}: {told}");
            assert!(warns || told.is_empty(), "{listen} {public_url}: {told}");
        }
    }
    Ok(())
}

#[test]
fn a_server_says_so_at_its_start() -> Outcome {
    // The port is taken, so that nothing is open to the network here.
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let listen = format!("0.0.0.0:{}", taken.local_addr()?.port());
    let (_, told) = Server::refuses_to_start(&[("server.listen", &listen)]);
    assert!(told.contains("server.public_url is empty"), "{told}");
    let with_url = [("server.listen", listen.as_str()), ("server.public_url", "https://login.example.org")];
    let (_, told) = Server::refuses_to_start(&with_url);
    assert!(told.contains("server.listen") && !told.contains("server.public_url"), "{told}");
    Ok(())
}

#[test]
fn a_variable_that_is_no_setting_is_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("my.toml"), "")?;
    let variables = [
        ("BIMGATE_SERVER_LISTEN", "0.0.0.0:80"),
        ("bimgate_x", ""),
        ("BIMGATE_CONFIG", "my.toml"),
        ("BIMGATE_CA", "a.pem"),
    ];
    let output = bimgate(folder.path()).args(["config", "check"]).envs(variables).output()?;
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("BIMGATE_SERVER_LISTEN is not a setting, and is not read; did you mean BIMGATE__SERVER__LISTEN?"),
        "{told}"
    );
    assert!(told.contains("BIMGATE_X is not a setting") && !told.contains("BIMGATE_C"), "{told}");

    let server = Server::start(&[("BIMGATE_STORE_URL", "redis://localhost")]);
    assert!(server.log().contains("did you mean BIMGATE__STORE__URL?"), "{}", server.log());
    Ok(())
}

#[test]
fn a_secret_of_the_signing_keys_that_others_can_read_is_named() -> Outcome {
    let mut server = Server::start(&[]);
    let secret = server.data().join("signing.key");
    let warned = |server: &Server| server.log().matches("can be read by other users").count();
    assert_eq!(warned(&server), 0, "{}", server.log());
    server.kill();
    fs::set_permissions(&secret, Permissions::from_mode(0o644))?;
    server.restart();
    assert!(server.log().contains(&format!("{} can be read by other users", secret.display())), "{}", server.log());

    let named = [("signing.key_file", secret.to_str().ok_or("a plain name")?)];
    let elsewhere = Server::start(&named);
    assert_eq!(warned(&elsewhere), 1, "{}", elsewhere.log());
    fs::set_permissions(&secret, Permissions::from_mode(0o640))?;
    assert_eq!(warned(&Server::start(&named)), 0);
    Ok(())
}
