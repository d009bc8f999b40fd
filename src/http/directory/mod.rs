//! The directory session API, one file a path.

use actix_web::web::ServiceConfig;

/// The path under which the session API lies.
pub const BASE: &str = "/directory/api/directorysession";

/// Mounts the routes of the directory session API.
pub fn routes(_config: &mut ServiceConfig) {}
