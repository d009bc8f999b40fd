//! What `bimgate user import` reads of other programs' exports: realms of Keycloak, dumps of the vendor's directory.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::place::{ClosedSession, Place};
use super::support::server::{Server, output};
use super::{bimgate, stderr, stdout};

const ISSUER: &str = "https://id.example.org/realms/plant";
const PASSWORD: &str = "Gruen grün 12";
/// Made by Python's hashlib: salt, then PBKDF2 of SHA-256 with 27500 iterations, and of SHA-512 and SHA-1 with 3000.
const SALT: &str = "aYc2NAsKjy+6EnSX1pzxXQ==";
const SHA256: &str = "38dXbl6ZgtKGN3la3Cv+rIC2AkI1byTal+nTwGnQEg3WSaPrkJvilukPzuWO6BmgYAz6p97xkBc3ViNITeOcCg==";
const SHA512: &str = "EQQKuPfcuLAMPiVbBapabWfw9klc0ImVnRF4QofdJjRinkKw0srLNlmzD9BxHJYvefSpzXCNdbnrjvQmJNDU3A==";
const SHA1: &str = "zriH3uiAf2788Tz5XCfb1AnTotpxhUEn0cSTClE4EyRmOyLQLHEtPDhyClBRnySYrvxI6tZ+AaUgk9wQNcjFSQ==";

/// Imports a file into the store in a folder, with this identity provider.
fn import(folder: &Path, file: &Path, issuer: Option<&str>) -> ClosedSession {
    let mut command = bimgate(folder);
    command.args(["user", "import", file.to_str().expect("a plain name")]);
    if let Some(issuer) = issuer {
        let settings = [
            ("OPENID__ISSUER", issuer),
            ("OPENID__CLIENT_ID", "bimgate"),
            ("SERVER__PUBLIC_URL", "https://x.example.org"),
        ];
        command.envs(settings.map(|(name, value)| (format!("BIMGATE__{name}"), value)));
    }
    let output = output(&mut command, "");
    ClosedSession { code: output.status.code(), out: stdout(&output), err: stderr(&output) }
}

fn shown(place: &Place, email: &str) -> Value {
    serde_json::from_str(&place.ok(&["user", "show", email, "--json"])).expect("JSON")
}

/// A credential as Keycloak exports it today: its data are JSON in a text.
fn credential(algorithm: &str, iterations: u32, salt: &str, value: &str, parameters: &Value) -> Value {
    json!({
        "id": Uuid::new_v4(), "type": "password", "createdDate": 1_700_000_000_000_u64,
        "secretData": json!({"value": value, "salt": salt, "additionalParameters": {}}).to_string(),
        "credentialData": json!({
            "hashIterations": iterations, "algorithm": algorithm, "additionalParameters": parameters,
        })
        .to_string(),
    })
}

/// As Keycloak exported it before release 8.
fn old_credential(algorithm: &str, iterations: u32, value: &str) -> Value {
    json!({
        "type": "password", "hashedSaltedValue": value, "salt": SALT, "hashIterations": iterations, "counter": 0,
        "algorithm": algorithm, "digits": 0, "period": 0, "createdDate": 1_500_000_000_000_u64, "config": {},
    })
}

fn person(name: &str, credential: &Value) -> Value {
    json!({
        "id": Uuid::new_v4(), "createdTimestamp": 1_700_000_000_000_u64, "username": name, "enabled": true, "totp": false,
        "emailVerified": true, "firstName": name, "lastName": "Muster", "email": format!("{name}@example.org"),
        "attributes": {"tags": ["plant", "steel"], "locale": ["de"]}, "credentials": [credential],
        "disableableCredentialTypes": [], "requiredActions": [], "realmRoles": ["default-roles-plant"], "notBefore": 0,
        "groups": ["/north/assembly"],
    })
}

fn realm() -> Value {
    let argon2 = json!({
        "hashLength": ["32"], "memory": ["256"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"],
    });
    let mut people = vec![
        person("today", &credential("pbkdf2-sha512", 3000, SALT, SHA512, &json!({}))),
        person("first", &credential("pbkdf2", 3000, SALT, SHA1, &json!({}))),
        person("old", &old_credential("pbkdf2-sha256", 27_500, SHA256)),
        // The reference implementation of argon2 (its src/test.c).
        person(
            "argon",
            &credential("argon2", 2, "c29tZXNhbHQ=", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4=", &argon2),
        ),
        person("disabled", &credential("pbkdf2", 3000, SALT, SHA1, &json!({}))),
    ];
    people[4]["enabled"] = json!(false);
    people[0]["federatedIdentities"] =
        json!([{"identityProvider": "company", "userId": "subject-7", "userName": "today@company.example"}]);
    people.push(json!({
        "id": Uuid::new_v4(), "username": "service-account-x", "enabled": true, "serviceAccountClientId": "x",
        "credentials": [], "groups": [],
    }));
    json!({
        "id": "plant", "realm": "plant", "enabled": true, "roles": {"realm": [{"name": "users"}]}, "users": people,
        "identityProviders": [{"alias": "company", "providerId": "oidc", "config": {"issuer": "https://company.example"}}],
    })
}

fn may_log_in(server: &Server, email: &str, password: &str) -> bool {
    let body = json!({"user_id": email, "password": password}).to_string();
    let reply = server.request("POST", "/v2/authorize").header("Content-Type", "application/json").body(body).send();
    assert!(matches!(reply.status, 200 | 401), "{}", reply.text());
    reply.status == 200
}

#[test]
fn people_of_a_realm_of_keycloak_log_in_with_their_passwords() {
    for text in [realm().to_string(), format!("{:#}", realm())] {
        let place = Place::beside();
        let told = place.run_with(&["user", "import", "-", "--format", "jsonl"], &text);
        assert!(told.err.contains("This is a realm that Keycloak exported."), "{}", told.err);
        assert!(told.err.contains("5 rows: 5 to import"), "{}", told.err);
        assert!(told.err.contains("attributes.locale") && told.err.contains("realmRoles"), "{}", told.err);
        told.ok();
        let Place::Beside(server) = &place else { unreachable!("made so") };
        for (name, password) in [("today", PASSWORD), ("first", PASSWORD), ("old", PASSWORD), ("argon", "password")] {
            let email = format!("{name}@example.org");
            assert!(!may_log_in(server, &email, "wrong"), "{name}");
            assert!(may_log_in(server, &email, password), "{name}");
            assert_eq!(shown(&place, &email)["weak_hash"], false, "{name}");
        }
        assert!(!may_log_in(server, "disabled@example.org", PASSWORD));
        let user = shown(&place, "today@example.org");
        assert_eq!(user["name"], "today Muster");
        assert_eq!(user["tags"], json!(["plant", "steel"]));
        assert_eq!(user["teams"], json!([{"id": "/north/assembly", "name": "assembly"}]));
        assert_eq!(user["subject"], Value::Null);
    }
}

#[test]
fn people_of_a_realm_are_linked_where_the_settings_name_their_provider() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("realm.json");
    let realm = realm();
    fs::write(&file, realm.to_string()).expect("written");
    let id = realm["users"][1]["id"].as_str().expect("a text");
    for (issuer, [today, first]) in [
        ("https://company.example", [json!("subject-7"), json!(null)]),
        (ISSUER, [realm["users"][0]["id"].clone(), json!(id)]),
        ("https://other.example", [json!(null), json!(null)]),
    ] {
        let place = Place::alone();
        let Place::Alone(store) = &place else { unreachable!("made so") };
        import(store.path(), &file, Some(issuer)).ok();
        for (email, subject) in [("today@example.org", today), ("first@example.org", first)] {
            let user = shown(&place, email);
            assert_eq!(user["subject"]["subject"], subject, "{issuer}");
            assert!(subject.is_null() || user["subject"]["issuer"] == issuer, "{user}");
        }
    }
}

#[test]
fn what_a_realm_has_wrong_is_told_by_its_line_and_nothing_is_imported() {
    let place = Place::alone();
    let mut realm = realm();
    realm["users"][1]["credentials"] = json!([credential("pbkdf2-sha512", 90_000_000, SALT, SHA512, &json!({}))]);
    realm["users"][2]["credentials"] = json!([credential("our-own", 1, SALT, SHA512, &json!({}))]);
    realm["users"][3]["credentials"][0]["secretData"] = json!("hunter2");
    realm["users"][4]["email"] = json!(null);
    let text = format!("{realm:#}");
    let line_of = |n: usize| {
        let name = realm["users"][n]["id"].to_string();
        let before = text.find(&name).map(|at| &text[..at]).expect("there");
        let begin = before.rfind("    {\n").expect("an object");
        before[..begin].lines().count() + 1
    };
    let told = place.run_with(&["user", "import", "-", "--format", "jsonl"], &text).failed(1, "nothing was imported");
    for (n, words) in [(1, "would take too long"), (2, "only this Keycloak"), (3, "not as Keycloak"), (4, "e-mail")] {
        let begin = format!("line {}: ", line_of(n));
        let line = told.lines().find(|line| line.starts_with(&begin));
        assert!(line.is_some_and(|line| line.contains(words)), "{begin}{words}: {told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(place.users().len(), 0);
}

#[test]
fn a_dump_of_the_vendors_directory_is_imported_with_teams_tags_and_rights() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = Uuid::new_v4();
    let users = json!({"data": [
        {
            "userid": id, "oidcsub": "auth0|7", "userinfo": {"email": "a@example.org", "name": "Ada"}, "enabled": true,
            "frontendaccess": true, "teams": [{"teamuuid": "t-1"}, {"teamuuid": "t-2", "teamname": "South"}],
            "accessrights": {"view": ["steel", "hall 3"], "download": ["steel"], "export2d": [], "export3d": []},
        },
        {
            "oidcsub": null, "userinfo": {"email": "b@example.org"}, "enabled": false, "frontendaccess": false,
            "teams": [], "accessrights": null, "lastlogin": 5,
        },
    ]});
    let teams = json!({"data": [
        {"teamuuid": "t-1", "teamname": "North", "accessrights": {"view": ["steel"]}},
        {"teamuuid": "t-3", "teamname": "West", "accessrights": {}},
    ]});
    let file = folder.path().join("users.json");
    fs::write(&file, format!("{users:#}")).expect("written");
    fs::write(folder.path().join("teams.json"), format!("{teams:#}")).expect("written");
    for issuer in [Some(ISSUER), None] {
        let place = Place::alone();
        let Place::Alone(store) = &place else { unreachable!("made so") };
        let told = import(store.path(), &file, issuer);
        assert!(told.err.contains("This is a dump of the vendor's directory."), "{}", told.err);
        assert!(told.err.contains("Not read: lastlogin."), "{}", told.err);
        told.ok();
        let user = shown(&place, "a@example.org");
        assert_eq!((&user["id"], &user["name"]), (&json!(id), &json!("Ada")));
        assert_eq!(user["rights"], json!(["access:frontend"]));
        assert_eq!(user["teams"], json!([{"id": "t-1", "name": "North"}, {"id": "t-2", "name": "South"}]));
        assert_eq!(user["tags"], json!(["hall 3", "steel"]));
        let subject = issuer.map(|issuer| json!({"issuer": issuer, "subject": "auth0|7"}));
        assert_eq!(user["subject"], json!(subject));
        assert_eq!(shown(&place, "b@example.org")["enabled"], false);
    }
}
