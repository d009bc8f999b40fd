//! How routes are mounted: at their patterns, by their methods; whatever else comes is told what there is.

use std::future::ready;

use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route as Methods, web};

use super::Route;
use super::error::ApiError;

/// A route at its pattern. Methods that are not added to it are refused.
#[must_use]
pub fn at(route: Route) -> Resource {
    below(route, route.pattern())
}

/// A route at another pattern, for one that stands for many paths.
#[must_use]
pub fn below(route: Route, pattern: &str) -> Resource {
    web::resource(pattern).default_service(
        web::route().to(move || ready(Err::<HttpResponse, _>(ApiError::MethodNotAllowed(route.allow())))),
    )
}

/// Answers GET, and HEAD alike.
#[must_use]
pub fn get_and_head<Arguments>(
    resource: Resource,
    handler: impl Handler<Arguments, Output: Responder + 'static>,
) -> Resource
where
    Arguments: FromRequest + 'static,
{
    resource.route(web::get().to(handler.clone())).route(web::head().to(handler))
}

/// Answers GET and POST alike: a call that programs make, of which the published page does not say by which method.
#[must_use]
pub fn get_and_post<Arguments>(
    resource: Resource,
    handler: impl Handler<Arguments, Output: Responder + 'static>,
) -> Resource
where
    Arguments: FromRequest + 'static,
{
    resource.route(web::get().to(handler.clone())).route(web::post().to(handler))
}

/// Answers every path that is no route.
#[must_use]
pub fn missing() -> Methods {
    web::route().to(|| ready(Err::<HttpResponse, _>(ApiError::Missing)))
}
