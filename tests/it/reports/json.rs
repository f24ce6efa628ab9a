//! The JSON report: a golden, and that it fits its documented schema.

use serde_json::Value;

use crate::support::REPORT_SCHEMA;

use super::{journal, rendered, unfinished_journal};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/report.schema.json")).expect("the schema is JSON")
}

fn report(journal: &flowproof::record::journal::Journal) -> Value {
    serde_json::from_str(&rendered(journal, "json")).expect("the report is JSON")
}

#[test]
fn the_report_is_what_it_was() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&report(&journal())).expect("it was JSON"));
}

#[test]
fn the_report_fits_its_schema_whether_or_not_the_run_finished() {
    for report in [report(&journal()), report(&unfinished_journal())] {
        let errors: Vec<_> =
            REPORT_SCHEMA.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_schema_names_every_property_so_that_a_new_one_is_noticed() {
    fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(members) => {
                if members.get("type").is_some_and(|kind| kind == "object") {
                    found.push(value);
                }
                members.values().for_each(|member| objects(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
            _ => {}
        }
    }
    let schema = schema();
    let mut found = Vec::new();
    objects(&schema, &mut found);
    assert!(found.len() > 10);
    // A map has any names, and says of what its values are.
    let (maps, records): (Vec<&Value>, Vec<&Value>) =
        found.into_iter().partition(|object| object["additionalProperties"].is_object());
    assert!(maps.iter().all(|map| map.get("properties").is_none()));
    assert!(records.iter().all(|object| object["additionalProperties"] == false && object["required"].is_array()));
}

#[test]
fn r07_a_run_that_did_not_finish_has_no_exit_code() {
    let report = report(&unfinished_journal());
    assert_eq!(report["run"]["finished"], false);
    assert!(report["exit_code"].is_null());
    assert_eq!(report["scenarios"].as_array().map(Vec::len), Some(6));
    assert!(report["counts"]["checks"].as_u64() > Some(0), "counted from the records");
}
