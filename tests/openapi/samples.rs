//! The published samples are what the document describes.

use serde_json::{Value, json};

use crate::described::Described;

struct Sample {
    name: String,
    method: String,
    path: String,
    body: Option<Value>,
    response: Value,
}

/// The samples of the v2 service.
fn samples() -> Vec<Sample> {
    let file: Value = serde_json::from_str(include_str!("../samples.json")).expect("the samples are JSON");
    let all = file["samples"].as_array().expect("samples").iter();
    let of_v2 = all.filter(|sample| sample["path"].as_str().is_some_and(|path| path.starts_with("/v2")));
    of_v2.map(sample).collect()
}

fn sample(sample: &Value) -> Sample {
    let text = |name: &str| sample[name].as_str().expect("text").to_owned();
    // A comma trails in one of them, which the server reads and a strict parser does not.
    let body = sample["body"].as_str().map(|body| {
        let strict = body.trim_end().trim_end_matches('}').trim_end().trim_end_matches(',').to_owned() + "}";
        serde_json::from_str(&strict).expect("the body is JSON")
    });
    let mut response = sample["response"].clone();
    // One sample leaves it out; typed clients need it, so every answer of ours has it.
    if response["access_token"].is_string() {
        response["token_type"] = json!("BimPlus");
    }
    Sample { name: text("name"), method: text("method").to_lowercase(), path: text("path"), body, response }
}

#[test]
fn requests_and_responses_are_as_described() {
    let described = Described::new();
    let samples = samples();
    assert_eq!(samples.len(), 6);
    for sample in samples {
        if let Some(body) = &sample.body {
            described.holds(described.request(&sample.path, &sample.method), body, &sample.name);
        }
        described.holds(described.response(&sample.path, &sample.method, 200), &sample.response, &sample.name);
    }
}

#[test]
fn no_member_of_a_sample_is_left_undescribed() {
    let described = Described::new();
    for sample in samples() {
        let schema = described.resolve(described.response(&sample.path, &sample.method, 200));
        for member in sample.response.as_object().expect("an object").keys() {
            assert!(schema["properties"][member].is_object(), "{}: {member}", sample.name);
        }
    }
}

#[test]
fn the_description_refuses_what_the_server_refuses() {
    let described = Described::new();
    let login = described.request("/v2/authorize", "post");
    let long = "x".repeat(1025);
    for body in [
        json!({}),
        json!({"user_id": "test@bimplus.net"}),
        json!({"user_id": "test@bimplus.net", "password": 1}),
        json!({"user_id": "test@bimplus.net", "password": long}),
        json!({"user_id": "test@bimplus.net", "password": "test", "remember_me": "yes"}),
        json!({"remember_me": true, "remember_me_token": "b930e0179baf4f919caeab28328190a3"}),
    ] {
        described.refuses(login, &body);
    }
    described.refuses(described.request("/v2/cross-authorize", "post"), &json!({"cross_token": null}));
    let info = described.response("/v2/authorize", "get", 200);
    described.refuses(info, &json!({"user_id": "x", "audience": "y", "expires_in": -1}));
    // What there is nothing to say about is left out, not null.
    let nil = "00000000-0000-0000-0000-000000000000";
    described.refuses(info, &json!({"user_id": nil, "audience": nil, "expires_in": 1, "team_id": null}));
    for response in ["TokenInfo", "LoginResponse", "CrossTokenResponse"] {
        let members = described.0["components"]["schemas"][response]["properties"].as_object().expect("members");
        assert!(members.values().all(|member| member["type"].is_string()), "{response}: {members:?}");
    }
}

#[test]
fn examples_are_what_they_are_examples_of() {
    let described = Described::new();
    let mut seen = 0;
    for (path, method, operation) in described.operations() {
        let responses = operation["responses"].as_object().expect("responses").values();
        let bodies = responses.map(|response| described.resolve(response)).chain([&operation["requestBody"]]);
        for content in bodies.filter_map(|body| body["content"]["application/json"].as_object()) {
            let one = content.get("example").into_iter();
            let named = content.get("examples").and_then(Value::as_object);
            for example in one.chain(named.into_iter().flatten().map(|(_, example)| &example["value"])) {
                described.holds(&content["schema"], example, &format!("{method} {path}"));
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
