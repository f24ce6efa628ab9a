//! Rules about what a call sends: parameters, the body, header fields, and what replaces or leaves out a part of the request.
//!
//! Deliberately not here: what is in the body ([`super::bodies`]), and credentials in header fields ([`super::secrets`]).

use super::bodies::BodyCheck;
use super::context::Lint;
use super::names::NameTable;
use crate::base::media_type;
use crate::base::source::{Diagnostic, Span};
use crate::contract::{Direction, Location, Operation, Parameter};
use crate::scenario::model::{Binding, Call, RawOverrides, Without};

impl Lint<'_> {
    /// Checks that parameters are known, and that none is missing.
    pub(super) fn parameters(&mut self, call: &Call, operation: &Operation) {
        let given = [
            (Location::Path, &call.path),
            (Location::Query, &call.query),
            (Location::Cookie, &call.cookies),
            (Location::Header, &call.headers),
        ];
        for (location, given) in given {
            // What is sent raw may have any query, and every request any header field.
            if (call.raw.is_none() || location == Location::Path) && location != Location::Header {
                self.unknown_parameters(location, given, operation);
            }
            let free_path = call.raw.as_ref().is_some_and(|raw| raw.path.is_some());
            let optional = free_path || (call.invalid && location != Location::Path);
            if !optional {
                self.missing_parameters(location, given, call, operation);
            }
        }
    }

    fn unknown_parameters(&mut self, location: Location, given: &[Binding], operation: &Operation) {
        let declared = || declared(operation, location).map(|parameter| parameter.name.as_str());
        for name in given.iter().map(|binding| &binding.name) {
            if !declared().any(|known| known == name.value) {
                let message = format!("`{}` has no {} parameter `{}`", operation.name, location, name.value);
                self.unknown("unknown-parameter", name, message, declared());
            }
        }
    }

    fn missing_parameters(&mut self, location: Location, given: &[Binding], call: &Call, operation: &Operation) {
        let needed = declared(operation, location).filter(|each| each.required && !is_supplied(each));
        for parameter in needed {
            let same = |binding: &Binding| match location {
                Location::Header => binding.name.eq_ignore_ascii_case(&parameter.name),
                _ => binding.name.value == parameter.name,
            };
            let cookie = location == Location::Cookie && field(call, "cookie").is_some();
            if !cookie && !given.iter().any(same) {
                let message = format!("`{}` needs the {location} parameter `{}`", operation.name, parameter.name);
                let key = location.key();
                let help = format!("add `{key}: {{ {}: … }}`", parameter.name);
                self.broken_with_help("missing-parameter", &call.operation.span, message, help);
            }
        }
    }

    /// Checks that a body is there where one is needed, and that it is what the schema asks for.
    pub(super) fn request_body(&mut self, call: &Call, operation: &Operation, names: &NameTable<'_>) {
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
            None if call.invalid && !needs_body && !has_parameters(call) => {
                let message = "`invalid` has no effect: there is no body, and none is needed";
                self.broken("no-effect", &call.operation.span, message);
            }
            Some(body) if !call.invalid && call.raw.is_none() => {
                let schema = operation.request.as_ref().and_then(|request| request.schema.clone());
                let place = self.documented(schema.into_iter().collect());
                let (contract, owner) = (self.contract, operation.name.as_str());
                let whole = self.incomplete.is_none();
                let bytes = operation.body().is_some_and(|known| !media_type::is_json(&known.media_type));
                let (direction, problems) = (Direction::Request, &mut self.problems);
                BodyCheck { contract, direction, owner, names, bytes, whole, problems }.value(body, &place);
            }
            _ => {}
        }
    }

    /// Checks that what is left out would otherwise be sent.
    pub(super) fn without(&mut self, call: &Call, operation: &Operation) {
        for left_out in &call.without {
            let (supplied, field) = match left_out.value {
                Without::Authorization => (self.asks_for_token(operation), "Authorization"),
                Without::Cookie => (self.asks_for_cookie(operation), "Cookie"),
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

    /// Whether a token or a key is sent unless the scenario says otherwise; at PingOne, the worker's token.
    fn asks_for_token(&self, operation: &Operation) -> bool {
        let mut schemes = operation.security.iter().flatten();
        if self.contract.has_environments() {
            schemes.any(|name| name == "accessToken")
        } else {
            schemes.next().is_some()
        }
    }

    /// Whether cookies are sent: to any server those that it has set, to PingOne where the operation asks for them.
    fn asks_for_cookie(&self, operation: &Operation) -> bool {
        let mut schemes = operation.security.iter().flatten();
        !self.contract.has_environments() || schemes.any(|name| name == "sessionCookie")
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

/// Whether a call states parameters, which may be what is wrong with it.
fn has_parameters(call: &Call) -> bool {
    [&call.path, &call.query, &call.cookies, &call.headers].iter().any(|given| !given.is_empty())
}

/// Whether the engine supplies a parameter itself, or HTTP has its own rules for it.
fn is_supplied(parameter: &Parameter) -> bool {
    let name = parameter.name.as_str();
    let own = ["accept", "content-type", "authorization"].iter().any(|own| name.eq_ignore_ascii_case(own));
    name == "envID" || (parameter.location == Location::Header && own)
}

fn declared(operation: &Operation, location: Location) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().filter(move |parameter| parameter.location == location)
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
