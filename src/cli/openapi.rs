//! `bimgate openapi`: the API description, as the server gives it at `/openapi.json`.

use super::{Exit, load, print};
use crate::http::openapi;
use crate::settings::Sources;

pub(super) fn run(sources: &Sources) -> Exit {
    let Some(settings) = load(sources) else { return Exit::Usage };
    match openapi::json(settings.server.public_url.as_deref()) {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("The API description could not be written: {error}");
            Exit::Refused
        }
    }
}
