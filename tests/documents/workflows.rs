//! The workflows can be read, are bounded, and run what is in the tree.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

/// Each workflow: its file's name and what is in it.
fn workflows() -> Vec<(String, Yaml)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = crate::entries(&folder).into_iter().map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a workflow can be read");
        let mut documents = YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(documents.len(), 1, "{name}");
        (name, documents.remove(0))
    });
    let workflows: Vec<_> = files.collect();
    assert!(workflows.len() >= 3, "workflows are missing");
    workflows
}

/// The jobs of a workflow by name.
fn jobs(workflow: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    let jobs = workflow["jobs"].as_hash().expect("jobs");
    jobs.iter().map(|(name, job)| (name.as_str().expect("a name"), job))
}

/// The steps of all jobs.
fn steps(workflow: &Yaml) -> impl Iterator<Item = &Yaml> {
    jobs(workflow).flat_map(|(_, job)| job["steps"].as_vec().into_iter().flatten())
}

#[test]
fn each_has_an_occasion_few_rights_and_an_end() {
    for (file, workflow) in workflows() {
        assert!(!workflow["on"].is_badvalue(), "{file}: on");
        assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{file}: permissions");
        for (name, job) in jobs(&workflow) {
            if let Some(other) = job["needs"].as_str() {
                assert!(jobs(&workflow).any(|(known, _)| known == other), "{file}: {name} needs {other}");
            }
            if let Some(other) = job["uses"].as_str() {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(other);
                assert!(other.starts_with("./") && path.is_file(), "{file}: {name} uses {other}");
                continue;
            }
            assert!(job["runs-on"].as_str().is_some() && job["timeout-minutes"].as_i64().is_some(), "{file}: {name}");
            assert!(job["steps"].as_vec().is_some_and(|steps| !steps.is_empty()), "{file}: {name} has no steps");
        }
    }
}

#[test]
fn each_command_is_a_script_of_the_tree() {
    let mut commands = Vec::new();
    for (file, workflow) in workflows() {
        for step in steps(&workflow) {
            let Some(command) = step["run"].as_str() else { continue };
            let program = command.split_whitespace().next().unwrap_or_default();
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(program);
            assert!(program.starts_with("./") && path.is_file(), "{file}: {program} is not there");
            let mode = path.metadata().expect("it is there").permissions().mode();
            assert!(mode & 0o100 != 0, "{file}: {program} cannot be run");
            commands.push(command.to_owned());
        }
    }
    assert!(commands.contains(&"./scripts/test".to_owned()), "the README's test command: {commands:?}");
}

#[test]
fn each_action_is_held_at_a_major_version() {
    for (file, workflow) in workflows() {
        for step in steps(&workflow) {
            let Some(action) = step["uses"].as_str() else {
                assert!(step["run"].as_str().is_some(), "{file}: a step without a command");
                continue;
            };
            let version = action.split_once("@v").map(|(_, version)| version);
            assert!(version.is_some_and(|version| version.parse::<u32>().is_ok()), "{file}: {action}");
        }
    }
}
