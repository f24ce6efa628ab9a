//! The grammar of templates: which `{{…}}` there are, and what else people write that is refused.
//!
//! One backslash before `{{` makes literal braces of them; of several the last is dropped, and the template stays one.
//!
//! Deliberately not here: whether a name has a value ([`super::text`], and the lint before anything is sent).

use std::ops::Range;

use strum::VariantNames;

use super::ParameterScope;
use super::path::{is_path, root};
use super::placeholder::{Helper, HelperArgument, HelperCall, Placeholder, PlaceholderKind};
use crate::base::source::{Diagnostic, Span};

/// A part of a text.
#[derive(Debug)]
pub(super) enum TemplatePart {
    /// Words that stay as they are.
    Text(String),
    /// A value that is put in.
    Placeholder(Placeholder),
}

/// The parts of a text; `span` is the scalar in the file, quotes included.
///
/// # Errors
/// With every `{{…}}` that is outside the grammar.
pub(super) fn parts(text: &str, span: &Span, scope: &ParameterScope) -> Result<Vec<TemplatePart>, Vec<Diagnostic>> {
    let opens = |text: &str| text.match_indices("{{").map(|(at, _)| at).collect();
    let opens = (opens(text), opens(&span.source.text[span.range()]));
    Parser { text, span, scope, opens }.parts()
}

/// What may follow `{{` in handlebars and is no part of this language, with what it is called there.
const REFUSED: [(&str, &str); 12] = [
    ("{", "triple braces are not supported: values are never escaped"),
    ("#", "blocks are not supported"),
    ("^", "blocks are not supported"),
    ("/", "blocks are not supported"),
    ("else", "blocks are not supported"),
    (">", "partials are not supported"),
    ("*", "decorators are not supported"),
    ("!", "comments are not supported in a template; write them after a `#` outside the text"),
    ("&", "`&` is not supported: values are never escaped"),
    ("~", "`~` is not supported: white space is kept as written"),
    ("@", "`@` variables are not supported"),
    ("(", "subexpressions are not supported"),
];

struct Parser<'a> {
    text: &'a str,
    span: &'a Span,
    scope: &'a ParameterScope,
    /// Where braces open in the text, and where in the scalar as it is written.
    opens: (Vec<usize>, Vec<usize>),
}

impl Parser<'_> {
    fn parts(&self) -> Result<Vec<TemplatePart>, Vec<Diagnostic>> {
        let (mut parts, mut problems, mut literal, mut done) = (Vec::new(), Vec::new(), String::new(), 0);
        while let Some(open) = self.text[done..].find("{{").map(|at| done + at) {
            let before = &self.text[done..open];
            let backslashes = before.bytes().rev().take_while(|&byte| byte == b'\\').count();
            literal.push_str(&before[..before.len() - backslashes.min(1)]);
            if backslashes == 1 {
                done = open + self.text[open..].bytes().take_while(|&byte| byte == b'{').count();
                literal.push_str(&self.text[open..done]);
                continue;
            }
            let Some(close) = self.close(open) else {
                let problem = self.problem(open..open + 2, "this `{{` is never closed");
                problems.push(problem.help("write `\\{{` for two literal braces"));
                return Err(problems);
            };
            match self.placeholder(open..close) {
                Ok(placeholder) => {
                    parts.extend(
                        Some(std::mem::take(&mut literal)).filter(|text| !text.is_empty()).map(TemplatePart::Text),
                    );
                    parts.push(TemplatePart::Placeholder(placeholder));
                }
                Err(problem) => problems.push(*problem),
            }
            done = close;
        }
        literal.push_str(&self.text[done..]);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(TemplatePart::Text(literal));
        }
        if problems.is_empty() { Ok(parts) } else { Err(problems) }
    }

    /// The end of a `{{…}}`, behind its braces.
    fn close(&self, open: usize) -> Option<usize> {
        let close = self.text[open..].find("}}").map(|at| open + at + 2)?;
        let triple = self.text[open..].starts_with("{{{") && self.text[close..].starts_with('}');
        Some(close + usize::from(triple))
    }

    fn placeholder(&self, whole: Range<usize>) -> Result<Placeholder, Box<Diagnostic>> {
        let kind = self.kind(whole.start + 2..whole.end - 2)?;
        Ok(Placeholder { span: self.at(whole), kind })
    }

    fn kind(&self, inside: Range<usize>) -> Result<PlaceholderKind, Box<Diagnostic>> {
        let words = self.words(inside.clone());
        let Some(first) = words.first().cloned() else {
            return Err(self.problem(inside.start - 2..inside.end + 2, "this template is empty"));
        };
        words.iter().enumerate().try_for_each(|(at, word)| self.refuse_foreign(word, at == 0))?;
        let name = &self.text[first.clone()];
        match (name.parse(), &words[1..]) {
            (Ok(helper), arguments) => self.helper(helper, first, arguments),
            (Err(_), []) => self.path(first).map(PlaceholderKind::Name),
            (Err(_), _) => {
                let problem = self.problem(first, &format!("unknown helper `{name}`"));
                Err(Box::new(problem.suggest(name, Helper::VARIANTS.iter().copied())))
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
    ) -> Result<PlaceholderKind, Box<Diagnostic>> {
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
        if let (Helper::Basic, Some(HelperArgument::Text(_))) = (helper, &argument) {
            return Err(
                self.problem(arguments[0].clone(), "`basic` takes an application, as in `{{basic apps.device}}`")
            );
        }
        Ok(PlaceholderKind::Helper(HelperCall { helper, argument }))
    }

    fn argument(&self, range: Range<usize>) -> Result<HelperArgument, Box<Diagnostic>> {
        let word = &self.text[range.clone()];
        let Some(quote) = word.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            return self.path(range).map(HelperArgument::Path);
        };
        match word[1..].strip_suffix(quote) {
            Some(text) if !text.contains([quote, '\\']) => Ok(HelperArgument::Text(text.to_owned())),
            _ => Err(self.problem(range, "this string is not closed, or contains a quote or backslash")),
        }
    }

    /// Checks a path and gives it the name it has in the scenario.
    fn path(&self, range: Range<usize>) -> Result<String, Box<Diagnostic>> {
        let path = &self.text[range.clone()];
        if let Some(message) = foreign_path(path) {
            return Err(self.problem(range, message));
        }
        if !is_path(path) {
            let problem = self.problem(range, &format!("`{path}` is not a valid path"));
            let help = "write `name.key.0`, or `name.[key]` if the key contains other characters";
            return Err(Box::new(problem.help(help)));
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
        let written = &self.span.source.text[self.span.range()];
        let (opens, written_opens) = &self.opens;
        let nth = opens.partition_point(|&open| open <= range.start).saturating_sub(1);
        let place = opens.get(nth).zip(written_opens.get(nth));
        match place.filter(|&(&open, &at)| written[at..].starts_with(&self.text[open..range.end])) {
            Some((open, at)) => {
                let start = self.span.range().start + at + (range.start - open);
                Span::new(&self.span.source, start..start + range.len())
            }
            None => self.span.clone(),
        }
    }
}

fn foreign_path(path: &str) -> Option<&'static str> {
    match path {
        _ if path.starts_with("..") => Some("`../` is not supported: a template has no parent scope"),
        _ if path.starts_with("./") || path == "." || root(path) == "this" => {
            Some("`this` is not supported: write the name of the value")
        }
        _ if path.starts_with('@') => Some("`@` variables are not supported"),
        _ if path.contains('=') => Some("helpers take no named arguments"),
        _ => None,
    }
}
