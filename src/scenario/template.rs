//! Texts with `{{…}}` in them: a closed grammar, checked when the file is read, rendered when values are known.
//!
//! There are two forms: `{{path.to.value}}` and `{{helper argument}}`. A text that is exactly one of them keeps the JSON type of
//! the value. What is inserted is data: never escaped, never rendered again. Handlebars compiles and renders the texts that mix
//! words and values; it is given only the values that the text names, each under a name of its own, so that nothing else
//! (partials, registered helpers, the rest of the facts) can be reached from a scenario.
//!
//! Deliberately not here: where values come from. Passcodes and the like are fetched by the engine, which reads
//! [`Template::uses`] and fills [`Values::helpers`] before it renders.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use handlebars::{Context, Handlebars, RenderContext, Renderable, StringOutput};
use serde_json::{Map, Value};

use super::model::{Json, JsonValue};
use crate::base::source::{Diagnostic, Span};
use crate::base::text::nearest;

/// The names under which targets supply facts.
pub const FACTS: [&str; 8] = ["env", "worker", "apps", "policies", "user", "users", "clock", "limit"];
/// How long a text with templates may be: handlebars takes time by the square of the length.
const MAX_BYTES: usize = 16 * 1024;
/// The name of the row of data.
pub const ROW: &str = "row";

/// A text with at least one `{{…}}` in it, or plain text where only text is allowed.
#[derive(Debug, Clone)]
pub struct Template(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    span: Span,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// No template in it.
    Text(String),
    /// Exactly one use and nothing else.
    Whole(Use),
    /// Words and values; the compiled text names the values `v0`, `v1`, …
    Mixed { uses: Vec<Use>, compiled: Box<handlebars::Template> },
}

/// One `{{…}}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The braces and what is between them.
    pub span: Span,
    /// What is asked for.
    pub kind: UseKind,
}

/// What a `{{…}}` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseKind {
    /// The value at a path such as `user.id`.
    Name(String),
    /// What a helper makes.
    Helper(HelperCall),
}

impl UseKind {
    /// The path that must lead to a value: the name itself, or a helper's argument.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Name(path) => Some(path),
            Self::Helper(HelperCall { argument: Some(Argument::Path(path)), .. }) => Some(path),
            Self::Helper(_) => None,
        }
    }
}

/// A helper with its argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HelperCall {
    /// The helper.
    pub helper: Helper,
    /// What it is about.
    pub argument: Option<Argument>,
}

/// The helpers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Helper {
    /// The one-time passcode that a user was sent or that their device shows.
    Otp,
    /// The verification code that a user was sent.
    VerificationCode,
    /// The password recovery code that a user was sent.
    RecoveryCode,
    /// The `Basic …` credentials of an application.
    Basic,
    /// A short text that no other place of the run gets.
    Unique,
    /// A random UUID.
    Uuid,
}

impl Helper {
    /// All helpers with the names people write, whether they take an argument, and what they give.
    pub const ALL: [(&'static str, Self, bool, &'static str); 6] = [
        ("otp", Self::Otp, true, "the newest one-time passcode of a user"),
        ("verificationCode", Self::VerificationCode, true, "the newest verification code sent to a user"),
        ("recoveryCode", Self::RecoveryCode, true, "the newest password recovery code sent to a user"),
        ("basic", Self::Basic, true, "the `Basic …` header value of an application"),
        ("unique", Self::Unique, false, "a short text that occurs nowhere else"),
        ("uuid", Self::Uuid, false, "a random UUID"),
    ];

    /// The helper of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    /// The name people write.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Whether it must be told what it is about.
    pub fn takes_argument(self) -> bool {
        Self::ALL[self as usize].2
    }
}

/// What a helper is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Argument {
    /// The value at a path.
    Path(String),
    /// This text.
    Text(String),
}

/// The parameters of a fragment by the name written, with the name they have in the scenario that uses it.
pub type Scope = HashMap<String, String>;

/// What a target supplies, by name: the largest part of all values, of which a scenario uses little.
pub trait Facts: fmt::Debug + Send + Sync {
    /// One fact.
    fn fact(&self, name: &str) -> Option<&Value>;
    /// The names of all facts.
    fn names(&self) -> Vec<&str>;
}

impl Facts for Map<String, Value> {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

/// What templates are rendered with.
#[derive(Debug, Clone)]
pub struct Values {
    /// What the target supplies.
    pub facts: Arc<dyn Facts>,
    /// The row, variables and saved values, by name; they hide facts of the same name.
    pub data: Map<String, Value>,
    /// What helpers gave, fetched before rendering.
    pub helpers: HashMap<HelperCall, String>,
}

impl Default for Values {
    fn default() -> Self {
        Self { facts: Arc::new(Map::new()), data: Map::new(), helpers: HashMap::new() }
    }
}

impl Values {
    /// The value at a path such as `users.sms.devices.0.[otp.check]`.
    pub fn find(&self, path: &str) -> Option<&Value> {
        self.follow(path).ok()
    }

    /// The value at a path, or the first step that leads nowhere and the keys that would have.
    fn follow<'v, 'p>(&'v self, path: &'p str) -> Result<&'v Value, (&'p str, Vec<&'v str>)> {
        let mut segments = segments(path);
        let root = segments.next().unwrap_or_default();
        let missing = || (root, self.data.keys().map(String::as_str).chain(self.facts.names()).collect());
        let first = self.data.get(root).or_else(|| self.facts.fact(root)).ok_or_else(missing)?;
        segments.try_fold(first, |value, segment| step_into(value, segment).ok_or_else(|| (segment, keys_of(value))))
    }
}

fn step_into<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

fn keys_of(value: &Value) -> Vec<&str> {
    value.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// The steps of a path; what stands in square brackets is one step.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let text = rest?;
        if let Some((inside, after)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            rest = after.strip_prefix('.');
            return Some(inside);
        }
        let (segment, after) = text.split_once('.').map_or((text, None), |(segment, after)| (segment, Some(after)));
        rest = after;
        Some(segment)
    })
}

/// The first step of a path.
pub fn root(path: &str) -> &str {
    segments(path).next().unwrap_or_default()
}

/// A value that could not be made, and where the template asks for it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// The `{{…}}`.
    pub span: Span,
    /// What is wrong, one sentence without a final stop; never holds a value.
    pub message: String,
    /// What to try next.
    pub help: Option<String>,
}

impl From<RenderError> for Diagnostic {
    fn from(error: RenderError) -> Self {
        let problem = Self::at(&error.span, error.message);
        Self { help: error.help, ..problem }
    }
}

impl Template {
    /// Reads a text; `span` is the scalar in the file, quotes included.
    ///
    /// # Errors
    /// With every `{{…}}` that is outside the grammar.
    pub fn parse(text: &str, span: &Span) -> Result<Self, Vec<Diagnostic>> {
        Self::parse_in(text, span, &Scope::new())
    }

    /// Reads a text in which some names are parameters of a fragment.
    ///
    /// # Errors
    /// With every `{{…}}` that is outside the grammar.
    pub fn parse_in(text: &str, span: &Span, scope: &Scope) -> Result<Self, Vec<Diagnostic>> {
        let shape = match text.contains("{{") {
            true => Parser::new(text, span, scope).shape()?,
            false => Shape::Text(text.to_owned()),
        };
        Ok(Self(Arc::new(Inner { span: span.clone(), shape })))
    }

    /// Where the text is written.
    pub fn span(&self) -> &Span {
        &self.0.span
    }

    /// The text, if no template is in it.
    pub fn literal(&self) -> Option<&str> {
        match &self.0.shape {
            Shape::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the text is exactly one `{{…}}`, so that its value may be of any type.
    pub fn is_whole(&self) -> bool {
        matches!(self.0.shape, Shape::Whole(_))
    }

    /// The path of a text that is exactly one `{{path}}`.
    pub fn whole_path(&self) -> Option<&str> {
        match &self.0.shape {
            Shape::Whole(Use { kind: UseKind::Name(path), .. }) => Some(path),
            _ => None,
        }
    }

    /// Every `{{…}}`, in order.
    pub fn uses(&self) -> impl Iterator<Item = &Use> {
        match &self.0.shape {
            Shape::Text(_) => [].iter(),
            Shape::Whole(only) => std::slice::from_ref(only).iter(),
            Shape::Mixed { uses, .. } => uses.iter(),
        }
    }

    /// The value: of any type if the text is exactly one `{{path}}`, else a string.
    ///
    /// # Errors
    /// When a name leads nowhere, a helper has not been resolved, or something other than text, number or boolean
    /// would have to stand inside a text.
    pub fn render(&self, values: &Values) -> Result<Value, RenderError> {
        match &self.0.shape {
            Shape::Text(text) => Ok(Value::String(text.clone())),
            Shape::Whole(only) => only.value(values),
            Shape::Mixed { uses, compiled } => mix(uses, compiled, values, self.span()).map(Value::String),
        }
    }

    /// The value as text: numbers and booleans as JSON writes them.
    ///
    /// # Errors
    /// As [`Template::render`], and when the value is null, a list or an object.
    pub fn render_text(&self, values: &Values) -> Result<String, RenderError> {
        match &self.0.shape {
            Shape::Whole(only) => only.text(values),
            _ => self.render(values).map(|value| value.as_str().unwrap_or_default().to_owned()),
        }
    }
}

impl Use {
    fn value(&self, values: &Values) -> Result<Value, RenderError> {
        match &self.kind {
            UseKind::Name(path) => values.follow(path).cloned().map_err(|(step, known)| self.missing(step, &known)),
            UseKind::Helper(call) => match values.helpers.get(call) {
                Some(text) => Ok(Value::String(text.clone())),
                None => Err(self.error(format!("`{}` has nothing to give here", self.written()))),
            },
        }
    }

    fn text(&self, values: &Values) -> Result<String, RenderError> {
        match self.value(values)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null => Err(self.error(format!("`{}` is null and cannot stand in a text", self.written()))),
            Value::Array(_) => Err(self.error(format!("`{}` is a list and cannot stand in a text", self.written()))),
            Value::Object(_) => {
                Err(self.error(format!("`{}` is an object and cannot stand in a text", self.written())))
            }
        }
    }

    fn missing(&self, step: &str, known: &[&str]) -> RenderError {
        let written = self.written();
        let message = match root(&written) == step {
            true => format!("nothing is named `{step}` here"),
            false => format!("`{written}` leads nowhere: there is no `{step}`"),
        };
        let help = nearest(step, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        RenderError { help, ..self.error(message) }
    }

    fn error(&self, message: String) -> RenderError {
        RenderError { span: self.span.clone(), message, help: None }
    }

    /// What the author wrote between the braces.
    fn written(&self) -> String {
        self.kind.to_string()
    }
}

/// A path as its author wrote it: without the number that makes a fragment's parameter unlike all other names.
fn as_written(path: &str) -> String {
    let root = root(path);
    format!("{}{}", root.split('@').next().unwrap_or_default(), &path[root.len()..])
}

impl fmt::Display for UseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(path) => f.write_str(&as_written(path)),
            Self::Helper(HelperCall { helper, argument: None }) => f.write_str(helper.name()),
            Self::Helper(HelperCall { helper, argument: Some(Argument::Path(path)) }) => {
                write!(f, "{} {}", helper.name(), as_written(path))
            }
            Self::Helper(HelperCall { helper, argument: Some(Argument::Text(text)) }) => {
                write!(f, "{} \"{text}\"", helper.name())
            }
        }
    }
}

static HANDLEBARS: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(handlebars::no_escape);
    registry
});

fn mix(uses: &[Use], compiled: &handlebars::Template, values: &Values, span: &Span) -> Result<String, RenderError> {
    let mut named = Map::with_capacity(uses.len());
    for (number, each) in uses.iter().enumerate() {
        named.insert(format!("v{number}"), Value::String(each.text(values)?));
    }
    let mut output = StringOutput::new();
    let context = Context::from(Value::Object(named));
    compiled
        .render(&HANDLEBARS, &context, &mut RenderContext::new(None), &mut output)
        .map_err(|error| RenderError { span: span.clone(), message: error.to_string(), help: None })?;
    output.into_string().map_err(|error| RenderError { span: span.clone(), message: error.to_string(), help: None })
}

impl Json {
    /// The value, if it is a single one without a template.
    pub fn literal(&self) -> Option<&Value> {
        match &self.value {
            JsonValue::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Every `{{…}}` in the value, in order.
    pub fn uses(&self) -> Vec<&Use> {
        let mut uses = Vec::new();
        self.collect_uses(&mut uses);
        uses
    }

    fn collect_uses<'a>(&'a self, uses: &mut Vec<&'a Use>) {
        match &self.value {
            JsonValue::Literal(_) => {}
            JsonValue::Template(template) => uses.extend(template.uses()),
            JsonValue::Array(items) => items.iter().for_each(|item| item.collect_uses(uses)),
            JsonValue::Object(entries) => entries.iter().for_each(|(_, value)| value.collect_uses(uses)),
        }
    }

    /// The JSON value.
    ///
    /// # Errors
    /// At the first template that cannot be rendered.
    pub fn render(&self, values: &Values) -> Result<Value, RenderError> {
        match &self.value {
            JsonValue::Literal(value) => Ok(value.clone()),
            JsonValue::Template(template) => template.render(values),
            JsonValue::Array(items) => {
                items.iter().map(|item| item.render(values)).collect::<Result<_, _>>().map(Value::Array)
            }
            JsonValue::Object(entries) => {
                let entry = |(key, value): &(crate::base::source::Spanned<String>, Json)| {
                    Ok((key.value.clone(), value.render(values)?))
                };
                entries.iter().map(entry).collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }
}

/// What may follow `{{` in handlebars and is no part of this language, with what it is called there.
const REFUSED: [(&str, &str); 12] = [
    ("{", "triple braces are refused: nothing is ever escaped here"),
    ("#", "blocks are refused"),
    ("^", "blocks are refused"),
    ("/", "blocks are refused"),
    ("else", "blocks are refused"),
    (">", "partials are refused"),
    ("*", "decorators are refused"),
    ("!", "comments belong outside of the text, after `#`"),
    ("&", "`&` is refused: nothing is ever escaped here"),
    ("~", "`~` is refused: white space stays as it is written"),
    ("@", "there is no data behind `@` here"),
    ("(", "subexpressions are refused"),
];

struct Parser<'a> {
    text: &'a str,
    span: &'a Span,
    scope: &'a Scope,
    uses: Vec<Use>,
    slots: String,
    problems: Vec<Diagnostic>,
    /// Where braces open in the text, and where in the scalar as it is written.
    opens: (Vec<usize>, Vec<usize>),
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, span: &'a Span, scope: &'a Scope) -> Self {
        let opens = |text: &str| text.match_indices("{{").map(|(at, _)| at).collect();
        let opens = (opens(text), opens(&span.source.text[span.range.clone()]));
        Self { text, span, scope, uses: Vec::new(), slots: String::new(), problems: Vec::new(), opens }
    }

    fn shape(mut self) -> Result<Shape, Vec<Diagnostic>> {
        if self.text.len() > MAX_BYTES {
            let message = format!("a text with templates may have {MAX_BYTES} bytes, this has {}", self.text.len());
            return Err(vec![Diagnostic::at(self.span, message)]);
        }
        let mut done = 0;
        while let Some(open) = next_open(self.text, done) {
            self.slots.push_str(&self.text[done..open]);
            let Some(close) = self.close(open) else { return Err(self.problems) };
            self.expression(open..close);
            done = close;
        }
        self.slots.push_str(&self.text[done..]);
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let whole = self.uses.len() == 1 && self.slots == "{{v0}}";
        if whole && let Some(only) = self.uses.pop() {
            return Ok(Shape::Whole(only));
        }
        match handlebars::Template::compile(&self.slots) {
            Ok(compiled) => Ok(Shape::Mixed { uses: self.uses, compiled: Box::new(compiled) }),
            Err(error) => {
                Err(vec![Diagnostic::at(self.span, format!("handlebars refuses this text: {}", error.reason()))])
            }
        }
    }

    /// The end of an expression, behind its braces.
    fn close(&mut self, open: usize) -> Option<usize> {
        let close = self.text[open..].find("}}").map(|at| open + at + 2);
        match close {
            Some(close) if self.text[open..].starts_with("{{{") && self.text[close..].starts_with('}') => {
                Some(close + 1)
            }
            Some(close) => Some(close),
            None => {
                let problem = Diagnostic::at(&self.at(open..open + 2), "this `{{` is never closed");
                self.problems.push(problem.help("write `\\{{` for two braces that are no template"));
                None
            }
        }
    }

    fn expression(&mut self, whole: Range<usize>) {
        let inside = whole.start + 2..whole.end - 2;
        match self.kind(inside) {
            Ok(kind) => {
                self.slots.push_str(&format!("{{{{v{}}}}}", self.uses.len()));
                self.uses.push(Use { span: self.at(whole), kind });
            }
            Err(problem) => self.problems.push(*problem),
        }
    }

    fn kind(&self, inside: Range<usize>) -> Result<UseKind, Box<Diagnostic>> {
        let words = self.words(inside.clone());
        let Some(first) = words.first().cloned() else {
            return Err(self.problem(inside.start - 2..inside.end + 2, "nothing is named between these braces"));
        };
        words.iter().enumerate().try_for_each(|(at, word)| self.refuse_foreign(word, at == 0))?;
        let name = &self.text[first.clone()];
        match (Helper::named(name), &words[1..]) {
            (Some(helper), arguments) => self.helper(helper, first, arguments),
            (None, []) => self.path(first).map(UseKind::Name),
            (None, _) => {
                let names = Helper::ALL.iter().map(|entry| entry.0);
                Err(Box::new(self.problem(first.clone(), &format!("there is no helper `{name}`")).suggest(name, names)))
            }
        }
    }

    fn refuse_foreign(&self, word: &Range<usize>, first: bool) -> Result<(), Box<Diagnostic>> {
        let text = &self.text[word.clone()];
        let refused = if first { &REFUSED[..] } else { &REFUSED[REFUSED.len() - 1..] };
        match refused.iter().find(|(mark, _)| if *mark == "else" { text == *mark } else { text.starts_with(mark) }) {
            Some((mark, message)) => Err(self.problem(word.start..word.start + mark.len(), message)),
            None => Ok(()),
        }
    }

    fn helper(
        &self,
        helper: Helper,
        name: Range<usize>,
        arguments: &[Range<usize>],
    ) -> Result<UseKind, Box<Diagnostic>> {
        let argument = match (helper.takes_argument(), arguments) {
            (true, [argument]) => Some(self.argument(argument.clone())?),
            (false, []) => None,
            (true, []) => {
                let example = if helper == Helper::Basic { "apps.device" } else { "user" };
                let problem = self.problem(name, &format!("`{}` needs an argument", helper.name()));
                return Err(Box::new(problem.help(format!("write `{{{{{} {example}}}}}`", helper.name()))));
            }
            (takes, rest) => {
                let extra = &rest[usize::from(takes)..];
                let range = extra[0].start..extra[extra.len() - 1].end;
                let count = if takes { "one argument" } else { "no argument" };
                return Err(self.problem(range, &format!("`{}` takes {count}", helper.name())));
            }
        };
        if let (Helper::Basic, Some(Argument::Text(_))) = (helper, &argument) {
            return Err(
                self.problem(arguments[0].clone(), "`basic` takes an application, as in `{{basic apps.device}}`")
            );
        }
        Ok(UseKind::Helper(HelperCall { helper, argument }))
    }

    fn argument(&self, range: Range<usize>) -> Result<Argument, Box<Diagnostic>> {
        let word = &self.text[range.clone()];
        let Some(quote) = word.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            return self.path(range).map(Argument::Path);
        };
        match word[1..].strip_suffix(quote) {
            Some(text) if !text.contains([quote, '\\']) => Ok(Argument::Text(text.to_owned())),
            _ => Err(self.problem(range, "this text is not closed, or has a quote or backslash in it")),
        }
    }

    /// Checks a path and gives it the name it has in the scenario.
    fn path(&self, range: Range<usize>) -> Result<String, Box<Diagnostic>> {
        let path = &self.text[range.clone()];
        if let Some(message) = foreign_path(path) {
            return Err(self.problem(range, message));
        }
        if !PATH.is_match(path) {
            let problem = self.problem(range, &format!("`{path}` is no path"));
            return Err(Box::new(
                problem.help("write `name.key.0`, or `name.[key]` if the key has other characters in it"),
            ));
        }
        let root = root(path);
        Ok(self.scope.get(root).map_or_else(|| path.to_owned(), |inner| format!("{inner}{}", &path[root.len()..])))
    }

    /// The words between the braces; what is quoted or in brackets is one word.
    fn words(&self, inside: Range<usize>) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let (mut start, mut closing) = (None, None);
        for (offset, character) in self.text[inside.clone()].char_indices() {
            let at = inside.start + offset;
            match (closing, character) {
                (Some(expected), found) if expected == found => closing = None,
                (Some(_), _) => {}
                (None, ' ' | '\t' | '\n' | '\r') => words.extend(start.take().map(|start| start..at)),
                (None, '"' | '\'') => closing = Some(character),
                (None, '[') => closing = Some(']'),
                (None, _) => {}
            }
            if start.is_none() && (closing.is_some() || !character.is_ascii_whitespace()) {
                start = Some(at);
            }
        }
        words.extend(start.map(|start| start..inside.end));
        words
    }

    fn problem(&self, range: Range<usize>, message: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::at(&self.at(range), message))
    }

    /// The place in the file of a range of the text, or the whole scalar where escapes or folding hide it.
    fn at(&self, range: Range<usize>) -> Span {
        let written = &self.span.source.text[self.span.range.clone()];
        let (opens, written_opens) = &self.opens;
        let nth = opens.partition_point(|&open| open <= range.start).saturating_sub(1);
        let place = opens.get(nth).zip(written_opens.get(nth));
        match place.filter(|&(&open, &at)| written[at..].starts_with(&self.text[open..range.end])) {
            Some((open, at)) => {
                let start = self.span.range.start + at + (range.start - open);
                Span::new(&self.span.source, start..start + range.len())
            }
            None => self.span.clone(),
        }
    }
}

/// The next `{{` that is not escaped with one backslash; an even handful of backslashes is left to handlebars.
fn next_open(text: &str, from: usize) -> Option<usize> {
    let mut search = from;
    loop {
        let open = search + text[search..].find("{{")?;
        let backslashes = text[search..open].bytes().rev().take_while(|&byte| byte == b'\\').count();
        if backslashes != 1 {
            return Some(open);
        }
        search = open + text[open..].bytes().take_while(|&byte| byte == b'{').count().min(3);
    }
}

fn foreign_path(path: &str) -> Option<&'static str> {
    match path {
        _ if path.starts_with("..") => Some("there is nothing above the scenario's names: `../` is refused"),
        _ if path.starts_with("./") || path == "." || root(path) == "this" => Some("`this` is refused: name the value"),
        _ if path.starts_with('@') => Some("there is no data behind `@` here"),
        _ if path.starts_with('(') => Some("subexpressions are refused"),
        _ if path.contains('=') => Some("helpers take no named arguments"),
        _ => None,
    }
}

/// A name, then keys and positions behind dots, in brackets where they hold other characters.
static PATH: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"^[A-Za-z_][A-Za-z0-9_-]*(\.([A-Za-z0-9_-]+|\[[^\[\]]+\]))*$").expect("a literal pattern")
});

/// Whether a text can name a variable, a saved value or a parameter: a letter, then letters, digits, `_` and `-`.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}
