//! The rules of the lint: their stable ids, and what each is about.
//!
//! Deliberately not here: the rules' code, which stands where the thing is checked.

use crate::base::source::Severity;

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The id, kebab-case, never renamed.
    pub id: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, one sentence.
    pub about: &'static str,
    /// A few lines that break it.
    pub example: &'static str,
    /// How to put it right.
    pub fix: &'static str,
}

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

const fn error(id: &'static str, about: &'static str, example: &'static str, fix: &'static str) -> Rule {
    Rule { id, severity: Severity::Error, about, example, fix }
}

const fn warning(id: &'static str, about: &'static str, example: &'static str, fix: &'static str) -> Rule {
    Rule { severity: Severity::Warning, ..error(id, about, example, fix) }
}

/// All rules: reading first, then names, requests, answers, states, and the suite as a whole.
pub const RULES: &[Rule] = &[
    error(
        "file",
        "A file or folder cannot be read, or is a link that leads astray.",
        "flowproof lint cases/missing.yaml",
        "Name a file that is there; copy what a link leads to.",
    ),
    error(
        "yaml",
        "The file is not the YAML that scenarios are written in.",
        "scenario: A\nscenario: B",
        "Remove what the caret points at; the format's page lists what is refused.",
    ),
    error(
        "form",
        "A value does not have the form that its key needs, or a key is missing.",
        "steps:\n  - call: readFlow\n    expect: { status: OK }",
        "Write the form that the message names.",
    ),
    error(
        "unknown-key",
        "A key is not part of the language.",
        "steps:\n  - call: readFlow\n    expct: { status: 200 }",
        "Write the key that is suggested.",
    ),
    error(
        "template",
        "A `{{…}}` is outside of the two forms that there are: a name, and a helper.",
        "body: { otp: \"{{#if user}}1{{/if}}\" }",
        "Name one value; prepare others with `let`.",
    ),
    error(
        "fragment",
        "A fragment is not there, is used wrongly, or uses itself.",
        "steps:\n  - use: sign-onn",
        "Name a file below `fragments/`, and give each of its parameters a value.",
    ),
    error(
        "equal-names",
        "Two scenarios have one name, or two files one title: reports could not tell them apart.",
        "scenario: The title of another file",
        "Choose another name or title.",
    ),
    error(
        "unknown-name",
        "A template or `sequence` names something that has no value there.",
        "body: { otp: \"{{code}}\" }",
        "Save or bind the value before it is used.",
    ),
    error(
        "unknown-fact",
        "A path leads to a fact that the target does not supply.",
        "body: { user: { id: \"{{user.idd}}\" } }",
        "Write the path that is suggested, or list it in `needs` if other targets have it.",
    ),
    warning(
        "doubtful-need",
        "`needs` lists a fact that the stand-in does not supply, and that is nearly one it does: the scenario is always skipped there.",
        "needs: [user.opt]",
        "Write the path that is suggested.",
    ),
    error("unused-save", "A value is saved and never used.", "save: { auth: /id }", "Remove it, or use it."),
    error(
        "unused-variable",
        "A variable is bound with `let` and never used.",
        "let: { email: \"u-{{unique}}@example.com\" }",
        "Remove it, or use it.",
    ),
    error(
        "unused-parameter",
        "A fragment declares a parameter that nothing in it uses.",
        "fragment: Sign-on\nparameters: [app, user]",
        "Remove the parameter, and what the fragment's uses give it.",
    ),
    warning(
        "unused-fragment",
        "No scenario of the whole suite uses a fragment.",
        "# cases/fragments/old.yaml",
        "Remove the file.",
    ),
    error(
        "unknown-operation",
        "`call` names an operation that the contract does not have.",
        "- call: validateOpt",
        "Write the operation that is suggested.",
    ),
    error(
        "unknown-parameter",
        "A path or query parameter is not one of the operation's.",
        "- call: readFlow\n  path: { flow: \"{{flow}}\" }",
        "Write the parameter that is suggested.",
    ),
    error(
        "missing-parameter",
        "A parameter that the operation needs is not given.",
        "- call: readFlow",
        "Add it under `path` or `query`.",
    ),
    error(
        "missing-body",
        "The operation needs a body and is given none.",
        "- call: validateOtp\n  path: { deviceAuthID: \"{{auth}}\" }",
        "Add the body, or write `invalid: true` to leave it out on purpose.",
    ),
    error(
        "body-not-taken",
        "The operation takes no body and is given one.",
        "- call: readFlow\n  body: {}",
        "Remove the body, or send it with `raw`.",
    ),
    error(
        "request-body",
        "The body breaks the request schema: a property is missing, unknown, or has a value it cannot have.",
        "- call: validateOtp\n  body: { otp: 123456 }",
        "Mend the body, or write `invalid: true` beside it to send it on purpose.",
    ),
    error(
        "bad-header",
        "A header field has a name or value that HTTP does not allow.",
        "headers: { \"X Y\": \"1\" }",
        "Remove the characters that cannot stand there.",
    ),
    error(
        "foreign-media-type",
        "A request has a Content-Type that is not documented for its operation, and no refusal is expected.",
        "- call: validateOtp\n  raw: { media-type: text/plain }",
        "Remove it, or expect the refusal, as in `expect: { status: 415 }`.",
    ),
    error(
        "foreign-host",
        "A request names another host than the target, and no refusal is expected.",
        "- call: readFlow\n  headers: { Host: elsewhere.example }",
        "Remove it, or expect the refusal.",
    ),
    error(
        "no-effect",
        "Something is written that changes nothing.",
        "- call: readFlow\n  without: [authorization]",
        "Remove it.",
    ),
    error(
        "literal-secret",
        "A secret is written out, or something that looks like one.",
        "headers: { Authorization: \"Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLW9mLXRoaXM\" }",
        "Take it from the facts or from an answer; write something plainly wrong where it is meant to be wrong.",
    ),
    error(
        "clock-not-needed",
        "A step moves the clock, and the scenario does not say that it needs one that can be moved.",
        "steps:\n  - advance: 16m",
        "Add `needs: [clock]`.",
    ),
    error(
        "limit-not-needed",
        "A step sets a limit of requests, and the scenario does not say that it needs a tenant where one can be set.",
        "steps:\n  - limit: 0",
        "Add `needs: [limit]`.",
    ),
    error(
        "undocumented-status",
        "A status is expected that the contract does not document for the operation.",
        "- call: readFlow\n  path: { flowID: \"{{flow}}\" }\n  expect: { status: 202 }",
        "Expect one of the documented statuses that the message lists.",
    ),
    error(
        "undocumented-media-type",
        "A media type is expected that no such answer has.",
        "expect: { media-type: application/xml }",
        "Expect one of the documented media types.",
    ),
    error(
        "unknown-pointer",
        "A pointer leads to a place that no such answer has.",
        "save: { auth: /idd }",
        "Write the pointer that is suggested; mind which status is expected.",
    ),
    error(
        "impossible-value",
        "A value is expected that the place can never hold.",
        "expect: { body: { /createdAt: 7 } }",
        "Expect a value of the documented type, form or list.",
    ),
    warning(
        "doubtful-value",
        "A value is nearly one of the documented values of an open list.",
        "expect: { error: { code: INVALID_DATE } }",
        "Write the value that is suggested.",
    ),
    error(
        "unknown-state",
        "A state does not belong to the lifecycle.",
        "expect: { state: OTP_REQIRED }",
        "Write the state that is suggested.",
    ),
    error(
        "forbidden-action",
        "An action is called that no state the resource can be in permits, and no refusal is expected.",
        "- call: validateOtp          # COMPLETED\n- call: validateOtp",
        "Expect the status of the refusal, or call the action earlier.",
    ),
    error(
        "impossible-state",
        "A state is expected that the action cannot lead to.",
        "- call: validateOtp\n  expect: { status: 200, state: ASSERTION_REQUIRED }",
        "Expect one of the states that the message lists.",
    ),
    error(
        "impossible-sequence",
        "`sequence` lists states that cannot follow each other, or not those that the steps expect.",
        "sequence: [COMPLETED, OTP_REQUIRED]",
        "List the states in the order in which they are seen, equal ones in a row once.",
    ),
    error(
        "statuses-count",
        "`statuses` does not list one status for each call.",
        "statuses: [201]",
        "List one for each call.",
    ),
    error(
        "unknown-requirement",
        "`covers` lists an id that is not in the register.",
        "covers: [MFA-OTP-99]",
        "Write the id that is suggested.",
    ),
    error(
        "unknown-check",
        "`levels` names a check that there is not.",
        "levels: { media-typ: warn }",
        "Write the check that is suggested.",
    ),
    error(
        "covers-nothing",
        "The scenario covers no requirement.",
        "scenario: A\nsteps: []",
        "Add `covers` with the ids of the requirements that it proves.",
    ),
    error(
        "checks-nothing",
        "The scenario calls no operation, so that nothing is checked.",
        "steps:\n  - push: { user: bob, answer: approve }",
        "Add a step with `call`.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_in_kebab_case() {
        for (index, one) in RULES.iter().enumerate() {
            assert!(one.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", one.id);
            assert!(RULES[..index].iter().all(|other| other.id != one.id), "{}", one.id);
        }
    }
}
