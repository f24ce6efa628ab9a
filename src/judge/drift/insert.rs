//! Additions put into the text of a contract: exactly where they belong, everything else left as it is.
//!
//! Comments, order, quotes and line breaks are kept, because text is only ever inserted.
//!
//! * [`yaml_text`]: where and how in YAML
//! * [`insertion`]: what is put in
//! * [`json_text`]: where and how in JSON
//!
//! Deliberately not here: what to add.

mod insertion;
mod json_text;
mod yaml_text;

use std::cmp::Reverse;
use std::path::Path;

use similar::TextDiff;

use super::propose::Additions;
pub(crate) use insertion::InsertError;
use insertion::Insertion;

/// The text with everything added.
///
/// # Errors
/// When the text cannot be read, or has no such places.
pub(crate) fn insert(path: &Path, text: &str, additions: &Additions) -> Result<String, InsertError> {
    // As the contract is read: what begins with a brace is JSON.
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let insertions =
        if is_json { json_text::insertions(text, additions)? } else { yaml_text::insertions(path, text, additions)? };
    Ok(put(text, insertions))
}

/// The difference between two texts of a file as a patch that `git apply` and `patch -p1` take.
pub(crate) fn unified_diff(path: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

fn put(text: &str, mut insertions: Vec<Insertion>) -> String {
    // What belongs to an inner block comes before what belongs to the one around it.
    insertions.sort_by_key(|insertion| (insertion.at, Reverse(insertion.indent)));
    let mut whole = String::with_capacity(text.len());
    let mut from = 0;
    for Insertion { at, text: inserted, .. } in insertions {
        whole.push_str(&text[from..at]);
        whole.push_str(&inserted);
        from = at;
    }
    whole + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const TEXT: &str = "\
# kept
a:
  b: 1  # why
  c:
    - x
    - y   # last
  d: [p,
      q]
  e: { f: 1 }
  g: {}
h:
  - name: z
    i: |
      text
      more

j: end
";

    fn added(members: &[(&str, &str, Value)], entries: &[(&str, &str)]) -> String {
        let mut additions = Additions::default();
        for (pointer, name, value) in members {
            additions.members.entry((*pointer).into()).or_default().insert((*name).into(), value.clone());
        }
        for (pointer, value) in entries {
            additions.entries.entry((*pointer).into()).or_default().push(json!(value));
        }
        insert(Path::new("a.yaml"), TEXT, &additions).expect("the places are there")
    }

    #[test]
    fn additions_take_the_form_of_what_is_there_and_nothing_else_changes() {
        let new = added(
            &[
                ("/a", "k", json!({ "type": "string" })),
                ("/a/e", "418", json!("no")),
                ("/a/g", "l", json!([])),
                ("/h/0", "m", json!(1)),
                ("", "o", json!("a b")),
            ],
            &[("/a/c", "z"), ("/a/d", "r")],
        );
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let diff = unified_diff("a.yaml", TEXT, &new);
        let plus: Vec<String> = lines(&diff).into_iter().filter(|line| line.starts_with('+')).skip(1).collect();
        assert_eq!(
            plus,
            [
                "+    - z",
                "+      q, r]",
                "+  e: { f: 1, \"418\": \"no\" }",
                "+  g: {l: []}",
                "+  k: { type: string }",
                "+    m: 1",
                "+o: \"a b\"",
            ]
        );
        let minus = lines(&diff).into_iter().filter(|line| line.starts_with('-')).skip(1).count();
        assert_eq!(minus, 3, "only the lines in brackets are replaced:\n{diff}");
    }

    /// reported/23: where two blocks end at one place, the outer one's addition came first.
    #[test]
    fn what_belongs_to_an_inner_block_comes_before_what_belongs_to_the_one_around_it() {
        let text = "r:\n  a:\n    c:\n      - x: 1\n# end\n";
        let mut additions = Additions::default();
        for (pointer, name) in [("", "o"), ("/r", "p"), ("/r/a", "m"), ("/r/a/c/0", "k")] {
            additions.members.entry(pointer.into()).or_default().insert(name.into(), json!(1));
        }
        additions.entries.insert("/r/a/c".into(), vec![json!("l")]);
        let new = insert(Path::new("a.yaml"), text, &additions).expect("the places are there");
        assert_eq!(new, "r:\n  a:\n    c:\n      - x: 1\n        k: 1\n      - l\n    m: 1\n  p: 1\no: 1\n# end\n");
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let mut additions = Additions::default();
        additions.entries.insert("/a/b".into(), vec![json!("x")]);
        let error = insert(Path::new("a.yaml"), TEXT, &additions).expect_err("it is a number");
        assert!(error.to_string().contains("`/a/b`"), "{error}");
    }
}
