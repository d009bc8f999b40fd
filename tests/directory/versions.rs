//! `getversion` and `getwebapi`: what the vendor's web clients ask before they log in. The store plays no part.

use serde_json::json;

use crate::support::app::{App, Kind};

#[test]
fn the_version_is_what_the_settings_say() {
    let app = App::shared(Kind::Embedded);
    let told = app.request("GET", "/directory/api/getversion?_=1").send();
    assert_eq!(told.header("content-type"), Some("application/json; charset=utf-8"));
    let version = json!({"backend": "", "clientfeature": "", "number": "1.0.0"});
    assert_eq!(told.ok(), json!({"comment": "", "type": "directoryapi", "version": version}));

    let settings = [
        ("directory.version_comment", "Hello"),
        ("directory.version_number", "1.4"),
        ("directory.version_backend", "2024.1"),
        ("directory.version_client_feature", "7"),
        ("directory.web_api_url", "https://static.example.org/webapi.js?a=b"),
    ];
    let app = App::start(Kind::Embedded, &settings);
    let version = json!({"backend": "2024.1", "clientfeature": "7", "number": "1.4"});
    let told = app.request("GET", "/directory/api/getVersion").send().ok();
    assert_eq!(told, json!({"comment": "Hello", "type": "directoryapi", "version": version}));
    let script = app.request("GET", "/directory/api/getwebapi?version=1.4").send();
    let expected = (307, Some("https://static.example.org/webapi.js?a=b"));
    assert_eq!((script.status, script.header("location")), expected);
}

#[test]
fn there_is_no_script_while_none_is_configured() {
    let app = App::shared(Kind::Embedded);
    app.request("GET", "/directory/api/getwebapi?version=1.0.0").send().refused(404, "E_Missing_404");
    app.request("POST", "/directory/api/getwebapi").send().refused(405, "E_MethodNotAllowed");
}
