//! What a scenario expects of an answer and saves from it, held against the answers that are documented.
//!
//! The documented answers are those of the statuses that are expected; without a status, of every documented success.
//!
//! Deliberately not here: which states can follow each other ([`super::resources`]).

use std::collections::BTreeSet;
use std::rc::Rc;

use super::bodies::{BodyCheck, alternatives, article, near_miss};
use super::context::Lint;
use super::documented::{DocumentedPlace, Member};
use super::names::NameTable;
use crate::base::pointer::unescape;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::text::code_list;
use crate::contract::{Contract, Direction, Operation, Reply};
use crate::scenario::model::{Call, Expectation, ExpectedError, Json, JsonType, Matcher, SaveFrom};

impl<'a> Lint<'a> {
    /// Checks an expectation against what is documented of the operation.
    pub(super) fn expectation(
        &mut self,
        expectation: &'a Expectation,
        operation: &'a Operation,
        names: &NameTable<'a>,
    ) {
        for status in expectation.status.iter().filter(|status| operation.reply(status.value).is_none()) {
            let message = format!("the contract documents no status {} for `{}`", status.value, operation.name);
            let known: Vec<String> = operation.replies().map(|reply| reply.status.to_string()).collect();
            let help = format!("documented: {}", known.join(", "));
            self.broken_with_help("undocumented-status", &status.span, message, help);
        }
        self.answer(expectation, operation, names);
        if let Some(state) = &expectation.state {
            let own = self.contract.lifecycle_of(&operation.name).map(|lifecycle| lifecycle.name.as_str());
            self.state(state, own);
        }
    }

    /// Checks that a state belongs to the lifecycle, or to any if none is given.
    pub(super) fn state(&mut self, state: &Spanned<String>, lifecycle: Option<&str>) {
        let contract = self.contract;
        let named = contract.lifecycles().iter().filter(|each| lifecycle.is_none_or(|name| each.name == name));
        let known: Vec<&str> = named.flat_map(|each| each.states.keys().map(String::as_str)).collect();
        if !known.contains(&state.as_str()) {
            let message = match lifecycle {
                Some(name) => format!("the lifecycle `{name}` has no state `{}`", state.value),
                None => format!("unknown state `{}`", state.value),
            };
            self.unknown("unknown-state", state, message, known);
        }
    }

    /// Checks an expectation against the documented answers.
    fn answer(&mut self, expectation: &'a Expectation, operation: &'a Operation, names: &NameTable<'a>) {
        let replies = replies(expectation, operation);
        if replies.is_empty() {
            return;
        }
        if let Some(expected) = &expectation.media_type {
            self.media_type(expected, &replies, operation);
        }
        let body = self.bodies(&replies, expectation.media_type.as_ref());
        for (pointer, matcher) in &expectation.body {
            if let Some(place) = self.matched_place(pointer, matcher, &body, operation) {
                self.matcher(matcher, &matcher.span, &place, operation, names);
            }
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

    fn media_type(&mut self, expected: &Spanned<String>, replies: &[&'a Reply], operation: &Operation) {
        let documented = || replies.iter().flat_map(|reply| &reply.media_types).map(|each| each.name.as_str());
        if documented().any(|known| known.eq_ignore_ascii_case(expected)) {
            return;
        }
        let mut names: Vec<&str> = documented().collect();
        names.sort_unstable();
        names.dedup();
        let help = match names.is_empty() {
            true => "the expected response has no body".to_owned(),
            false => format!("documented: {}", code_list(names.iter().copied())),
        };
        let message = format!("no expected response of `{}` has the media type `{}`", operation.name, expected.value);
        let problem = Diagnostic::at(&expected.span, message).suggest(expected, names).or_help(help);
        self.report(problem.rule("undocumented-media-type"));
    }

    /// What is documented of the bodies of some replies.
    fn bodies(&self, replies: &[&'a Reply], expected: Option<&Spanned<String>>) -> Rc<DocumentedPlace<'a>> {
        let all = || replies.iter().flat_map(|reply| &reply.media_types);
        let chosen = all().filter(|each| expected.is_some_and(|expected| each.name.eq_ignore_ascii_case(expected)));
        let mut pointers: Vec<String> = chosen.filter_map(|each| each.schema.clone()).collect();
        if pointers.is_empty() {
            pointers = all().filter_map(|each| each.schema.clone()).collect();
        }
        self.documented(pointers)
    }

    fn matched_place(
        &mut self,
        pointer: &'a Spanned<String>,
        matcher: &'a Spanned<Matcher>,
        body: &Rc<DocumentedPlace<'a>>,
        operation: &'a Operation,
    ) -> Option<Rc<DocumentedPlace<'a>>> {
        // That something undocumented is not there is worth expecting.
        if matches!(matcher.value, Matcher::Absent) {
            return None;
        }
        self.walk(pointer, &pointer.span, body, operation)
    }

    /// Follows a pointer; `None` when it leads nowhere (which is reported) or to where anything goes.
    fn walk(
        &mut self,
        pointer: &str,
        span: &Span,
        body: &Rc<DocumentedPlace<'a>>,
        operation: &Operation,
    ) -> Option<Rc<DocumentedPlace<'a>>> {
        if body.is_empty() {
            self.broken("unknown-pointer", span, format!("the expected response of `{}` has no body", operation.name));
            return None;
        }
        let mut place = Rc::clone(body);
        for step in pointer.split('/').skip(1) {
            place = self.step_into(&place, &unescape(step), span, operation)?;
        }
        (!place.is_empty()).then_some(place)
    }

    fn step_into(
        &mut self,
        place: &DocumentedPlace<'a>,
        step: &str,
        span: &Span,
        operation: &Operation,
    ) -> Option<Rc<DocumentedPlace<'a>>> {
        let types = place.types();
        let possible = |kind| types.is_empty() || types.contains(&kind);
        if possible("array") && step.parse::<usize>().is_ok() && !place.items().is_empty() {
            return Some(place.items());
        }
        if types == ["array"] {
            let free = step.parse::<usize>().is_ok();
            let message = format!("the contract has a list here, and `{step}` is not an index");
            return if free { None } else { self.no_such_place(Diagnostic::at(span, message)) };
        }
        if !possible("object") {
            let message = format!("the contract has {} here, which has no `{step}`", alternatives(&types));
            return self.no_such_place(Diagnostic::at(span, message));
        }
        match place.member(step) {
            Member::Known(inner) => Some(inner),
            Member::Free => None,
            Member::Unknown => {
                let message = format!("the expected response of `{}` has no `{step}` here", operation.name);
                let mut names: Vec<&str> = place.member_names().collect();
                names.dedup();
                let shown = names.iter().copied().take(12);
                let problem = Diagnostic::at(span, message).suggest(step, names.iter().copied());
                self.no_such_place(problem.or_help(format!("documented: {}", code_list(shown))))
            }
        }
    }

    fn no_such_place(&mut self, problem: Diagnostic) -> Option<Rc<DocumentedPlace<'a>>> {
        self.report(problem.rule("unknown-pointer"));
        None
    }

    fn matcher(
        &mut self,
        matcher: &'a Matcher,
        span: &Span,
        place: &DocumentedPlace<'a>,
        operation: &'a Operation,
        names: &NameTable<'a>,
    ) {
        let problem = match matcher {
            Matcher::Equals(_) | Matcher::OneOf(_) => {
                return self.compared(matcher.values(), place, operation, names);
            }
            Matcher::Contains(_) if place.types() == ["array"] => {
                return self.compared(matcher.values(), &place.items(), operation, names);
            }
            Matcher::Each(each) if place.types() == ["array"] => {
                return self.matcher(each, span, &place.items(), operation, names);
            }
            Matcher::Each(_) => needs(place, &["array"], "which has no entries"),
            Matcher::Matches(_) => needs(place, &["string"], "and only a string is matched"),
            Matcher::Contains(_) => needs(place, &["string", "array", "object"], "which contains nothing"),
            Matcher::Length(_) => needs(place, &["string", "array", "object"], "which has no length"),
            Matcher::GreaterThan(_) | Matcher::LessThan(_) => needs(place, &["integer", "number"], "not a number"),
            Matcher::Type(kind) => possible_type(place, *kind),
            Matcher::Not(_) | Matcher::Absent | Matcher::Present => None,
        };
        if let Some(message) = problem {
            self.broken("impossible-value", span, message);
        }
    }

    fn compared(
        &mut self,
        values: &'a [Json],
        place: &DocumentedPlace<'a>,
        operation: &'a Operation,
        names: &NameTable<'a>,
    ) {
        let (contract, owner) = (self.contract, operation.name.as_str());
        let direction = Direction::Response;
        let mut check =
            BodyCheck { contract, direction, owner, names, bytes: false, whole: true, problems: &mut self.problems };
        values.iter().for_each(|value| check.value(value, place));
    }

    fn error(&mut self, error: &ExpectedError, body: &DocumentedPlace<'a>, operation: &Operation) {
        let mut code = [body.member("code"), body.member("error")];
        // A resource may have a member of that name which is no error code.
        if code[1].known().is_some_and(|place| !place.types().contains(&"string")) {
            code[1] = Member::Unknown;
        }
        if !body.is_empty() && code.iter().all(|member| member.known().is_none()) {
            if matches!(code[0], Member::Unknown) {
                let message = format!("the expected response of `{}` is not an error", operation.name);
                self.broken_with_help("unknown-pointer", &error.span, message, "expect the status of the error, too");
            }
            return;
        }
        let places = code.iter().filter_map(Member::known);
        let values: Vec<&str> = places.flat_map(DocumentedPlace::open_values).collect();
        self.near(error.code.as_ref(), &values);
        if let Some(details) = body.member("details").known() {
            self.near(error.detail.as_ref(), &values_of(&details.items(), "code"));
        }
    }

    fn near(&mut self, given: Option<&Spanned<String>>, values: &[&str]) {
        let problem = given.and_then(|given| near_miss(given, &given.span, values));
        problem.into_iter().for_each(|problem| self.report(problem));
    }
}

/// The documented replies that an expectation may be about.
fn replies<'a>(expectation: &Expectation, operation: &'a Operation) -> Vec<&'a Reply> {
    if !expectation.status.is_empty() {
        return expectation.status.iter().filter_map(|status| operation.reply(status.value)).collect();
    }
    let mut replies: Vec<&Reply> = (200..400).filter_map(|status| operation.reply(status)).collect();
    // A range such as 2XX answers for every status in it.
    replies.dedup();
    replies
}

fn needs(place: &DocumentedPlace<'_>, kinds: &[&str], otherwise: &str) -> Option<String> {
    let types = place.types();
    let fits = types.is_empty() || types.iter().any(|kind| kinds.contains(kind));
    (!fits).then(|| format!("this can never match: the contract has {} here, {otherwise}", alternatives(&types)))
}

fn possible_type(place: &DocumentedPlace<'_>, kind: JsonType) -> Option<String> {
    let name = kind.name();
    let kinds: &[&str] = match kind {
        JsonType::Integer | JsonType::Number => &["integer", "number"],
        _ => &[name],
    };
    needs(place, kinds, &format!("never {}", article(name)))
}

/// The error codes that are documented, and those of the single complaints of an error.
pub fn error_codes(contract: &Contract) -> (BTreeSet<String>, BTreeSet<String>) {
    let replies = contract.operations().iter().flat_map(Operation::replies);
    let schemas = replies.flat_map(|reply| &reply.media_types).filter_map(|each| each.schema.clone());
    let body = DocumentedPlace::at(contract.document(), schemas.collect::<BTreeSet<_>>());
    let codes = ["code", "error"].iter().flat_map(|name| values_of(&body, name)).map(str::to_owned).collect();
    let details = body.member("details").known().map_or_else(Vec::new, |details| values_of(&details.items(), "code"));
    (codes, details.into_iter().map(str::to_owned).collect())
}

/// The documented values of a member.
fn values_of<'a>(place: &DocumentedPlace<'a>, member: &str) -> Vec<&'a str> {
    place.member(member).known().map(DocumentedPlace::open_values).unwrap_or_default()
}
