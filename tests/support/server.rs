//! The real program, started as an operator starts it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::client::Request;
use super::wait::until;

const START: Duration = Duration::from_secs(30);
/// Longer than the server gives running requests.
const STOP: Duration = Duration::from_secs(45);

/// A secret for the signing keys, which servers of one Redis must share.
pub const SIGNING_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/signing.key");

/// A running `bimgate serve`, killed when dropped.
pub struct Server {
    folder: TempDir,
    arguments: Vec<String>,
    settings: Vec<(String, String)>,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts `bimgate serve` with a data folder of its own, on a port the system chooses. Settings are named as in the
    /// file, `section.key`; those given later count. One without a section is a variable of the environment.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_with(&["serve"], settings)
    }

    /// As [`Self::start`], with other arguments.
    pub fn start_with(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        let data = format!("embedded:{}", folder.path().join("data").display());
        let standard = [("server.listen", "127.0.0.1:0"), ("store.url", &data)];
        let settings = standard.iter().chain(settings).map(|(key, value)| (key.to_string(), value.to_string()));
        let settings: Vec<_> = settings.collect();
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        let (child, address) = spawn(folder.path(), &arguments, &settings);
        Self { folder, arguments, settings, child, address }
    }

    /// Starts one that must end by itself; how it ended, and what it said on standard error.
    pub fn refuses_to_start(settings: &[(&str, &str)]) -> (ExitStatus, String) {
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        let settings = [&[("server.listen", "127.0.0.1:0")], settings].concat();
        let settings: Vec<_> = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        ends(program(folder.path(), &settings).arg("serve"))
    }

    /// A request to it.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    /// Runs the command line with the same settings, as an operator does beside a running server.
    pub fn command(&self, arguments: &[&str], input: &str) -> Output {
        output(program(self.folder.path(), &self.settings).args(arguments), input)
    }

    /// As [`Self::command`], with other settings over its own.
    pub fn command_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let own = self.settings.iter().cloned();
        let others = settings.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        output(program(self.folder.path(), &own.chain(others).collect::<Vec<_>>()).args(arguments), "")
    }

    /// Runs the command line as on another machine: with none of these settings, and the token of the management API in a
    /// file.
    pub fn command_elsewhere(&self, token: &str, arguments: &[&str]) -> Output {
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        let file = folder.path().join("token");
        fs::write(&file, format!("{token}\n")).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its own");
        let url = format!("http://{}", self.manage());
        let mut program = program(folder.path(), &[]);
        output(program.args(arguments).args(["--server", &url, "--token-file"]).arg(&file), "")
    }

    /// As [`Self::command`], which must succeed; what it printed.
    #[track_caller]
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        let output = self.command(arguments, input);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// A shell script that is the command line with the same settings.
    pub fn script(&self) -> String {
        let program = program(self.folder.path(), &self.settings);
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        let settings = program.get_envs();
        let settings =
            settings.map(|(name, value)| format!(" '{}={}'", text(name), value.map(text).unwrap_or_default()));
        let settings: Vec<_> = settings.collect();
        format!("#!/bin/sh\nexec env -i{} {} \"$@\"\n", settings.concat(), text(program.get_program()))
    }

    /// Kills it as a crash does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop, as a service manager does.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits until it has stopped.
    pub fn stopped(&mut self) -> ExitStatus {
        until("the server stops", STOP, || self.child.try_wait().expect("a child"))
    }

    /// Starts it again on the same data, after [`Self::kill`] or [`Self::stopped`].
    pub fn restart(&mut self) {
        (self.child, self.address) = spawn(self.folder.path(), &self.arguments, &self.settings);
    }

    /// As [`Self::restart`], with more settings.
    pub fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.settings.extend(settings.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        self.restart();
    }

    /// Everything it has printed or logged.
    pub fn log(&self) -> String {
        ["out.log", "err.log"]
            .map(|name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }

    /// Where operators reach it, if `manage.listen` is set.
    pub fn manage(&self) -> SocketAddr {
        let log = self.log();
        let line =
            log.lines().rev().find_map(|line| line.split_once("management on ")).expect("it listens for operators");
        listening(&format!(" listens on {}", line.1)).expect("an address")
    }

    /// Its data folder, if its store is embedded.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end, `input` piped in.
pub fn output(program: &mut Command, input: &str) -> Output {
    let program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("bimgate runs");
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("bimgate ends")
}

/// Waits for the end of a program that is expected to end by itself; kills it if it does not.
pub fn ends(program: &mut Command) -> (ExitStatus, String) {
    struct Running(Child);
    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let child = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut running = Running(child.expect("it runs"));
    let status = until("it ends by itself", START, || running.0.try_wait().expect("a child"));
    let mut said = String::new();
    let _ = running.0.stderr.take().expect("piped").read_to_string(&mut said);
    (status, said)
}

fn program(folder: &Path, settings: &[(String, String)]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    program.env_clear().current_dir(folder);
    if settings.iter().any(|(key, url)| key == "store.url" && url.starts_with("redis")) {
        program.env("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY);
    }
    for (key, value) in settings {
        let setting = || format!("BIMGATE__{}", key.replace('.', "__").to_uppercase());
        program.env(if key.contains('.') { setting() } else { key.clone() }, value);
    }
    program
}

/// Starts it and waits for the line that says where it listens. What it prints goes to files, not to a pipe that
/// could fill up or break.
fn spawn(folder: &Path, arguments: &[String], settings: &[(String, String)]) -> (Child, SocketAddr) {
    let [out, err] = ["out.log", "err.log"].map(|name| folder.join(name));
    let printed = fs::metadata(&out).map_or(0, |file| file.len());
    let append = |path: &Path| File::options().create(true).append(true).open(path).expect("a file");
    let mut child = program(folder, settings)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(append(&out))
        .stderr(append(&err))
        .spawn()
        .expect("bimgate starts");
    let address = until("the server starts", START, || {
        if let Some(status) = child.try_wait().expect("a child") {
            let said = fs::read_to_string(&err).unwrap_or_default();
            panic!("bimgate ended at the start, {status}: {said}{}", fs::read_to_string(&out).unwrap_or_default());
        }
        let mut file = File::open(&out).expect("just made");
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(printed)).expect("a file");
        BufReader::new(file).lines().map_while(Result::ok).find_map(|line| listening(&line))
    });
    (child, address)
}

/// The address in a line as `bimgate listens on http://127.0.0.1:8080, …`.
fn listening(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(" listens on ")?.1.split_once("://")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit() && !".:[]".contains(c))?;
    rest[..end].parse().ok()
}
