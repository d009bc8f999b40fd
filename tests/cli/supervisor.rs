//! What a service manager is told over its socket, as systemd listens there (`sd_notify(3)`).

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::support::lines::Lines;
use super::support::server::Server;

const PATIENCE: Duration = Duration::from_secs(60);
/// After how many microseconds without word the service manager would take the server for stuck.
const WATCHED: &str = "200000";

/// The service manager's end of the socket.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &Path) -> Self {
        Self::on(UnixDatagram::bind(path).expect("a socket"))
    }

    fn on(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self(socket)
    }

    /// The next message.
    #[track_caller]
    fn told(&self) -> String {
        self.told_within(PATIENCE).expect("a message")
    }

    fn told_within(&self, time: Duration) -> Option<String> {
        let mut message = [0; 256];
        self.0.set_read_timeout(Some(time)).expect("a timeout");
        let length = self.0.recv(&mut message).ok()?;
        Some(String::from_utf8_lossy(&message[..length]).into_owned())
    }
}

#[test]
fn it_is_told_that_the_server_serves_and_that_it_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let name = format!("bimgate/{}", folder.path().display());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let managers = [
        (path.display().to_string(), Manager::at(&path)),
        (format!("@{name}"), Manager::on(UnixDatagram::bind_addr(&address).expect("a socket"))),
    ];
    for (name, manager) in managers {
        let mut server = Server::start(&[("NOTIFY_SOCKET", &name)]);
        assert_eq!(manager.told(), "READY=1");
        server.request("GET", "/readyz").send().ok();
        server.ask_to_stop();
        assert_eq!(manager.told(), "STOPPING=1");
        assert!(server.stopped().success());
        assert_eq!(manager.told_within(Duration::from_millis(1)), None);
    }
}

#[test]
fn a_manager_that_is_not_there_is_no_reason_not_to_serve() {
    let mut server = Server::start(&[("NOTIFY_SOCKET", "/nowhere/notify"), ("WATCHDOG_USEC", WATCHED)]);
    server.request("GET", "/readyz").send().ok();
    server.ask_to_stop();
    assert!(server.stopped().success());
    assert!(server.log().contains("the service manager cannot be told anything"), "{}", server.log());
}

#[test]
fn a_server_with_a_thread_that_hangs_is_not_said_to_be_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = Manager::at(&path);
    let path = path.display().to_string();
    // Two of the clients' listener, one of the private one, one of the commands' socket.
    let settings = [("server.workers", "2"), ("server.private_listen", "127.0.0.1:0")];
    let told = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", WATCHED)];
    let server = Server::start(&[settings, told].concat());
    assert_eq!(manager.told(), "READY=1");
    let threads = workers(server.id());
    assert_eq!(threads.len(), 4);
    for thread in &threads {
        assert_eq!(manager.told(), "WATCHDOG=1");
        let held = Held::hold(thread);
        // What was said before the thread was held may still be here, and one word more if it had answered.
        while manager.told_within(Duration::from_millis(1)).is_some() {}
        let is_quiet = || manager.told_within(Duration::from_millis(400)).is_none();
        assert!(is_quiet() || is_quiet());
        drop(held);
        assert_eq!(manager.told(), "WATCHDOG=1");
    }
}

/// The threads of a server that serve connections.
fn workers(process: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let threads = threads.map(|thread| thread.expect("a thread").path());
    threads
        .filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name == "worker\n"))
        .map(|thread| thread.file_name().expect("a number").to_string_lossy().into_owned())
        .collect()
}

/// One thread of another process that does not run, as long as this lives: held by a tracer (`ptrace(2)`), since a signal
/// would stop all threads.
struct Held(Child);

/// `PTRACE_SEIZE`, `PTRACE_INTERRUPT`, and a wait for the thread to stop.
const TRACER: &str = "
import ctypes, os, sys
thread, libc = int(sys.argv[1]), ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for request in 0x4206, 0x4207:
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(thread, 0x40000000)
print('held', flush=True)
sys.stdin.read()
";

impl Held {
    fn hold(thread: &str) -> Self {
        let mut python = Command::new("python3");
        python.args(["-c", TRACER, thread]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut tracer = python.spawn().expect("python3 runs");
        let said = Lines::of("the tracer", tracer.stdout.take().expect("piped")).next();
        assert_eq!(said.as_deref(), Some("held"));
        Self(tracer)
    }
}

impl Drop for Held {
    /// The thread runs on when its tracer ends.
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn the_unit_is_one_that_systemd_understands_and_keeps_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = fs::read_to_string("deploy/systemd/bimgate.service").expect("a unit");
    // It must name a program that is there.
    let unit = unit.replace("ExecStart=/usr/bin/bimgate ", &format!("ExecStart={} ", env!("CARGO_BIN_EXE_bimgate")));
    let path = folder.path().join("bimgate.service");
    fs::write(&path, unit).expect("written");
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).arg(&path).output().expect("systemd-analyze runs");
        let told = [super::stdout(&output), super::stderr(&output)].concat();
        assert!(output.status.success(), "{arguments:?}: {told}");
        told
    };
    let told = analyze(&["verify", "--man=no", "--recursive-errors=no"]);
    assert!(!told.contains("bimgate.service"), "{told}");
    // Of 100: below 20 is what systemd calls OK, and a unit that says nothing has 96.
    analyze(&["security", "--offline=yes", "--threshold=15", "--no-pager"]);
}

#[test]
fn it_is_told_that_the_certificate_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = Manager::at(&path);
    let tls = |name: &str| format!("{}/tests/support/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let server = Server::start(&[
        ("NOTIFY_SOCKET", &path.display().to_string()),
        ("tls.certificate", &tls("server.pem")),
        ("tls.key", &tls("server-key.pem")),
        ("server.public_url", "https://localhost"),
        ("server.private_listen", "127.0.0.1:0"),
    ]);
    assert_eq!(manager.told(), "READY=1");
    server.signal(Signal::HUP);
    // `systemctl reload` waits for the second of these, and takes no answer for its own that is older than its question.
    let told = manager.told();
    let since = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("it is read again");
    assert!(since.parse::<u64>().is_ok_and(|since| since > 0), "{told}");
    assert_eq!(manager.told(), "READY=1");
}
