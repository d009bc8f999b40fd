//! The socket between a command and the server that owns the store.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
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

/// What the socket answers to bytes as they are; what the server does not read is lost.
fn exchange(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = connect(socket);
    // The server may hang up before it has read all.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).expect("the server listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stream
}

fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

#[test]
fn garbage_does_not_disturb_the_server() {
    let server = Server::start(&[]);
    let socket = server.data().join("bimgate.sock");
    let deep = format!("{{\"tags\":{{\"add\":{}", "[".repeat(100_000));
    let huge = "x".repeat(6 << 20);
    let batch = format!("{{\"claims\":[{}]}}", vec!["{\"id\":null,\"email\":\"a@b\"}"; 1_001].join(","));
    let tags = format!("{{\"tags\":{{\"add\":[{}]}}}}", vec!["\"x\""; 65].join(","));
    let user = "/manage/v1/users/a@b";
    for (method, target, body, status) in [
        ("GET", "/manage/v1/users?after=nonsense&limit=99999999", "", 400),
        ("GET", "/manage/v1/users?limit=-1", "", 400),
        ("GET", "/manage/v1/redirect-urls?after=%00&limit=99999999", "", 200),
        ("POST", "/manage/v1/users", "", 400),
        ("POST", "/manage/v1/users", "\0\n", 400),
        ("POST", "/manage/v1/users", "{\"email\":\"\"}", 400),
        ("POST", "/manage/v1/users", "{\"email\":\"a@b\",\"password_hash\":\"hunter2\"}", 400),
        ("POST", "/manage/v1/users", &huge, 413),
        ("POST", "/manage/v1/redirect-urls", "{\"url\":\"https://a@b/\"}", 400),
        ("POST", "/manage/v1/import/check", &batch, 400),
        ("POST", "/manage/v1/import/check", &huge, 413),
        ("PATCH", user, "{\"rights\":{\"grant\":[\"access:all\"],\"revoke\":[]}}", 400),
        ("PATCH", user, "{\"tags\":{\"add\":[\"\\u001b\"],\"remove\":[]}}", 400),
        ("PATCH", user, "{\"teams\":{\"add\":[{\"id\":\"\",\"name\":\"x\"}],\"remove\":[]}}", 400),
        ("PATCH", user, "{\"enabled\":\"hunter2\"}", 400),
        ("PATCH", user, "{\"enabled\":true,\"name\":\"x\"}", 400),
        ("PATCH", user, &tags, 404),
        ("PATCH", user, &deep, 400),
        ("PUT", "/manage/v1/users", "", 405),
        ("GET", "/manage/v1/", "", 404),
        ("GET", "/manage/v1/users/%ff", "", 404),
        ("GET", "/v2/authorize", "", 404),
        ("GET", "/metrics", "", 404),
    ] {
        let answer = exchange(&socket, &request(method, target, body));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {target}: {answer}");
        assert!(answer.contains("no-store") || !target.starts_with("/manage"), "{answer}");
        assert!(!answer.contains("hunter2"), "{answer}");
    }
    for bytes in [b"".as_slice(), b"\n", b"\0\xff\xfe\n", b"{\"List\":{\"after\":null,\"limit\":1}}\n", huge.as_bytes()]
    {
        let answer = exchange(&socket, bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(!server.log().contains("hunter2"));
    assert_eq!(server.run(&["redirect", "list"], ""), "");
    // Those that say nothing take places, but not the last.
    let _silent: Vec<_> = (0..40).map(|_| connect(&socket)).collect();
    server.run(&add("a@example.org"), "");
    assert_eq!(server.run(&["user", "list", "--json"], "").lines().count(), 1);
    server.request("GET", "/v2/authorize").send().refused(401, "E_InvalidToken");
}

#[test]
fn a_server_of_another_release_is_told_from_one_that_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("made");
    let listener = UnixListener::bind(folder.path().join("data/bimgate.sock")).expect("bound");
    let envelope = |code| format!("{{\"code\":\"{code}\",\"error\":true,\"message\":\"No.\",\"uuid\":\"\"}}");
    let missing = envelope("E_Missing_404");
    let of = |status: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    let (code, other) = (Some(3), "answers as another release would; restart it");
    for (answer, code, words) in [
        // As the first releases answered, each a line of JSON.
        ("{\"Err\":{\"Malformed\":\"it is not understood, at byte 1\"}}\n".to_owned(), code, other),
        (of("404 Not Found", &missing), code, other),
        (of("200 OK", "{\"accounts\":[]}"), code, other),
        (of("400 Bad Request", &envelope("E_NewKind")), code, other),
        (of("400 Bad Request", &envelope("E_BadRequest")), Some(1), "of another release than this command?"),
        (String::new(), code, "does not answer"),
    ] {
        let command =
            bimgate(folder.path()).args(["user", "list"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let command = command.expect("bimgate runs");
        // The command looks whether there is a server, then asks.
        for bytes in ["", &answer] {
            let (mut stream, _) = listener.accept().expect("a client");
            if !bytes.is_empty() || answer.is_empty() {
                let _ = stream.read(&mut [0; 4096]);
            }
            let _ = stream.write_all(bytes.as_bytes());
        }
        let output = command.wait_with_output().expect("bimgate ends");
        assert_eq!(output.status.code(), code, "{answer}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{answer}: {}", stderr(&output));
    }
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
