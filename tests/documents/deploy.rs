//! What the image is built of is there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_the_image_is_built_of_is_all_that_cargo_asks_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = fs::read_to_string(root().join(".dockerignore")).expect("a list");
    for name in names.lines().filter_map(|line| line.strip_prefix('!')) {
        let place = folder.path().join(name);
        fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        assert!(root().join(name).exists(), "{name} is not there");
        symlink(root().join(name), place).expect("made");
    }
    for needed in ["src", "askama.toml", "config/default.toml", "deploy/image/root"] {
        assert!(folder.path().join(needed).exists(), "{needed} is left out");
    }
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"]);
    let output = cargo.current_dir(folder.path()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
