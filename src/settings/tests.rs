use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use proptest::prelude::*;

use super::*;

/// What settings with Redis need.
const SIGNING_KEY: (&str, &str) =
    ("BIMGATE__SIGNING__KEY_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/signing.key"));

fn with(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Settings::load(&Sources { file: None, environment })
}

/// Loading the defaults proves that none is missing (no field has a default in code) and none is unknown
/// (`deny_unknown_fields`).
#[test]
fn the_default_file_names_every_setting_with_a_comment() -> Result<(), Box<dyn std::error::Error>> {
    Settings::defaults()?;
    for without in DEFAULTS.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        let mut others: Vec<_> = DEFAULTS.lines().filter(|line| *line != without).collect();
        others.push("");
        let read: Result<Settings, _> = config::Config::builder()
            .add_source(config::File::from_str(&others.join("\n"), config::FileFormat::Toml))
            .build()?
            .try_deserialize();
        assert!(read.is_err(), "{without} can be left out");
    }
    let mut above = "";
    for line in DEFAULTS.lines() {
        let in_a_bucket = ["burst", "refill"].iter().any(|name| line.starts_with(name));
        let is_setting = line.contains(" = ") && !line.starts_with('#');
        assert!(!is_setting || in_a_bucket || above.starts_with('#'), "{line} is not explained");
        above = line;
    }
    Ok(())
}

#[test]
fn the_names_and_defaults_of_the_documents_stand() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::defaults()?;
    let lifetimes = [
        settings.tokens.access_lifetime,
        settings.tokens.remember_me_access_lifetime,
        settings.tokens.cross_lifetime,
        settings.tokens.remember_me_lifetime,
        settings.tokens.max_login_age,
    ];
    assert_eq!(lifetimes.map(|lifetime| lifetime.as_secs()), [2_592_000, 28_800, 300, 2_592_000, 7_776_000]);
    let buckets = [
        settings.throttle.account_network,
        settings.throttle.network,
        settings.throttle.account,
        settings.throttle.tokens,
    ];
    let buckets = buckets.map(|bucket| (bucket.burst, bucket.refill.as_secs()));
    assert_eq!(buckets, [(10, 60), (100, 6), (1000, 6), (1000, 1)]);
    // A technical account logs in silently 16,000 times in five minutes.
    let issues = settings.throttle.issues;
    assert!(u64::from(issues.burst) + 300 / issues.refill.as_secs() >= 16_000);
    let limits = settings.limits;
    assert_eq!((limits.max_tokens_per_client, limits.max_remember_me_per_client), (64, 16));
    assert_eq!((limits.max_sessions_per_user, limits.max_cross_tokens_per_session), (1024, 32));
    Ok(())
}

#[test]
fn the_environment_reaches_every_setting() -> Result<(), Box<dyn std::error::Error>> {
    let schema = schema();
    let shown = Settings::show(&Sources::default())?;
    assert_eq!(schema.keys().collect::<BTreeSet<_>>(), shown.iter().map(|setting| setting.key.as_str()).collect());
    for setting in shown {
        let name = format!("BIMGATE__{}", setting.key.to_uppercase().replace('.', "__"));
        let value = match &setting.shown() {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(items) => {
                items.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(",")
            }
            value => value.to_string(),
        };
        let environment = vec![(name.clone().into(), value.into())];
        let again = Settings::show(&Sources { file: None, environment })?;
        let again = again.iter().find(|again| again.key == setting.key).ok_or("gone")?;
        assert_eq!((again.shown(), &again.location), (setting.shown(), &Location::Variable(name)));
    }
    Ok(())
}

#[test]
fn app_passwords_rest_on_logins_of_two_days_or_more_or_on_none() {
    for (seconds, good) in
        [("0", true), ("1", false), ("172799", false), ("172800", true), ("315360000", true), ("315360001", false)]
    {
        let set = with(&[("BIMGATE__PASSWORDS__APP_PASSWORDS_WITHOUT_LOGIN", seconds)]);
        assert_eq!(set.is_ok(), good, "{seconds}");
    }
}

#[test]
fn a_store_s_url_is_one_of_the_forms() {
    for (url, good) in [
        ("embedded:/var/lib/bimgate", true),
        ("embedded:", false),
        ("redis://localhost", true),
        ("redis://localhost/", true),
        ("rediss://[::1]:6380/3", true),
        ("redis://localhost:0", false),
        ("redis://localhost:65536", false),
        ("redis://localhost/x", false),
        ("redis://one,two", false),
        ("redis://", false),
        ("redis://localhost?password=x", false),
        ("redis://user@localhost", false),
        ("redis+cluster://one:7000,two:7001", true),
        ("redis+cluster://one/1", false),
        ("rediss+sentinel://one:26379,two/main", true),
        ("redis+sentinel://one,two/main/2", true),
        ("redis+sentinel://one,two", false),
        ("redis+sentinel://one,,two/main", false),
        ("localhost:6379", false),
        ("", false),
    ] {
        assert_eq!(with(&[("BIMGATE__STORE__URL", url), SIGNING_KEY]).is_ok(), good, "{url}");
    }
}

#[test]
fn with_redis_the_secret_of_the_signing_keys_is_given_and_long() -> Result<(), Box<dyn std::error::Error>> {
    let redis = ("BIMGATE__STORE__URL", "redis://localhost");
    let told = with(&[redis]).err().ok_or("no problem")?.to_string();
    assert!(told.contains("signing.key_file") && told.contains("head -c 32 /dev/urandom | base64"), "{told}");
    let secret = with(&[redis, SIGNING_KEY])?.signing.secret().map(|secret| secret.reveal().len());
    assert!(secret.is_some_and(|length| length >= 32));

    let file = tempfile::NamedTempFile::new()?;
    let name = file.path().to_string_lossy().into_owned();
    for (text, good) in [("x".repeat(31), false), (format!("{}\n", "x".repeat(31)), false), ("x".repeat(32), true)] {
        std::fs::write(&file, &text)?;
        assert_eq!(with(&[("BIMGATE__SIGNING__KEY_FILE", &*name)]).is_ok(), good, "{text:?}");
    }
    assert!(with(&[("BIMGATE__SIGNING__KEY_FILE", "/nowhere/signing.key")]).is_err());
    Ok(())
}

#[test]
fn the_administrator_has_a_name_and_a_long_password() {
    for (name, password, good) in [
        ("root", "twelve bytes", true),
        ("root", "eleven byte", false),
        ("root", "", false),
        ("", "twelve bytes", false),
        ("ro:ot", "twelve bytes", false),
    ] {
        let settings = with(&[("BIMGATE__ADMIN__USERNAME", name), ("BIMGATE__ADMIN__PASSWORD", password)]);
        assert_eq!(settings.is_ok(), good, "{name}:{password}");
    }
}

#[test]
fn back_ends_that_ask_have_an_id_and_a_long_secret_each() -> Result<(), Box<dyn std::error::Error>> {
    let secret = "0123456789abcdef";
    for (clients, good) in [
        (format!("one:{secret},two:{secret}"), true),
        (format!("one:{secret},one:{secret}x"), false),
        ("one:0123456789abcde".to_owned(), false),
        (secret.to_owned(), false),
        (format!(":{secret}"), false),
        (format!("one:{secret}%41"), false),
    ] {
        assert_eq!(with(&[("BIMGATE__INTROSPECTION__CLIENTS", &clients)]).is_ok(), good, "{clients}");
    }
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(&file, format!("one:{secret}\n\n  two:{secret}x \n"))?;
    let name = file.path().to_string_lossy();
    let settings = with(&[("BIMGATE__INTROSPECTION__CLIENTS_FILE", &name)])?;
    let found: Vec<_> = settings.introspection.credentials().collect();
    assert_eq!(found, [("one", secret), ("two", &*format!("{secret}x"))]);
    let both = [("BIMGATE__INTROSPECTION__CLIENTS_FILE", &*name), ("BIMGATE__INTROSPECTION__CLIENTS", "a:b")];
    assert!(with(&both).is_err_and(|told| !told.to_string().contains("a:b")));
    Ok(())
}

#[test]
fn urls_and_origins_say_what_they_mean() {
    for (url, good) in [
        ("", true),
        ("https://login.example.org", true),
        ("https://login.example.org/", true),
        ("http://10.0.0.1:8080/auth", true),
        ("https://example.org/a/../b", false),
        ("https://example.org/%2e%2e/b", false),
        ("https://example.org//b", false),
        ("https://example.org\\b", false),
        ("https://example.org:443", false),
        ("https://u:p@example.org", false),
        ("https://example.org?x", false),
        ("https://example.org#x", false),
        ("ftp://example.org", false),
        ("//example.org", false),
        ("example.org", false),
        (" https://example.org", false),
    ] {
        assert_eq!(with(&[("BIMGATE__SERVER__PUBLIC_URL", url)]).is_ok(), good, "{url}");
    }
    for (origins, good) in [
        ("*", true),
        ("https://example.org,http://localhost:3000", true),
        ("capacitor://localhost", true),
        ("https://example.org/", false),
        ("https://Example.org", false),
        ("https://example.org:443", false),
        ("https://example.org/path", false),
        ("example.org", false),
        ("null", false),
    ] {
        assert_eq!(with(&[("BIMGATE__SERVER__ALLOWED_ORIGINS", origins)]).is_ok(), good, "{origins}");
    }
}

#[test]
fn what_does_not_go_together_is_told_where_it_was_set() {
    for (name, value) in [
        ("BIMGATE__TOKENS__MAX_LOGIN_AGE", "60"),
        ("BIMGATE__PASSWORDS__MEMORY_KIB", "7"),
        ("BIMGATE__PASSWORDS__ITERATIONS", "54"),
        ("BIMGATE__LIMITS__MAX_TOKENS_PER_USER", "64"),
    ] {
        let problems = with(&[(name, value)]).err().unwrap_or_default();
        assert!(problems.iter().count() > 0, "{name}");
        assert!(problems.iter().all(|problem| problem.location == Location::Variable(name.to_owned())), "{problems}");
    }
}

#[test]
fn two_listeners_do_not_take_each_other_s_port() {
    for (one, other, good) in [
        ("127.0.0.1:9000", "127.0.0.1:9000", false),
        ("127.0.0.1:9000", "127.0.0.1:9001", true),
        ("127.0.0.1:9000", "127.0.0.2:9000", true),
        ("127.0.0.1:0", "127.0.0.1:0", true),
        ("0.0.0.0:9000", "127.0.0.1:9000", false),
        ("127.0.0.1:9000", "[::]:9000", false),
        ("0.0.0.0:9000", "[::]:9000", false),
        ("0.0.0.0:9000", "[::1]:9000", true),
        ("0.0.0.0:9000", "0.0.0.0:9001", true),
    ] {
        for (listen, private) in [(one, other), (other, one)] {
            let variables = [("BIMGATE__SERVER__LISTEN", listen), ("BIMGATE__SERVER__PRIVATE_LISTEN", private)];
            assert_eq!(with(&variables).is_ok(), good, "{listen} and {private}");
        }
    }
}

#[test]
fn what_a_hash_may_cost_is_what_can_be_verified() {
    for (memory, iterations, good) in
        [("262144", "4", true), ("262144", "5", false), ("262145", "1", false), ("19456", "53", true)]
    {
        let variables = [("BIMGATE__PASSWORDS__MEMORY_KIB", memory), ("BIMGATE__PASSWORDS__ITERATIONS", iterations)];
        assert_eq!(with(&variables).is_ok(), good, "{memory} KiB, {iterations} times");
    }
}

#[test]
fn certificate_authorities_must_be_there() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ca.pem");
    let name = path.to_str().ok_or("path")?;
    let problems = || with(&[("BIMGATE__STORE__TLS_CA_FILE", name)]).err().map(|problems| problems.to_string());
    assert!(problems().is_some_and(|told| told.contains("store.tls_ca_file cannot be read: No such file")));
    std::fs::write(&path, "no certificate")?;
    assert!(problems().is_some_and(|told| told.contains("store.tls_ca_file must hold certificates")));
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----")?;
    assert_eq!(problems(), None);
    Ok(())
}

#[test]
fn tls_needs_a_certificate_and_its_key_and_an_https_url() {
    const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");
    let file = |name: &str| format!("{TLS}/{name}");
    let told = |certificate: &str, key: &str, url: &str, private: &str| {
        let (certificate, key) = (file(certificate), file(key));
        let variables = [
            ("BIMGATE__TLS__CERTIFICATE", certificate.as_str()),
            ("BIMGATE__TLS__KEY", &key),
            ("BIMGATE__SERVER__PUBLIC_URL", url),
            ("BIMGATE__SERVER__PRIVATE_LISTEN", private),
        ];
        with(&variables).err().map(|problems| problems.to_string()).unwrap_or_default()
    };
    let (url, private) = ("https://login.example.org", "127.0.0.1:9090");
    assert_eq!(told("server.pem", "server-key.pem", url, private), "");
    for (certificate, key, url, private, needle) in [
        ("server.pem", "server-key.pem", "", private, "server.public_url must be the https URL"),
        (
            "server.pem",
            "server-key.pem",
            "http://login.example.org",
            private,
            "server.public_url must be the https URL",
        ),
        ("server.pem", "server-key.pem", url, "", "server.private_listen must be set"),
        ("server.pem", "other-key.pem", url, private, "other-key.pem: is not the key of the certificate"),
        ("server.pem", "server.pem", url, private, "server.pem: holds no private key"),
        ("server-key.pem", "server-key.pem", url, private, "server-key.pem: holds no certificate"),
        ("none.pem", "server-key.pem", url, private, "none.pem: No such file"),
    ] {
        let told = told(certificate, key, url, private);
        assert!(told.contains(needle), "{certificate} {key} {url} {private}: {told}");
    }
    let alone = with(&[("BIMGATE__TLS__CERTIFICATE", &*file("server.pem"))]);
    assert!(alone.is_err_and(|problems| problems.to_string().contains("tls.key must both be set, or neither")));
}

#[test]
fn a_secret_comes_from_its_file_without_the_newline() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("password");
    let name = path.to_str().ok_or("path")?;
    for (content, secret) in [("a b", Some("a b")), ("a\n", Some("a")), ("a\r\n", Some("a")), ("\n", None), ("", None)]
    {
        std::fs::write(&path, content)?;
        let loaded = with(&[("BIMGATE__STORE__PASSWORD_FILE", name)]).ok();
        assert_eq!(loaded.as_ref().and_then(|s| s.store.password.as_ref()).map(Secret::reveal), secret, "{content:?}");
    }
    assert!(with(&[("BIMGATE__STORE__PASSWORD_FILE", name), ("BIMGATE__STORE__PASSWORD", "x")]).is_err());
    Ok(())
}

#[test]
fn applications_are_read_table_by_table() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bimgate.toml");
    let load = |text: &str| {
        std::fs::write(&path, text)?;
        Ok::<_, std::io::Error>(Settings::load(&Sources { file: Some(path.clone()), environment: Vec::new() }))
    };
    let head = "[[directory.applications]]\nid = \"a\"\nname = \"A\"\nurl = \"https://a.example.org/\"\n";
    let good = load(&format!("{head}teams = [\"t\"]\n\n{}", head.replace("\"a\"", "\"b\"")))??;
    let [a, b] = &good.directory.applications[..] else { return Err("two".into()) };
    assert_eq!((&*a.id, &*a.description, a.teams.len()), ("a", "", 1));
    assert_eq!((&*b.id, b.teams.len()), ("b", 0));

    for (text, told) in [
        (format!("{head}titel = \"x\"\n"), "bimgate.toml:5: directory.applications has no \"titel\", only id"),
        (format!("{head}teams = \"x\"\n"), "bimgate.toml:5: directory.applications: teams must be a list of texts"),
        (head.replace("name", "description"), "bimgate.toml:1: directory.applications: name is missing"),
        (format!("{head}\n{head}"), "bimgate.toml:1: directory.applications holds \"a\" twice"),
        (head.replace("https:", "javascript:"), "directory.applications holds \"a\", whose url must be"),
        ("[directory]\napplications = [1]\n".into(), "bimgate.toml:2: directory.applications must be a list of tables"),
        (
            "[directory]\napplications = \"a\"\n".into(),
            "bimgate.toml:2: directory.applications must be a list of tables",
        ),
    ] {
        let problems = load(&text)?.err().map(|problems| problems.to_string()).unwrap_or_default();
        assert!(problems.contains(told), "{told}: {problems}");
    }
    Ok(())
}

#[test]
fn applications_stand_in_one_variable() -> Result<(), Problems> {
    let name = "BIMGATE__DIRECTORY__APPLICATIONS";
    let settings =
        with(&[(name, "[{id = 'a', name = 'A', url = 'http://a'}, {id = 'b', name = 'B', url = 'http://b'}]")])?;
    assert_eq!(settings.directory.applications.len(), 2);
    for wrong in ["[", "a", "[{id = 'a'}]", "[{id = 'a', name = 1, url = 'http://a'}]", "[] []"] {
        let problems = with(&[(name, wrong)]).err().unwrap_or_default();
        assert!(problems.iter().any(|problem| problem.location == Location::Variable(name.to_owned())), "{wrong}");
    }
    Ok(())
}

/// Text that comes near to a settings file.
fn almost_settings() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("server".to_owned()),
        Just("store".to_owned()),
        Just("url".to_owned()),
        Just("throttle.network".to_owned()),
        Just("burst".to_owned()),
        Just("password".to_owned()),
        "[a-z_.\"]{0,8}",
    ];
    let value = prop_oneof![
        "-?[0-9]{1,22}",
        "\"[^\n]{0,12}\"",
        Just("[[],{}]".to_owned()),
        Just("{ a = 1 }".to_owned()),
        ".{0,8}"
    ];
    let line = prop_oneof![
        word.clone().prop_map(|word| format!("[{word}]\n")),
        (word, value).prop_map(|(word, value)| format!("{word} = {value}\n")),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

/// A text, a number, or bytes that are neither.
fn any_value() -> impl Strategy<Value = OsString> {
    let texts =
        prop_oneof![any::<String>().prop_map(String::into_bytes), any::<i64>().prop_map(|n| n.to_string().into())];
    prop_oneof![texts, any::<Vec<u8>>()].prop_map(OsString::from_vec)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_settings_file_makes_it_panic(bytes: Vec<u8>, text in any::<String>(), near in almost_settings()) {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bimgate.toml");
        for content in [bytes.as_slice(), text.as_bytes(), near.as_bytes()] {
            std::fs::write(&path, content)?;
            if let Err(problems) = Settings::load(&Sources { file: Some(path.clone()), environment: Vec::new() }) {
                prop_assert!(problems.to_string().contains("bimgate.toml"));
            }
        }
    }

    #[test]
    fn no_value_of_any_setting_makes_it_panic(value in any_value()) {
        let name = |key: &str| format!("BIMGATE__{}", key.to_uppercase().replace('.', "__")).into();
        let environment = schema().keys().map(|key| (name(key), value.clone())).collect();
        let loaded = Settings::load(&Sources { file: None, environment });
        prop_assert!(loaded.is_err());
    }

    #[test]
    fn no_variable_makes_it_panic(name in "BIMGATE__[A-Za-z_]{0,30}", url: String, number: i64) {
        let number = number.to_string();
        let _ = with(&[
            (&name, &url),
            ("BIMGATE__STORE__URL", &url),
            ("BIMGATE__SERVER__PUBLIC_URL", &url),
            ("BIMGATE__SERVER__ALLOWED_ORIGINS", &url),
            ("BIMGATE__LOG__LEVEL", &url),
            ("BIMGATE__PASSWORDS__QUEUE", &number),
        ]);
    }
}

#[test]
fn people_enter_the_console_where_nobody_reads_along() {
    let on = [("BIMGATE__MANAGE__LISTEN", "127.0.0.1:0"), ("BIMGATE__SERVER__PUBLIC_URL", "https://login.example.org")];
    let at = |url, more: &[(&str, &str)]| with(&[&on[..], &[("BIMGATE__MANAGE__PUBLIC_URL", url)], more].concat());
    for good in [
        "https://console.example.org",
        "https://example.org:8443/desk",
        "http://127.0.0.1:8081",
        "http://localhost:1",
        "http://[::1]:1",
        "",
    ] {
        assert!(at(good, &[]).is_ok(), "{good}");
    }
    for bad in [
        "http://console.example.org",
        "https://console.example.org/?a=b",
        "https://a@b.example",
        "x",
        "http://128.0.0.1",
    ] {
        assert!(at(bad, &[]).is_err_and(|problems| problems.to_string().contains("manage.public_url")), "{bad}");
    }
    for missing in ["MANAGE__LISTEN", "SERVER__PUBLIC_URL", "DIRECTORY__SINGLE_SIGN_ON"] {
        let name = format!("BIMGATE__{missing}");
        let value = if missing.starts_with("DIRECTORY") { "0" } else { "" };
        let problems = at("https://console.example.org", &[(&name, value)]);
        assert!(problems.is_err_and(|problems| problems.to_string().contains("manage.public_url")), "{missing}");
    }
}
