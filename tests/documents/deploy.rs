//! What the image is built of is there, and the files for Kubernetes fit each other. Schemas are not checked here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

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

/// A file of `deploy/kubernetes`.
fn read(name: &str) -> Yaml {
    let text = fs::read_to_string(root().join("deploy/kubernetes").join(name)).expect("a file");
    let mut documents = YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

fn list(yaml: &Yaml) -> &[Yaml] {
    yaml.as_vec().expect("a list")
}

#[test]
fn the_files_for_kubernetes_fit_each_other() {
    let kustomization = read("kustomization.yaml");
    let mut named: Vec<_> = list(&kustomization["resources"]).iter().filter_map(Yaml::as_str).collect();
    let there = crate::entries(&root().join("deploy/kubernetes"));
    let mut there: Vec<_> = there.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    there.retain(|name| *name != "kustomization.yaml");
    named.sort_unstable();
    there.sort_unstable();
    assert_eq!(named, there);
    let version = kustomization["images"][0]["newTag"].as_str();
    assert_eq!(version, Some(env!("CARGO_PKG_VERSION")));

    let deployment = read("deployment.yaml");
    let pod = &deployment["spec"]["template"];
    let labels = &pod["metadata"]["labels"];
    assert!(!labels.is_badvalue());
    for selector in [
        &deployment["spec"]["selector"]["matchLabels"],
        &pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
        &read("service.yaml")["spec"]["selector"],
        &read("disruption-budget.yaml")["spec"]["selector"]["matchLabels"],
        &read("network-policy.yaml")["spec"]["podSelector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    let server = &pod["spec"]["containers"][0];
    let ports: Vec<_> = list(&server["ports"]).iter().filter_map(|port| port["name"].as_str()).collect();
    let mut used = vec![read("service.yaml")["spec"]["ports"][0]["targetPort"].clone()];
    used.extend(
        ["startupProbe", "livenessProbe", "readinessProbe"].map(|probe| server[probe]["httpGet"]["port"].clone()),
    );
    let policy = read("network-policy.yaml");
    used.extend(list(&policy["spec"]["ingress"]).iter().map(|from| from["ports"][0]["port"].clone()));
    for port in &used {
        assert!(port.as_str().is_some_and(|port| ports.contains(&port)), "{port:?}");
    }
}

#[test]
fn the_settings_for_kubernetes_are_good_and_listen_where_its_probes_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    for secret in ["redis-password", "signing-key"] {
        fs::write(folder.path().join(secret), "0123456789".repeat(4)).expect("written");
    }
    let settings = read("settings.yaml");
    let text = settings["data"]["bimgate.toml"].as_str().expect("settings");
    // What the secret is mounted as.
    let text = text.replace("/run/secrets/bimgate", &folder.path().display().to_string());
    fs::write(folder.path().join("bimgate.toml"), &text).expect("written");
    let mut check = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    let output = check.args(["config", "check"]).env_clear().current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let deployment = read("deployment.yaml");
    for port in list(&deployment["spec"]["template"]["spec"]["containers"][0]["ports"]) {
        let port = port["containerPort"].as_i64().expect("a port");
        assert!(text.contains(&format!("listen = \"0.0.0.0:{port}\"")), "{port}");
    }
}
