//! What handlers take out of a request: who asks, from where, in which browser, and with which values.
//!
//! A handler's signature says what it needs. What is wrong with a request is answered in the order of its arguments.

use std::any::type_name;

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::error::ApiError;

mod administrator;
pub mod basic;
pub mod bearer;
pub mod body;
pub mod browser;
mod client;
mod fields;
pub mod json;
mod known_copies;
mod login_attempt;
mod per_request;
pub mod query;
mod request_log;
pub mod versions;

pub use administrator::Administrator;
pub use basic::Credentials;
pub use bearer::{CheckedToken, PresentedToken, SessionCredential, V2Credential};
pub use browser::Browser;
pub use client::Client;
pub use json::Json;
pub use known_copies::KnownCopies;
pub use login_attempt::{Entered, LoginAttempt};
pub use per_request::PerRequest;
pub use query::{Form, Query};
pub use request_log::{LogNotes, RequestId, RequestLog};

/// Has handlers take a type that its `of` makes of a request's head, with `try` perhaps in vain.
macro_rules! from_head {
    (try $type:ty) => {
        from_head!($type, $crate::http::error::ApiError, Self::of);
    };
    ($type:ty) => {
        from_head!($type, std::convert::Infallible, |request| Ok(Self::of(request)));
    };
    ($type:ty, $error:ty, $of:expr) => {
        impl actix_web::FromRequest for $type {
            type Error = $error;
            type Future = futures_util::future::Ready<Result<Self, $error>>;

            fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
                futures_util::future::ready($of(request))
            }
        }
    };
}

/// Has handlers take those whom the `admit` of a type lets in, after what it looks up. A request of anybody else comes to
/// no handler, whatever else is wrong with it: so such a handler takes its other values as a `Result` or as the payload.
macro_rules! admitted {
    ($type:ty) => {
        impl actix_web::FromRequest for $type {
            type Error = $crate::http::error::ApiError;
            type Future = futures_util::future::LocalBoxFuture<'static, Result<Self, Self::Error>>;

            fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
                Box::pin(Self::admit(request.clone()))
            }
        }
    };
}

pub(in crate::http) use {admitted, from_head};

/// What the app holds for all requests.
pub(in crate::http) fn shared<T: 'static>(request: &HttpRequest) -> Result<Data<T>, ApiError> {
    let shared = request.app_data::<Data<T>>().cloned();
    shared.ok_or_else(|| ApiError::Unknown(format!("the app has no {}", type_name::<T>())))
}
