//! Health, readiness, metrics: for those who run the server, on the public listener or on a private one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web;
use actix_web::{HttpResponse, Responder};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::error::ApiError;
use super::{Metrics, Route};
use crate::error::ServiceError;
use crate::store::{self, Store, StoreError};

/// How long the store's last answer stands for probes: they may come from many balancers at once.
const ANSWER_KEPT: Duration = Duration::from_millis(250);

/// What Prometheus takes a page in its text format for.
const FORMAT: &str = "text/plain; version=0.0.4";

/// What the three routes work with, one for the whole process.
pub struct Ops {
    metrics: Metrics,
    store: Arc<dyn Store>,
    stopping: AtomicBool,
    last: Mutex<Option<Answer>>,
}

struct Answer {
    at: Instant,
    takes_logins: Result<bool, String>,
}

impl Ops {
    /// Tells about `store`, and shows `metrics`.
    pub fn new(store: Arc<dyn Store>, metrics: Metrics) -> Self {
        Self { metrics, store, stopping: AtomicBool::new(false), last: Mutex::new(None) }
    }

    /// From now on the server is not ready: balancers send nobody any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server can work, and takes logins. However many ask at once, one question at a time reaches the store.
    async fn ready(&self) -> Result<bool, ApiError> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(ApiError::Stopping);
        }
        let mut last = self.last.lock().await;
        let takes_logins = match &*last {
            Some(answer) if answer.at.elapsed() < ANSWER_KEPT => answer.takes_logins.clone(),
            _ => {
                let takes_logins = self.ask().await.map_err(|error| error.to_string());
                *last = Some(Answer { at: Instant::now(), takes_logins: takes_logins.clone() });
                takes_logins
            }
        };
        takes_logins.map_err(|cause| ServiceError::from(StoreError::Unavailable(cause)).into())
    }

    /// Asks the store. A server that began while Redis was away has not seen yet that a restore was cut off there.
    async fn ask(&self) -> store::Result<bool> {
        if self.store.is_half_restored().await? {
            return Err(StoreError::Unavailable(HALF_RESTORED.to_owned()));
        }
        self.store.takes_logins().await
    }
}

/// All is well.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// Always `ok`.
    #[schema(example = "ok", pattern = "^ok$")]
    status: &'static str,
}

/// The server can work.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ok`.
    #[schema(example = "ok", pattern = "^ok$")]
    status: &'static str,
    /// What does not work, for the operator; there only while something does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<&'static str>,
}

const HALF_RESTORED: &str = "a backup is being restored into the store, or was when that was cut off";
const NO_LOGINS: &str = "the store is full: checks and logouts work, logins do not";

fn ok(body: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Is the process alive?
///
/// Asks nothing of the store: a probe that restarts the server when the store is away would help nobody.
#[utoipa::path(get, path = Route::Healthz.pattern(), tag = "operations", operation_id = "health",
    responses((status = 200, description = "It is.", body = Status)))]
pub(super) async fn health() -> impl Responder {
    ok(Status { status: "ok" })
}

/// Can the server work?
///
/// 503 while the store does not answer within its deadline, while a backup is being restored into it, or after that was
/// cut off, and while the server is stopping. 200 with a `note` while the
/// store is full: then checks and logouts work, and logins are answered 503. The store's answer is kept for a quarter of a
/// second, so that any number of probes is cheap.
#[utoipa::path(get, path = Route::Readyz.pattern(), tag = "operations", operation_id = "readiness",
    responses((status = 200, description = "It can.", body = Readiness), super::openapi::errors::Unavailable))]
pub(super) async fn readiness(ops: web::Data<Ops>) -> Result<HttpResponse, ApiError> {
    let takes_logins = ops.ready().await?;
    Ok(ok(Readiness { status: "ok", note: (!takes_logins).then_some(NO_LOGINS) }))
}

/// Metrics for Prometheus
///
/// Requests by route pattern, method and status, durations, logins by method and outcome, what the store holds, what
/// waits, durations and errors of the store and of other services, the process.
#[utoipa::path(get, path = Route::Metrics.pattern(), tag = "operations", operation_id = "metrics",
    responses((status = 200, description = "Prometheus' text format 0.0.4.", body = String,
        content_type = "text/plain; version=0.0.4")))]
pub(super) async fn metrics(ops: web::Data<Ops>) -> Result<HttpResponse, ApiError> {
    let page = ops.metrics.render().map_err(|error| ApiError::Unknown(error.to_string()))?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, FORMAT)).body(page))
}
