//! YAML text becomes a tree in which every key and value knows its place.
//!
//! The tree keeps what people wrote: a scalar is its text and whether it was quoted, so that `012345`, `no` and `1.10` stay
//! as they are where a text is meant. [`Scalar::value`] is the one place where a plain scalar turns into a JSON value.
//!
//! Deliberately not here: what the keys mean. Merge keys, custom tags and several documents in one file are
//! refused; nothing in a file can make the reader run, open or include anything.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::{Number, Value};

use crate::base::source::{Diagnostic, Source, Span, Spanned};

/// The greatest size of a file in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;
/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;
/// How many nodes aliases may add to the tree in all.
pub const MAX_ALIASED_NODES: usize = 10_000;

/// A value in the tree.
#[derive(Debug, Clone)]
pub struct YamlNode {
    /// Where it is written; for an alias, where its anchor is.
    pub span: Span,
    /// What it holds.
    pub content: YamlContent,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum YamlContent {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<YamlNode>),
    /// A map, entries in the order written, no key twice.
    Mapping(Vec<MappingEntry>),
}

/// One key of a map and its value.
#[derive(Debug, Clone)]
pub struct MappingEntry {
    /// The key's text, whatever it looks like.
    pub key: Spanned<String>,
    /// The value.
    pub value: YamlNode,
}

/// A single value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, escapes and line folding undone.
    pub text: String,
    /// Whether it may be a number, a boolean or null: neither quoted nor a block, nor tagged `!!str`.
    pub is_plain: bool,
}

impl Scalar {
    /// Whether this is null: `null`, `~` or nothing, without quotes.
    pub fn is_null(&self) -> bool {
        self.is_plain && matches!(self.text.as_str(), "" | "~" | "null")
    }

    /// The JSON value: `true`, `false`, null, a number that looks like JSON, else text.
    ///
    /// # Errors
    /// When a number would not be sent as it was written (`1.10`, `1e3`, more than 64 bits).
    pub fn value(&self) -> Result<Value, InexactNumber> {
        if !self.is_plain {
            return Ok(Value::String(self.text.clone()));
        }
        match self.text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ if self.is_null() => Ok(Value::Null),
            text => match json_number(text) {
                Some(number) if number.to_string() == text => Ok(Value::Number(number)),
                Some(number) => Err(InexactNumber(number.to_string())),
                None => Ok(Value::String(text.to_owned())),
            },
        }
    }
}

/// A number that JSON writes differently, as it would be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the number would be sent as {0}")]
pub struct InexactNumber(pub String);

/// The number that a text is under JSON's grammar: no leading zeros, no `+`, no other bases.
pub fn json_number(text: &str) -> Option<Number> {
    let numeric = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    numeric.then(|| serde_json::from_str(text).ok()).flatten()
}

impl YamlNode {
    /// A few words for what this is, to complete "found …".
    pub fn describe(&self) -> &'static str {
        match &self.content {
            YamlContent::Sequence(_) => "a list",
            YamlContent::Mapping(_) => "a map",
            YamlContent::Scalar(scalar) if scalar.is_null() => "nothing",
            YamlContent::Scalar(scalar) => match scalar.value() {
                Ok(Value::Bool(_)) => "a boolean",
                Ok(Value::String(_)) => "text",
                _ => "a number",
            },
        }
    }

    /// The entry of a key, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&MappingEntry> {
        let YamlContent::Mapping(entries) = &self.content else { return None };
        entries.iter().find(|entry| entry.key.value == key)
    }

    /// Whether nothing at all is written, as after `key:` at the end of a line.
    pub fn is_missing(&self) -> bool {
        matches!(&self.content, YamlContent::Scalar(scalar) if scalar.is_plain && scalar.text.is_empty())
    }

    fn size(&self) -> usize {
        match &self.content {
            YamlContent::Scalar(_) => 1,
            YamlContent::Sequence(items) => 1 + items.iter().map(YamlNode::size).sum::<usize>(),
            YamlContent::Mapping(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
        }
    }
}

/// Reads a file whole, refusing one that is too big before reading it.
///
/// # Errors
/// When the file cannot be read, is larger than [`MAX_BYTES`], or is no plain UTF-8 text.
pub fn read(path: &Path, shown_as: &Path) -> Result<Arc<Source>, Fatal> {
    let cannot =
        |error: std::io::Error| Fatal::new(Diagnostic::whole(format!("cannot read `{}`: {error}", shown_as.display())));
    let size = std::fs::metadata(path).map_err(cannot)?.len();
    check_size(size, shown_as)?;
    decode(shown_as, std::fs::read(path).map_err(cannot)?)
}

fn check_size(size: u64, path: &Path) -> Result<(), Fatal> {
    if size <= MAX_BYTES {
        return Ok(());
    }
    let message = format!("`{}` is {size} bytes long; the limit is {MAX_BYTES} bytes", path.display());
    Err(Diagnostic::whole(message).help("split it into several scenarios, or use `for-each`").into())
}

/// Takes bytes as UTF-8 text, with or without a byte order mark.
///
/// # Errors
/// At the first byte that is not UTF-8, and at the first control character other than a tab or line break.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Arc<Source>, Fatal> {
    check_size(bytes.len() as u64, path)?;
    let text = String::from_utf8(bytes).map_err(|error| Box::new(not_utf8(path, error.as_bytes())))?;
    // Positions are counted without the mark, as editors show them.
    let source = Source::new(path, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
    match source.text.find(is_forbidden) {
        Some(offset) => Err(control_character(&source, offset).into()),
        None => Ok(source),
    }
}

fn not_utf8(path: &Path, bytes: &[u8]) -> Diagnostic {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let source = Source::new(path, String::from_utf8_lossy(bytes));
    let span = Span::new(&source, valid..valid + char::REPLACEMENT_CHARACTER.len_utf8());
    let message = format!("byte {:#04x} is not UTF-8 text", bytes[valid]);
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Diagnostic::at(&span, "the file is UTF-16").help("save it as UTF-8"),
        _ => Diagnostic::at(&span, message).help("save the file as UTF-8"),
    }
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f')
}

fn control_character(source: &Arc<Source>, offset: usize) -> Diagnostic {
    let code = source.text.as_bytes()[offset];
    Diagnostic::at(&Span::new(source, offset..offset + 1), format!("the control character U+{code:04X} is not allowed"))
        .help(format!("in double quotes, write it as `\\x{code:02x}`"))
}

/// Reads the one document of a source.
///
/// Problems that leave a tree worth looking at (equal keys, tags, merge keys) are added to `problems` and reading goes on;
/// `None` means that there is no tree, and `problems` says why.
pub fn parse(source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Option<YamlNode> {
    let offsets = source.text.char_indices().map(|(offset, _)| offset).collect();
    let parser = Parser::new_from_str(&source.text);
    let mut composer = Composer { source, offsets, parser, anchors: HashMap::new(), aliased: 0, problems };
    composer.document().unwrap_or_else(|problem| {
        composer.problems.push(*problem);
        None
    })
}

/// A problem after which there is no sense in reading on.
pub type Fatal = Box<Diagnostic>;

struct Composer<'a> {
    source: &'a Arc<Source>,
    /// Where each character begins, as the parser counts characters and spans count bytes.
    offsets: Vec<usize>,
    parser: Parser<'a, StrInput<'a>>,
    /// Finished nodes with an anchor; one that is still open is not there yet.
    anchors: HashMap<usize, (YamlNode, usize)>,
    aliased: usize,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Composer<'a> {
    fn document(&mut self) -> Result<Option<YamlNode>, Fatal> {
        let mut root = None;
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_some() => {
                    let problem = self.fatal(range, "a second YAML document starts here");
                    return Err(problem.help("a file holds one document; move the other to a file of its own").into());
                }
                Event::DocumentStart(_) => {}
                content => root = Some(self.node(content, range, 0)?),
            }
        }
        if root.as_ref().is_none_or(YamlNode::is_missing) {
            let problem = self.fatal(0..0, "the file is empty");
            return Err(problem.help("a scenario starts with its title: `scenario: …`").into());
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Fatal> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.bytes(span.start.index())..self.bytes(span.end.index()))),
            Some(Err(error)) => Err(self.malformed(&error)),
            None => Ok((Event::StreamEnd, self.source.text.len()..self.source.text.len())),
        }
    }

    fn bytes(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.source.text.len())
    }

    fn malformed(&self, error: &ScanError) -> Fatal {
        let text = &self.source.text;
        let at = self.bytes(error.marker().index()).min(text.trim_end().len());
        if let Some(tab) = error.info().contains("tab").then(|| self.indenting_tab(at)).flatten() {
            return self.fatal(tab..tab + 1, "this line is indented with a tab").help("indent with spaces").into();
        }
        let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
        self.fatal(at..end, &format!("this is not valid YAML: {}", error.info())).into()
    }

    /// The first tab that begins a line, or follows only spaces in it, from the line of an offset on.
    fn indenting_tab(&self, offset: usize) -> Option<usize> {
        let start = self.source.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let mut line_start = start;
        self.source.text[start..].split_inclusive('\n').find_map(|line| {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            let tab = line[spaces..].starts_with('\t').then_some(line_start + spaces);
            line_start += line.len();
            tab
        })
    }

    fn fatal(&self, range: Range<usize>, message: &str) -> Diagnostic {
        Diagnostic::at(&self.span(range), message)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn node(&mut self, event: Event<'a>, range: Range<usize>, depth: usize) -> Result<YamlNode, Fatal> {
        if depth > MAX_DEPTH {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} levels deep here");
            return Err(self.fatal(range.start..range.start + 1, &message).into());
        }
        let (node, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag, range), anchor),
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", &range);
                (self.list(range, depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", &range);
                (self.map(range, depth)?, anchor)
            }
            _ => return Err(self.fatal(range, "a value is missing here").into()),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), node.size()));
        }
        Ok(node)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<Cow<'a, Tag>>, range: Range<usize>) -> YamlNode {
        let range = self.trimmed(range);
        let mut scalar = Scalar { text: text.to_owned(), is_plain: style == ScalarStyle::Plain };
        if let Some(tag) = tag.as_deref() {
            self.tag_scalar(tag, &mut scalar, &range);
        }
        YamlNode { span: self.span(range), content: YamlContent::Scalar(scalar) }
    }

    fn tag_scalar(&mut self, tag: &Tag, scalar: &mut Scalar, range: &Range<usize>) {
        let fits = tag.is_yaml_core_schema()
            && match (tag.suffix.as_str(), scalar.value()) {
                ("str", _) => {
                    scalar.is_plain = false;
                    true
                }
                ("null", Ok(Value::Null)) | ("bool", Ok(Value::Bool(_))) => true,
                ("int", Ok(Value::Number(number))) => !number.is_f64(),
                ("float", Ok(Value::Number(_))) => true,
                _ => false,
            };
        if !fits {
            self.refuse_tag(tag, range);
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, core: &str, range: &Range<usize>) {
        if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == core)) {
            self.refuse_tag(tag, range);
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, range: &Range<usize>) {
        let core = ["str", "int", "float", "bool", "null", "seq", "map"];
        let message = match tag.is_yaml_core_schema() && core.contains(&tag.suffix.as_str()) {
            true => format!("the tag `!!{}` does not fit this value", tag.suffix),
            false => "custom tags are not supported".to_owned(),
        };
        let problem = Diagnostic::at(&self.span(self.tag_range(range)), message);
        self.problems.push(problem.help("remove the tag; quote the value if it is meant as text"));
    }

    /// Where the tag of a value is written: the parser counts it to a scalar, but not to a list or map.
    fn tag_range(&self, value: &Range<usize>) -> Range<usize> {
        let text = &self.source.text;
        let start = match text[value.clone()].starts_with('!') {
            true => value.start,
            false => text[..value.start]
                .rfind('!')
                .map_or(value.start, |mark| text[..mark].rfind(char::is_whitespace).map_or(0, |space| space + 1)),
        };
        start..start + text[start..].find(char::is_whitespace).unwrap_or(text.len() - start)
    }

    /// Leaves out the white space and the comment that the parser counts to a plain or block scalar.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.source.text[range.clone()];
        range.start..range.start + text.trim_end().len()
    }

    fn list(&mut self, range: Range<usize>, depth: usize) -> Result<YamlNode, Fatal> {
        let mut items: Vec<YamlNode> = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    let (first, last) = (items.first(), items.last().map(|item| item.span.range().end));
                    let range = self.enclosing(&range, &end, first.map(|item| item.span.range().start), last);
                    return Ok(YamlNode { span: self.span(range), content: YamlContent::Sequence(items) });
                }
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn map(&mut self, range: Range<usize>, depth: usize) -> Result<YamlNode, Fatal> {
        let mut keys: HashMap<String, Span> = HashMap::new();
        let mut entries: Vec<MappingEntry> = Vec::new();
        let mut last = None;
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                let first = entries.first().map(|entry| entry.key.span.range().start);
                let range = self.enclosing(&range, &at, first, last);
                return Ok(YamlNode { span: self.span(range), content: YamlContent::Mapping(entries) });
            }
            let key = self.key(event, at)?;
            let (event, at) = self.next()?;
            let mut value = self.node(event, at, depth + 1)?;
            last = Some(value.span.range().end.max(key.span.range().end));
            if value.is_missing() {
                value.span = key.span.clone();
            }
            match keys.entry(key.value.clone()) {
                Entry::Occupied(first) => self.problems.push(duplicate(&key, first.get())),
                Entry::Vacant(free) => {
                    free.insert(key.span.clone());
                    entries.push(MappingEntry { key, value });
                }
            }
        }
    }

    fn key(&mut self, event: Event<'a>, range: Range<usize>) -> Result<Spanned<String>, Fatal> {
        let Event::Scalar(text, style, _, tag) = event else { return Err(self.not_a_key(range).into()) };
        self.check_tag(tag.as_deref(), "str", &range);
        let key = Spanned::new(text.into_owned(), self.span(self.trimmed(range.clone())));
        if style == ScalarStyle::Plain && key.value == "<<" {
            let problem = Diagnostic::at(&key.span, "merge keys (`<<`) are not supported");
            self.problems.push(problem.help("write the keys out, or move shared steps into a fragment"));
        } else if style == ScalarStyle::Plain && key.value.is_empty() {
            return Err(self.fatal(range, "a key is missing here").into());
        }
        Ok(key)
    }

    fn not_a_key(&self, range: Range<usize>) -> Diagnostic {
        let rest = &self.source.text[range.start..];
        let end = range.start + rest.chars().next().map_or(0, char::len_utf8);
        // In `otp: {{otp user}}` the parser sees a map whose key is a map.
        if self.source.text[..range.start].ends_with('{') && rest.starts_with('{') {
            return self.fatal(range.start - 1..end, "a template must be quoted").help("write \"{{…}}\"");
        }
        self.fatal(range.start..end, "a key must be text, not a list, a map or an alias")
    }

    /// The range of a collection: brackets included, or from its first to its last entry.
    fn enclosing(
        &self,
        start: &Range<usize>,
        end: &Range<usize>,
        first: Option<usize>,
        last: Option<usize>,
    ) -> Range<usize> {
        let from = first.map_or(start.start, |first| first.min(start.start));
        let bracketed = self.source.text[start.start..].starts_with(['[', '{']);
        let to = if bracketed { end.end } else { last.unwrap_or(end.start) };
        from..to.max(from)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<YamlNode, Fatal> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(self.fatal(range, "this alias refers to a value that contains it").into());
        };
        self.aliased += size;
        if self.aliased > MAX_ALIASED_NODES {
            let message = format!("aliases add more than {MAX_ALIASED_NODES} values to this file");
            return Err(self.fatal(range, &message).into());
        }
        Ok(node.clone())
    }
}

fn duplicate(key: &Spanned<String>, first: &Span) -> Diagnostic {
    Diagnostic::at(&key.span, format!("duplicate key `{}`", key.value)).related(first, "first used here")
}
