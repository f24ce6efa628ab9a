//! W3C Trace Context: the `traceparent` field, by which a request is found again in the traces of whoever answers it.
//!
//! Deliberately not here: `tracestate`, and who decides about ids.

use std::fmt;

/// The name of the field.
pub const TRACEPARENT: &str = "traceparent";

/// A request's place in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The id of the trace, never 0.
    pub trace: u128,
    /// The id of the span that is the request, never 0.
    pub span: u64,
}

impl TraceContext {
    /// The place of a trace's request with this number, counted from 0; no two of a trace are the same.
    pub fn nth(trace: u128, number: u64) -> Self {
        // Half of the numbers stay free, so that counting never comes to the end of them.
        let first = u64::try_from((trace & u128::from(u64::MAX)) >> 1).unwrap_or_default();
        Self { trace: trace.max(1), span: first.wrapping_add(number).wrapping_add(1) }
    }

    /// Reads the value of a field; `None` where it is none that its readers would take.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_ascii().split('-');
        let version = digits(parts.next()?, 2).filter(|version| *version != 0xff)?;
        let trace = digits(parts.next()?, 32).filter(|id| *id != 0)?;
        let span = digits(parts.next()?, 16).filter(|id| *id != 0)?;
        digits(parts.next()?, 2)?;
        // Later versions may say more; this one does not.
        let ends = version != 0 || parts.next().is_none();
        ends.then_some(Self { trace, span: u64::try_from(span).ok()? })
    }

    /// The id of the trace as everybody writes it.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The id of the span as everybody writes it.
    pub fn span_id(self) -> String {
        format!("{:016x}", self.span)
    }
}

/// The value of the field: the first version, and the request is sampled.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

/// A number of exactly so many lower-case hexadecimal digits.
fn digits(text: &str, length: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == length && text.bytes().all(is_digit)).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_field_is_read_as_it_is_written() {
        let context = TraceContext::parse(EXAMPLE).expect("the example of the recommendation");
        assert_eq!((context.trace_id().as_str(), context.span_id().as_str()), (&EXAMPLE[3..35], &EXAMPLE[36..52]));
        assert_eq!(context.to_string(), EXAMPLE);
        assert!(TraceContext::parse(&format!("cc{}-more", &EXAMPLE[2..])).is_some(), "of a later version");
    }

    #[test]
    fn what_no_reader_would_take_is_no_context() {
        let broken = [
            String::new(),
            EXAMPLE.to_uppercase(),
            format!("{EXAMPLE}-more"),
            format!("ff{}", &EXAMPLE[2..]),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)),
            EXAMPLE[..52].to_owned(),
            EXAMPLE.replace('-', ""),
        ];
        for text in broken {
            assert_eq!(TraceContext::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn the_requests_of_a_trace_have_ids_of_their_own_and_none_is_nought() {
        for trace in [0, 1, u128::from(u64::MAX), u128::MAX] {
            let contexts = [0, 1, 2].map(|number| TraceContext::nth(trace, number));
            assert!(contexts.iter().all(|context| context.trace != 0 && context.span != 0), "{contexts:?}");
            assert!(contexts[0] != contexts[1] && contexts[1] != contexts[2] && contexts[0] != contexts[2]);
        }
    }
}
