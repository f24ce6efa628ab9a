//! Rules about request header fields: whether HTTP allows them, and whether they make another request of it.
//!
//! Deliberately not here: credentials in them ([`super::secrets`]).

use super::context::Lint;
use crate::base::media_type;
use crate::base::source::Span;
use crate::contract::Operation;
use crate::scenario::model::{Binding, Call};

impl Lint<'_> {
    /// Checks that header fields can be sent.
    pub(super) fn headers(&mut self, headers: &[Binding]) {
        for Binding { name, value } in headers {
            if http::HeaderName::try_from(name.as_str()).is_err() {
                let message = format!("`{}` is not a valid name of a header field", name.value);
                self.broken("bad-header", &name.span, message);
            }
            if value.literal_text().is_some_and(|text| text.contains(['\r', '\n'])) {
                self.broken("bad-header", &value.span, "a header field cannot contain a line break");
            }
        }
    }

    /// What makes a request another one than the operation's must be meant, and then a refusal is expected.
    pub(super) fn foreign(&mut self, call: &Call, operation: &Operation) {
        let refused = !call.expect.status.is_empty() && call.expect.status.iter().all(|status| status.value >= 400);
        if call.invalid || refused || call.is_elsewhere() {
            return;
        }
        let own = operation.request.as_ref().map(|request| request.media_type.as_str());
        if let (Some((given, span)), Some(own)) = (media_type(call), own)
            && essence(given) != essence(own)
        {
            let message = format!("`{}` takes {own}, not {given}", operation.name);
            let help = "to send it on purpose, expect the refusal: `expect: { status: 415 }`";
            self.broken_with_help("foreign-media-type", span, message, help);
        }
        if let Some(host) = field(call, "host") {
            let message = "this names another host than the target's";
            let help = "remove it; to send it on purpose, expect the refusal: `expect: { status: 400 }`";
            self.broken_with_help("foreign-host", &host.name.span, message, help);
        }
    }
}

/// The Content-Type that a call gives itself, where it is written out.
fn media_type(call: &Call) -> Option<(&str, &Span)> {
    let raw = call.raw.as_ref().and_then(|raw| raw.media_type.as_ref()?.as_ref());
    let raw = raw.and_then(|template| Some((template.literal()?, template.span())));
    raw.or_else(|| field(call, "content-type").and_then(|each| Some((each.value.literal_text()?, &each.value.span))))
}

fn field<'c>(call: &'c Call, name: &str) -> Option<&'c Binding> {
    call.headers.iter().find(|binding| binding.name.eq_ignore_ascii_case(name))
}

/// A media type without its parameters and the suffix that says how it is written, in lower case.
fn essence(media_type: &str) -> String {
    let essence = media_type::essence(media_type);
    essence.strip_suffix("+json").map_or(essence.clone(), str::to_owned)
}
