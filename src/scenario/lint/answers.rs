//! What a scenario expects of an answer and saves from it, held against the answers that are documented.
//!
//! The documented answers are those of the statuses that are expected; without a status, of every documented success.
//!
//! Deliberately not here: states ([`super::states`]), and statuses that are not documented (the lint itself reports those).

use super::Lint;
use super::bodies::{Values, article, listed, near_miss};
use super::documented::{Documented, Member};
use crate::base::pointer::unescape;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::contract::{Direction, Operation, Reply};
use crate::scenario::model::{Call, Expectation, ExpectedError, JsonType, Matcher, SaveFrom};

impl<'a> Lint<'a> {
    /// Checks an expectation against the documented answers.
    pub(super) fn answer(&mut self, expectation: &'a Expectation, operation: &'a Operation) {
        let replies = replies(expectation, operation);
        if replies.is_empty() {
            return;
        }
        if let Some(wanted) = &expectation.media_type {
            self.media_type(wanted, &replies, operation);
        }
        let body = self.bodies(&replies, expectation.media_type.as_ref());
        for (pointer, matcher) in &expectation.body {
            self.body_matcher(pointer, matcher, &body, operation);
        }
        if let Some(error) = &expectation.error {
            self.error(error, &body, operation);
        }
    }

    /// Checks that what is saved can be there.
    pub(super) fn saves(&mut self, call: &'a Call, operation: &'a Operation) {
        let last =
            call.repeat.as_ref().filter(|_| call.expect.status.is_empty()).map_or(&call.expect, |repeat| &repeat.until);
        let replies = replies(last, operation);
        if replies.is_empty() {
            return;
        }
        let body = self.bodies(&replies, last.media_type.as_ref());
        for save in &call.saves {
            if let SaveFrom::Body(pointer) = &save.from {
                self.walk(pointer, &save.span, &body, operation);
            }
        }
    }

    fn media_type(&mut self, wanted: &Spanned<String>, replies: &[&'a Reply], operation: &Operation) {
        let documented = || replies.iter().flat_map(|reply| &reply.media_types).map(|each| each.name.as_str());
        if documented().any(|known| known.eq_ignore_ascii_case(wanted)) {
            return;
        }
        let message = format!("no such answer of `{}` has the media type `{}`", operation.name, wanted.value);
        let problem = Diagnostic::at(&wanted.span, message).suggest(wanted, documented());
        let mut names: Vec<&str> = documented().collect();
        names.sort_unstable();
        names.dedup();
        let help = match names.is_empty() {
            true => "this answer has no body".to_owned(),
            false => listed("documented are", names.into_iter()),
        };
        let problem = if problem.help.is_some() { problem } else { problem.help(help) };
        self.report(problem.rule("undocumented-media-type"));
    }

    /// What is documented of the bodies of some replies.
    fn bodies(&self, replies: &[&'a Reply], wanted: Option<&Spanned<String>>) -> Documented<'a> {
        let all = || replies.iter().flat_map(|reply| &reply.media_types);
        let chosen = all().filter(|each| wanted.is_some_and(|wanted| each.name.eq_ignore_ascii_case(wanted)));
        let mut pointers: Vec<String> = chosen.filter_map(|each| each.schema.clone()).collect();
        if pointers.is_empty() {
            pointers = all().filter_map(|each| each.schema.clone()).collect();
        }
        Documented::at(self.contract.document(), pointers)
    }

    fn body_matcher(
        &mut self,
        pointer: &'a Spanned<String>,
        matcher: &'a Spanned<Matcher>,
        body: &Documented<'a>,
        operation: &'a Operation,
    ) {
        // That something undocumented is not there is worth saying.
        if matches!(matcher.value, Matcher::Absent) {
            return;
        }
        let Some(place) = self.walk(pointer, &pointer.span, body, operation) else { return };
        self.matcher(matcher, &place, operation);
    }

    /// Follows a pointer; `None` when it leads nowhere (which is reported) or to where anything goes.
    fn walk(
        &mut self,
        pointer: &str,
        span: &Span,
        body: &Documented<'a>,
        operation: &Operation,
    ) -> Option<Documented<'a>> {
        if body.is_empty() {
            let message = format!("such an answer of `{}` has no body", operation.name);
            self.report(Diagnostic::at(span, message).rule("unknown-pointer"));
            return None;
        }
        let mut place = body.clone();
        for step in pointer.split('/').skip(1) {
            place = self.step_into(&place, &unescape(step), span, operation)?;
        }
        (!place.is_empty()).then_some(place)
    }

    fn step_into(
        &mut self,
        place: &Documented<'a>,
        step: &str,
        span: &Span,
        operation: &Operation,
    ) -> Option<Documented<'a>> {
        let types = place.types();
        let possible = |kind| types.is_empty() || types.contains(&kind);
        if possible("array") && step.parse::<usize>().is_ok() && !place.items().is_empty() {
            return Some(place.items());
        }
        if types == ["array"] {
            let free = step.parse::<usize>().is_ok();
            let message = format!("there is a list here, and `{step}` is no position in it");
            return if free { None } else { self.no_such_place(Diagnostic::at(span, message)) };
        }
        if !possible("object") {
            let kinds = types.iter().map(|kind| article(kind)).collect::<Vec<_>>().join(" or ");
            return self.no_such_place(Diagnostic::at(span, format!("there is {kinds} here, which has no `{step}`")));
        }
        match place.member(step) {
            Member::Known(inner) => Some(inner),
            Member::Free => None,
            Member::Unknown => {
                let message = format!("no such answer of `{}` has `{step}` here", operation.name);
                let problem = Diagnostic::at(span, message).suggest(step, place.member_names());
                let mut names: Vec<&str> = place.member_names().collect();
                names.dedup();
                names.truncate(12);
                let help = listed("documented are", names.into_iter());
                self.no_such_place(if problem.help.is_some() { problem } else { problem.help(help) })
            }
        }
    }

    fn no_such_place(&mut self, problem: Diagnostic) -> Option<Documented<'a>> {
        self.report(problem.rule("unknown-pointer"));
        None
    }

    fn matcher(&mut self, matcher: &'a Spanned<Matcher>, place: &Documented<'a>, operation: &'a Operation) {
        let problem = match &matcher.value {
            Matcher::Equals(_) | Matcher::OneOf(_) => return self.compared(matcher.value.values(), place, operation),
            Matcher::Contains(_) if place.types() == ["array"] => {
                return self.compared(matcher.value.values(), &place.items(), operation);
            }
            Matcher::Matches(_) => needs(place, &["string"], "only text is matched"),
            Matcher::Contains(_) => needs(place, &["string", "array", "object"], "it contains nothing"),
            Matcher::Length(_) => needs(place, &["string", "array", "object"], "it has no length"),
            Matcher::GreaterThan(_) | Matcher::LessThan(_) => needs(place, &["integer", "number"], "it is no number"),
            Matcher::Type(kind) => possible_type(place, *kind),
            Matcher::Not(_) | Matcher::Absent | Matcher::Present => None,
        };
        if let Some(message) = problem {
            self.report(Diagnostic::at(&matcher.span, message).rule("impossible-value"));
        }
    }

    fn compared(
        &mut self,
        values: &'a [crate::scenario::model::Json],
        place: &Documented<'a>,
        operation: &'a Operation,
    ) {
        let (contract, owner) = (self.contract, operation.name.as_str());
        let mut report = |problem| self.problems.push(problem);
        let mut walk = Values { contract, direction: Direction::Response, owner, report: &mut report };
        values.iter().for_each(|value| walk.value(value, place));
    }

    fn error(&mut self, error: &ExpectedError, body: &Documented<'a>, operation: &Operation) {
        let mut code = [body.member("code"), body.member("error")];
        // A resource may have a member of that name which is no error code.
        if known(&code[1]).is_some_and(|place| !place.types().contains(&"string")) {
            code[1] = Member::Unknown;
        }
        if !body.is_empty() && !code.iter().any(|member| matches!(member, Member::Known(_))) {
            if matches!(code[0], Member::Unknown) {
                let message = format!("such an answer of `{}` holds no error", operation.name);
                self.report(
                    Diagnostic::at(&error.span, message).help("say which status is expected").rule("unknown-pointer"),
                );
            }
            return;
        }
        let places = code.iter().filter_map(known);
        let values: Vec<&str> = places.flat_map(Documented::open_values).collect();
        self.near(error.code.as_ref(), &values);
        if let Member::Known(details) = body.member("details") {
            let values = known(&details.items().member("code")).map(Documented::open_values).unwrap_or_default();
            self.near(error.detail.as_ref(), &values);
        }
    }

    fn near(&mut self, given: Option<&Spanned<String>>, values: &[&str]) {
        let problem = given.and_then(|given| near_miss(given, &given.span, values));
        problem.into_iter().for_each(|problem| self.report(problem));
    }
}

fn known<'m, 'a>(member: &'m Member<'a>) -> Option<&'m Documented<'a>> {
    match member {
        Member::Known(place) => Some(place),
        _ => None,
    }
}

/// The documented replies that an expectation may be about.
fn replies<'a>(expectation: &Expectation, operation: &'a Operation) -> Vec<&'a Reply> {
    if expectation.status.is_empty() {
        let successes = (200..400).filter_map(|status| operation.reply(status));
        let mut replies: Vec<&Reply> = Vec::new();
        successes.for_each(|reply| {
            if !replies.contains(&reply) {
                replies.push(reply)
            }
        });
        return replies;
    }
    expectation.status.iter().filter_map(|status| operation.reply(status.value)).collect()
}

fn needs(place: &Documented<'_>, kinds: &[&str], otherwise: &str) -> Option<String> {
    let types = place.types();
    let fits = types.is_empty() || types.iter().any(|kind| kinds.contains(kind));
    (!fits).then(|| {
        let there = types.iter().map(|kind| article(kind)).collect::<Vec<_>>().join(" or ");
        format!("this can never hold: there is {there} here, and {otherwise}")
    })
}

fn possible_type(place: &Documented<'_>, kind: JsonType) -> Option<String> {
    let kinds: &[&str] = match kind {
        JsonType::Null => &["null"],
        JsonType::Boolean => &["boolean"],
        JsonType::Integer | JsonType::Number => &["integer", "number"],
        JsonType::String => &["string"],
        JsonType::Array => &["array"],
        JsonType::Object => &["object"],
    };
    let name = if kind == JsonType::Number { "number" } else { kinds[0] };
    needs(place, kinds, &format!("never {}", article(name)))
}
