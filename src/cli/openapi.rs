//! `bimgate openapi`: the API description, as the server gives it at `/openapi.json`.

use super::{Exit, print};
use crate::http::openapi;

pub(super) fn run() -> Exit {
    match openapi::json() {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("The API description could not be written: {error}");
            Exit::Refused
        }
    }
}
