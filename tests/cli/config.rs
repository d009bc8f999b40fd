//! `bimgate config check` and `bimgate config show`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Outcome, bimgate, stderr, stdout};

/// Whether a line of `text` begins and ends so, leading space aside.
#[track_caller]
fn has_line(text: &str, beginning: &str, with: &str) {
    let found = text.lines().any(|line| line.trim_start().starts_with(beginning) && line.contains(with));
    assert!(found, "no line {beginning:?} with {with:?} in:\n{text}");
}

#[test]
fn defaults_are_good() -> Outcome {
    let folder = tempfile::tempdir()?;
    let output = bimgate(folder.path()).args(["config", "check"]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = bimgate(folder.path()).args(["config", "check", "--json"]).output()?;
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "{\"problems\":[]}\n"));
    Ok(())
}

#[test]
fn everything_wrong_is_told_at_once_and_where_it_stands() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(
        folder.path().join("my.toml"),
        "[server]\n\
         listen = \"localhost\"\n\
         workers = \"many\"\n\
         public_url = \"https://login.example.org/a/../b\"\n\
         allowed_origins = [\"https://example.org/\"]\n\
         trusted_proxys = []\n\
         [stor]\n\
         url = \"embedded:./x\"\n\
         [passwords]\n\
         memory_kib = -1\n\
         parallelism = 65\n\
         [limits]\n\
         max_sessions_per_user = 0\n\
         [throttle.network]\n\
         burst = 1.5\n\
         refill = 0\n\
         [log]\n\
         level = \"inof\"\n\
         format = \"xml\"\n",
    )?;
    let output = bimgate(folder.path())
        .args(["config", "check", "--config", "my.toml"])
        .env("BIMGATE__STORE__TIMEOUT_MS", "soon")
        .env("BIMGATE__STORE__PREFIX", "x")
        .env("BIMGATE__TOKENS__CROSS_LIFETIME", "0")
        .env("BIMGATE_UNRELATED", "x")
        .output()?;
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2));
    has_line(&told, "the settings are wrong in 16 places", "");
    has_line(&told, "my.toml:2: server.listen", "127.0.0.1:8080");
    has_line(&told, "my.toml:3: server.workers", "whole number");
    has_line(&told, "my.toml:4: server.public_url", "https://login.example.org");
    has_line(&told, "my.toml:5: server.allowed_origins", "scheme://host");
    has_line(&told, "my.toml:6:", "did you mean server.trusted_proxies?");
    has_line(&told, "my.toml:7:", "did you mean store?");
    has_line(&told, "my.toml:10: passwords.memory_kib", "negative");
    has_line(&told, "my.toml:11: passwords.parallelism", "from 1 to 64");
    has_line(&told, "my.toml:13: limits.max_sessions_per_user", "from 1 to");
    has_line(&told, "my.toml:15: throttle.network.burst", "whole number");
    has_line(&told, "my.toml:16: throttle.network.refill", "from 1 to");
    has_line(&told, "my.toml:18: log.level", "debug");
    has_line(&told, "my.toml:19: log.format", "pretty");
    has_line(&told, "BIMGATE__STORE__TIMEOUT_MS:", "whole number");
    has_line(&told, "BIMGATE__STORE__PREFIX:", "BIMGATE__STORE__KEY_PREFIX");
    has_line(&told, "BIMGATE__TOKENS__CROSS_LIFETIME: tokens.cross_lifetime", "from 1 to");
    Ok(())
}

#[test]
fn origins_and_headers_that_browsers_would_not_match_are_refused() -> Outcome {
    for (settings, told) in [
        ("allowed_origins = [\"https://*.example.org\"]", "no origin may have a wildcard in it"),
        ("allowed_origins = [\"https://a.example.org\", \"*.example.org\"]", "\"*.example.org\""),
        ("allowed_headers = [\"x tenant\"]", "names of headers"),
        ("allowed_headers = [\"*\"]", "names of headers"),
        ("allowed_headers = [\"\"]", "names of headers"),
        ("allow_credentials = true\nallowed_origins = [\"*\"]", "list the origins"),
    ] {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("bimgate.toml"), format!("[server]\n{settings}\n"))?;
        let output = bimgate(folder.path()).args(["config", "check"]).output()?;
        assert_eq!(output.status.code(), Some(2), "{settings}");
        assert!(stderr(&output).contains("server.allow") && stderr(&output).contains(told), "{}", stderr(&output));
    }
    let folder = tempfile::tempdir()?;
    let good = "[server]\nallowed_origins = [\"https://a.example.org\"]\nallow_credentials = true\n\
                allowed_headers = [\"X-Tenant\", \"x_trace\"]\n";
    fs::write(folder.path().join("bimgate.toml"), good)?;
    let output = bimgate(folder.path()).args(["config", "check"]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    Ok(())
}

#[test]
fn what_is_no_toml_is_told_with_its_lines() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("bimgate.toml"), "[log]\nlevel = info\n[store]\npassword = hunter2\"\n")?;
    let output = bimgate(folder.path()).args(["config", "check"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    has_line(&stderr(&output), "bimgate.toml:2: is not TOML", "");
    has_line(&stderr(&output), "bimgate.toml:4: is not TOML", "");
    assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
    Ok(())
}

#[test]
fn a_file_that_cannot_be_read_is_told() -> Outcome {
    let folder = tempfile::tempdir()?;
    let output = bimgate(folder.path()).args(["--config", "none.toml", "config", "check"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    has_line(&stderr(&output), "none.toml: cannot be read", "");
    fs::write(folder.path().join("latin1.toml"), b"# gr\xfc\xdfe\n")?;
    let output = bimgate(folder.path()).args(["config", "check"]).env("BIMGATE_CONFIG", "latin1.toml").output()?;
    has_line(&stderr(&output), "latin1.toml:1: is not UTF-8", "");
    Ok(())
}

#[test]
fn what_is_wrong_is_told_as_json() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("bimgate.toml"), "[server]\nworkers = \"many\"\n[stor]\n")?;
    let output = bimgate(folder.path()).args(["config", "check", "--json"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(told["problems"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(told["problems"][0]["place"], "bimgate.toml:2");
    assert!(told["problems"][0]["problem"].as_str().is_some_and(|text| text.contains("whole number")), "{told}");
    Ok(())
}

#[test]
fn show_tells_what_is_in_force_and_its_source_and_can_be_loaded_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(
        folder.path().join("bimgate.toml"),
        "[server]\nworkers = 3\nmax_connections = 50\n[log]\nlevel = \"a\\u007F=debug\"\n",
    )?;
    let show = |folder: &Path| {
        let mut command = bimgate(folder);
        command.args(["config", "show"]).env("BIMGATE__SERVER__WORKERS", "4");
        command
            .env("BIMGATE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1")
            .env("BIMGATE__DIRECTORY__APPLICATIONS", "[{ id = 'a', name = 'A', url = 'https://a', teams = ['t'] }]")
            .env("BIMGATE__TOKENS__REQUIRE_APPLICATION_ID", "true");
        command
    };
    let shown = stdout(&show(folder.path()).output()?);
    has_line(&shown, "workers = 4 # BIMGATE__SERVER__WORKERS", "");
    has_line(&shown, "max_connections = 50 # bimgate.toml:3", "");
    has_line(&shown, "trusted_proxies = [\"10.0.0.0/8\",\"::1\"] # BIMGATE__SERVER__TRUSTED_PROXIES", "");
    assert!(shown.lines().any(|line| line == "timeout_ms = 800"), "{shown}");

    let json: Value = serde_json::from_slice(&show(folder.path()).arg("--json").output()?.stdout)?;
    assert_eq!(json["server.workers"]["value"], 4);
    assert_eq!(json["server.workers"]["source"], "BIMGATE__SERVER__WORKERS");
    assert_eq!(json["tokens.require_application_id"]["value"], true);
    assert_eq!(json["store.url"]["source"], "default");

    let again = tempfile::tempdir()?;
    fs::write(again.path().join("bimgate.toml"), &shown)?;
    let json_again: Value =
        serde_json::from_slice(&bimgate(again.path()).args(["config", "show", "--json"]).output()?.stdout)?;
    for (key, setting) in json.as_object().ok_or("no object")? {
        assert_eq!(setting["value"], json_again[key]["value"], "{key}");
    }
    Ok(())
}

#[test]
fn a_secret_is_never_shown() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("number.toml"), "[store]\npassword = 8675309\n")?;
    fs::write(folder.path().join("secret"), "8675309\n")?;
    for (arguments, variable, value, code, says) in [
        (&["config", "show"][..], "BIMGATE__STORE__PASSWORD", "8675309", 0, "[redacted]"),
        (&["config", "show", "--json"], "BIMGATE__STORE__PASSWORD", "8675309", 0, "[redacted]"),
        (&["config", "show"], "BIMGATE__STORE__PASSWORD_FILE", "secret", 0, "secret"),
        (&["config", "show"], "BIMGATE__STORE__URL", "redis://:8675309@localhost", 2, "store.password_file"),
        (&["config", "show"], "BIMGATE__STORE__URL", "postgres:8675309", 2, "redis://HOST"),
        (&["config", "check", "--config", "number.toml"], "BIMGATE__STORE__URL", "redis://h", 2, "a text in quotes"),
    ] {
        let output = bimgate(folder.path()).args(arguments).env(variable, value).output()?;
        let told = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {told}");
        assert!(told.contains(says), "{arguments:?} {told}");
        assert!(!told.contains("8675309"), "{arguments:?} {told}");
    }
    Ok(())
}

#[test]
fn the_example_files_are_good() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("secret"), "a secret that is as long as one has to be\n")?;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut checked = 0;
    for example in fs::read_dir(examples)? {
        let example = example?.path();
        if example.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let output = bimgate(folder.path())
            .args(["config", "check", "--config"])
            .arg(example)
            // The example's own paths need not exist here.
            .env("BIMGATE__STORE__PASSWORD_FILE", "secret")
            .env("BIMGATE__SIGNING__KEY_FILE", "secret")
            .output()?;
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        checked += 1;
    }
    assert!(checked >= 2);
    Ok(())
}

#[test]
fn a_wrong_command_line_exits_as_wrong_settings_do() -> Outcome {
    let folder = tempfile::tempdir()?;
    let output = bimgate(folder.path()).arg("config").arg("chek").output()?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}

#[test]
fn the_file_of_the_machine_counts_where_there_is_no_other() -> Outcome {
    let folder = tempfile::tempdir()?;
    // A place of its own at /etc, which nobody else sees.
    let script = r#"mount -t tmpfs tmpfs /etc && mkdir /etc/bimgate &&
        printf '[server]\nlisten = "127.0.0.1:1"\n' >/etc/bimgate/bimgate.toml && "$1" config show &&
        printf '[server]\nlisten = "127.0.0.1:2"\n' >bimgate.toml && "$1" config show"#;
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_bimgate")]).current_dir(folder.path());
    let output = shell.output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    let shown = stdout(&output);
    let found: Vec<_> = shown.lines().filter(|line| line.starts_with("listen = \"127.")).collect();
    assert!(matches!(found[..], [first, second] if first.contains(":1") && second.contains(":2")), "{found:?}");
    Ok(())
}
