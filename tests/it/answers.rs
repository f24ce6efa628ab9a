//! Answers of other APIs: header fields, bodies that are not JSON, and answers without content, each by a contract of its own.
//!
//! What the suite of the built-in contract holds is elsewhere; so are the inputs that others made (`handed`).

use std::time::Duration;

use flowproof::checks::{self, Case, Levels, Observation};
use flowproof::contract::Contract;
use flowproof::record::{Decoded, Exchange, Headers, Level, Request, Response};

/// An answer to a request, and what is documented for it.
#[derive(Clone, Copy)]
struct Answer<'a> {
    method: &'a str,
    status: u16,
    accept: &'a [&'a str],
    fields: &'a [(&'a str, &'a str)],
    body: &'a [u8],
}

const ANSWER: Answer<'static> = Answer { method: "GET", status: 200, accept: &[], fields: &[], body: b"" };

/// The checks that deny, judging an answer by the responses that an operation documents (in YAML, on one line).
fn denied(answer: &Answer<'_>, responses: &str) -> Vec<String> {
    findings(answer, responses).into_iter().map(|(check, _)| check).collect()
}

fn findings(answer: &Answer<'_>, responses: &str) -> Vec<(String, String)> {
    let contract = Contract::from_text(&format!(
        "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{{}: {{operationId: a, responses: {{{responses}}}}}}}}}\n\
         components: {{schemas: {{Count: {{type: integer, minimum: 0}}, Even: {{allOf: [{{$ref: '#/components/schemas/Count'}}, {{multipleOf: 2}}]}}}}}}",
        answer.method.to_lowercase()
    ));
    let contract = contract.unwrap_or_else(|error| panic!("{error}: {responses}"));
    let history = [Observation::from(exchange(answer))];
    let case = Case::new(&contract, &history, None).expect("an answer");
    let found = checks::judge(&case, &Levels::default()).findings.into_iter();
    let denied = found.filter(|finding| finding.level == Level::Deny);
    denied.map(|finding| (finding.check, finding.message)).collect()
}

fn exchange(answer: &Answer<'_>) -> Exchange {
    let fields = |list: &[(&str, &str)]| {
        Headers(list.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect())
    };
    let accept: Vec<_> = answer.accept.iter().map(|value| ("Accept", *value)).collect();
    Exchange {
        operation: Some("a".into()),
        step: 0,
        request: Request {
            method: answer.method.into(),
            url: "https://a.example/a".into(),
            headers: fields(&accept),
            body: None,
        },
        outcome: Ok(Response {
            status: answer.status,
            headers: fields(answer.fields),
            body: answer.body.to_vec().into(),
        }),
        decoded: Decoded::NotTried,
        started_at: Default::default(),
        first_byte: Duration::ZERO,
        total: Duration::ZERO,
    }
}

/// Whether a header field X with these values fits what is documented of it.
fn fits(documented: &str, values: &[&str]) -> bool {
    let fields: Vec<_> = values.iter().map(|value| ("x", *value)).collect();
    let denied = denied(
        &Answer { fields: &fields, ..ANSWER },
        &format!("'200': {{description: d, headers: {{X: {documented}}}}}"),
    );
    assert!(denied.iter().all(|check| check == "response-headers"), "{denied:?}");
    denied.is_empty()
}

// reported/01
#[test]
fn a_header_field_is_read_as_its_schema_means_it_however_that_is_written() {
    let even = "{schema: {$ref: '#/components/schemas/Even'}}";
    assert!(fits(even, &["4"]) && !fits(even, &["5"]) && !fits(even, &["-2"]) && !fits(even, &["four"]));
    let choice = "{schema: {oneOf: [{type: integer, maximum: 5}, {type: string, pattern: '^[a-z]+$'}]}}";
    assert!(fits(choice, &["3"]) && fits(choice, &["abc"]) && !fits(choice, &["900"]));
    let listed = "{schema: {enum: [1, 2, true]}}";
    assert!(fits(listed, &["2"]) && fits(listed, &["true"]) && !fits(listed, &["3"]));
    assert!(fits("{schema: {type: string, enum: ['1']}}", &["1"]));
    assert!(!fits("{schema: {maximum: 5}}", &["6"]));
    assert!(fits("{schema: {type: number}}", &["1e3"]) && !fits("{schema: {type: boolean}}", &["yes"]));
}

// reported/02
#[test]
fn a_header_field_may_be_an_array_over_several_fields_and_with_blanks_at_its_commas() {
    let array = "{schema: {type: array, minItems: 2, uniqueItems: true, items: {$ref: '#/components/schemas/Even'}}}";
    for right in [&["2,4"][..], &["2 ,\t4"], &["2", "4"], &["2, ,4"], &["2,4", "6"]] {
        assert!(fits(array, right), "{right:?}");
    }
    for wrong in [&["2"][..], &["2,3"], &["2,2"], &["2", "x"], &["2,-4"]] {
        assert!(!fits(array, wrong), "{wrong:?}");
    }
    let names = "{schema: {type: array, items: {enum: ['\"a,b\"', c]}}}";
    assert!(fits(names, &["c, \"a,b\""]));
}

// reported/02
#[test]
fn a_header_field_may_be_an_object_exploded_or_not() {
    let schema = "{type: object, required: [left], properties: {left: {$ref: '#/components/schemas/Count'}}, \
                  additionalProperties: {type: boolean}}";
    let (plain, exploded) = (format!("{{schema: {schema}}}"), format!("{{explode: true, schema: {schema}}}"));
    assert!(fits(&plain, &["left, 3,whole,true"]) && fits(&plain, &["left,3", "whole,true"]));
    assert!(!fits(&plain, &["left=3"]) && !fits(&plain, &["left"]) && !fits(&plain, &["whole,true"]));
    assert!(fits(&exploded, &["left=3, whole=false"]) && fits(&exploded, &["left=3", "whole=false"]));
    assert!(!fits(&exploded, &["left,3"]) && !fits(&exploded, &["left=-3"]) && !fits(&exploded, &["left=3,whole=7"]));
}

#[test]
fn several_fields_that_are_one_text_are_judged_together_or_each() {
    assert!(fits("{schema: {type: string, enum: ['Accept, Origin']}}", &["Accept", "Origin"]));
    assert!(fits("{schema: {type: integer}}", &["1", "2"]) && !fits("{schema: {type: integer}}", &["1", "two"]));
    let cookies = "'200': {description: d, headers: {Set-Cookie: {schema: {type: array, items: {type: string, pattern: '^[a-z]=[^;]*$'}}}}}";
    let fields = [("Set-Cookie", "a=1, 2"), ("Set-Cookie", "b=3")];
    assert!(denied(&Answer { fields: &fields, ..ANSWER }, cookies).is_empty());
}

// reported/20
#[test]
fn what_is_documented_of_content_type_among_the_header_fields_is_ignored() {
    let responses = "'200': {description: d, headers: {content-Type: {required: true, schema: {enum: [text/x]}}}}";
    assert!(denied(&ANSWER, responses).is_empty());
}

#[test]
fn header_parameters_that_openapi_ignores_are_no_parameters() {
    let named = |name: &str| format!("{{in: header, name: {name}, schema: {{type: integer}}}}");
    let parameters = ["ACCEPT", "Content-type", "authorization", "X-Own"].map(named).join(", ");
    let contract = Contract::from_text(&format!(
        "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{get: {{operationId: a, parameters: [{parameters}], \
         responses: {{'200': {{description: d}}}}}}}}}}"
    ));
    let contract = contract.expect("a contract");
    let names: Vec<_> = contract.operations()[0].parameters.iter().map(|parameter| &parameter.name).collect();
    assert_eq!(names, ["X-Own"]);
}

// reported/20b
#[test]
fn a_header_field_documented_by_content_is_judged_by_its_media_type() {
    let json =
        "{content: {application/json: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}}}";
    assert!(
        fits(json, &[r#"{"a": 1}"#])
            && !fits(json, &[r#"{"a": "1"}"#])
            && !fits(json, &["a,1"])
            && !fits(json, &["{}"])
    );
    let text = "{content: {text/plain: {schema: {type: string, maxLength: 3}}}}";
    assert!(fits(text, &["abc"]) && !fits(text, &["abcd"]));
    assert!(!fits("{required: true, content: {text/plain: {}}}", &[]));
}

/// Whether a body of a media type fits a documented media type and schema.
fn holds(named: &str, body: &[u8], documented: &str, schema: &str) -> bool {
    let responses = format!("'200': {{description: d, content: {{'{documented}': {{schema: {schema}}}}}}}");
    let denied = denied(&Answer { fields: &[("Content-Type", named)], body, ..ANSWER }, &responses);
    assert!(denied.iter().all(|check| check == "response-schema"), "{denied:?}");
    denied.is_empty()
}

// reported/04
#[test]
fn a_text_is_itself_the_string_of_its_schema() {
    for (named, documented) in [
        ("text/plain", "text/plain"),
        ("text/csv; charset=utf-8", "text/*"),
        ("text/html", "*/*"),
        ("application/jwt", "application/jwt"),
        ("text/event-stream", "text/event-stream"),
        ("application/xml", "application/xml"),
        ("application/yaml", "application/*"),
        ("application/octet-stream", "application/octet-stream"),
    ] {
        assert!(holds(named, b"{\"a\": 1, oh", documented, "{type: string}"), "{named}");
        assert!(holds(named, b"", documented, "{type: string}"), "{named}");
        assert!(!holds(named, b"", documented, "{type: string, minLength: 1}"), "{named}");
        assert!(!holds(named, b"abcd", documented, "{type: string, maxLength: 3}"), "{named}");
        assert!(!holds(named, b"abcd", documented, "{type: string, pattern: '^a$'}"), "{named}");
        assert!(!holds(named, b"abcd", documented, "{enum: [ok, wrong]}"), "{named}");
        assert!(holds(named, b"abcd", documented, "{type: object, required: [a], properties: {a: {}}}"), "{named}");
    }
    assert!(holds("text/plain", b"{\"a\": 1}", "text/plain", "{type: string, maxLength: 8}"));
    assert!(holds("text/plain; charset=iso-8859-1", b"Zo\xeb", "text/plain", "{type: string, maxLength: 3}"));
}

#[test]
fn a_text_may_be_a_number_or_a_boolean_to_its_schema() {
    assert!(holds("text/plain", b"42\n", "text/plain", "{$ref: '#/components/schemas/Even'}"));
    assert!(!holds("text/plain", b"43", "text/plain", "{$ref: '#/components/schemas/Even'}"));
    assert!(holds("text/plain", b"true", "text/plain", "{type: boolean}"));
    assert!(!holds("text/plain", b"", "text/plain", "{type: boolean}"));
}

#[test]
fn bytes_are_no_text_and_fit() {
    let picture = b"\x89PNG\r\n\x1a\n\0";
    for (named, schema) in [
        ("image/png", "{type: string, format: binary}"),
        ("image/png", "{type: string, maxLength: 1}"),
        ("application/pdf", "{type: string, format: binary, maxLength: 1}"),
        ("application/octet-stream", "{type: string}"),
    ] {
        assert!(holds(named, picture, "*/*", schema), "{named} {schema}");
        assert!(holds(named, b"", named, schema), "{named} {schema}");
    }
}

#[test]
fn json_is_read_as_json_under_whatever_range_it_is_documented() {
    let object = "{type: object, required: [a], properties: {a: {type: integer}}}";
    for (named, documented) in [
        ("application/json", "*/*"),
        ("application/problem+json", "application/*"),
        ("text/json", "text/json"),
        ("application/hal+json", "application/*+json"),
    ] {
        assert!(holds(named, b"{\"a\": 1}", documented, object), "{named}");
        assert!(!holds(named, b"{}", documented, object), "{named}");
        assert!(!holds(named, b"{\"a\": 1", documented, object), "{named}");
        assert!(!holds(named, b"", documented, "{type: string}"), "{named}");
    }
    let nothing = "'200': {description: d, content: {'*/*': {schema: {type: object}}}}";
    assert_eq!(denied(&ANSWER, nothing), ["response-schema"]);
}

#[test]
fn the_closest_of_several_documented_media_types_judges_the_body() {
    let content = "application/json: {schema: {type: object}}, application/*+json: {schema: {type: array}}, \
                   'application/json; v=2': {schema: {type: integer}}, text/*: {schema: {maxLength: 2}}, '*/*': {schema: {maxLength: 4}}";
    let responses = format!("'200': {{description: d, content: {{{content}}}}}");
    for (named, body, right) in [
        ("application/json", "{}", true),
        ("application/json; charset=utf-8", "[]", false),
        ("application/json;v=2", "7", true),
        ("application/x+json", "[]", true),
        ("application/x+json", "{}", false),
        ("text/csv", "a,b", false),
        ("application/yaml", "a,b", true),
    ] {
        let denied =
            denied(&Answer { fields: &[("Content-Type", named)], body: body.as_bytes(), ..ANSWER }, &responses);
        assert_eq!(denied.is_empty(), right, "{named} {body}: {denied:?}");
    }
}

// reported/37
#[test]
fn a_documented_suffix_is_asked_of_the_media_type() {
    for content in ["application/*+json: {}", "application/*+json: {schema: {type: object}}", "application/*+xml: {}"] {
        let responses = format!("'200': {{description: d, content: {{{content}}}}}");
        let answer = Answer { fields: &[("Content-Type", "application/octet-stream")], body: b"\0", ..ANSWER };
        assert_eq!(denied(&answer, &responses), ["media-type"], "{content}");
    }
}

// reported/08
#[test]
fn an_empty_parameter_of_a_content_type_counts_for_nothing() {
    assert!(holds("application/json;;charset=utf-8", b"{}", "application/json", "{type: object}"));
    assert!(holds("text/plain; ;", b"a", "text/plain", "{type: string}"));
}

// documents/12
#[test]
fn a_charset_documented_for_json_says_nothing_of_the_answer() {
    for named in ["application/json", "application/json;charset=UTF-8", "application/json; v=1"] {
        assert!(holds(named, b"[]", "application/json; charset=utf-8", "{type: array}"), "{named}");
        assert!(!holds(named, b"{}", "application/json; charset=utf-8", "{type: array}"), "{named}");
    }
}

// reported/05, reported/18
#[test]
fn an_answer_that_cannot_have_content_is_not_asked_for_any() {
    let content = "content: {application/json: {schema: {type: object}}}, headers: {ETag: {required: true, schema: {minLength: 3}}}";
    for key in ["'2XX'", "'3XX'", "default"] {
        let responses = format!("{key}: {{description: d, {content}}}, '418': {{description: d}}");
        let statuses: &[u16] = if key == "'3XX'" { &[304] } else { &[204, 205] };
        for status in statuses {
            for method in ["GET", "PUT", "DELETE"] {
                let answer = Answer { method, status: *status, fields: &[("ETag", "\"a\"")], ..ANSWER };
                assert!(denied(&answer, &responses).is_empty(), "{key} {method} {status}");
                let without = Answer { fields: &[], ..answer };
                assert_eq!(denied(&without, &responses), ["response-headers"], "{key} {method} {status}");
            }
        }
        let asked = if key == "'3XX'" { 300 } else { 201 };
        let answer = Answer { status: asked, fields: &[("ETag", "\"a\"")], ..ANSWER };
        assert_eq!(denied(&answer, &responses), ["response-schema"], "{key}");
        let head = Answer { method: "HEAD", ..answer };
        assert!(denied(&head, &responses).is_empty(), "{key}");
    }
}

// reported/15
#[test]
fn several_accept_fields_are_one_list() {
    let responses = "'200': {description: d, content: {text/csv: {}, application/json: {}}}";
    let answer = Answer { fields: &[("Content-Type", "text/csv")], body: b"a", ..ANSWER };
    for (accept, right) in [
        (&["application/json", "text/csv"][..], true),
        (&["*/*", "text/csv;q=0"], false),
        (&["text/csv;q=0.0, */*"], false),
        (&["*/*;q=0", "text/*;q=0.1"], true),
        (&[""], true),
        (&["application/json"], false),
    ] {
        let denied = denied(&Answer { accept, ..answer }, responses);
        assert_eq!(denied.is_empty(), right, "{accept:?}: {denied:?}");
    }
}

// documents/07
#[test]
fn a_redirection_needs_a_location_only_where_the_contract_requires_one() {
    for (headers, checks) in [
        ("", &[][..]),
        (", headers: {Location: {schema: {type: string}}}", &[]),
        (", headers: {location: {required: true, schema: {type: string}}}", &["response-headers", "link-target"]),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let denied = denied(&Answer { status, ..ANSWER }, &format!("default: {{description: d{headers}}}"));
            assert_eq!(denied, checks, "{status} {headers}");
        }
    }
    let blank = Answer { status: 302, fields: &[("Location", "/a?name=Ann Mary")], ..ANSWER };
    assert_eq!(denied(&blank, "default: {description: d}"), ["link-target"]);
}

#[test]
fn what_is_wrong_with_a_header_field_is_said_in_short() {
    let responses =
        "'200': {description: d, headers: {X: {schema: {type: array, items: {$ref: '#/components/schemas/Count'}}}}}";
    let found = findings(&Answer { fields: &[("X", "1, -2")], ..ANSWER }, responses);
    let message = "the header field X is malformed: the number is too small at /1";
    assert_eq!(found, [("response-headers".to_owned(), message.to_owned())]);
}

// reported/14b
#[test]
fn numbers_beyond_64_bits_stay_apart_where_a_choice_of_schemas_asks_whether_items_differ() {
    let judged = |schema: &str, body: &str| {
        let responses = format!("'200': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}");
        let fields = [("Content-Type", "application/json")];
        denied(&Answer { fields: &fields, body: body.as_bytes(), ..ANSWER }, &responses)
    };
    let (apart, alike) =
        ("[18446744073709551617, 18446744073709551618]", "[18446744073709551617, 18446744073709551617]");
    let choice = "{oneOf: [{type: string}, {type: array, uniqueItems: true}]}";
    assert!(judged(choice, apart).is_empty());
    assert_eq!(judged(choice, alike), ["response-schema"]);
    let one_of_each = "{enum: [[18446744073709551617, 18446744073709551618]]}";
    assert!(judged(one_of_each, apart).is_empty(), "the digits of an enum are held as nearly");
}
