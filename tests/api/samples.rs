//! Every documented sample, sent as published: names, types and the set of members of what comes back.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::support::app::{App, User, token};

/// What tokens of ours stand for those in the samples.
#[derive(Default)]
struct TokenService(HashMap<String, String>);

impl TokenService {
    fn replace(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
    }

    fn learn(&mut self, theirs: &Value, ours: &Value) {
        for member in ["access_token", "cross_token", "remember_me_token"] {
            if let Some(sample) = theirs[member].as_str() {
                self.0.insert(sample.into(), token(ours, member));
            }
        }
    }
}

on_both_stores!(every_documented_sample_works_as_published, |kind| {
    // The published password is a short one.
    let app = App::start(kind, &[("passwords.min_length", "4"), ("passwords.refuse_common", "false")]);
    let id = Uuid::from_u128(0xb37b_60d4_0f1b_4158_99c4_8472_5478_6517);
    app.add(&User { id, email: "test@bimplus.net".into(), password: "test".into() });

    let published: Value = serde_json::from_str(include_str!("../samples.json")).expect("JSON");
    let mut tokens = TokenService::default();
    let samples = published["samples"].as_array().expect("a list");
    let v2 = samples.iter().filter(|sample| sample["path"].as_str().is_some_and(|path| path.starts_with("/v2")));
    let mut sent = 0;
    for sample in v2 {
        sent += 1;
        let text = |member: &str| sample[member].as_str().unwrap_or_default();
        let mut request = app.request(text("method"), text("path")).body(tokens.replace(text("body")));
        for (name, value) in sample["headers"].as_object().expect("headers") {
            request = request.header(name, &tokens.replace(value.as_str().expect("a string")));
        }
        let reply = request.send().ok();
        compare(text("name"), &sample["response"], &reply);
        tokens.learn(&sample["response"], &reply);
    }
    assert_eq!(sent, 6, "the six documented calls");
});

fn compare(name: &str, theirs: &Value, ours: &Value) {
    for (member, value) in theirs.as_object().expect("an object") {
        let got = &ours[member];
        let same_type = std::mem::discriminant(value) == std::mem::discriminant(got);
        assert!(same_type, "{name}: {member} should be like {value}, is {got}");
        match member.as_str() {
            "access_token" | "cross_token" | "remember_me_token" => drop(token(ours, member)),
            "expires_in" if name == "token-info" => {
                assert!((2_591_900..=2_591_999).contains(&got.as_u64().unwrap_or(0)));
            }
            // Made by the server where the request has none.
            "client_id" if ["login", "cross-authorize"].contains(&name) => {
                assert!(Uuid::parse_str(got.as_str().unwrap_or_default()).is_ok_and(|id| !id.is_nil()), "{got}");
            }
            _ => assert_eq!(got, value, "{name}: {member}"),
        }
    }
    assert_eq!(ours["error"], Value::Null);
}
