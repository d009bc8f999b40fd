//! What a release consists of, as `scripts/release` packs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{bimgate, stderr, stdout};

/// Runs a program in the tree; what it prints.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// A small program that does what the real one does, by calling it: packing that takes a minute.
fn stand_in(folder: &Path) -> String {
    let source = format!(
        "#include <unistd.h>\nint main(int n, char **v) {{ return execv(\"{}\", v); }}\n",
        env!("CARGO_BIN_EXE_bimgate")
    );
    let (code, program) = (folder.join("stand_in.c"), folder.join("bimgate"));
    fs::write(&code, source).expect("written");
    run("cc", &["-o", program.to_str().expect("a name"), code.to_str().expect("a name")]);
    program.display().to_string()
}

/// The files of a release in a folder: name and content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("packed").map(|file| file.expect("a file"));
    let mut files: Vec<_> = files
        .map(|file| (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).expect("a file")))
        .collect();
    files.sort();
    files
}

#[test]
fn a_release_has_what_is_needed_and_is_the_same_each_time() {
    let folder = TempDir::new().expect("a folder");
    let program = stand_in(folder.path());
    let packed = ["first", "second"].map(|name| folder.path().join(name));
    for output in &packed {
        run("scripts/release", &["--try", &program, output.to_str().expect("a name")]);
    }
    let [first, second] = packed.each_ref().map(|folder| files(folder));
    for (one, other) in first.iter().zip(&second) {
        assert!(one == other, "{} is not the same twice", one.0);
    }
    let version = env!("CARGO_PKG_VERSION");
    let sums = String::from_utf8_lossy(&first[0].1).into_owned();
    assert_eq!((first.len(), first[0].0.as_str(), sums.lines().count()), (5, "SHA256SUMS", 4));
    run("sh", &["-c", "cd \"$1\" && sha256sum --quiet --check SHA256SUMS", "sh", packed[0].to_str().expect("a name")]);

    let named = |begin: &str, end: &str| {
        let found = first.iter().find(|(name, _)| name.starts_with(begin) && name.ends_with(end)).expect("packed");
        packed[0].join(&found.0).display().to_string()
    };
    let archive = run("tar", &["-tzf", &named(&format!("bimgate-{version}-linux-"), ".tar.gz")]);
    for name in ["bimgate", "bimgate.service", "README.md", "third-party-licenses", "man1/bimgate-serve.1"] {
        assert!(archive.lines().any(|line| line.ends_with(&format!("/{name}"))), "{name} is missing in {archive}");
    }
    is_a_chart(&named("bimgate-chart-", &format!("{version}.tgz")));
    is_a_debian_package(&named(&format!("bimgate_{version}_"), ".deb"), folder.path());
    names_what_it_is_built_of(&fs::read(named("bimgate-", ".cdx.json")).expect("packed"));
}

fn is_a_chart(package: &str) {
    let chart = run("scripts/helm/venv/bin/helm", &["show", "chart", package]);
    assert!(chart.contains(&format!("version: {}\n", env!("CARGO_PKG_VERSION"))), "{chart}");
    let files = run("tar", &["-tzf", package]);
    assert!(files.lines().any(|file| file == "bimgate/templates/deployment.yaml"), "{files}");
}

fn is_a_debian_package(package: &str, folder: &Path) {
    let fields = run("dpkg-deb", &["--field", package, "Version", "Depends"]);
    assert!(fields.contains(&format!("Version: {}\n", env!("CARGO_PKG_VERSION"))), "{fields}");
    assert!(fields.contains("Depends: libc6 (>= "), "{fields}");
    let root = folder.join("root").display().to_string();
    run("dpkg-deb", &["--raw-extract", package, &root]);
    let contents = run("dpkg-deb", &["--contents", package]);
    for (mode, name) in [
        ("-rwxr-xr-x root/root", "./usr/bin/bimgate"),
        ("-rw-r--r-- root/root", "./usr/lib/systemd/system/bimgate.service"),
        ("-rw-r--r-- root/root", "./etc/bimgate/bimgate.toml"),
        ("drwx------ root/root", "./etc/bimgate/secrets/"),
        ("-rw-r--r-- root/root", "./usr/share/man/man1/bimgate-user-add.1.gz"),
        ("-rw-r--r-- root/root", "./usr/share/bash-completion/completions/bimgate"),
        ("-rw-r--r-- root/root", "./usr/share/zsh/vendor-completions/_bimgate"),
        ("-rw-r--r-- root/root", "./usr/share/fish/vendor_completions.d/bimgate.fish"),
        ("-rw-r--r-- root/root", "./usr/share/doc/bimgate/copyright"),
        ("-rw-r--r-- root/root", "./usr/share/doc/bimgate/third-party-licenses.gz"),
    ] {
        let is_there = contents.lines().any(|line| line.starts_with(mode) && line.ends_with(&format!(" {name}")));
        assert!(is_there, "{mode} {name} is missing in {contents}");
    }
    let control = |name: &str| format!("{root}/DEBIAN/{name}");
    assert_eq!(fs::read_to_string(control("conffiles")).expect("there"), "/etc/bimgate/bimgate.toml\n");
    for script in ["postinst", "prerm", "postrm"] {
        run("sh", &["-n", &control(script)]);
    }
    let copyright = fs::read_to_string(format!("{root}/usr/share/doc/bimgate/copyright")).expect("there");
    assert!(copyright.contains("Permission is hereby granted") && !copyright.contains('@'), "{copyright}");
    let mut check = bimgate(folder);
    check.args(["config", "check", "--config", &format!("{root}/etc/bimgate/bimgate.toml")]);
    let checked = check.output().expect("bimgate runs");
    assert!(checked.status.success() && checked.stderr.is_empty(), "{}", stderr(&checked));
}

fn names_what_it_is_built_of(bill: &[u8]) {
    let bill: Value = serde_json::from_slice(bill).expect("JSON");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = bill["components"].as_array().expect("a list");
    let named = |name: &str| components.iter().find(|component| component["name"] == name);
    for component in components {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        assert_eq!(component["hashes"][0]["content"].as_str().map(str::len), Some(64), "{component}");
    }
    assert!(named("redb").is_some() && named("aws-lc-sys").is_some(), "what is compiled in");
    assert!(named("proptest").is_none() && named("cmake").is_none(), "what tests and builds alone need");
}
