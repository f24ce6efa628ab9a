//! Texts with `{{…}}` in them: one that is accepted is rendered with exactly the values it names, and what is inserted is data
//! that is never read as a template again.

#![no_main]

use flowproof::base::source::{Source, Span};
use flowproof::scenario::template::{ParameterScope, PlaceholderKind, Template, Values, segments};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// What is inserted: it would be another text if it were rendered or escaped.
const DATA: &str = "{{hostile}} \\{{x}} <&\"'>";

fuzz_target!(|text: &str| {
    let source = Source::new("a.yaml", text);
    let Ok(template) = Template::parse(text, &Span::new(&source, 0..text.len()), &ParameterScope::new()) else {
        return;
    };
    let uses: Vec<_> = template.placeholders().collect();
    for each in &uses {
        let written = source.text.get(each.span.range.clone()).expect("it is a part of the text");
        assert!(written.starts_with("{{") && written.ends_with("}}"), "{written:?}");
    }
    let bare = template.render(&Values::default());
    if !text.contains("{{") {
        assert_eq!(bare, Ok(Value::String(text.into())));
        return;
    }
    assert_eq!(bare.is_err(), !uses.is_empty(), "nothing is known, so every use is an error: {bare:?}");

    let values = everything(uses.iter().map(|each| &each.kind));
    let Ok(rendered) = template.render_text(&values) else { return };
    assert!(rendered.matches(DATA).count() >= uses.len(), "{rendered:?}");
    let rest = uses.iter().fold(text.len(), |rest, each| rest - each.span.range.len());
    assert!(rendered.len() <= rest + uses.len() * DATA.len(), "{rendered:?}");
    assert_eq!(template.render_text(&values).as_ref(), Ok(&rendered));
});

/// Values for every name and helper. Where one path leads through another there can be no text at both; rendering says so.
fn everything<'u>(uses: impl Iterator<Item = &'u PlaceholderKind>) -> Values {
    let mut values = Values::default();
    for each in uses {
        match each {
            PlaceholderKind::Name(path) => {
                let mut steps = segments(path);
                let root = steps.next().expect("a path has a first step");
                put(values.data.entry(root).or_insert(Value::Null), steps);
            }
            PlaceholderKind::Helper(call) => drop(values.helpers.insert(call.clone(), DATA.into())),
        }
    }
    values
}

fn put<'p>(place: &mut Value, mut steps: impl Iterator<Item = &'p str>) {
    match steps.next() {
        None if place.is_null() => *place = DATA.into(),
        None => {}
        Some(step) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            put(&mut place[step], steps);
        }
    }
}
