//! A collector of OpenTelemetry, which reads what it is sent by the official messages.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::liar::{Answer, Liar, response};

const PATH: &str = "/v1/traces";

/// A running one; it ends when dropped.
pub struct Collector {
    pub liar: Liar,
    /// Where it takes traces.
    pub url: String,
}

/// A request that it got.
pub struct Received {
    /// The headers, as they came.
    pub head: String,
    /// What names the sender.
    pub resource: BTreeMap<String, String>,
    pub spans: Vec<Span>,
    /// How many bytes it has.
    pub body: Vec<u8>,
}

impl Collector {
    /// One that takes everything.
    pub fn start() -> Self {
        Self::of(Liar::start())
    }

    /// One that takes everything, from this service.
    pub fn of(liar: Liar) -> Self {
        let collector = Self { url: format!("{}{PATH}", liar.url), liar };
        collector.says(taken());
        collector
    }

    /// Has it answer so from now on.
    pub fn says(&self, answer: Answer) {
        self.liar.says(PATH, answer);
    }

    /// Everything that it got.
    pub fn received(&self) -> Vec<Received> {
        let requests = self.liar.everything_received();
        requests
            .iter()
            .filter(|request| request.starts_with(format!("POST {PATH} ").as_bytes()))
            .map(|request| received(request))
            .collect()
    }

    /// Every span that it got, as they came.
    pub fn spans(&self) -> Vec<Span> {
        self.received().into_iter().flat_map(|received| received.spans).collect()
    }
}

/// What says that all was taken.
pub fn taken() -> Answer {
    response("200 OK", "application/x-protobuf", "")
}

/// The attributes of something, each as text.
pub fn attributes(of: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("neither text nor number: {other:?}"),
    };
    of.iter().map(|attribute| (attribute.key.clone(), text(&attribute.value))).collect()
}

/// An id, of 16 bytes at the most, in hexadecimal digits.
pub fn hex(id: &[u8]) -> String {
    let number = id.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    format!("{number:0digits$x}", digits = 2 * id.len())
}

fn received(request: &[u8]) -> Received {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let (head, mut body) = (String::from_utf8_lossy(&request[..end]).into_owned(), request[end + 4..].to_vec());
    if head.to_ascii_lowercase().contains("content-encoding: gzip") {
        let packed = std::mem::take(&mut body);
        GzDecoder::new(&*packed).read_to_end(&mut body).expect("it is packed");
    }
    let message = ExportTraceServiceRequest::decode(&*body).expect("an official message");
    let resource = message.resource_spans.iter().filter_map(|spans| spans.resource.as_ref());
    let resource = resource.flat_map(|resource| attributes(&resource.attributes)).collect();
    let scopes = message.resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
    Received { head, resource, spans: scopes.flat_map(|scope| scope.spans).collect(), body }
}
