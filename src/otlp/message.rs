//! What a collector is sent: the messages of OTLP 1.x that say traces, with the numbers that their fields have there
//! (`opentelemetry/proto/collector/trace/v1`, `trace/v1`, `common/v1`, `resource/v1`). What is never sent is left out.

use std::time::Duration;

use prost::{Message, Oneof};

use super::hours::Hours;
use crate::telemetry::{self, Attribute};

/// Bits of [`Span::flags`]: the trace is recorded, it is known whether the parent is remote, and it is.
const SAMPLED: u32 = 0x1;
const KNOWS_PARENT: u32 = 0x100;
const PARENT_IS_REMOTE: u32 = 0x200;
/// [`Status::code`] of what failed.
const ERROR: i32 = 2;

/// `ExportTraceServiceRequest`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

/// `InstrumentationScope`
#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    /// `span_id`
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(string, tag = "3")]
    trace_state: String,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    flags: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 3")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(int64, tag = "3")]
    Number(i64),
}

/// `ExportTraceServiceResponse`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(super) partial_success: Option<PartialSuccess>,
}

/// `ExportTracePartialSuccess`
#[derive(Clone, PartialEq, Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub(super) rejected_spans: i64,
}

impl Request {
    /// The request that sends spans of the server process `instance`.
    pub(super) fn of(spans: &[telemetry::Span], instance: &str, hours: &Hours) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let text = |key: &str, value: &str| KeyValue::new(key, Value::Text(value.to_owned()));
        let resource = Resource {
            attributes: vec![
                text("service.name", "bimgate"),
                text("service.version", version),
                text("service.instance.id", instance),
            ],
        };
        let scope = Scope { name: "bimgate".to_owned(), version: version.to_owned() };
        let spans = spans.iter().map(|span| Span::of(span, hours)).collect();
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
        Self { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans }] }
    }
}

impl Span {
    fn of(span: &telemetry::Span, hours: &Hours) -> Self {
        let began = hours.since_epoch(span.began);
        let mut attributes: Vec<_> =
            span.attributes.iter().map(|(key, value)| KeyValue::new(key, value.into())).collect();
        let failure =
            span.failure.as_deref().map(|failure| KeyValue::new("error.type", Value::Text(failure.to_owned())));
        attributes.extend(failure);
        let is_remote = span.parent.is_some_and(|parent| parent.is_remote);
        Self {
            trace_id: span.trace.to_be_bytes().to_vec(),
            id: span.id.to_be_bytes().to_vec(),
            trace_state: span.state.as_deref().unwrap_or_default().to_owned(),
            parent_span_id: span.parent.map(|parent| parent.id.to_be_bytes().to_vec()).unwrap_or_default(),
            name: span.name.as_ref().to_owned(),
            kind: match span.kind {
                telemetry::SpanKind::Internal => 1,
                telemetry::SpanKind::Server => 2,
                telemetry::SpanKind::Client => 3,
            },
            start_time_unix_nano: nanoseconds(began),
            end_time_unix_nano: nanoseconds(began + span.took),
            attributes,
            status: span.failure.as_ref().map(|_| Status { code: ERROR }),
            flags: SAMPLED | KNOWS_PARENT | if is_remote { PARENT_IS_REMOTE } else { 0 },
        }
    }
}

impl KeyValue {
    fn new(key: &str, value: Value) -> Self {
        Self { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
    }
}

impl From<&Attribute> for Value {
    fn from(attribute: &Attribute) -> Self {
        match attribute {
            Attribute::Text(text) => Self::Text(text.clone().into_owned()),
            Attribute::Number(number) => Self::Number(*number),
        }
    }
}

fn nanoseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
