//! Group M: what a body says of itself.

use flowproof::record::Level;

use super::run::{BEGIN_AND_READ, Met, Setting, mangling, reading, says};

/// Reads an honest body under another Content-Type.
fn typed(content_type: impl Into<String>) -> Met {
    let content_type = content_type.into();
    reading(move |honest| honest.instead("content-type", content_type.clone()).bytes())
}

#[test]
fn m01_a_missing_content_type_is_told_with_what_the_body_would_be() {
    let met = reading(|honest| honest.without("content-type").bytes());
    assert_eq!(met.speaking(), ["media-type"]);
    says(&met.violated().message, &["Content-Type is missing", "read as application/", "the body fits its schema"]);
    let met = reading(|honest| honest.without("content-type").saying("{}").bytes());
    says(&met.violated().message, &["the body does not fit its schema"]);
    let met = reading(|honest| honest.without("content-type").saying("hello").bytes());
    says(&met.violated().message, &["the body is not JSON either"]);
}

#[test]
fn m02_what_looks_like_json_is_not_all_the_same() {
    for other in ["application/problem+json", "text/json", "application/vnd.x+json", "application/jsonp"] {
        let met = typed(other);
        assert_eq!(met.speaking(), ["media-type"], "{other}");
        says(&met.violated().message, &["not documented for this status"]);
    }
    for (accepted, given) in
        [("application/hal+json", "application/json"), ("application/json", "application/hal+json")]
    {
        let server = mangling("GET", move |peer, honest| peer.write(honest.instead("content-type", given).bytes()));
        let step = format!("headers: {{ accept: {accepted} }}\n    expect: {{ status: 200 }}");
        let scenario = BEGIN_AND_READ.replace("expect: { status: 200 }", &step);
        let met = Setting::at(server.url()).scenario(scenario).run();
        says(&met.violated().message, &["the request accepts only"]);
    }
}

#[test]
fn m03_case_spaces_and_undocumented_parameters_make_no_difference() {
    for same in [
        "Application/JSON ; Charset=UTF-8",
        "APPLICATION/JSON",
        "application/json;odd=1",
        "application/json; charset=\"utf-8\"",
    ] {
        let met = typed(same);
        met.held();
        assert!(met.record.findings.is_empty(), "{same}: {:?}", met.record.findings);
    }
}

#[test]
fn m04_a_charset_that_json_cannot_have_is_told() {
    for (odd, said) in [
        ("application/json; charset=iso-8859-1", "JSON is always UTF-8"),
        ("application/json; charset=utf-8; charset=utf-8", "stated more than once"),
    ] {
        let met = typed(odd);
        let finding = met.held().said_by("framing");
        assert_eq!(finding.level, Level::Warn);
        says(&finding.message, &[said]);
    }
}

#[test]
fn m05_several_content_types_are_one_too_many() {
    let met = reading(|honest| honest.with("content-type", "text/html").bytes());
    says(&met.violated().message, &["several Content-Type values"]);
    says(&typed("application/json, text/html").violated().message, &["malformed", "several values"]);
}

#[test]
fn m06_a_malformed_content_type_is_shown_escaped_and_cut() {
    for broken in
        ["application.json", "json", "", "/", "application/", "application/json;;=", "\"", "application/\tjson"]
    {
        let met = typed(broken);
        assert_eq!(met.violated().check, "media-type", "{broken}: {:?}", met.record.findings);
    }
    let met = typed("x".repeat(50_000));
    let actual = met.violated().actual.clone().unwrap_or_default();
    assert!(actual.len() < 2_000 && actual.ends_with("(50000 bytes)"), "{}", actual.len());
}

#[test]
fn s16_a_status_that_is_not_documented_is_named_with_the_operation() {
    let met = reading(|honest| honest.status(418).bytes());
    says(&met.violated().message, &["status 418 is not documented for GET /"]);
}

#[test]
fn s17_a_required_header_field_that_is_missing_or_malformed_is_named() {
    let met = reading(|honest| honest.without("correlation-id").bytes());
    says(&met.violated().message, &["the required header field Correlation-Id is missing"]);
    let met = reading(|honest| honest.instead("correlation-id", "number nine").bytes());
    says(&met.violated().message, &["the header field Correlation-Id is malformed"]);
}

#[test]
fn m10_a_content_type_without_a_body_is_told() {
    let met = reading(|honest| {
        let nothing = honest.status(204).without("content-length").with("content-length", "0");
        nothing.head()
    });
    let finding = met.said_by("framing");
    assert_eq!(finding.level, Level::Warn);
    says(&finding.message, &["status 204 has no body, but a Content-Type"]);
    // The contract documents no 204 at all, so the verdict is that.
    says(&met.violated().message, &["status 204 is not documented"]);
}
