//! OpenAPI 3.1: schemas of JSON Schema 2020-12 are judged as that draft means them, and everything that reads schemas reads
//! them.
//!
//! Deliberately not here: what both versions have in common (`contract_files`, `own_api`).

use std::sync::Arc;

use flowproof::contract::{Contract, Direction, ShapeEvent};
use serde_json::{Value, json};

/// A document with these schemas, and one operation that answers with `S`.
fn document(schemas: &Value) -> Value {
    json!({
        "openapi": "3.1.1",
        "info": { "title": "Things", "version": "1" },
        "paths": { "/things": { "get": { "operationId": "readThing", "responses": { "200": {
            "description": "A thing.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/S" } } },
        } } } } },
        "components": { "schemas": schemas },
    })
}

fn contract(schemas: &Value) -> Contract {
    Contract::from_text(&document(schemas).to_string()).expect("a contract")
}

/// What is wrong with a value as an answer of the operation, as `pointer: message`.
fn wrong(contract: &Contract, direction: Direction, value: &Value) -> Vec<String> {
    let validator = contract.validator("/components/schemas/S", direction).expect("it compiles");
    let (violations, _) = validator.violations(value, 9);
    violations.into_iter().map(|found| format!("{}: {}", found.instance, found.message)).collect()
}

#[track_caller]
fn judges(schema: Value, takes: &[Value], refuses: &[Value]) {
    let contract =
        contract(&json!({ "S": schema, "Other": { "type": "object", "properties": { "a": { "type": "integer" } } } }));
    assert_eq!(contract.faults, [], "{schema}");
    for value in takes {
        assert_eq!(wrong(&contract, Direction::Response, value), [""; 0], "{schema} takes {value}");
    }
    for value in refuses {
        assert!(!wrong(&contract, Direction::Response, value).is_empty(), "{schema} refuses {value}");
    }
}

#[test]
fn keywords_of_the_draft_mean_what_it_says() {
    judges(json!({"type": ["string", "null"]}), &[json!("a"), json!(null)], &[json!(1)]);
    judges(json!({"const": {"a": [1]}}), &[json!({"a": [1]})], &[json!({"a": [2]})]);
    judges(json!({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 3}), &[json!(2)], &[json!(1), json!(3)]);
    judges(
        json!({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}),
        &[json!(["a", 1]), json!(["a"])],
        &[json!([1]), json!(["a", 1, 2])],
    );
    judges(json!({"contains": {"const": 1}, "minContains": 2}), &[json!([1, 2, 1])], &[json!([1, 2])]);
    judges(json!({"propertyNames": {"pattern": "^[a-z]$"}}), &[json!({"a": 1})], &[json!({"A": 1})]);
    judges(json!({"patternProperties": {"^x-": {"type": "string"}}}), &[json!({"x-a": "b"})], &[json!({"x-a": 1})]);
    judges(json!({"dependentRequired": {"a": ["b"]}}), &[json!({"b": 1}), json!({"a": 1, "b": 1})], &[json!({"a": 1})]);
    judges(json!({"dependentSchemas": {"a": {"maxProperties": 1}}}), &[json!({"a": 1})], &[json!({"a": 1, "b": 1})]);
    let conditional = json!({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}});
    judges(conditional, &[json!({"a": 1, "b": 1}), json!({"c": 1})], &[json!({"a": 1}), json!({})]);
    judges(json!({"properties": {"a": true, "b": false}}), &[json!({"a": 1})], &[json!({"b": 1})]);
    judges(json!(true), &[json!(1), json!(null)], &[]);
    judges(
        json!({"$defs": {"n": {"type": "null"}}, "anyOf": [{"$ref": "#/components/schemas/S/$defs/n"}]}),
        &[json!(null)],
        &[json!(1)],
    );
}

#[test]
fn what_stands_beside_a_reference_holds_as_well() {
    let beside = json!({"$ref": "#/components/schemas/Other", "required": ["a"], "unevaluatedProperties": false});
    judges(beside, &[json!({"a": 1})], &[json!({}), json!({"a": "x"}), json!({"a": 1, "b": 2})]);
}

#[test]
fn what_is_left_of_an_object_is_judged_across_its_parts() {
    let schema = json!({"allOf": [{"$ref": "#/components/schemas/Other"}], "properties": {"b": {}}, "unevaluatedProperties": false});
    judges(schema.clone(), &[json!({"a": 1, "b": 2})], &[json!({"c": 1})]);
    let contract = contract(&json!({"S": schema, "Other": {"properties": {"a": {}}}}));
    let told = wrong(&contract, Direction::Response, &json!({"a": 1, "c": "s3cret"}));
    assert_eq!(told, ["/c: the schema allows no property `c`"]);
    judges(json!({"prefixItems": [{}], "unevaluatedItems": false}), &[json!([1])], &[json!([1, 2])]);
}

/// JSON Schema 2020-12, validation, section 8: contents of texts are never looked into; formats are asserted as ever.
#[test]
fn contents_are_annotations_and_formats_are_asserted() {
    let contents = json!({"type": "string", "contentEncoding": "base64", "contentMediaType": "application/json"});
    judges(contents, &[json!("not base64!"), json!("e30=")], &[json!(1)]);
    judges(json!({"type": ["string", "null"], "format": "uuid"}), &[json!(null)], &[json!("x")]);
    judges(
        json!({"type": ["integer", "null"], "format": "int32"}),
        &[json!(null), json!(7)],
        &[json!(3_000_000_000_i64)],
    );
}

#[test]
fn schemas_are_found_by_address_and_by_anchor() {
    let contract = contract(&json!({
        "S": {"properties": {"a": {"$ref": "https://things.example/part"}, "b": {"$ref": "https://things.example/part#size"}}},
        "Part": {"$id": "https://things.example/part", "type": "object", "properties": {"size": {"$ref": "#size"}},
            "$defs": {"size": {"$anchor": "size", "type": "integer"}}},
    }));
    assert_eq!(contract.faults, []);
    let told = wrong(&contract, Direction::Response, &json!({"a": {"size": "x"}, "b": "y"}));
    let mut places: Vec<&str> = told.iter().map(|line| line.split(':').next().expect("a place")).collect();
    places.sort_unstable();
    assert_eq!(places, ["/a/size", "/b"], "{told:?}");
}

/// A page of anything, and pages of two kinds of things.
fn pages() -> Value {
    let page_of = |name: &str, kind: &str| {
        json!({"$id": format!("https://things.example/{name}"), "$ref": "#/components/schemas/Page",
            "$defs": {"kind": {"$dynamicAnchor": "kind", "$ref": format!("#/components/schemas/{kind}")}}})
    };
    json!({
        "Page": {"$id": "https://things.example/page", "type": "object",
            "properties": {"list": {"type": "array", "items": {"$dynamicRef": "#kind"}}},
            "$defs": {"kind": {"$dynamicAnchor": "kind", "not": {}}}},
        "Books": page_of("books", "Book"), "Discs": page_of("discs", "Disc"),
        "Book": {"type": "object", "required": ["isbn"], "properties": {"isbn": {"type": "string", "x-secret": true}}},
        "Disc": {"type": "object", "required": ["tracks"], "properties": {"tracks": {"type": "integer"}}},
        "S": {"properties": {"books": {"$ref": "#/components/schemas/Books"}, "discs": {"$ref": "#/components/schemas/Discs"}}},
    })
}

#[test]
fn a_part_that_is_left_open_is_filled_by_who_refers_to_it() {
    let contract = contract(&pages());
    assert_eq!(contract.faults, []);
    let right = json!({"books": {"list": [{"isbn": "1"}]}, "discs": {"list": [{"tracks": 9}]}});
    assert_eq!(wrong(&contract, Direction::Response, &right), [""; 0]);
    let told = wrong(
        &contract,
        Direction::Response,
        &json!({"books": {"list": [{"tracks": 9}]}, "discs": {"list": [{"tracks": "9"}]}}),
    );
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("/books/list/0/isbn: "), "{told:?}");
    let validator = contract.validator("/components/schemas/S", Direction::Response).expect("it compiles");
    let keyword = &validator.violations(&json!({"books": {"list": [{}]}}), 1).0[0].keyword;
    assert_eq!(keyword, "/components/schemas/Book/required");
    assert!(seen(&contract, &right).contains(&"/books/list/0/isbn Secret".to_owned()));
}

/// What a walk over an answer of the operation sees.
fn seen(contract: &Contract, value: &Value) -> Vec<String> {
    let operation = contract.operation("readThing").expect("an operation");
    let shape = operation.reply(200).expect("a reply").media_types[0].shape.expect("a shape");
    let mut events = Vec::new();
    contract.shapes.walk(shape, value, &mut |event, pointer, _| {
        let name = match event {
            ShapeEvent::UndocumentedProperty => "UndocumentedProperty",
            ShapeEvent::UndocumentedValue { .. } => "UndocumentedValue",
            ShapeEvent::Secret(_) => "Secret",
        };
        events.push(format!("{pointer} {name}"));
    });
    events.sort();
    events
}

#[test]
fn whatever_a_keyword_names_is_documented_and_nothing_else() {
    let contract = contract(&json!({"S": {
        "type": ["object", "null"], "$ref": "#/components/schemas/Base", "properties": {"own": true},
        "if": {"properties": {"asked": {}}}, "then": {"properties": {"then": {}}}, "else": {"properties": {"else": {}}},
        "dependentSchemas": {"own": {"properties": {"dependent": {}}}},
        "prefixItems": [{"properties": {"first": {"x-secret": true}}}],
    }, "Base": {"properties": {"base": {"$ref": "#/components/schemas/Pin", "description": "beside"}}, "patternProperties": {"^x-": {"properties": {"deep": {}}}}},
       "Pin": {"type": "string", "x-secret": true}}));
    let named = json!({"own": 1, "asked": 1, "then": 1, "else": 1, "dependent": 1, "x-any": {"deep": 1}});
    assert_eq!(seen(&contract, &named), [""; 0]);
    assert_eq!(
        seen(&contract, &json!({"base": "1234", "x-any": {"other": 1}})),
        ["/base Secret", "/x-any/other UndocumentedProperty"]
    );
    assert_eq!(
        seen(&contract, &json!([{"first": "1234", "other": 1}])),
        ["/0/first Secret", "/0/other UndocumentedProperty"]
    );
}

/// OpenAPI 3.1.1, "Validating readOnly and writeOnly": a client may send back what it was given.
#[test]
fn a_read_only_property_may_be_sent_back_and_a_write_only_one_never_comes() {
    let contract = contract(&json!({"S": {"type": "object", "required": ["id", "pin"], "properties": {
        "id": {"type": "integer", "readOnly": true}, "pin": {"$ref": "#/components/schemas/Pin", "writeOnly": true}}},
        "Pin": {"type": "string"}}));
    for (direction, value, fits) in [
        (Direction::Request, json!({"pin": "1"}), true),
        (Direction::Request, json!({"pin": "1", "id": 7}), true),
        (Direction::Request, json!({"pin": "1", "id": "x"}), false),
        (Direction::Request, json!({"id": 7}), false),
        (Direction::Response, json!({"id": 7}), true),
        (Direction::Response, json!({"id": 7, "pin": "1"}), false),
        (Direction::Response, json!({"pin": "1"}), false),
    ] {
        assert_eq!(wrong(&contract, direction, &value).is_empty(), fits, "{direction:?} {value}");
    }
}

#[test]
fn discriminators_decide_beside_conditions_of_the_schema_itself() {
    let contract = contract(&json!({
        "S": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind"}, "unevaluatedProperties": false, "allOf": [{"required": ["kind"]}],
            "if": {"required": ["old"]}, "then": {"properties": {"old": {"const": true}}}},
        "Cat": {"properties": {"kind": {"const": "Cat"}, "lives": {"type": "integer"}}},
        "Dog": {"properties": {"kind": {"const": "Dog"}, "tricks": {"type": "integer"}}},
    }));
    let told = |value| wrong(&contract, Direction::Response, &value);
    assert_eq!(told(json!({"kind": "Cat", "lives": 9})), [""; 0]);
    assert_eq!(told(json!({"kind": "Cat", "lives": 9, "old": true})), [""; 0]);
    assert!(!told(json!({"kind": "Cat", "old": false})).is_empty());
    assert!(!told(json!({"kind": "Cat", "tricks": 9})).is_empty());
    assert!(!told(json!({"lives": 9})).is_empty());
    let wrong_lives = told(json!({"kind": "Cat", "lives": "x"}));
    assert!(wrong_lives.iter().any(|line| line.starts_with("/lives: ")), "{wrong_lives:?}");
}

/// The faults and notes of a document, each at its place.
fn remarks(document: &Value) -> (Vec<String>, Vec<String>) {
    let contract = Contract::from_text(&document.to_string()).expect("a contract");
    let listed = |remarks: &[flowproof::contract::ContractError]| remarks.iter().map(ToString::to_string).collect();
    (listed(&contract.faults), listed(&contract.notes))
}

#[test]
fn s12_what_means_nothing_in_the_draft_is_told_at_its_place_and_the_rest_holds() {
    let schemas = json!({
        "S": {"properties": {"a": {"type": "strnig", "maxLength": 2}, "b": {"exclusiveMinimum": true, "maximum": 9},
            "c": {"items": [{"type": "string"}]}, "d": {"$ref": "#/gone", "required": ["x"]}, "e": 5,
            "f": {"patternProperties": {"[": {}}}, "g": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "string"},
            "h": {"type": "string", "nullable": true}}, "unevaluatedProperties": false},
    });
    let (faults, notes) = remarks(&document(&schemas));
    for place in ["a/type", "b/exclusiveMinimum", "c/items", "d/$ref", "e`", "f/patternProperties", "g/$schema"] {
        assert!(faults.iter().any(|fault| fault.contains(&format!("/S/properties/{place}"))), "{place}: {faults:#?}");
    }
    assert_eq!(faults.len(), 7, "{faults:#?}");
    assert!(notes[0].contains("`nullable` means nothing in OpenAPI 3.1"), "{notes:?}");
    let contract = contract(&schemas);
    let told = |value| wrong(&contract, Direction::Response, &value);
    assert_eq!(
        told(json!({"a": "ab", "b": 1, "c": [1], "d": {"x": 1, "y": 2}, "e": 1, "f": {"[": 1}, "g": 1})),
        [""; 0]
    );
    for broken in [json!({"a": "abc"}), json!({"b": 10}), json!({"d": {}}), json!({"h": null}), json!({"i": 1})] {
        assert!(!told(broken.clone()).is_empty(), "{broken}");
    }
}

#[test]
fn webhooks_are_passed_over_with_a_note_and_paths_may_be_references_or_absent() {
    let mut document = document(&json!({"S": {"type": "object"}}));
    document["webhooks"] = json!({"sold": {"post": {"operationId": "sold"}}});
    document["components"]["pathItems"] = json!({"Other": document["paths"]["/things"].clone()});
    document["components"]["pathItems"]["Other"]["get"]["operationId"] = json!("readOther");
    document["paths"]["/others"] = json!({"$ref": "#/components/pathItems/Other"});
    let (faults, notes) = remarks(&document);
    assert_eq!(faults, [""; 0]);
    assert!(notes[0].contains("/webhooks"), "{notes:?}");
    let contract = Contract::from_text(&document.to_string()).expect("a contract");
    let names: Vec<&str> = contract.operations().iter().map(|operation| operation.name.as_str()).collect();
    assert_eq!(names, ["readOther", "readThing"]);
    document.as_object_mut().expect("an object").remove("paths");
    let refusal = Contract::from_text(&document.to_string()).expect_err("refused").to_string();
    assert!(refusal.contains("nothing to judge; webhooks are not judged"), "{refusal}");
}

#[test]
fn a_dialect_of_which_nothing_is_known_is_refused() {
    let with = |dialect: &str| {
        let mut document = document(&json!({"S": {"type": "object"}}));
        document["jsonSchemaDialect"] = dialect.into();
        Contract::from_text(&document.to_string())
    };
    for known in ["https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema"] {
        with(known).expect("known");
    }
    let refusal = with("http://json-schema.org/draft-07/schema#").expect_err("refused").to_string();
    assert!(refusal.contains("/jsonSchemaDialect") && refusal.contains("2020-12"), "{refusal}");
}

#[test]
fn a_schema_that_refers_to_itself_through_everything_ends() {
    let schema = json!({"$ref": "#/components/schemas/S", "allOf": [{"$ref": "#/components/schemas/S"}],
        "if": {"$ref": "#/components/schemas/S"}, "unevaluatedProperties": {"$ref": "#/components/schemas/S"},
        "$defs": {"a": {"$dynamicAnchor": "a", "$dynamicRef": "#a"}, "b": {"$dynamicAnchor": "a"}}});
    let contract = Arc::new(contract(&json!({"S": schema})));
    let _ = contract.validator("/components/schemas/S", Direction::Response);
    seen(&contract, &json!({"a": {"b": 1}}));
}
