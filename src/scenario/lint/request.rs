//! Rules about what a call sends besides its parameters: the body, and what replaces or leaves out a part of the request.
//!
//! Deliberately not here: what is in the body ([`super::bodies`]) and header fields ([`super::headers`]).

use super::bodies::BodyCheck;
use super::context::Lint;
use super::documented::DocumentedPlace;
use crate::base::source::Diagnostic;
use crate::contract::{Direction, Operation};
use crate::scenario::model::{Call, RawOverrides, Without};

impl Lint<'_> {
    /// Checks that a body is there where one is needed, and that it is what the schema asks for.
    pub(super) fn request_body(&mut self, call: &Call, operation: &Operation) {
        let takes_body = operation.request.as_ref().is_some_and(|request| request.schema.is_some());
        let needs_body = takes_body && operation.request.as_ref().is_some_and(|request| request.required);
        match &call.body {
            Some(body) if !takes_body => {
                let message = format!("`{}` takes no body", operation.name);
                self.broken_with_help("body-not-taken", &body.span, message, "to send one anyway, write it in `raw`");
            }
            None if needs_body && !call.invalid && call.raw.is_none() => {
                let message = format!("`{}` needs a body", operation.name);
                let help = "add `body`; to leave it out on purpose, write `invalid: true`";
                self.broken_with_help("missing-body", &call.operation.span, message, help);
            }
            None if call.invalid && !needs_body => {
                let message = "`invalid` has no effect: there is no body, and none is needed";
                self.broken("no-effect", &call.operation.span, message);
            }
            Some(body) if !call.invalid && call.raw.is_none() => {
                let schema = operation.request.as_ref().and_then(|request| request.schema.clone());
                let place = DocumentedPlace::at(self.contract.document(), schema);
                let (contract, owner) = (self.contract, operation.name.as_str());
                BodyCheck { contract, direction: Direction::Request, owner, problems: self.problems }
                    .value(body, &place);
            }
            _ => {}
        }
    }

    /// Checks that what is left out would otherwise be sent.
    pub(super) fn without(&mut self, call: &Call, operation: &Operation) {
        for left_out in &call.without {
            let asks_for = |scheme: &str| operation.security.iter().flatten().any(|name| name == scheme);
            let (supplied, field) = match left_out.value {
                Without::Authorization => (asks_for("accessToken"), "Authorization"),
                Without::Cookie => (asks_for("sessionCookie"), "Cookie"),
                Without::Accept => (true, "Accept"),
            };
            if !supplied {
                let message = format!("this has no effect: `{}` is sent without {field} anyway", operation.name);
                let needed: Vec<&str> = operation.security.iter().flatten().map(String::as_str).collect();
                let help = match needed.is_empty() {
                    true => "remove it; the operation needs no credentials".to_owned(),
                    false => format!("remove it; the operation's security is {}", needed.join(", ")),
                };
                self.broken_with_help("no-effect", &left_out.span, message, help);
            }
        }
    }

    /// Checks that what is sent raw differs from what would be sent, and that nothing else is lost by it.
    pub(super) fn raw(&mut self, raw: &RawOverrides, call: &Call, operation: &Operation) {
        if let (Some(sent), Some(body)) = (&raw.body, &call.body) {
            let problem = Diagnostic::at(&body.span, "this body is never sent: `raw` has another");
            self.report(problem.related(sent.span(), "sent instead").rule("no-effect"));
        }
        if let (Some(sent), Some(binding)) = (&raw.path, call.path.first().or(call.query.first())) {
            let problem = Diagnostic::at(&binding.name.span, "this parameter is never sent: `raw` has a path");
            self.report(problem.related(sent.span(), "sent instead").rule("no-effect"));
        }
        if let Some(method) = raw.method.as_ref().filter(|method| method.value == operation.method) {
            let message = format!("this changes nothing: `{}` is sent with {} anyway", operation.name, method.value);
            self.broken("no-effect", &method.span, message);
        }
        let own = operation.request.as_ref().map(|request| request.media_type.as_str());
        if let Some(Some(media_type)) = &raw.media_type
            && own.is_some()
            && media_type.literal() == own
        {
            let message = format!("this changes nothing: `{}` is sent with this media type anyway", operation.name);
            self.broken("no-effect", media_type.span(), message);
        }
    }
}
