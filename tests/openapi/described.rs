//! The description, and what it says of a body.

use serde_json::{Value, json};

pub struct Described(pub Value);

impl Described {
    pub fn new() -> Self {
        let text = bimgate::http::openapi::json(None).expect("the description is JSON");
        Self(serde_json::from_str(&text).expect("the description is JSON"))
    }

    /// Every operation: path, method, description.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().expect("a path item");
            item.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    /// Follows a reference within the document, if it is one.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => {
                self.0.pointer(reference.trim_start_matches('#')).expect("the reference leads somewhere")
            }
            None => value,
        }
    }

    /// Checks a body against a schema of the document.
    #[track_caller]
    pub fn holds(&self, schema: &Value, body: &Value, what: &str) {
        let validator = self.validator(schema);
        let problems: Vec<_> = validator.iter_errors(body).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{what}: {problems:?} in {body}");
    }

    /// Checks that a body is not what a schema of the document describes.
    #[track_caller]
    pub fn refuses(&self, schema: &Value, body: &Value) {
        assert!(!self.validator(schema).is_valid(body), "{body}");
    }

    fn validator(&self, schema: &Value) -> jsonschema::Validator {
        let mut whole = schema.clone();
        whole["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        whole["components"] = self.0["components"].clone();
        jsonschema::validator_for(&whole).expect("the schema is one")
    }

    /// The schema of a request's body.
    pub fn request(&self, path: &str, method: &str) -> &Value {
        &self.0["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    }

    /// The schema of a response's body.
    pub fn response(&self, path: &str, method: &str, status: u16) -> &Value {
        let response = &self.0["paths"][path][method]["responses"][status.to_string()];
        assert!(response.is_object(), "{method} {path} has no {status}");
        &self.resolve(response)["content"]["application/json"]["schema"]
    }
}
