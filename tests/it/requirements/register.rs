//! How the register is read: what an entry must be.

use super::*;

fn refusal(requirements: Value) -> String {
    Contract::from_json(&document(requirements)).expect_err("it is refused").to_string()
}

#[test]
fn an_entry_with_a_key_nobody_knows_is_refused() {
    assert!(refusal(json!([with(requirement("A-1"), "nottested", json!("x"))])).contains("unknown field"));
}

#[test]
fn an_id_is_given_once() {
    assert!(refusal(json!([requirement("A-1"), requirement("A-1")])).contains("the id `A-1` is taken"));
}

#[test]
fn what_is_no_id_sentence_source_or_reason_is_refused() {
    let entries = [
        (requirement("a1"), "is not an id"),
        (with(requirement("A-1"), "statement", json!("It holds")), "is not a sentence"),
        (with(requirement("A-1"), "source", json!("the documentation")), "neither an address nor"),
        (with(requirement("A-1"), "not-tested", json!("  ")), "without a reason"),
    ];
    for (entry, told) in entries {
        let refusal = refusal(json!([entry]));
        assert!(refusal.contains(told), "{refusal}");
    }
}

#[test]
fn y21_a_reference_from_anywhere_in_the_contract_must_be_in_the_register() {
    let mut document: Value = serde_json::from_str(&document(json!([requirement("A-1")]))).expect("JSON");
    document["paths"]["/{envID}/things"]["get"]["responses"]["404"]["x-requirement"] = json!(["A-1", "A-2"]);
    let refusal = Contract::from_json(&document.to_string()).expect_err("it is refused");
    assert!(refusal.message.contains("`A-2` is not in x-requirements"), "{refusal}");
    assert!(refusal.pointer.ends_with("/responses/404"), "{refusal}");
}

#[test]
fn synthetic_ids_name_operation_status_and_media_type_once_each() {
    let small = contract(json!([]));
    let ids: Vec<String> = small.schema_promises().map(|promise| promise.id()).collect();
    assert_eq!(ids, ["schema:readThing:200:hal+json", "schema:readThing:200:json", "schema:readThing:404:no-body"]);
    let whole = Contract::embedded().expect("the contract is valid");
    let mut ids: Vec<String> = whole.schema_promises().map(|promise| promise.id()).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(ids.contains(&"schema:validateOtp:200:hal+json".to_owned()));
}

#[test]
fn the_register_speaks_of_every_requirement_in_one_sentence_and_nothing_is_left_open() {
    let contract = Contract::embedded().expect("the contract is valid");
    assert!(contract.requirements().len() > 250);
    for requirement in contract.requirements() {
        assert!(requirement.statement.chars().count() < 200, "{} is long", requirement.id);
    }
}
