//! W3C Trace Context: the trace that a request belongs to, as its caller says. This server is no part of it: it logs
//! the trace's id, and passes both headers on with the calls that it makes for the request.

use tokio::task_local;

task_local! {
    static CURRENT: TraceContext;
}

/// What a caller says of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// `traceparent`, in version 00.
    parent: Box<str>,
    /// `tracestate`, as it came.
    state: Option<Box<str>>,
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
        (good && is_whole).then_some(Self { parent, state })
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

#[cfg(test)]
mod tests {
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
        let later = GOOD.replacen("00", "cc", 1);
        for of_later_version in [later.clone(), format!("{later}-what-the-future-will-be-like")] {
            assert_eq!(read(&of_later_version), Some(context.clone()), "{of_later_version}");
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
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
