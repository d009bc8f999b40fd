//! The Helm chart, as Helm renders it: Kubernetes takes it, its parts fit each other, and the server starts on its settings.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

use super::{bimgate, stderr, stdout};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PAGE: &str = include_str!("../../docs/operations/kubernetes.md");
/// What the secret is mounted as.
const SECRETS: &str = "/run/secrets/bimgate";

/// The blocks of the page in a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    PAGE.split("```").skip(1).step_by(2).filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

/// A folder with the values that the page has.
fn values() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let values = blocks("yaml").next().expect("values");
    fs::write(folder.path().join("values.yaml"), values).expect("written");
    folder
}

/// Helm, at the root of the tree.
fn helm(folder: &Path, arguments: &[&str]) -> Output {
    let mut helm = Command::new(format!("{ROOT}/scripts/helm/venv/bin/helm"));
    helm.args(arguments).arg("--values").arg(folder.join("values.yaml"));
    helm.current_dir(ROOT).output().expect("helm runs; scripts/test installs it")
}

/// What the page installs.
fn rendered(folder: &Path) -> String {
    let install = blocks("sh").find_map(|block| block.strip_prefix("helm upgrade --install ")).expect("a command");
    let install = install.trim_end().strip_suffix(" --values values.yaml").expect("it takes the values");
    let arguments: Vec<_> = ["template"].into_iter().chain(install.split(' ')).collect();
    let output = helm(folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn objects(rendered: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(rendered).expect("YAML")
}

fn of_kind<'a>(objects: &'a [Yaml], kind: &str) -> &'a Yaml {
    objects.iter().find(|object| object["kind"].as_str() == Some(kind)).unwrap_or_else(|| panic!("no {kind}"))
}

fn list(yaml: &Yaml) -> &[Yaml] {
    yaml.as_vec().expect("a list")
}

fn text(yaml: &Yaml) -> &str {
    yaml.as_str().expect("text")
}

#[test]
fn kubernetes_takes_what_the_chart_renders() {
    let folder = values();
    let output = helm(folder.path(), &["lint", "--strict", "deploy/helm/bimgate"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let file = folder.path().join("rendered.yaml");
    fs::write(&file, rendered(folder.path())).expect("written");
    // The oldest that the chart is for, and the newest whose schemas there are.
    for version in ["1.30", "1.37"] {
        let mut validate = Command::new(format!("{ROOT}/scripts/kubernetes-validate/venv/bin/kubernetes-validate"));
        let output = validate.args(["--strict", "-k", version]).arg(&file).output();
        let output = output.expect("kubernetes-validate runs; scripts/test installs it");
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
    let chart = fs::read_to_string(format!("{ROOT}/deploy/helm/bimgate/Chart.yaml")).expect("a chart");
    let chart = &objects(&chart)[0];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!([text(&chart["version"]), text(&chart["appVersion"])], [version; 2]);
    assert!(PAGE.contains(&format!("/bimgate:{version} .")) && PAGE.contains(&format!("bimgate-chart-{version}.tgz")));
}

#[test]
fn the_parts_of_the_chart_fit_each_other() {
    let folder = values();
    let objects = objects(&rendered(folder.path()));
    let [deployment, service, budget, policy] =
        ["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"].map(|kind| &of_kind(&objects, kind)["spec"]);
    assert_eq!(deployment["replicas"].as_i64(), Some(3));
    let pod = &deployment["template"];
    let labels = pod["metadata"]["labels"].as_hash().expect("labels");
    for selector in [
        &deployment["selector"]["matchLabels"],
        &pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
        &service["selector"],
        &budget["selector"]["matchLabels"],
        &policy["podSelector"]["matchLabels"],
    ] {
        let selector = selector.as_hash().expect("labels");
        assert!(selector.len() == 2 && selector.iter().all(|(name, value)| labels.get(name) == Some(value)));
    }
    let server = &pod["spec"]["containers"][0];
    let ports: Vec<_> = list(&server["ports"]).iter().map(|port| text(&port["name"])).collect();
    let mut used = vec![text(&service["ports"][0]["targetPort"])];
    used.extend(
        ["startupProbe", "livenessProbe", "readinessProbe"].map(|probe| text(&server[probe]["httpGet"]["port"])),
    );
    used.extend(list(&policy["ingress"]).iter().map(|from| text(&from["ports"][0]["port"])));
    assert!(used.iter().all(|port| ports.contains(port)), "{used:?}");

    let environment = list(&server["env"]);
    for (port, variable) in list(&server["ports"]).iter().zip(["LISTEN", "PRIVATE_LISTEN"]) {
        let name = format!("BIMGATE__SERVER__{variable}");
        let listen = environment.iter().find(|variable| text(&variable["name"]) == name).expect("it is set");
        let port = port["containerPort"].as_i64().expect("a port");
        assert_eq!(text(&listen["value"]), format!("0.0.0.0:{port}"));
    }
    let mounted = list(&server["volumeMounts"]).iter().map(|mount| text(&mount["name"]));
    let volumes = list(&pod["spec"]["volumes"]).iter().map(|volume| text(&volume["name"]));
    assert!(mounted.eq(volumes));
    let settings = &pod["spec"]["volumes"][0]["configMap"]["name"];
    assert_eq!(settings, &of_kind(&objects, "ConfigMap")["metadata"]["name"]);

    // `store copy`, and an import from standard input, keep a file there.
    let temporary = list(&server["volumeMounts"]).iter().find(|mount| text(&mount["mountPath"]) == "/tmp");
    let temporary = temporary.expect("a folder for temporary files, since the root cannot be written");
    assert!(temporary["readOnly"].is_badvalue());
    let volume = list(&pod["spec"]["volumes"]).iter().find(|volume| volume["name"] == temporary["name"]);
    assert!(volume.is_some_and(|volume| volume["emptyDir"].as_hash().is_some()));
}

#[test]
fn names_that_yaml_takes_for_something_else_stay_names() {
    let folder = values();
    for name in ["123", "true"] {
        let set = format!(
            "networkPolicy.ingressNamespace={name},networkPolicy.monitoringNamespace={name},existingSecret={name},\
             imagePullSecrets[0].name={name}"
        );
        let output = helm(folder.path(), &["template", name, "deploy/helm/bimgate", "--set-string", &set]);
        assert!(output.status.success(), "{}", stderr(&output));
        let objects = objects(&stdout(&output));
        for object in &objects {
            assert_eq!(object["metadata"]["name"].as_str(), Some(name), "{object:?}");
            let labels = object["metadata"]["labels"].as_hash().expect("labels");
            assert!(labels.values().all(|label| label.as_str().is_some()), "{labels:?}");
        }
        let ingress = list(&of_kind(&objects, "NetworkPolicy")["spec"]["ingress"]);
        for from in ingress {
            let labels = &from["from"][0]["namespaceSelector"]["matchLabels"];
            assert_eq!(labels["kubernetes.io/metadata.name"].as_str(), Some(name));
        }
        let pod = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"];
        assert_eq!(pod["imagePullSecrets"][0]["name"].as_str(), Some(name));
        assert_eq!(pod["volumes"][0]["configMap"]["name"].as_str(), Some(name));
        assert_eq!(pod["volumes"][1]["secret"]["secretName"].as_str(), Some(name));
    }
}

#[test]
fn settings_reach_the_server_as_they_were_written() {
    let folder = values();
    let settings = "  # How it was pasted.\n\t[server]\npublic_url = \"https://login.example.org\"\n\n";
    let file = folder.path().join("settings");
    fs::write(&file, settings).expect("written");
    let set = format!("settings={}", file.display());
    let output = helm(folder.path(), &["template", "bimgate", "deploy/helm/bimgate", "--set-file", &set]);
    assert!(output.status.success(), "{}", stderr(&output));
    let objects = objects(&stdout(&output));
    assert_eq!(text(&of_kind(&objects, "ConfigMap")["data"]["bimgate.toml"]), settings);
}

/// The variables that the image sets.
fn variables_of_the_image() -> Vec<(String, String)> {
    let image = fs::read_to_string(format!("{ROOT}/Dockerfile")).expect("a file");
    let set = image.lines().filter_map(|line| line.strip_prefix("ENV ")).flat_map(str::split_whitespace);
    set.map(|set| set.split_once('=').expect("a value")).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn the_servers_of_the_chart_start_on_its_settings_and_on_redis() {
    let folder = values();
    let path = folder.path();
    let rendered = rendered(path);
    assert!(rendered.contains("defaultMode: 0440\n"), "{rendered}");
    let objects = objects(&rendered);
    let within = |text: &str| text.replace(SECRETS, &path.display().to_string());
    for secret in ["redis-password", "signing-key"] {
        fs::write(path.join(secret), "0123456789".repeat(4)).expect("written");
        fs::set_permissions(path.join(secret), Permissions::from_mode(0o440)).expect("set");
    }
    let settings = text(&of_kind(&objects, "ConfigMap")["data"]["bimgate.toml"]);
    fs::write(path.join("bimgate.toml"), within(settings)).expect("written");
    let server = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    let set = list(&server["env"]).iter().map(|set| (text(&set["name"]).into(), within(text(&set["value"]))));
    let environment: Vec<_> = variables_of_the_image().into_iter().chain(set).collect();
    let run = |command: &str| {
        let output = bimgate(path).args(["config", command]).envs(environment.iter().cloned()).output();
        let output = output.expect("bimgate runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
        stdout(&output)
    };
    run("check");
    let in_force = run("show");
    for line in [
        "listen = \"0.0.0.0:8080\"",
        "private_listen = \"0.0.0.0:8081\"",
        "public_url = \"https://login.example.org\"",
        "url = \"rediss://redis.example.org:6379\"",
    ] {
        assert!(in_force.lines().any(|shown| shown.starts_with(line)), "{line} is missing in {in_force}");
    }
}

#[test]
fn values_that_are_missing_or_unknown_are_refused_in_a_sentence() {
    let folder = values();
    for (set, said) in [
        ("image.repository=", "Set image.repository to where you have pushed the image"),
        ("redis.url=", "Set redis.url to the Redis of all servers"),
        ("redis.url=embedded:/data", "redis.url: Does not match pattern"),
        ("replica=5", "Additional property replica is not allowed"),
    ] {
        let arguments = ["template", "bimgate", "deploy/helm/bimgate", "--set", set];
        let output = helm(folder.path(), &arguments);
        assert!(!output.status.success() && stderr(&output).contains(said), "{set}: {}", stderr(&output));
    }
}
