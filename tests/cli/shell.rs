//! What shells and `man` read: it must be what they understand.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::server::output;
use super::{bimgate, stderr, stdout};

fn completions(shell: &str) -> String {
    let output = bimgate(Path::new(".")).args(["completions", shell]).output().expect("bimgate runs");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// What a shell offers to whoever has typed that much. It prints one offer a line.
#[track_caller]
fn offers(shell: &str, script: &str, typed: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Command::new(shell);
    program.current_dir(folder.path());
    fs::write(folder.path().join("completions"), completions(shell)).expect("written");
    let output = output(program.args(["-c", script, shell]).args(typed.split(' ')), "");
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {}", stderr(&output));
    stdout(&output).lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    // As bash calls what `complete -F` names.
    let script = r#"set -u; . ./completions; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _bimgate bimgate "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\n' "${COMPREPLY[@]}""#;
    assert_eq!(offers("bash", script, "bimgate se"), ["serve", "session"]);
    assert_eq!(offers("bash", script, "bimgate user add --no-p"), ["--no-password"]);
    assert_eq!(offers("bash", script, "bimgate completions f"), ["fish"]);
}

#[test]
fn fish_completes_commands_and_options() {
    let script = "source ./completions; complete -C (string join ' ' -- $argv[2..])";
    let words = |typed| {
        let offers = offers("fish", script, typed);
        offers.iter().map(|offer| offer.split('\t').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words("bimgate se"), ["serve", "session"]);
    assert_eq!(words("bimgate user add --no-p"), ["--no-password"]);
}

#[test]
fn zsh_reads_its_script() {
    // To see what it offers takes a terminal.
    let script = "autoload -U compinit && compinit -u -D && . ./completions && print ${_comps[bimgate]}";
    assert_eq!(offers("zsh", script, ""), ["_bimgate"]);
}

#[test]
fn every_command_has_a_manual_page_without_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = bimgate(folder.path()).args(["man", "new/man1"]).output().expect("bimgate runs");
    assert!(output.status.success(), "{}", stderr(&output));
    let pages = fs::read_dir(folder.path().join("new/man1")).expect("made");
    let pages: Vec<_> = pages.map(|page| page.expect("a page").path()).collect();
    assert!(pages.iter().any(|page| page.ends_with("bimgate.1")));
    assert!(pages.iter().any(|page| page.ends_with("bimgate-user-app-password-add.1")), "{pages:?}");
    let lint = Command::new("mandoc").args(["-T", "lint", "-W", "error"]).args(&pages).output().expect("mandoc runs");
    assert!(lint.status.success(), "{}", stdout(&lint));
    let page = folder.path().join("new/man1/bimgate-user-add.1");
    let shown = Command::new("mandoc").args(["-T", "ascii", "-c"]).arg(page).output().expect("mandoc runs");
    let shown = stdout(&shown).split('\u{8}').collect::<String>();
    assert!(shown.contains(&format!("bimgate {}", env!("CARGO_PKG_VERSION"))), "{shown}");
}

#[test]
fn pages_that_cannot_be_written_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("written");
    let output = bimgate(folder.path()).args(["man", "file"]).output().expect("bimgate runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the manual pages cannot be written to file"), "{}", stderr(&output));
}
