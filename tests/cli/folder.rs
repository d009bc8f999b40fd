//! A data folder that cannot be used: what is told, and with which exit code.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
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
fn assert_ended(output: &Output, code: i32, words: &str) {
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
    assert_ended(&without_privilege(&list).output().expect("it ends"), 3, "Permission denied");
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    File::create(folder.path().join("data")).expect("made");
    assert_ended(&bimgate(folder.path()).args(["user", "list"]).output().expect("it ends"), 3, "cannot be used");
}

#[test]
fn a_folder_in_use_may_be_free_later_and_a_damaged_store_is_no_store() {
    let mut server = Server::start(&[]);
    server.kill();
    let lock = File::options().write(true).open(server.data().join("bimgate.lock")).expect("there");
    lock.lock().expect("nobody has it");
    assert_ended(&server.command(&["user", "list"], ""), 3, "in use by another bimgate");
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

#[test]
fn a_store_that_is_gone_is_not_begun_anew() {
    let mut server = Server::start(&[]);
    server.run(&["user", "add", "--email", "a@example.org", "--no-password"], "");
    server.ask_to_stop();
    server.stopped();
    let store = server.data().join("bimgate.redb");
    let kept = fs::read(&store).expect("there");
    for (how, words) in
        [("empty", "bimgate.redb is empty"), ("missing", "bimgate.redb is missing, but signing.key is there")]
    {
        if how == "empty" {
            fs::write(&store, "").expect("ours");
        } else {
            fs::remove_file(&store).expect("ours");
        }
        for arguments in
            [&["serve"][..], &["user", "list"], &["user", "add", "--email", "b@example.org", "--no-password"]]
        {
            let output = server.command(arguments, "");
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            assert!(stderr(&output).contains(words), "{}", stderr(&output));
        }
    }
    fs::write(&store, kept).expect("ours");
    server.restart();
    assert!(server.run(&["user", "list"], "").contains("a@example.org"));
}

#[test]
fn what_only_reads_makes_nothing_and_says_where_it_looked() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    for arguments in [
        &["user", "list"][..],
        &["user", "show", "a@example.org"],
        &["user", "delete", "a@example.org", "--yes"],
        &["session", "list", "--user", "a@example.org"],
        &["redirect", "list"],
        &["key", "list"],
        &["license", "list"],
    ] {
        let output = bimgate(folder.path()).args(arguments).output().expect("it ends");
        assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b""[..]), "{arguments:?}");
        let told = stderr(&output);
        assert!(told.contains(&format!("there is no store in {}", data.display())), "{told}");
        assert!(!data.exists(), "{arguments:?}");
    }
    fs::write(folder.path().join("users.csv"), "email\na@example.org\n").expect("written");
    let dry_run = bimgate(folder.path()).args(["user", "import", "users.csv", "--dry-run"]).output().expect("it ends");
    assert!(dry_run.status.success() && stderr(&dry_run).contains("1 to import"), "{}", stderr(&dry_run));
    assert!(!data.exists());
}

#[test]
fn a_folder_that_was_moved_away_under_a_server_is_missed() {
    let server = Server::start(&[]);
    fs::rename(server.data(), server.data().with_extension("old")).expect("ours");
    let output = server.command(&["user", "list"], "");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("there is no store in"), "{}", stderr(&output));
    assert!(!server.data().exists());
}

/// Root may add users before the first start of a server that is another user's.
#[test]
fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let owner = if rustix::process::geteuid().is_root() { 65_534 } else { rustix::process::geteuid().as_raw() };
    chown(folder.path(), Some(owner), Some(owner)).expect("ours");
    for arguments in [&["user", "add", "--email", "a@example.org", "--no-password"][..], &["key", "rotate"]] {
        let output = bimgate(folder.path()).args(arguments).output().expect("it ends");
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let data = folder.path().join("data");
    let files = fs::read_dir(&data).expect("a folder").map(|file| file.expect("a file").path());
    let made: Vec<_> = files.chain([data.clone()]).collect();
    assert_eq!(made.len(), 4, "lock, store, secret and the folder: {made:?}");
    for path in made {
        assert_eq!(fs::metadata(&path).expect("there").uid(), owner, "{}", path.display());
    }
}
