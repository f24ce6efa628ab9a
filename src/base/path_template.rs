//! Path templates, such as `/{envID}/flows/{flowID}` or `/reports/{id}.csv`, and the paths that they describe.
//!
//! Paths are compared in the one form in which equal ones are equal (RFC 3986, section 6.2.2.2): what need not be
//! percent-encoded is not, everything else is, and reserved characters stay as they came. Slashes count: `/a/` is not `/a`.
//!
//! Deliberately not here: what the parameters mean, and which values they take.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// Names with their values, in order.
pub(crate) type Fields = Vec<(String, String)>;

/// A key of `paths`: its segments, and what it says of query and fragment, which OpenAPI does not have there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    /// The segments.
    pub segments: Vec<SegmentTemplate>,
    /// Fields that the query must have.
    pub query: Fields,
    /// What stands behind `#`, as fields.
    pub fragment: Fields,
}

/// One segment: a text, a parameter, or parameters between texts, as in `v{major}.{minor}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentTemplate {
    /// The texts before, between and behind the parameters: one more than those.
    texts: Vec<String>,
    /// The names of the parameters.
    pub names: Vec<String>,
}

impl PathTemplate {
    /// Reads a template.
    pub(crate) fn parse(template: &str) -> Self {
        let path = template.split(['?', '#']).next().unwrap_or_default();
        let segments = path.strip_prefix('/').unwrap_or(path).split('/').map(SegmentTemplate::parse).collect();
        let (query, fragment) = query_and_fragment(template);
        Self { segments, query, fragment }
    }

    /// The template with nothing in the place of parameters' names: two of one form describe the same paths.
    pub(crate) fn form(&self) -> String {
        let segments = self.segments.iter().map(|segment| segment.texts.join("{}")).collect::<Vec<_>>().join("/");
        format!("{segments}?{:?}#{:?}", self.query, self.fragment)
    }

    /// Whether the segments of a path end in those of this template.
    pub(crate) fn describes_end<'p>(&self, segments: impl DoubleEndedIterator<Item = &'p str>) -> bool {
        let mut segments = segments.rev();
        let mut documented = self.segments.iter().rev();
        documented.all(|documented| segments.next().is_some_and(|given| !documented.ways(&normal(given)).is_empty()))
    }

    /// The value of a parameter in a path that ends as this template does, percent-decoded.
    pub(crate) fn value(&self, name: &str, segments: &[String]) -> Option<String> {
        let has_it = |segment: &SegmentTemplate| segment.names.iter().position(|known| known == name);
        let (at, within) = self.segments.iter().enumerate().find_map(|(at, segment)| Some((at, has_it(segment)?)))?;
        let behind = self.segments.len() - at;
        let segment = &segments[segments.len().checked_sub(behind)?];
        let way = self.segments[at].ways(segment).into_iter().next()?;
        Some(super::percent::decoded(way[within]))
    }
}

impl SegmentTemplate {
    fn parse(segment: &str) -> Self {
        let (mut texts, mut names, mut rest) = (Vec::new(), Vec::new(), segment);
        while let Some((before, (name, behind))) =
            rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            texts.push(normal(before));
            names.push(name.to_owned());
            rest = behind;
        }
        texts.push(normal(rest));
        Self { texts, names }
    }

    /// The text, where there is no parameter.
    pub(crate) fn literal(&self) -> Option<&str> {
        if self.names.is_empty() { self.texts.first().map(String::as_str) } else { None }
    }

    /// Whether a parameter is all of it.
    pub(crate) fn is_parameter(&self) -> bool {
        self.names.len() == 1 && self.fixed() == 0
    }

    /// How much of it is no parameter, in bytes.
    pub(crate) fn fixed(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// The values of the parameters in a segment, of which each is at least one character. Where they may be told apart in
    /// several ways, the first is the one in which the earlier parameters have the most, the second that in which they have
    /// the least; none where the template does not describe the segment.
    pub(crate) fn ways<'s>(&self, segment: &'s str) -> Vec<Vec<&'s str>> {
        let (first, last) = (&self.texts[0], &self.texts[self.texts.len() - 1]);
        if self.names.is_empty() {
            return if first == segment { vec![Vec::new()] } else { Vec::new() };
        }
        let inner = segment.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else { return Vec::new() };
        let between = &self.texts[1..self.names.len()];
        let mut ways: Vec<_> =
            [most_first(inner, between), least_first(inner, between)].into_iter().flatten().collect();
        ways.dedup();
        ways
    }
}

fn most_first<'s>(mut text: &'s str, between: &[String]) -> Option<Vec<&'s str>> {
    let mut values = Vec::with_capacity(between.len() + 1);
    for separator in between.iter().rev() {
        let end = text.len() - text.chars().next_back()?.len_utf8();
        let at = text[..end].rfind(separator.as_str())?;
        values.push(&text[at + separator.len()..]);
        text = &text[..at];
    }
    values.push(text);
    values.reverse();
    values.iter().all(|value| !value.is_empty()).then_some(values)
}

fn least_first<'s>(mut text: &'s str, between: &[String]) -> Option<Vec<&'s str>> {
    let mut values = Vec::with_capacity(between.len() + 1);
    for separator in between {
        let begin = text.chars().next()?.len_utf8();
        let at = begin + text[begin..].find(separator.as_str())?;
        values.push(&text[..at]);
        text = &text[at + separator.len()..];
    }
    values.push(text);
    values.iter().all(|value| !value.is_empty()).then_some(values)
}

/// What stands behind `?` and behind `#` of an address, or of a template, as fields.
pub(crate) fn query_and_fragment(url: &str) -> (Fields, Fields) {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    (fields(query), fields(fragment))
}

fn fields(query: &str) -> Fields {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The segments of a URL's path in normal form; without a path it is `/`. Of a path alone, too; nothing for what is no
/// address of HTTP.
pub(crate) fn segments(url: &str) -> Option<Vec<String>> {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) => Some(rest).filter(|_| is_http(scheme))?,
        None => Some(url).filter(|path| path.starts_with('/'))?,
    };
    let whole = rest.split(['?', '#']).next().unwrap_or_default();
    let path = whole.split_once('/').map_or("", |(_, path)| path);
    Some(path.split('/').map(normal).collect())
}

fn is_http(scheme: &str) -> bool {
    ["http", "https", "ws", "wss"].iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

/// A text of a path in the one form in which equal ones are equal.
fn normal(text: &str) -> String {
    if text.bytes().all(|byte| is_unreserved(byte) || is_reserved(byte)) {
        return text.to_owned();
    }
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let encoded = rest.get(..3).filter(|escape| is_escape(escape));
        let (taken, bytes) = match encoded {
            Some(escape) => (3, percent_decode_str(escape).collect::<Vec<u8>>()),
            None => (first.len_utf8(), rest.as_bytes()[..first.len_utf8()].to_vec()),
        };
        for byte in bytes {
            let plain = is_unreserved(byte) || (encoded.is_none() && is_reserved(byte));
            if plain { normal.push(char::from(byte)) } else { _ = write!(normal, "%{byte:02X}") }
        }
        rest = &rest[taken..];
    }
    normal
}

fn is_escape(text: &str) -> bool {
    text.starts_with('%') && text[1..].bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What separates parts of a URI, and so is never the same as its encoded form (RFC 3986, section 2.2).
fn is_reserved(byte: u8) -> bool {
    // From `&` to `,` stand `& ' ( ) * + ,` and nothing else.
    matches!(byte, b'!' | b'#' | b'$' | b'&'..=b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' | b'[' | b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways<'s>(template: &str, segment: &'s str) -> Vec<Vec<&'s str>> {
        SegmentTemplate::parse(template).ways(segment)
    }

    #[test]
    fn a_template_describes_the_end_of_a_path() {
        let template = PathTemplate::parse("/{envID}/flows/{flowID}");
        let describes = |path: &str| template.describes_end(path.split('/'));
        assert!(describes("/e/flows/f") && describes("/below/e/flows/f"));
        for path in ["/e/flows/f/", "/e/flow/f", "flows/f", "/e/flows/", ""] {
            assert!(!describes(path), "{path}");
        }
    }

    /// reported/07: a parameter was all of a segment or nothing of it.
    #[test]
    fn a_parameter_may_be_a_part_of_a_segment() {
        assert_eq!(ways("{id}.csv", "may.csv"), [["may"]]);
        assert_eq!(ways("Items({id})", "Items(7)"), [["7"]]);
        assert_eq!(ways("{id}:cancel", "9:cancel"), [["9"]]);
        assert_eq!(ways("v{major}.{minor}", "v1.2"), [["1", "2"]]);
        assert_eq!(ways("{name}.{kind}", "a.tar.gz"), [["a.tar", "gz"], ["a", "tar.gz"]]);
        assert_eq!(ways("{a}{b}", "xyz"), [["xy", "z"], ["x", "yz"]]);
        for (template, segment) in
            [("{id}.csv", ".csv"), ("{id}.csv", "v7"), ("v{n}", "v"), ("{a}-{b}", "-b"), ("{a}-{b}", "a-"), ("{a}", "")]
        {
            assert_eq!(ways(template, segment), Vec::<Vec<&str>>::new(), "{template} {segment}");
        }
    }

    /// reported/33: texts were compared as they were written.
    #[test]
    fn equal_texts_are_equal_however_they_are_encoded_and_reserved_characters_stay_apart() {
        for (one, other) in
            [("%C3%B6l", "öl"), ("a%7eb", "a~b"), ("a b", "a%20b"), ("%64epth", "depth"), ("100%", "100%25")]
        {
            assert_eq!(normal(one), normal(other));
        }
        for (one, other) in [("a%2Fb", "a/b"), ("a%3ab", "a:b"), ("a+b", "a b"), ("A", "a")] {
            assert_ne!(normal(one), normal(other));
        }
        assert_eq!(normal("%2f"), "%2F");
    }

    /// reported/31: a slash at the end was cut.
    #[test]
    fn slashes_count_and_no_path_is_the_root() {
        let segments = |url: &str| segments(url).map(|segments| segments.join("|"));
        for (url, expected) in [
            ("https://a.example/b/?c", Some("b|")),
            ("https://a.example", Some("")),
            ("https://a.example?c=/d", Some("")),
            ("https://a.example//b", Some("|b")),
            ("/b/c#d", Some("b|c")),
            ("about:blank", None),
            ("file:///b", None),
        ] {
            assert_eq!(segments(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_value_is_decoded_wherever_its_segment_stands() {
        let value = |template: &str, url: &str| PathTemplate::parse(template).value("id", &segments(url)?);
        assert_eq!(value("/a/{id}.csv?x=1", "https://h/below/a/b%20c.csv").as_deref(), Some("b c"));
        assert_eq!(value("/a/{id}/", "https://h/a/7/").as_deref(), Some("7"));
        assert_eq!(value("/a/{id}", "https://h/a/"), None);
        assert_eq!(value("/a/{id}", "https://h"), None);
    }

    #[test]
    fn templates_that_differ_only_in_names_have_one_form() {
        let form = |template: &str| PathTemplate::parse(template).form();
        assert_eq!(form("/a/{id}"), form("/a/{boat}"));
        assert_ne!(form("/a/{id}.csv"), form("/a/{id}.json"));
        assert_ne!(form("/a/{id}"), form("/a/{id}?full=true"));
        assert_ne!(form("/a/{id}"), form("/a/{id}/"));
    }
}
