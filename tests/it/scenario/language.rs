//! What the language promises where nothing is wrong.

use flowproof::scenario::Suite;
use flowproof::scenario::model::{Call, JsonValue, Matcher, Scenario, StateSequence, Step, StepAction};
use flowproof::scenario::parse::reference;
use flowproof::scenario::template::{Helper, HelperArgument, HelperCall, PlaceholderKind, Values};
use serde_json::{Value, json};

fn only(text: &str) -> Scenario {
    let mut suite =
        Suite::from_text("cases/a.yaml", text).unwrap_or_else(|problems| panic!("{}", super::rendered(&problems)));
    assert_eq!(suite.scenarios.len(), 1);
    suite.scenarios.remove(0)
}

/// A scenario with one call, of which the rest is given, indented by four.
fn call(rest: &str) -> Call {
    let scenario = only(&format!("scenario: One call\nsteps:\n  - call: validateOtp\n{rest}"));
    match scenario.steps.first().map(|step| step.action.clone()) {
        Some(StepAction::Call(call)) => *call,
        other => panic!("{other:?}"),
    }
}

fn values(data: Value) -> Values {
    match data {
        Value::Object(data) => Values { data, ..Values::default() },
        _ => Values::default(),
    }
}

/// The value of the variable `a`, rendered with the data.
fn rendered(yaml: &str, data: Value) -> Value {
    let scenario = only(&format!("scenario: A\nlet:\n  a: {yaml}\nsteps: [{{ call: x }}]\n"));
    scenario.bindings[0].value.render(&values(data)).expect("it can be rendered")
}

fn refused(yaml: &str, data: Value) -> String {
    let scenario = only(&format!("scenario: A\nlet:\n  a: {yaml}\nsteps: [{{ call: x }}]\n"));
    scenario.bindings[0].value.render(&values(data)).expect_err("it cannot be rendered").to_string()
}

#[test]
fn the_scenario_of_the_design_page_is_read_whole() {
    let scenario = only(include_str!("../../scenario/design.yaml"));
    assert_eq!(scenario.title.value, "An emailed passcode completes a device authentication");
    assert_eq!(scenario.covers.len(), 2);
    assert_eq!(scenario.needs[0].value, "user.otp");
    assert_eq!(scenario.steps.len(), 2);
    assert!(matches!(&scenario.sequence, Some(StateSequence::Only(states)) if states.len() == 2));
    assert_eq!(scenario.statuses.as_ref().map(|codes| codes.value.clone()), Some(vec![201, 200]));
}

#[test]
fn c13_a_file_for_a_newer_version_says_that_and_nothing_else() {
    let problems = |requires: &str| {
        let text = format!("scenario: A\nrequires: {requires}\nsteps: [{{ invoke: x }}]\n");
        super::rendered(&Suite::from_text("cases/a.yaml", &text).expect_err("refused"))
    };
    let own = env!("CARGO_PKG_VERSION");
    let newer = problems("flowproof >= 99.1");
    let told = format!("this file needs flowproof >=99.1, and this is flowproof {own}");
    assert!(newer.contains(&told) && newer.contains("cases/a.yaml:2:11") && !newer.contains("invoke"), "{newer}");
    assert!(problems("99.1").contains("names no version"));
    assert!(problems(&format!("flowproof >= {own}")).contains("unknown key `invoke`"));
}

#[test]
fn y06_text_is_what_was_written_where_text_is_meant() {
    let call = call("    path: { a: no, b: 012345, c: 1.10, d: 0777, e: null }\n");
    let texts: Vec<_> = call.path.iter().map(|each| each.value.literal().cloned().unwrap()).collect();
    assert_eq!(texts, [json!("no"), json!("012345"), json!("1.10"), json!("0777"), json!("null")]);
}

#[test]
fn y06_a_free_value_is_a_number_only_if_json_would_write_it_so() {
    let value = rendered("[on, yes, no, 012345, 0777, 0x1f, 1_000, .5, +1, .inf, 2026-01-01]", json!({}));
    assert_eq!(value, json!(["on", "yes", "no", "012345", "0777", "0x1f", "1_000", ".5", "+1", ".inf", "2026-01-01"]));
    let value = rendered("[true, false, null, ~, 0, -7, 18446744073709551615, 2.5, \"1\", !!str 7]", json!({}));
    assert_eq!(value, json!([true, false, null, null, 0, -7, 18_446_744_073_709_551_615_u64, 2.5, "1", "7"]));
}

#[test]
fn y06_a_state_may_be_called_no_and_keys_are_text() {
    let call = call("    expect: { state: no, body: { /on: yes } }\n    headers: { X-No: no }\n");
    assert_eq!(call.expect.state.unwrap().value, "no");
    assert_eq!(call.expect.body[0].0.value, "/on");
    assert_eq!(call.headers[0].name.value, "X-No");
}

#[test]
fn y08_a_quoted_merge_key_is_an_ordinary_key() {
    assert_eq!(rendered("{ \"<<\": 1 }", json!({})), json!({"<<": 1}));
}

#[test]
fn y09_a_byte_order_mark_and_crlf_change_nothing() {
    let scenario = only("\u{feff}scenario: Ünïcode\r\nsteps:\r\n  - call: x\r\n    expect: { state: é }\r\n");
    assert_eq!(scenario.title.span.position().column, 11);
    let StepAction::Call(call) = &scenario.steps[0].action else { panic!() };
    assert_eq!(call.operation.span.to_string(), "cases/a.yaml:3:11");
    assert_eq!(call.expect.state.as_ref().unwrap().span.to_string(), "cases/a.yaml:4:22");
}

#[test]
fn y01_an_alias_is_the_value_it_refers_to() {
    assert_eq!(rendered("{ b: &x [1, 2], c: *x }", json!({})), json!({"b": [1, 2], "c": [1, 2]}));
}

#[test]
fn a_value_that_is_exactly_one_name_keeps_its_type() {
    let data =
        json!({"user": {"id": 7, "devices": [{"id": "d"}], "otp": true, "gone": null, "_links": {"otp.check": 1}}});
    assert_eq!(rendered("\"{{user}}\"", data.clone()), data["user"]);
    assert_eq!(rendered("\"{{ user.id }}\"", data.clone()), json!(7));
    assert_eq!(rendered("\"{{user.gone}}\"", data.clone()), Value::Null);
    assert_eq!(rendered("\"{{user.devices.0.id}}\"", data.clone()), json!("d"));
    assert_eq!(rendered("\"{{user._links.[otp.check]}}\"", data.clone()), json!(1));
    assert_eq!(rendered("\"{{user.id}}-{{user.otp}}\"", data), json!("7-true"));
}

#[test]
fn words_around_values_stay_exactly_as_they_are() {
    let data = json!({"env": {"x": "<&\"'>"}});
    for text in
        ["  {{env.x}}  ", "a\\n  {{env.x}}\\n  b ", "\\t{{env.x}}{{env.x}}\\n\\n", "}} {{env.x}} { {", "é{{env.x}}日"]
    {
        let written = text.replace("\\n", "\n").replace("\\t", "\t").replace("{{env.x}}", "<&\"'>");
        assert_eq!(rendered(&format!("\"{text}\""), data.clone()), json!(written), "{text}");
    }
}

#[test]
fn an_escaped_pair_of_braces_is_two_braces() {
    assert_eq!(rendered(r"'\{{env.x}}'", json!({})), json!("{{env.x}}"));
    assert_eq!(rendered(r"'\{{a}} {{env.x}}'", json!({"env": {"x": 1}})), json!("{{a}} 1"));
    assert_eq!(rendered(r"'a\\{{env.x}}'", json!({"env": {"x": 1}})), json!("a\\1"));
    assert_eq!(rendered(r"'a\\\{{env.x}}\{{b}}'", json!({"env": {"x": 1}})), json!("a\\\\1{{b}}"));
    assert_eq!(rendered(r"'\{{{a}}} {{env.x}}'", json!({"env": {"x": 1}})), json!("{{{a}}} 1"));
    assert_eq!(rendered(r"'c:\dir'", json!({})), json!("c:\\dir"));
}

#[test]
fn a_text_may_hold_as_many_templates_as_fit_into_the_file() {
    let count = 50_000;
    let text = rendered(&format!("\"{}\"", "x{{env.x}}".repeat(count)), json!({"env": {"x": 1}}));
    assert_eq!(text.as_str(), Some("x1".repeat(count).as_str()));
}

#[test]
fn y13_inserted_data_are_never_rendered_again() {
    let data = json!({"env": {"x": "{{worker.clientSecret}} ${HOME} $inputs.x"}, "worker": {"clientSecret": "s"}});
    let x = data["env"]["x"].as_str().unwrap().to_owned();
    assert_eq!(rendered("\"{{env.x}}\"", data.clone()), json!(x));
    assert_eq!(rendered("\"a {{env.x}} b {{env.x}}\"", data), json!(format!("a {x} b {x}")));
}

#[test]
fn y14_nothing_but_the_data_can_be_reached() {
    assert_eq!(
        refused("\"{{env.constructor}}\"", json!({"env": {"id": 1}})),
        "`env.constructor` does not exist: there is no `constructor`"
    );
    assert_eq!(
        refused("\"x{{v0}}{{a.len}}\"", json!({"v0": "v", "a": "abc"})),
        "`a.len` does not exist: there is no `len`"
    );
    assert_eq!(refused("\"{{lookup}}\"", json!({})), "there is no value named `lookup` here");
}

#[test]
fn a_missing_name_is_an_error_with_its_place_and_a_suggestion() {
    let scenario = only("scenario: A\nlet:\n  a: 'é {{user.emial}}'\nsteps: [{ call: x }]\n");
    let error = scenario.bindings[0].value.render(&values(json!({"user": {"email": "e"}}))).unwrap_err();
    assert_eq!(error.span.to_string(), "cases/a.yaml:3:9");
    assert_eq!(error.help.as_deref(), Some("did you mean `email`?"));
    assert!(!error.to_string().contains("@"), "no value is shown");
}

#[test]
fn only_text_numbers_and_booleans_can_stand_in_a_text() {
    let data = json!({"user": {"list": [], "none": null}});
    assert_eq!(refused("\"x{{user}}\"", data.clone()), "`user` is an object and cannot be part of a text");
    assert_eq!(refused("\"x{{user.list}}\"", data.clone()), "`user.list` is a list and cannot be part of a text");
    assert_eq!(refused("\"x{{user.none}}\"", data), "`user.none` is null and cannot be part of a text");
}

#[test]
fn helpers_are_resolved_before_and_rendered_from_what_was_found() {
    let scenario =
        only("scenario: A\nlet:\n  a: '{{otp users.sms}}/{{otp \"bob\"}}/{{unique}}'\nsteps: [{ call: x }]\n");
    let value = &scenario.bindings[0].value;
    let calls: Vec<HelperCall> = value
        .placeholders()
        .into_iter()
        .filter_map(|each| match &each.kind {
            PlaceholderKind::Helper(call) => Some(call.clone()),
            PlaceholderKind::Name(_) => None,
        })
        .collect();
    assert_eq!(calls[0], HelperCall { helper: Helper::Otp, argument: Some(HelperArgument::Path("users.sms".into())) });
    assert_eq!(calls[1], HelperCall { helper: Helper::Otp, argument: Some(HelperArgument::Text("bob".into())) });
    let helpers = calls.into_iter().zip(["1", "{{2}}", "3"]).map(|(call, text)| (call, text.to_owned())).collect();
    assert_eq!(value.render(&Values { helpers, ..Values::default() }).unwrap(), json!("1/{{2}}/3"));
    assert_eq!(value.render(&Values::default()).unwrap_err().to_string(), "`otp users.sms` has no value here");
}

#[test]
fn a_place_in_an_escaped_or_folded_text_is_found_where_it_is_written() {
    let scenario = only(
        "scenario: A\nlet:\n  a: \"\\u00e9 \\\"{{user.x}}\\\" {{nope}}\"\n  b: >\n    folded\n    {{nope}}\nsteps: [{ call: x }]\n",
    );
    let places: Vec<String> =
        scenario.bindings.iter().flat_map(|each| each.value.placeholders()).map(|each| each.span.to_string()).collect();
    assert_eq!(places, ["cases/a.yaml:3:16", "cases/a.yaml:3:29", "cases/a.yaml:6:5"]);
}

#[test]
fn every_matcher_can_be_written() {
    let call = call(concat!(
        "    expect:\n      headers: { Retry-After: { matches: '^\\d+$' }, X-Count: 012 }\n      body:\n",
        "        /a: 1\n        /b: [1, 2]\n        /c: { equals: { x: 1 } }\n        /d: { not: x }\n        /e: { contains: x }\n",
        "        /f: { length: 3 }\n        /g: { one-of: [1, x] }\n        /h: { type: string }\n        /i: { absent: true }\n",
        "        /j: { present: true }\n        /k: { greater-than: 1.5 }\n        /l: { less-than: -2 }\n        /m: { each: { length: 2 } }\n",
    ));
    let texts = |matchers: &[(_, flowproof::base::source::Spanned<Matcher>)]| {
        matchers
            .iter()
            .map(|(_, each): &(flowproof::base::source::Spanned<String>, _)| format!("{:?}", each.value))
            .collect::<Vec<_>>()
    };
    let kinds: Vec<String> =
        texts(&call.expect.body).iter().map(|text| text.split('(').next().unwrap().to_owned()).collect();
    assert_eq!(
        kinds,
        [
            "Equals",
            "Equals",
            "Equals",
            "Not",
            "Contains",
            "Length",
            "OneOf",
            "Type",
            "Absent",
            "Present",
            "GreaterThan",
            "LessThan",
            "Each"
        ]
    );
    assert!(texts(&call.expect.headers)[1].contains("String(\"012\")"), "header values are text");
}

#[test]
fn a_step_can_send_exactly_what_is_written() {
    let call = call(
        "    raw: { media-type: none, body: '{\"otp\": ', method: PUT, path: /x }\n    without: [authorization, accept]\n",
    );
    let raw = call.raw.unwrap();
    assert!(matches!(raw.media_type, Some(None)));
    assert_eq!(raw.body.unwrap().literal(), Some("{\"otp\": "));
    assert_eq!(raw.path.unwrap().render_text(&Values::default()).unwrap(), "/x");
    assert_eq!(call.without.len(), 2);
}

#[test]
fn a_call_can_be_repeated_and_values_saved() {
    let call = call(
        "    repeat: { at-most: 10, every: 200ms }\n    until: { state: COMPLETED }\n    save: { a: /id, b: { header: Location, capture: 'x=(\\d+)' } }\n",
    );
    let repeat = call.repeat.unwrap();
    assert_eq!((repeat.at_most, repeat.every.as_millis()), (10, 200));
    assert_eq!(repeat.until.state.unwrap().value, "COMPLETED");
    assert_eq!(call.saves.len(), 2);
}

#[test]
fn the_rows_of_a_scenario_share_what_their_file_asks() {
    let text = "scenario: A\nfor-each: [{ name: one }, { name: two }]\nsteps: [{ call: x }]\n";
    let suite = Suite::from_text("cases/a.yaml", text).expect("it is read");
    let [one, two] = &suite.scenarios[..] else { panic!("two rows") };
    assert!(std::sync::Arc::ptr_eq(&one.behaviour, &two.behaviour) && one.name != two.name);
}

#[test]
fn a_row_of_data_is_a_scenario_of_its_own() {
    let text = "scenario: A\nfor-each:\n  - { name: sms, user: \"{{users.sms}}\" }\n  - { name: none, user: ~ }\nsteps: [{ call: x, body: { u: \"{{row.user.id}}\" } }]\n";
    let suite = Suite::from_text("cases/a.yaml", text).unwrap();
    let names: Vec<&str> = suite.scenarios.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["cases/a#sms", "cases/a#none"]);
    let row = suite.scenarios[0].row.as_ref().unwrap().render(&values(json!({"users": {"sms": {"id": 1}}}))).unwrap();
    assert_eq!(row, json!({"name": "sms", "user": {"id": 1}}));
}

#[test]
fn steps_out_of_band_and_labels_are_read() {
    let scenario = only(
        "scenario: A\nsteps:\n  - name: Wait\n    advance: 16m\n  - push: { user: \"{{user.id}}\", answer: approve }\n",
    );
    let Step { label, action: StepAction::Advance(time), .. } = &scenario.steps[0] else { panic!() };
    assert_eq!((label.as_deref(), time.as_secs()), (Some("Wait"), 960));
    let StepAction::Push { user, .. } = &scenario.steps[1].action else { panic!() };
    assert!(matches!(user.value, JsonValue::Template(_)));
}

#[test]
fn the_reference_page_names_every_key_and_helper() {
    let page = std::fs::read_to_string("docs/scenario-format.md").unwrap();
    let keys = reference().into_iter().flat_map(|(_, keys)| keys).map(|key| key.name);
    let helpers = <Helper as strum::VariantNames>::VARIANTS;
    for name in keys.chain(helpers.iter().copied()) {
        assert!(page.contains(name), "`{name}` is not on the page");
    }
}
