//! The socket between a command and the server that owns the store.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use super::support::server::Server;
use super::{bimgate, stderr};

const DEADLINE: Duration = Duration::from_secs(30);

fn add(email: &str) -> [&str; 5] {
    ["user", "add", "--email", email, "--no-password"]
}

#[test]
fn folder_and_socket_are_private() {
    let mut server = Server::start(&[]);
    let mode = |path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(server.data()), 0o700);
    assert_eq!(mode(server.data().join("bimgate.sock")), 0o600);
    server.ask_to_stop();
    assert!(server.stopped().success());
    assert!(!server.data().join("bimgate.sock").exists());
}

#[test]
fn a_socket_left_behind_is_in_nobodys_way() {
    let mut server = Server::start(&[]);
    server.run(&add("a@example.org"), "");
    server.kill();
    let socket = server.data().join("bimgate.sock");
    let left = fs::metadata(&socket).expect("left behind").ino();
    server.run(&add("b@example.org"), "");
    assert_eq!(fs::metadata(&socket).expect("not a command's to remove").ino(), left);
    server.restart();
    server.run(&add("c@example.org"), "");
    assert_eq!(server.run(&["user", "list", "--json"], "").lines().count(), 3);
}

#[test]
fn what_is_no_socket_is_not_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("made");
    fs::write(folder.path().join("data/bimgate.sock"), "mine").expect("written");
    let output = bimgate(folder.path())
        .arg("serve")
        .env("BIMGATE__SERVER__LISTEN", "127.0.0.1:0")
        .output()
        .expect("bimgate ends");
    assert_ne!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("bimgate.sock is in the way"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.path().join("data/bimgate.sock")).expect("there"), "mine");
}

#[test]
fn a_path_too_long_for_a_socket_works() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("x".repeat(120)).join("y".repeat(120));
    let server = Server::start(&[("store.url", &format!("embedded:{}", folder.display()))]);
    assert!(folder.join("bimgate.sock").exists());
    server.run(&add("a@example.org"), "");
    assert!(server.run(&["user", "list"], "").contains("a@example.org"));
}

#[test]
fn garbage_does_not_disturb_the_server() {
    let server = Server::start(&[]);
    let socket = server.data().join("bimgate.sock");
    let connect = || {
        let stream = UnixStream::connect(&socket).expect("the server listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream
    };
    let deep = format!("{}\n", "[".repeat(100_000));
    let huge = vec![b'x'; 6 << 20];
    let batch = format!("{{\"Check\":[{}]}}\n", vec!["{\"id\":null,\"email\":\"a@b\"}"; 1_001].join(","));
    let tags =
        format!("{{\"Change\":[\"a@b\",{{\"Tags\":{{\"add\":[{}],\"remove\":[]}}}}]}}\n", vec!["\"x\""; 65].join(","));
    let wrong: [&[u8]; 16] = [
        b"",
        b"\n",
        b"\0\xff\xfe\n",
        b"{\"Add\":{\"email\":\"\"}}\n",
        b"{\"Add\":{\"email\":\"a@b\",\"password_hash\":\"hunter2\"}}\n",
        b"{\"Drop\":1}\n",
        b"{\"List\":{\"after\":\"nonsense\",\"limit\":99999999}}\n",
        b"{\"AddRedirect\":\"https://a@b/\"}\n",
        b"{\"Redirects\":{\"after\":\"\\u0000\",\"limit\":99999999}}\n",
        b"{\"Change\":[\"a@b\",{\"Rights\":{\"grant\":[\"access:all\"],\"revoke\":[]}}]}\n",
        b"{\"Change\":[\"a@b\",{\"Tags\":{\"add\":[\"\\u001b\"],\"remove\":[]}}]}\n",
        b"{\"Change\":[\"a@b\",{\"Teams\":{\"add\":[{\"id\":\"\",\"name\":\"x\"}],\"remove\":[]}}]}\n",
        tags.as_bytes(),
        deep.as_bytes(),
        batch.as_bytes(),
        &huge,
    ];
    for bytes in wrong {
        let mut stream = connect();
        // The server may hang up before it has read all.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains("hunter2"));
    }
    assert_eq!(server.run(&["redirect", "list"], ""), "");
    // Those that say nothing take places, but not the last.
    let _silent: Vec<_> = (0..15).map(|_| connect()).collect();
    server.run(&add("a@example.org"), "");
    assert_eq!(server.run(&["user", "list", "--json"], "").lines().count(), 1);
    server.request("GET", "/v2/authorize").send().refused(401, "E_InvalidToken");
}

#[test]
fn commands_that_meet_wait_for_each_other_and_for_a_server_that_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = bimgate(folder.path())
        .arg("serve")
        .env("BIMGATE__SERVER__LISTEN", "127.0.0.1:0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("bimgate runs");
    let commands: Vec<_> = (0..8)
        .map(|n| {
            let email = format!("user{n}@example.org");
            bimgate(folder.path())
                .args(add(&email))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("bimgate runs")
        })
        .collect();
    for command in commands {
        let output = command.wait_with_output().expect("bimgate ends");
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let listed = bimgate(folder.path()).args(["user", "list", "--json"]).output().expect("bimgate runs");
    assert_eq!(super::stdout(&listed).lines().count(), 8);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
}
