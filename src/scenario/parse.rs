//! The keys of the language: which there are, what they mean, and how each is read.
//!
//! Every object is a table of keys; [`reference`](fn@reference) gives the tables as data. [`scenario`] and [`fragment`] read whole files.
//!
//! Deliberately not here: how values are read ([`super::decode`]), finding and joining files ([`super::load`]), and whether what is
//! asked makes sense ([`super::lint`](mod@super::lint)).

use std::sync::Arc;
use std::time::Duration;

use super::decode::Form::{Count, Either, List, Map, Number, Object, Pointer, Regex, Text, True, Word};
use super::decode::{Decoder, Form, Key, KeyInfo, Seen, key};
use super::model::{
    Action, Binding, Call, Expectation, ExpectedError, Json, JsonType, Matcher, PushAnswer, Raw, Repeat, Save,
    SaveFrom, Scenario, Sequence, States, Step, Without,
};
use super::template::{Scope, Template};
use crate::base::requires;
use crate::base::source::{Diagnostic, Source, Span, Spanned};
use crate::base::yaml::{Entry, Kind, Node};
use crate::record::Level;

/// A scenario file as written: `use` steps and rows still in it.
#[derive(Debug)]
pub struct ScenarioFile {
    /// The scenario, without a name and a row.
    pub scenario: Scenario,
    /// The rows of `for-each`, each with its name.
    pub rows: Option<Vec<(Spanned<String>, Json)>>,
}

/// A fragment file as written, for one use.
#[derive(Debug)]
pub struct Fragment {
    /// The names of its parameters.
    pub parameters: Vec<Spanned<String>>,
    /// Its steps, templates bound to the use's own names for the parameters.
    pub steps: Vec<Step>,
}

/// The tables of the language with the name of what they describe.
pub fn reference() -> Vec<(&'static str, Vec<KeyInfo>)> {
    fn infos<T>(keys: &[Key<T>]) -> Vec<KeyInfo> {
        keys.iter().map(|key| key.info).collect()
    }
    vec![
        ("scenario", infos(SCENARIO)),
        ("step", infos(STEP)),
        ("expectation", infos(EXPECTATION)),
        ("error", infos(ERROR)),
        ("matcher", infos(MATCHER)),
        ("save", infos(SAVE)),
        ("raw", infos(RAW)),
        ("repeat", infos(REPEAT)),
        ("push", infos(PUSH)),
        ("fragment", infos(FRAGMENT)),
    ]
}

const SCENARIO: &[Key<ScenarioDraft>] = &[
    key("scenario", Text, "The title: the behaviour in one sentence.", |d, at, e| d.title = at.label(&e.value)),
    key("why", Text, "Why the scenario exists.", |d, at, e| d.why = at.label(&e.value)),
    key("requires", Text, "The version of Flowproof that the file needs, as in `flowproof >= 0.2`.", |_, at, e| {
        at.label(&e.value);
    }),
    key("covers", TEXTS, "Ids of the requirements that it covers.", |d, at, e| d.covers = labels(at, &e.value)),
    key("tags", TEXTS, "Words to select scenarios by.", |d, at, e| d.tags = labels(at, &e.value)),
    key("needs", TEXTS, "Facts that the target must supply, else it is skipped.", |d, at, e| {
        d.needs = labels(at, &e.value)
    }),
    key("levels", LEVELS, "Levels of checks, for this scenario only.", |d, at, e| d.levels = levels(at, &e.value)),
    key("let", VALUES, "Variables, rendered once before the first step, in order.", |d, at, e| {
        d.bindings = at.bindings(&e.value)
    }),
    key("for-each", ROWS, "Rows of data: one run of the scenario for each.", |d, at, e| d.rows = rows(at, &e.value)),
    key("steps", STEPS, "What to do, in order.", |d, at, e| d.steps = steps(at, &e.value)),
    key("cleanup", STEPS, "What to do when all is over, however it ended.", |d, at, e| {
        d.cleanup = steps(at, &e.value);
        if d.cleanup.is_empty() {
            at.report(Diagnostic::at(&e.key.span, "this cleans nothing up: it is empty"));
        }
    }),
    key("sequence", SEQUENCE, "The whole list of states gone through.", |d, at, e| d.sequence = sequence(at, &e.value)),
    key("statuses", STATUSES, "The status codes of all calls, in order.", |d, at, e| {
        d.statuses = statuses(at, &e.value)
    }),
];

const STEP: &[Key<StepDraft>] = &[
    key("name", Text, "A label for people.", |d, at, e| d.label = at.label(&e.value)),
    key("let", VALUES, "Variables, rendered before the step.", |d, at, e| d.bindings = at.bindings(&e.value)),
    key("call", Text, "The operation to call.", |d, at, e| d.operation = at.label(&e.value)),
    key("path", VALUES_AS_TEXT, "Path parameters.", |d, at, e| d.path = at.text_bindings(&e.value)),
    key("query", VALUES_AS_TEXT, "Query parameters.", |d, at, e| d.query = at.text_bindings(&e.value)),
    key("headers", VALUES_AS_TEXT, "Request header fields.", |d, at, e| d.headers = at.text_bindings(&e.value)),
    key("body", Form::Json, "The JSON body, or the fields of a form.", |d, at, e| d.body = at.json(&e.value)),
    key("invalid", True, "The body breaks the request schema on purpose.", |d, at, e| {
        d.invalid = at.only_true(&e.value).is_some()
    }),
    key("raw", Object("raw"), "What to send exactly as written.", |d, at, e| d.raw = raw(at, &e.value)),
    key("without", WITHOUTS, "What to leave out that is supplied otherwise.", |d, at, e| {
        d.without = withouts(at, &e.value)
    }),
    key("expect", EXPECT, "What is expected beyond the contract.", |d, at, e| d.expect = expectation(at, &e.value)),
    key("save", SAVES, "Values to keep for later steps.", |d, at, e| d.saves = saves(at, &e.value)),
    key("repeat", Object("repeat"), "How often the call may be repeated.", |d, at, e| d.repeat = pace(at, &e.value)),
    key("until", EXPECT, "When to stop repeating.", |d, at, e| d.until = expectation(at, &e.value)),
    key("push", Object("push"), "Answers a push notification, out of band.", |d, at, e| d.action = push(at, &e.value)),
    key("advance", Form::Duration, "Moves the stand-in's clock.", |d, at, e| {
        d.action = at.duration(&e.value).map(Action::Advance)
    }),
    key("limit", Count(0, MOST_LIMIT), "Lets so many requests pass; the next one is refused.", |d, at, e| {
        let requests = at.count(&e.value, 0..=MOST_LIMIT);
        d.action = requests.map(|requests| Action::Limit(Spanned::new(requests, e.value.span.clone())))
    }),
    key("use", Text, "Puts the steps of a fragment here.", |d, at, e| d.fragment = at.label(&e.value)),
    key("with", VALUES, "Values for the fragment's parameters.", |d, at, e| d.arguments = at.arguments(&e.value)),
];

const EXPECTATION: &[Key<Expectation>] = &[
    key("status", STATUS, "The status code, or several that may come.", |d, at, e| {
        d.status = at.one_or_many(&e.value, Decoder::status).unwrap_or_default();
    }),
    key("state", Text, "The lifecycle's state.", |d, at, e| d.state = at.label(&e.value)),
    key("media-type", Text, "The media type, without parameters.", |d, at, e| d.media_type = at.label(&e.value)),
    key("headers", MATCHERS, "Header fields.", |d, at, e| d.headers = header_matchers(at, &e.value)),
    key("body", MATCHERS, "Values in the body, by JSON pointer.", |d, at, e| d.body = body_matchers(at, &e.value)),
    key("error", Object("error"), "The error in the body.", |d, at, e| d.error = expected_error(at, &e.value)),
];

const ERROR: &[Key<ErrorDraft>] = &[
    key("code", Text, "`/code`, or `/error` of an OAuth error.", |d, at, e| d.0 = at.label(&e.value)),
    key("detail", Text, "`code` of one entry of `/details`.", |d, at, e| d.1 = at.label(&e.value)),
    key("target", Text, "`target` of the same entry.", |d, at, e| d.2 = at.label(&e.value)),
];

/// What a matcher is read into.
struct MatcherDraft {
    /// Whether values to compare with are text as written, as in header fields.
    as_text: bool,
    matcher: Option<Matcher>,
}

impl MatcherDraft {
    fn value(&self, at: &mut Decoder, node: &Node) -> Option<Json> {
        if self.as_text { at.text_json(node) } else { at.json(node) }
    }

    fn values(&self, at: &mut Decoder, node: &Node) -> Option<Vec<Json>> {
        at.list(node, |at, item| self.value(at, item))
    }
}

const MATCHER: &[Key<MatcherDraft>] = &[
    key("equals", Form::Json, "Equal to this, numbers compared by value.", |d, at, e| {
        d.matcher = d.value(at, &e.value).map(Matcher::Equals)
    }),
    key("not", Form::Json, "There, and not equal to this.", |d, at, e| {
        d.matcher = d.value(at, &e.value).map(Matcher::Not)
    }),
    key("matches", Regex, "A string in which this is found.", |d, at, e| {
        d.matcher = at.regex(&e.value).map(Matcher::Matches)
    }),
    key(
        "contains",
        Form::Json,
        "A string with this text, a list with this value, an object with this key in it.",
        |d, at, e| {
            d.matcher = d.value(at, &e.value).map(Matcher::Contains);
        },
    ),
    key("length", Count(0, u64::MAX), "This many entries or characters.", |d, at, e| {
        d.matcher = at.count(&e.value, 0..=u64::MAX).map(Matcher::Length)
    }),
    key("one-of", List(&Form::Json), "Equal to one of these.", |d, at, e| {
        d.matcher = d.values(at, &e.value).map(Matcher::OneOf);
    }),
    key("type", Word(&TYPE_NAMES), "Of this JSON type.", |d, at, e| {
        d.matcher = at.word(&e.value, &TYPES).map(|word| Matcher::Type(word.value))
    }),
    key("absent", True, "Not there.", |d, at, e| d.matcher = at.only_true(&e.value).map(|()| Matcher::Absent)),
    key("present", True, "There, whatever it is.", |d, at, e| {
        d.matcher = at.only_true(&e.value).map(|()| Matcher::Present)
    }),
    key("greater-than", Number, "A number greater than this.", |d, at, e| {
        d.matcher = at.number(&e.value).map(Matcher::GreaterThan)
    }),
    key("less-than", Number, "A number less than this.", |d, at, e| {
        d.matcher = at.number(&e.value).map(Matcher::LessThan)
    }),
];

const SAVE: &[Key<SaveDraft>] = &[
    key("header", Text, "The response header's name.", |d, at, e| d.0 = at.label(&e.value)),
    key("capture", Regex, "What to cut out of its value: the first group.", |d, at, e| d.1 = capture(at, &e.value)),
];

const RAW: &[Key<RawDraft>] = &[
    key("media-type", Text, "The Content-Type; `none` sends no such field.", |d, at, e| {
        d.media_type = media_type(at, &e.value)
    }),
    key("body", Text, "The bytes of the body, as text.", |d, at, e| d.body = at.template(&e.value)),
    key("method", Text, "The method.", |d, at, e| d.method = method(at, &e.value)),
    key("path", Text, "The path with its query, from the origin's root.", |d, at, e| d.path = raw_path(at, &e.value)),
];

const REPEAT: &[Key<PaceDraft>] = &[
    key("at-most", Count(1, MOST_REPEATS), "How often the call is sent at the most.", |d, at, e| {
        d.0 = at.count(&e.value, 1..=MOST_REPEATS)
    }),
    key("every", Form::Duration, "The pause between two calls.", |d, at, e| {
        d.1 = at.duration(&e.value).map(|time| time.value)
    }),
    key("within", Form::Duration, "How long the call is repeated at the most.", |d, at, e| {
        d.2 = at.duration(&e.value).map(|time| time.value)
    }),
];

const PUSH: &[Key<PushDraft>] = &[
    key("user", Text, "The user's id, name or address.", |d, at, e| d.0 = at.text_json(&e.value)),
    key("answer", Word(&["approve", "reject"]), "What the user answers.", |d, at, e| d.1 = at.word(&e.value, &ANSWERS)),
];

const FRAGMENT: &[Key<FragmentDraft>] = &[
    key("fragment", Text, "The title.", |d, at, e| d.title = at.label(&e.value)),
    key("parameters", TEXTS, "Names that the use must give a value.", |d, at, e| {
        d.parameters = parameters(at, &e.value)
    }),
    key("steps", STEPS, "What to do, in order.", |d, at, e| d.steps = steps(at, &e.value)),
];

const TEXTS: Form = List(&Text);
const VALUES: Form = Map(&Form::Json);
const VALUES_AS_TEXT: Form = Map(&Text);
const LEVELS: Form = Map(&Word(&["allow", "warn", "deny"]));
const ROWS: Form = List(&Map(&Form::Json));
const STEPS: Form = List(&Object("step"));
const SEQUENCE: Form = Either(&[List(&Text), Map(&List(&Text))]);
const STATUS: Form = Either(&[Count(100, 599), STATUSES]);
const STATUSES: Form = List(&Count(100, 599));
const WITHOUTS: Form = List(&Word(&["authorization", "cookie", "accept"]));
const EXPECT: Form = Object("expectation");
const MATCHERS: Form = Map(&Either(&[Form::Json, Object("matcher")]));
const SAVES: Form = Map(&Either(&[Pointer, Object("save")]));
const MOST_REPEATS: u64 = 1_000;
const MOST_LIMIT: u64 = 1_000;
/// How long a call is repeated where nothing is said of it.
const LONGEST_REPEATING: Duration = Duration::from_secs(600);
pub(super) const MOST_ROWS: usize = 1_000;

const LEVEL_WORDS: [(&str, Level); 3] = [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];
const ANSWERS: [(&str, PushAnswer); 2] = [("approve", PushAnswer::Approve), ("reject", PushAnswer::Reject)];
const WITHOUT_WORDS: [(&str, Without); 3] =
    [("authorization", Without::Authorization), ("cookie", Without::Cookie), ("accept", Without::Accept)];
const TYPE_NAMES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
const TYPES: [(&str, JsonType); 7] = [
    ("null", JsonType::Null),
    ("boolean", JsonType::Boolean),
    ("integer", JsonType::Integer),
    ("number", JsonType::Number),
    ("string", JsonType::String),
    ("array", JsonType::Array),
    ("object", JsonType::Object),
];

#[derive(Default)]
struct ScenarioDraft {
    title: Option<Spanned<String>>,
    why: Option<Spanned<String>>,
    covers: Vec<Spanned<String>>,
    tags: Vec<Spanned<String>>,
    needs: Vec<Spanned<String>>,
    levels: Vec<(Spanned<String>, Spanned<Level>)>,
    bindings: Vec<Binding>,
    rows: Option<Vec<(Spanned<String>, Json)>>,
    steps: Vec<Step>,
    cleanup: Vec<Step>,
    sequence: Option<Sequence>,
    statuses: Option<Spanned<Vec<u16>>>,
}

#[derive(Default)]
struct StepDraft {
    label: Option<Spanned<String>>,
    bindings: Vec<Binding>,
    operation: Option<Spanned<String>>,
    path: Vec<Binding>,
    query: Vec<Binding>,
    headers: Vec<Binding>,
    body: Option<Json>,
    invalid: bool,
    raw: Option<Raw>,
    without: Vec<Spanned<Without>>,
    expect: Option<Expectation>,
    saves: Vec<Save>,
    repeat: Option<Budget>,
    until: Option<Expectation>,
    action: Option<Action>,
    fragment: Option<Spanned<String>>,
    arguments: Vec<Binding>,
}

type ErrorDraft = (Option<Spanned<String>>, Option<Spanned<String>>, Option<Spanned<String>>);
type SaveDraft = (Option<Spanned<String>>, Option<regex::Regex>);
type PaceDraft = (Option<u64>, Option<Duration>, Option<Duration>);
/// How often, how far apart, how long.
type Budget = (u32, Duration, Duration);
type PushDraft = (Option<Json>, Option<Spanned<PushAnswer>>);

#[derive(Default)]
struct RawDraft {
    media_type: Option<Option<Template>>,
    body: Option<Template>,
    method: Option<Spanned<String>>,
    path: Option<Template>,
}

#[derive(Default)]
struct FragmentDraft {
    title: Option<Spanned<String>>,
    parameters: Vec<Spanned<String>>,
    steps: Vec<Step>,
}

/// Reads a scenario file's tree; problems are added to `problems`, and `None` means that too little is there to go on.
pub fn scenario(source: &Arc<Source>, root: &Node, problems: &mut Vec<Diagnostic>) -> Option<ScenarioFile> {
    let scope = Scope::new();
    let mut at = Decoder::new(&scope);
    let file = scenario_file(&mut at, source, root);
    problems.append(&mut at.problems);
    file
}

fn scenario_file(at: &mut Decoder, source: &Arc<Source>, root: &Node) -> Option<ScenarioFile> {
    if let Some(span) = key_span(root, "fragment") {
        return at.fail(&span, "this is a fragment: it is used by scenarios and cannot run by itself");
    }
    if let Some(problem) = unmet(root) {
        at.report(problem);
        return None;
    }
    let mut draft = ScenarioDraft::default();
    let seen = at.object(root, "a scenario", SCENARIO, &mut draft)?;
    require(at, &seen, root, "a scenario", &["scenario", "steps"]);
    let scenario = Scenario {
        name: String::new(),
        source: Arc::clone(source),
        title: draft.title?,
        why: draft.why,
        covers: draft.covers,
        tags: draft.tags,
        needs: draft.needs,
        levels: draft.levels,
        bindings: draft.bindings,
        row: None,
        steps: draft.steps,
        cleanup: draft.cleanup,
        sequence: draft.sequence,
        statuses: draft.statuses,
    };
    Some(ScenarioFile { scenario, rows: draft.rows })
}

/// What is wrong with the version that a file says it needs; the rest of such a file is not looked at.
fn unmet(root: &Node) -> Option<Diagnostic> {
    let Kind::Map(entries) = &root.kind else { return None };
    let entry = entries.iter().find(|entry| entry.key.value == "requires")?;
    let Kind::Scalar(scalar) = &entry.value.kind else { return None };
    Some(Diagnostic::at(&entry.value.span, requires::problem(&scalar.text)?))
}

fn key_span(node: &Node, name: &str) -> Option<Span> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key.value == name).map(|entry| entry.key.span.clone())
}

/// Notes which of the keys are missing, at the first line of what they are missing from.
fn require(at: &mut Decoder, seen: &Seen, node: &Node, what: &str, names: &[&str]) {
    let first = seen.iter().next().map_or_else(|| node.span.clone(), |key| key.span.clone());
    for name in names.iter().filter(|name| seen.get(name).is_none()) {
        at.report(Diagnostic::at(&first, format!("{what} needs the key `{name}`")));
    }
}

/// Reads a fragment file's tree, once to check it and once for every use; `scope` names its parameters in that use.
pub fn fragment(root: &Node, scope: &Scope, problems: &mut Vec<Diagnostic>) -> Option<Fragment> {
    let mut at = Decoder::new(scope);
    let mut draft = FragmentDraft::default();
    let seen = at.object(root, "a fragment", FRAGMENT, &mut draft);
    if let Some(seen) = &seen {
        require(&mut at, seen, root, "a fragment", &["fragment", "steps"]);
    }
    problems.append(&mut at.problems);
    seen.map(|_| Fragment { parameters: draft.parameters, steps: draft.steps })
}

fn labels(at: &mut Decoder, node: &Node) -> Vec<Spanned<String>> {
    at.list(node, Decoder::label).unwrap_or_default()
}

fn parameters(at: &mut Decoder, node: &Node) -> Vec<Spanned<String>> {
    let names: Vec<Spanned<String>> = at
        .list(node, |at, item| {
            let text = at.text(item)?;
            at.parameter(&text)
        })
        .unwrap_or_default();
    for (position, name) in names.iter().enumerate() {
        if let Some(first) = names[..position].iter().find(|earlier| earlier.value == name.value) {
            let problem = Diagnostic::at(&name.span, format!("the parameter `{}` is given twice", name.value));
            at.report(problem.related(&first.span, "first given here"));
        }
    }
    names
}

fn levels(at: &mut Decoder, node: &Node) -> Vec<(Spanned<String>, Spanned<Level>)> {
    at.entries(node, |at, entry| Some((entry.key.clone(), at.word(&entry.value, &LEVEL_WORDS)?))).unwrap_or_default()
}

fn rows(at: &mut Decoder, node: &Node) -> Option<Vec<(Spanned<String>, Json)>> {
    match &node.kind {
        Kind::List(items) if items.is_empty() => {
            return at.fail(&node.span, "`for-each` has no rows: the scenario would never run");
        }
        Kind::List(items) if items.len() > MOST_ROWS => {
            let message = format!("`for-each` has {} rows; it may have {MOST_ROWS} at the most", items.len());
            return at.fail(&items[MOST_ROWS].span, message);
        }
        _ => {}
    }
    let mut rows: Vec<(Spanned<String>, Json)> = Vec::new();
    for (name, values) in at.list(node, row)? {
        match rows.iter().find(|(earlier, _)| earlier.value == name.value) {
            Some((first, _)) => {
                let problem = Diagnostic::at(&name.span, format!("two rows are named `{}`", name.value));
                at.report(problem.related(&first.span, "first named here"));
            }
            None => rows.push((name, values)),
        }
    }
    Some(rows)
}

fn row(at: &mut Decoder, node: &Node) -> Option<(Spanned<String>, Json)> {
    let values = at.json(node)?;
    let Kind::Map(entries) = &node.kind else { return at.fail(&node.span, "a row is a map with a `name`") };
    let Some(entry) = entries.iter().find(|entry| entry.key.value == "name") else {
        return at.fail(&node.span, "a row needs a `name`");
    };
    let name = at.label(&entry.value)?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !plain {
        return at.fail(&name.span, "a row's name is letters, digits, `-`, `_` and `.`");
    }
    Some((name, values))
}

fn sequence(at: &mut Decoder, node: &Node) -> Option<Sequence> {
    match &node.kind {
        Kind::Map(_) => {
            let named = at.entries(node, |at, entry| Some((at.name(&entry.key)?, states(at, &entry.value)?)))?;
            Some(Sequence::ByVariable(named))
        }
        _ => states(at, node).map(Sequence::Only),
    }
}

fn states(at: &mut Decoder, node: &Node) -> Option<States> {
    let states = at.list(node, Decoder::label)?;
    Some(Spanned::new(states, node.span.clone()))
}

fn statuses(at: &mut Decoder, node: &Node) -> Option<Spanned<Vec<u16>>> {
    let codes = at.list(node, |at, item| at.status(item).map(|code| code.value))?;
    Some(Spanned::new(codes, node.span.clone()))
}

fn steps(at: &mut Decoder, node: &Node) -> Vec<Step> {
    at.list(node, step).unwrap_or_default()
}

fn step(at: &mut Decoder, node: &Node) -> Option<Step> {
    let mut draft = StepDraft::default();
    let seen = at.object(node, "a step", STEP, &mut draft)?;
    check_company(at, &seen, node)?;
    let label = draft.label.take().map(|label| label.value);
    let bindings = std::mem::take(&mut draft.bindings);
    Some(Step { span: node.span.clone(), label, bindings, action: action(at, &seen, draft)? })
}

/// What a step can do, and the keys that have a meaning only beside it.
pub(super) const ACTIONS: [(&str, &[&str]); 5] = [
    ("call", &["path", "query", "headers", "body", "invalid", "raw", "without", "expect", "save", "repeat", "until"]),
    ("push", &[]),
    ("advance", &[]),
    ("limit", &[]),
    ("use", &["with"]),
];

fn check_company(at: &mut Decoder, seen: &Seen, node: &Node) -> Option<()> {
    let mut chosen = ACTIONS.iter().filter_map(|(name, company)| seen.get(name).map(|span| (*name, *company, span)));
    let Some((name, company, span)) = chosen.next() else {
        let help = "a step has one of `call`, `push`, `advance`, `limit`, `use`";
        at.report(
            Diagnostic::at(&seen.iter().next().map_or(&node.span, |key| &key.span).clone(), "this step does nothing")
                .help(help),
        );
        return None;
    };
    if let Some((other, _, second)) = chosen.next() {
        at.report(
            Diagnostic::at(second, format!("a step cannot both `{name}` and `{other}`"))
                .related(span, "the first action"),
        );
        return None;
    }
    for key in seen.iter().filter(|key| !["name", "let", name].contains(&key.value) && !company.contains(&key.value)) {
        at.report(Diagnostic::at(&key.span, format!("`{}` has no effect beside `{name}`", key.value)));
    }
    Some(())
}

fn action(at: &mut Decoder, seen: &Seen, draft: StepDraft) -> Option<Action> {
    if seen.get("use").is_some() {
        return Some(Action::Use { fragment: draft.fragment?, arguments: draft.arguments });
    }
    if seen.get("call").is_none() {
        return draft.action;
    }
    let repeat = repeat(at, seen, draft.repeat, draft.until);
    Some(Action::Call(Box::new(Call {
        operation: draft.operation?,
        path: draft.path,
        query: draft.query,
        headers: draft.headers,
        body: draft.body,
        invalid: draft.invalid,
        raw: draft.raw,
        without: draft.without,
        expect: draft.expect.unwrap_or_default(),
        saves: draft.saves,
        repeat,
    })))
}

fn repeat(at: &mut Decoder, seen: &Seen, pace: Option<Budget>, until: Option<Expectation>) -> Option<Repeat> {
    match (seen.get("repeat"), seen.get("until")) {
        (Some(span), None) => at.fail(span, "`repeat` needs `until`: what ends the repetition"),
        (None, Some(span)) => at.fail(span, "`until` needs `repeat`: how often the call may be sent"),
        (None, None) => None,
        (Some(span), Some(_)) => {
            let (at_most, every, within) = pace?;
            Some(Repeat { span: span.clone(), at_most, every, within, until: until? })
        }
    }
}

fn pace(at: &mut Decoder, node: &Node) -> Option<Budget> {
    let mut draft = PaceDraft::default();
    let seen = at.object(node, "`repeat`", REPEAT, &mut draft)?;
    require(at, &seen, node, "`repeat`", &["at-most", "every"]);
    Some((u32::try_from(draft.0?).ok()?, draft.1?, draft.2.unwrap_or(LONGEST_REPEATING)))
}

fn push(at: &mut Decoder, node: &Node) -> Option<Action> {
    let mut draft = PushDraft::default();
    let seen = at.object(node, "`push`", PUSH, &mut draft)?;
    require(at, &seen, node, "`push`", &["user", "answer"]);
    Some(Action::Push { user: draft.0?, answer: draft.1? })
}

fn raw(at: &mut Decoder, node: &Node) -> Option<Raw> {
    let mut draft = RawDraft::default();
    let seen = at.object(node, "`raw`", RAW, &mut draft)?;
    if seen.iter().next().is_none() {
        return at.fail(&node.span, "`raw` changes nothing: it is empty");
    }
    let RawDraft { media_type, body, method, path } = draft;
    Some(Raw { span: node.span.clone(), media_type, body, method, path })
}

fn media_type(at: &mut Decoder, node: &Node) -> Option<Option<Template>> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.text == "none" => Some(None),
        _ => at.template(node).map(Some),
    }
}

fn method(at: &mut Decoder, node: &Node) -> Option<Spanned<String>> {
    let method = at.label(node)?;
    match method.parse::<http::Method>() {
        Ok(_) if method.chars().all(|c| c.is_ascii_uppercase()) => Some(method),
        _ => at.fail(&node.span, format!("`{}` is no method; methods are written in capitals", method.value)),
    }
}

fn raw_path(at: &mut Decoder, node: &Node) -> Option<Template> {
    let text = at.text(node)?;
    match text.starts_with('/') {
        true => at.template(node),
        false => at.fail(&node.span, "a raw path begins with `/`: the host is the target's"),
    }
}

fn withouts(at: &mut Decoder, node: &Node) -> Vec<Spanned<Without>> {
    at.list(node, |at, item| at.word(item, &WITHOUT_WORDS)).unwrap_or_default()
}

fn saves(at: &mut Decoder, node: &Node) -> Vec<Save> {
    at.entries(node, save).unwrap_or_default()
}

fn save(at: &mut Decoder, entry: &Entry) -> Option<Save> {
    let name = at.name(&entry.key);
    let from = match &entry.value.kind {
        Kind::Map(_) => saved_header(at, &entry.value),
        _ => {
            let pointer = at.text(&entry.value)?;
            at.pointer(&pointer).map(|pointer| SaveFrom::Body(pointer.value))
        }
    };
    Some(Save { name: name?, from: from?, span: entry.value.span.clone() })
}

fn saved_header(at: &mut Decoder, node: &Node) -> Option<SaveFrom> {
    let mut draft = SaveDraft::default();
    let seen = at.object(node, "`save`", SAVE, &mut draft)?;
    require(at, &seen, node, "`save`", &["header"]);
    Some(SaveFrom::Header { name: draft.0?.value, capture: draft.1 })
}

fn capture(at: &mut Decoder, node: &Node) -> Option<regex::Regex> {
    let regex = at.regex(node)?;
    match regex.captures_len() {
        2 => Some(regex),
        _ => at.fail(&node.span, "the expression must have exactly one group `(…)`: what is kept"),
    }
}

fn expectation(at: &mut Decoder, node: &Node) -> Option<Expectation> {
    let mut expectation = Expectation::default();
    let seen = at.object(node, "an expectation", EXPECTATION, &mut expectation)?;
    match seen.iter().next() {
        Some(_) => Some(expectation),
        None => at.fail(&node.span, "this expects nothing: it is empty"),
    }
}

fn expected_error(at: &mut Decoder, node: &Node) -> Option<ExpectedError> {
    let mut draft = ErrorDraft::default();
    let seen = at.object(node, "`error`", ERROR, &mut draft)?;
    match seen.iter().next() {
        Some(_) => Some(ExpectedError { span: node.span.clone(), code: draft.0, detail: draft.1, target: draft.2 }),
        None => at.fail(&node.span, "this expects nothing: it is empty"),
    }
}

type Matchers = Vec<(Spanned<String>, Spanned<Matcher>)>;

fn header_matchers(at: &mut Decoder, node: &Node) -> Matchers {
    at.entries(node, |at, entry| Some((entry.key.clone(), matcher(at, &entry.value, true)?))).unwrap_or_default()
}

fn body_matchers(at: &mut Decoder, node: &Node) -> Matchers {
    at.entries(node, |at, entry| {
        let pointer = at.pointer(&entry.key);
        let matcher = matcher(at, &entry.value, false);
        Some((pointer?, matcher?))
    })
    .unwrap_or_default()
}

fn matcher(at: &mut Decoder, node: &Node, as_text: bool) -> Option<Spanned<Matcher>> {
    let mut draft = MatcherDraft { as_text, matcher: None };
    let Kind::Map(_) = &node.kind else {
        let value = draft.value(at, node)?;
        return Some(Spanned::new(Matcher::Equals(value), node.span.clone()));
    };
    let seen = at.object(node, "a matcher", MATCHER, &mut draft)?;
    let mut keys = seen.iter();
    match (keys.next(), keys.next()) {
        (Some(_), None) => Some(Spanned::new(draft.matcher?, node.span.clone())),
        (None, _) => at.fail(&node.span, "this matcher demands nothing; to compare with an object, write `equals`"),
        (Some(first), Some(second)) => {
            let problem = Diagnostic::at(&second.span, "a matcher has exactly one key");
            at.report(problem.related(&first.span, "the first key"));
            None
        }
    }
}
