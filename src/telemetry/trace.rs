//! W3C Trace Context: the trace that a request belongs to, as its caller says. Its id is logged, and both headers are
//! passed on with the calls that are made for the request: as they came, or, where this server records spans, from the
//! span that makes the call.

use std::borrow::Cow;
use std::time::Instant;

use tokio::task_local;
use uuid::Uuid;

use super::span::{OpenSpan, Parent, SpanKind, Tracer};

task_local! {
    static CURRENT: TraceContext;
}

/// What a caller says of a trace, or what this server says of it to those it calls.
#[derive(Clone, Debug)]
pub struct TraceContext {
    /// `traceparent`, in version 00.
    parent: Box<str>,
    /// `tracestate`, as it came.
    state: Option<Box<str>>,
    /// Who takes the spans of the request. `None`: nobody, and this server is no part of the trace.
    tracer: Option<Tracer>,
}

impl TraceContext {
    /// How long `traceparent` is in version 00.
    const LENGTH: usize = 55;
    /// How long a `tracestate` may be that is passed on: what the specification has everybody pass on.
    const MAX_STATE: usize = 512;

    /// Reads the headers (W3C Trace Context, 3.2 and 3.3); `None` if the first is none. Of a later version that counts
    /// which this one has, too.
    #[must_use]
    pub fn read(parent: &[u8], state: Option<&[u8]>) -> Option<Self> {
        let text = std::str::from_utf8(parent).ok()?;
        let (known, rest) = text.split_at_checked(Self::LENGTH)?;
        let mut parts = known.split('-');
        let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let is_hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_id = |part: &str, length: usize| is_hex(part, length) && part.bytes().any(|byte| byte != b'0');
        let is_whole = if version == "00" { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
        let good = is_hex(version, 2) && version != "ff" && is_id(trace, 32) && is_id(span, 16) && is_hex(flags, 2);
        let parent = format!("00-{trace}-{span}-{flags}").into();
        let plain = |state: &&str| state.len() <= Self::MAX_STATE && state.bytes().all(|b| matches!(b, b' '..=b'~'));
        let state = state.and_then(|state| std::str::from_utf8(state).ok()).filter(plain).map(Into::into);
        (good && is_whole).then_some(Self { parent, state, tracer: None })
    }

    /// The trace as it goes on from a span; `None` if that has ended.
    #[must_use]
    pub fn below(span: &OpenSpan) -> Option<Self> {
        let (span, tracer) = span.so_far()?;
        let parent = format!("00-{:032x}-{:016x}-01", span.trace, span.id).into();
        Some(Self { parent, state: span.state.clone(), tracer: Some(tracer.clone()) })
    }

    /// Whether the caller records the trace.
    fn is_sampled(&self) -> bool {
        // Bits that nobody has given a meaning yet may be set too.
        self.parent.get(53..).and_then(|flags| u8::from_str_radix(flags, 16).ok()).is_some_and(|flags| flags & 1 == 1)
    }

    /// The ids of the trace, and of the span that it goes on from.
    fn ids(&self) -> (u128, u64) {
        let (trace, span) = (self.trace_id(), self.parent.get(36..52).unwrap_or_default());
        (u128::from_str_radix(trace, 16).unwrap_or_default(), u64::from_str_radix(span, 16).unwrap_or_default())
    }

    /// The trace's id: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.parent.get(3..35).unwrap_or_default()
    }

    /// Does `work` for the request that belongs to this trace.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// The trace of the request that is being answered, if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The headers that pass it on.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let state = self.state.as_deref().map(|state| ("tracestate", state));
        [("traceparent", &*self.parent)].into_iter().chain(state)
    }
}

/// Begins the span of a request, if it is recorded: as its caller has decided, else as `tracer` does. It hangs below the
/// caller's, or is the first of a trace whose id is the request's.
#[must_use]
pub fn begin_request(
    tracer: &Tracer,
    caller: Option<&TraceContext>,
    request: Uuid,
    name: impl FnOnce() -> String,
    began: Instant,
) -> Option<OpenSpan> {
    if !caller.map_or_else(|| tracer.records(request), TraceContext::is_sampled) {
        return None;
    }
    let (trace, parent) = caller.map_or((request.as_u128(), None), |caller| {
        let (trace, id) = caller.ids();
        (trace, Some(Parent { id, is_remote: true }))
    });
    let state = caller.and_then(|caller| caller.state.clone());
    Some(tracer.open(trace, parent, state, SpanKind::Server, name().into(), began))
}

/// Begins a span below that of the request that is being answered. `None`: nobody records it.
#[must_use]
pub fn begin_below(kind: SpanKind, name: impl Into<Cow<'static, str>>, began: Instant) -> Option<OpenSpan> {
    let open = |current: &TraceContext| {
        let tracer = current.tracer.as_ref()?;
        let (trace, id) = current.ids();
        let parent = Parent { id, is_remote: false };
        Some(tracer.open(trace, Some(parent), current.state.clone(), kind, name.into(), began))
    };
    CURRENT.try_with(open).ok()?
}

/// Does `work` in a span of its own, if the request that is being answered is recorded. What is an error has failed.
///
/// # Errors
/// Those of `work`.
pub async fn in_span<T, E>(
    kind: SpanKind,
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let span = begin_below(kind, name, Instant::now());
    let done = work.await;
    if let Some(span) = span {
        span.end(done.is_err().then(|| "error".into()));
    }
    done
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;
    use tokio::sync::mpsc::Receiver;

    use super::super::span::Span;
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(parent: &str) -> Option<TraceContext> {
        TraceContext::read(parent.as_bytes(), Some(b"congo=t61rcWkgMzE"))
    }

    #[test]
    fn what_is_as_the_specification_has_it_is_passed_on() {
        let context = read(GOOD).expect("it is good");
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let headers: Vec<_> = context.headers().collect();
        assert_eq!(headers, [("traceparent", GOOD), ("tracestate", "congo=t61rcWkgMzE")]);
        assert_eq!(context.ids(), (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7));
        let later = GOOD.replacen("00", "cc", 1);
        for of_later_version in [later.clone(), format!("{later}-what-the-future-will-be-like")] {
            let read = read(&of_later_version).expect("it is good");
            assert!(read.headers().eq(context.headers()), "{of_later_version}");
        }
        for state in [&b"a=\n"[..], &[b'a'; 513], "ä=1".as_bytes()] {
            let context = TraceContext::read(GOOD.as_bytes(), Some(state)).expect("it is good");
            assert_eq!(context.headers().count(), 1);
        }
    }

    #[test]
    fn anything_else_is_no_trace() {
        for wrong in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-"),
            &format!("{GOOD}0"),
            &format!("{}.", GOOD.replacen("00", "cc", 1)),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.replace("4bf9", "4BF9"),
            &GOOD.replace("4bf9", "4bg9"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            &GOOD.replace("00f067aa0ba902b7", "0000000000000000"),
            &GOOD.replace('-', "_"),
            &GOOD.replace("00f067aa0ba902b7-01", "00f067aa0ba902b-701"),
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    const REQUEST: Uuid = Uuid::from_u128(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);

    fn tracer(one_in: u32, queue: usize) -> (Tracer, Receiver<Span>, Counter) {
        let dropped = Counter::default();
        let (tracer, spans) = Tracer::new(one_in, queue, dropped.clone());
        (tracer, spans, dropped)
    }

    fn caller(flags: &str) -> Option<TraceContext> {
        let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        TraceContext::read(parent.as_bytes(), Some(b"congo=t61"))
    }

    fn begin(tracer: &Tracer, caller: Option<&TraceContext>) -> Option<OpenSpan> {
        begin_request(tracer, caller, REQUEST, || "GET /".to_owned(), Instant::now())
    }

    #[test]
    fn the_caller_decides_and_else_one_in_so_many() {
        for (one_in, alone) in [(0, false), (1, true), (2, true), (3, true), (4, false), (1_000_000, false)] {
            let (tracer, _spans, _) = tracer(one_in, 8);
            // The lower half of the request's id, which is random, is 0xa3ce_929d_0e0e_4736.
            assert_eq!(begin(&tracer, None).is_some(), alone, "one in {one_in}");
            assert!(begin(&tracer, caller("01").as_ref()).is_some(), "one in {one_in}");
            assert!(begin(&tracer, caller("03").as_ref()).is_some(), "one in {one_in}");
            assert!(begin(&tracer, caller("00").as_ref()).is_none(), "one in {one_in}");
            assert!(begin(&tracer, caller("02").as_ref()).is_none(), "one in {one_in}");
        }
    }

    #[tokio::test]
    async fn spans_hang_below_each_other_and_keep_the_trace() {
        let (tracer, mut spans, _) = tracer(1, 8);
        let server = begin(&tracer, caller("01").as_ref()).expect("it is recorded");
        let context = TraceContext::below(&server).expect("it is open");
        assert_eq!(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        let below = async {
            assert!(in_span(SpanKind::Client, "well", async { Ok::<_, ()>(()) }).await.is_ok());
            assert!(in_span(SpanKind::Client, "ill", async { Err::<(), _>(()) }).await.is_err());
            drop(begin_below(SpanKind::Internal, "left", Instant::now()));
        };
        context.scope(below).await;
        assert!(begin_below(SpanKind::Internal, "outside", Instant::now()).is_none());
        server.end(None);
        let spans: Vec<_> = std::iter::from_fn(|| spans.try_recv().ok()).collect();
        let names: Vec<_> = spans.iter().map(|span| (&*span.name, span.failure.as_deref())).collect();
        assert_eq!(names, [("well", None), ("ill", Some("error")), ("left", Some("abandoned")), ("GET /", None)]);
        let server = &spans[3];
        assert!(server.parent.is_some_and(|parent| parent.id == 0xb7ad_6b71_6920_3331 && parent.is_remote));
        for span in &spans {
            assert_eq!(
                (span.trace, span.state.as_deref()),
                (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, Some("congo=t61"))
            );
        }
        for below in &spans[..3] {
            assert!(below.parent.is_some_and(|parent| parent.id == server.id && !parent.is_remote));
        }
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let (tracer, mut spans, dropped) = tracer(1, 2);
        for _ in 0..5 {
            drop(begin(&tracer, None));
        }
        assert_eq!(dropped.get(), 3);
        assert_eq!(spans.try_recv().map(|span| span.trace), Ok(REQUEST.as_u128()));
    }
}
