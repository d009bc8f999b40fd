//! A data folder that cannot be used: what is told, and with which exit code.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use super::support::server::Server;
use super::{bimgate, stderr};

/// Nobody but root may do as they please, so root gives that up first.
fn without_privilege(command: &Command) -> Command {
    let mut program = Command::new("setpriv");
    if rustix::process::geteuid().is_root() {
        program.arg("--bounding-set=-dac_override,-dac_read_search");
    }
    program.arg("--").arg(command.get_program()).args(command.get_args());
    program.env_clear().current_dir(command.get_current_dir().expect("given"));
    program
}

#[track_caller]
fn told(output: &Output, code: i32, words: &str) {
    let told = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains("the data folder ") && told.contains(words) && !told.contains("bimgate.sock"), "{told}");
}

#[test]
fn a_folder_of_somebody_else_is_told_from_a_server_that_does_not_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("made");
    fs::set_permissions(&data, Permissions::from_mode(0o000)).expect("ours");
    let mut list = bimgate(folder.path());
    list.args(["user", "list"]);
    told(&without_privilege(&list).output().expect("it ends"), 3, "Permission denied");
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    File::create(folder.path().join("data")).expect("made");
    told(&bimgate(folder.path()).args(["user", "list"]).output().expect("it ends"), 3, "cannot be used");
}

#[test]
fn a_folder_in_use_may_be_free_later_and_a_damaged_store_is_no_store() {
    let mut server = Server::start(&[]);
    server.kill();
    let lock = File::options().write(true).open(server.data().join("bimgate.lock")).expect("there");
    lock.lock().expect("nobody has it");
    told(&server.command(&["user", "list"], ""), 3, "in use by another bimgate");
    lock.unlock().expect("ours");
    for file in fs::read_dir(server.data()).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "redb") {
            fs::write(path, "x".repeat(10_000)).expect("ours");
        }
    }
    let output = server.command(&["user", "list"], "");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("damaged"), "{}", stderr(&output));
}
