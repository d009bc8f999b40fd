//! Spans: what took how long while a request was answered. A [`Tracer`] takes those that have ended into a bounded
//! queue, from which they are sent to a collector; nobody waits for it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;

/// What a span says that was left before it ended: its client went away, or a deadline passed.
const ABANDONED: &str = "abandoned";

/// A span that has ended.
#[derive(Debug)]
pub struct Span {
    /// The trace that it belongs to; not 0.
    pub trace: u128,
    /// Its own id; not 0.
    pub id: u64,
    /// The span above it. `None`: it is the first of its trace.
    pub parent: Option<Parent>,
    /// `tracestate`, as the caller sent it.
    pub state: Option<Box<str>>,
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// What was done. Few different ones, and nothing that a client made up.
    pub name: Cow<'static, str>,
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
    /// What else is known, by the names of OpenTelemetry's semantic conventions.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Why it failed, in a word or a status. `None`: it did not.
    pub failure: Option<Cow<'static, str>>,
}

/// The span above another.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// Its id.
    pub id: u64,
    /// Whether it is a span of the program that called this server.
    pub is_remote: bool,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Neither.
    Internal,
    /// Who is called.
    Server,
    /// Who calls.
    Client,
}

/// The value of an attribute.
#[derive(Debug)]
pub enum Attribute {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for Attribute {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u16> for Attribute {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// Says which requests are recorded, and takes their spans. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub struct Tracer(Arc<Inner>);

struct Inner {
    queue: Sender<Span>,
    one_in: u32,
    dropped: Counter,
}

impl Tracer {
    /// Records what callers have decided to record, and one in `one_in` requests whose callers have not decided; 0: none of
    /// these. At most `queue` spans wait; those that have no room are counted in `dropped`.
    #[must_use]
    pub fn new(one_in: u32, queue: usize, dropped: Counter) -> (Self, Receiver<Span>) {
        let (sender, receiver) = mpsc::channel(queue);
        (Self(Arc::new(Inner { queue: sender, one_in, dropped })), receiver)
    }

    /// Whether a request is recorded whose caller has not decided that.
    pub(super) fn records(&self, request: Uuid) -> bool {
        // The lower half of a random id has the most chance in it.
        request.as_u64_pair().1.checked_rem(self.0.one_in.into()) == Some(0)
    }

    /// Begins a span.
    pub(super) fn open(
        &self,
        trace: u128,
        parent: Option<Parent>,
        state: Option<Box<str>>,
        kind: SpanKind,
        name: Cow<'static, str>,
        began: Instant,
    ) -> OpenSpan {
        // Two bits of these are always the same, so that it is never 0.
        let id = Uuid::new_v4().as_u64_pair().1;
        let (attributes, failure) = (Vec::new(), Some(ABANDONED.into()));
        let span = Span { trace, id, parent, state, kind, name, began, took: Duration::ZERO, attributes, failure };
        OpenSpan { tracer: self.clone(), span: Some(span) }
    }

    fn take(&self, span: Span) {
        if self.0.queue.try_send(span).is_err() {
            self.0.dropped.inc();
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}

/// A span that has begun. It ends when it is dropped, as one that failed unless [`Self::end`] said how it went.
#[derive(Debug)]
pub struct OpenSpan {
    tracer: Tracer,
    /// There until it ends.
    span: Option<Span>,
}

impl OpenSpan {
    /// Adds what is known besides.
    pub fn set(&mut self, name: &'static str, value: impl Into<Attribute>) {
        if let Some(span) = &mut self.span {
            span.attributes.push((name, value.into()));
        }
    }

    /// The span as it is so far, and who takes it. `None`: it has ended.
    pub(super) fn so_far(&self) -> Option<(&Span, &Tracer)> {
        self.span.as_ref().map(|span| (span, &self.tracer))
    }

    /// Ends it; `failure`: why it failed, in a word or a status, if it did.
    pub fn end(mut self, failure: Option<Cow<'static, str>>) {
        if let Some(span) = &mut self.span {
            span.failure = failure;
        }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.took = span.began.elapsed();
            self.tracer.take(span);
        }
    }
}
