//! Header fields in scenarios: several of one name, numbers in them, and what is kept from them.

use flowproof::record::{ExitCode, Verdict};
use flowproof::run::RunOptions;

use super::support::{run, scenario};
use crate::support::{code, flowproof, folder, stderr, stdout};

/// A scenario that begins a sign-on, which sets two cookies, both HttpOnly and one of them SameSite, with a further line.
fn authorized(name: &str, line: &str) -> (Verdict, Vec<String>) {
    let text = format!(
        "scenario: s\nwhy: w\ncovers: [COOKIE-1]\ntags: [flows]\nneeds: [apps.signOn]\nsteps:\n  - call: authorize\n    \
         query: {{ client_id: \"{{{{apps.signOn.clientId}}}}\", response_type: code, response_mode: pi.flow }}\n    {line}\n"
    );
    let ran =
        run(&format!("header-fields-{name}"), vec![scenario("flows/s", &text)], |options| RunOptions { ..options });
    let record = &ran.records[0];
    let actual = record.findings.iter().filter_map(|finding| finding.actual.clone());
    (record.verdict, actual.collect())
}

// reported/16
#[test]
fn the_handed_scenarios_about_repeated_fields_and_numbers_pass() {
    let reports = folder("running/reported-16");
    let output = flowproof(&[
        "run",
        "tests/handed/reported/16-repeated-header/cases",
        "--report",
        reports.to_str().expect("UTF-8"),
    ]);
    assert_eq!(code(&output), i32::from(ExitCode::Held.code()), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("4 passed"), "{}", stdout(&output));
}

// reported/16
#[test]
fn of_several_fields_one_has_to_be_as_demanded_and_each_where_that_is_said() {
    let expecting = |matcher: &str| format!("expect: {{ headers: {{ Set-Cookie: {matcher} }} }}");
    for (name, matcher, verdict) in [
        ("one", "{ contains: ST-NO-SS= }", Verdict::Passed),
        ("none", "{ contains: nowhere }", Verdict::Failed),
        ("each", "{ each: { contains: HttpOnly } }", Verdict::Passed),
        ("not-each", "{ each: { contains: SameSite } }", Verdict::Failed),
        ("present", "{ present: true }", Verdict::Passed),
        ("absent", "{ absent: true }", Verdict::Failed),
        ("type", "{ each: { type: string } }", Verdict::Passed),
    ] {
        let (came, actual) = authorized(name, &expecting(matcher));
        assert_eq!(came, verdict, "{name}: {actual:?}");
        let all = actual.iter().all(|actual| actual.contains("ST=") && actual.contains("ST-NO-SS="));
        assert!(all, "{name}: all fields are shown, not the first: {actual:?}");
    }
    assert_eq!(
        authorized("unsent", "expect: { headers: { X-Nowhere: { each: { type: string } } } }").0,
        Verdict::Failed
    );
}

// reported/16b
#[test]
fn a_number_in_a_header_field_is_compared_as_one() {
    for (name, matcher, verdict) in [
        ("greater", "{ greater-than: 10 }", Verdict::Passed),
        ("not-greater", "{ greater-than: 1000000 }", Verdict::Failed),
        ("less", "{ less-than: 1000000 }", Verdict::Passed),
        ("integer", "{ type: integer }", Verdict::Passed),
        ("string", "{ type: string }", Verdict::Passed),
        ("boolean", "{ type: boolean }", Verdict::Failed),
    ] {
        let (came, actual) = authorized(name, &format!("expect: {{ headers: {{ Content-Length: {matcher} }} }}"));
        assert_eq!(came, verdict, "{name}: {actual:?}");
    }
}

// reported/16
#[test]
fn what_is_kept_comes_from_the_field_in_which_it_is_found() {
    let saving = |capture: &str| format!("save: {{ twin: {{ header: Set-Cookie, capture: '{capture}' }} }}");
    assert_eq!(authorized("saved", &saving("^ST-NO-SS=([^;]+)")).0, Verdict::Passed);
    assert_eq!(authorized("not-saved", &saving("^NOWHERE=([^;]+)")).0, Verdict::Failed);
}
