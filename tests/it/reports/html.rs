//! The HTML report: goldens of its parts, and that no value in it is anything but text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::{journal, rendered, unfinished_journal};

/// What stands from one text to before another, the first of its kind.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("{start} is in the report"));
    let after = from + start.len();
    let length = text[after..].find(end).unwrap_or_else(|| panic!("{end} comes after {start}"));
    &text[from..after + length]
}

/// Markup with a line for each element, to be read in a golden.
fn readable(markup: &str) -> String {
    markup.replace("><", ">\n<")
}

/// The markup outside of text and of attributes' values: the names of elements and attributes.
fn tags(markup: &str) -> Vec<String> {
    let tags = markup.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag));
    tags.map(|tag| tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")).collect()
}

/// All values of an attribute, in order.
fn attributes<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    text.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

#[test]
fn the_banner_answers_whether_the_contract_is_kept() {
    let html = rendered(&journal(), "html");
    insta::assert_snapshot!(readable(between(&html, "<header", "</header>")));
}

#[test]
fn a_failed_scenario_shows_findings_states_and_exchanges() {
    let html = rendered(&journal(), "html");
    insta::assert_snapshot!(readable(between(
        &html,
        "<details class=\"case failed\" id=\"s-mfa_otp_wrong-value\"",
        "<details class=\"case"
    )));
}

#[test]
fn failed_scenarios_come_first_and_passed_ones_are_closed() {
    let html = rendered(&journal(), "html");
    let groups: Vec<_> =
        html.split("<div class=\"group\" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(groups, ["failed", "errored", "flaky", "skipped", "passed"]);
    assert!(!between(&html, "<details class=\"case passed\"", ">").contains(" open"));
    assert!(between(&html, "<details class=\"case failed\"", ">").ends_with(" open"));
}

#[test]
fn r07_a_run_that_did_not_finish_says_so_at_the_top() {
    let html = rendered(&unfinished_journal(), "html");
    assert!(between(&html, "<header", "</header>").contains("The run did not finish: 6 of 7 scenarios ended"));
}

#[test]
fn r15_r16_r17_hostile_values_are_text() {
    let html = rendered(&journal(), "html");
    let page =
        html.replace(between(&html, "<style>", "</style>"), "").replace(between(&html, "<script>", "</script>"), "");
    assert_eq!(html.matches("<script>").count(), 1, "the only script is ours");
    let data = html.matches("<script type=\"application/").count();
    assert_eq!(html.matches("<script").count(), 1 + data, "everything else is data");
    assert!(tags(&page).iter().all(|tag| !tag.contains("onerror")));
    assert!(page.contains("{{raw}}"), "values are not rendered a second time");
    let tags = page.split('<').skip(1).map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default());
    let known = "!DOCTYPE html head meta title style body a header nav div p span h1 h2 h3 h4 h5 strong small dl dt dd del ins mark \
         svg rect defs desc marker path circle text g main search label input fieldset legend select option output button section \
         article figure figcaption details summary code pre ol ul li table caption thead tbody tr th td b footer script";
    for tag in tags {
        assert!(known.split(' ').any(|known| known == tag.trim_start_matches('/')), "<{tag}");
    }
}

#[test]
fn r08_r09_r19_no_character_steers_a_reader() {
    let html = rendered(&journal(), "html");
    let steers = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{2028}\u{fffe}\u{ffff}".contains(c));
    assert_eq!(html.chars().find(|c| steers(*c)), None);
}

#[test]
fn r16_links_lead_into_the_page_or_to_web_addresses_of_the_contract() {
    let html = rendered(&journal(), "html");
    let links = attributes(&html, "href");
    assert!(
        links.iter().all(|link| link.starts_with('#') || link.starts_with("https://apidocs.pingidentity.com/")),
        "{links:?}"
    );
    assert!(attributes(&html, "src").is_empty());
}

#[test]
fn links_into_the_page_have_a_goal_and_goals_are_unique() {
    let html = rendered(&journal(), "html");
    let mut ids = attributes(&html, "id");
    for link in attributes(&html, "href").iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.contains(&link), "#{link}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn r24_the_security_policy_allows_exactly_our_style_and_script() {
    let html = rendered(&journal(), "html");
    let policy = between(&html, "http-equiv=\"Content-Security-Policy\" content=\"", "\">").replace("&#x3D;", "=");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        assert_eq!(html.matches(&format!("<{element}>")).count(), 1);
        let text = &between(&html, &format!("<{element}>"), &format!("</{element}>"))[element.len() + 2..];
        let digest = STANDARD.encode(digest(&SHA256, text.as_bytes()));
        assert!(policy.contains(&format!("{directive} 'sha256-{digest}'")), "{policy}");
    }
    assert!(attributes(&html, "style").is_empty(), "the policy forbids style attributes");
}

/// The accounts that are packed, in the page's order: as the script inflates them and puts them together.
fn unpacked(html: &str) -> Vec<String> {
    let forms = inflated(html, "forms").concat();
    let forms: Vec<&str> = forms.split('\n').collect();
    let account = |account: &str| together(account, &forms);
    let blocks = inflated(html, "block-").concat();
    blocks.split_terminator('\0').map(account).collect()
}

/// What is packed in the elements whose ids begin so.
fn inflated(html: &str, id: &str) -> Vec<String> {
    let head = format!("<script type=\"application/octet-stream\" id=\"{id}");
    let elements = html.split(&head).skip(1);
    let inflate = |rest: &str| {
        let packed = rest.split_once('>').and_then(|(_, rest)| rest.split_once('<')).expect("it has an end").0;
        let bytes = STANDARD.decode(packed).expect("it is base64");
        std::io::read_to_string(flate2::read::DeflateDecoder::new(&*bytes)).expect("it is deflated text")
    };
    elements.map(inflate).collect()
}

/// An account: each line the form of its number, or the next, with its values in their places; a value that was shown before is
/// its number.
fn together(account: &str, forms: &[&str]) -> String {
    let (mut known, mut next) = (Vec::new(), 0);
    let mut lines = Vec::new();
    for line in account.split('\n') {
        let mut parts = line.split('\u{1}');
        let number = parts.next().and_then(|form| form.parse().ok()).unwrap_or(next);
        next = number + 1;
        let mut line = String::new();
        for text in forms[number].split('\u{1}') {
            line.push_str(text);
            let value = parts.next().unwrap_or_default();
            match value.strip_prefix('\u{3}') {
                Some(again) => line.push_str(known[again.parse::<usize>().expect("it is a number")]),
                None => line.push_str(value),
            }
            known.extend(Some(value).filter(|value| value.len() >= 4));
        }
        lines.push(line);
    }
    lines.join("\n")
}

#[test]
fn a_scenario_that_passed_is_read_without_the_script_and_unpacked_by_it() {
    let html = rendered(&journal(), "html");
    let core = between(&html, "<details class=\"case passed\" id=\"s-oauth_token_client-credentials\"", "</details>");
    assert!(core.contains("requestToken 200"), "{core}");
    let accounts = unpacked(&html);
    assert_eq!(accounts.len(), 1, "everything else in the sample is worth a look");
    insta::assert_snapshot!(readable(&accounts[0]));
}

#[test]
fn r15_r16_hostile_values_in_packed_accounts_are_text_too() {
    let html = rendered(&journal(), "html");
    for account in unpacked(&html) {
        assert!(
            account.contains("alert(1)")
                && !account.contains("<script")
                && tags(&account).iter().all(|tag| !tag.contains("onerror")),
            "{account}"
        );
        assert!(attributes(&account, "style").is_empty());
    }
}

#[test]
fn r17_the_index_for_the_script_is_inert_json_that_says_where_every_account_is() {
    let html = rendered(&journal(), "html");
    let text = between(&html, "<script type=\"application/json\" id=\"index\">", "</script>");
    let text = text.split_once('>').expect("the element has an end").1;
    assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{202e}', '\u{fffe}']), "{text}");
    let index: serde_json::Value = serde_json::from_str(text).expect("the index is JSON");
    let cases = index["cases"].as_array().expect("there are cases");
    assert_eq!(cases.len(), html.matches("<details class=\"case ").count());
    assert_eq!(cases.iter().filter(|case| !case[2].is_null()).count(), unpacked(&html).len());
    let facets = index["facets"].as_array().expect("there are facets").len() as u64;
    for number in attributes(&html, "data-facet") {
        assert!(number.parse::<u64>().is_ok_and(|number| number < facets), "{number}");
    }
}

#[test]
fn what_broke_is_told_once_with_the_promise_and_the_scenarios() {
    insta::assert_snapshot!(readable(between(
        &rendered(&journal(), "html"),
        "<section class=\"part\" id=\"broken\"",
        "</section>"
    )));
}

#[test]
fn what_changed_against_the_baseline_is_told_what_is_worse_first() {
    insta::assert_snapshot!(readable(between(
        &rendered(&journal(), "html"),
        "<section class=\"part\" id=\"changes\"",
        "</section>"
    )));
}

#[test]
fn a_lifecycle_is_drawn_with_what_was_taken_what_was_not_and_what_broke_the_contract() {
    let html = rendered(&journal(), "html");
    insta::assert_snapshot!(readable(between(&html, "<h3 id=\"lifecycle-0\"", "<h3 id=\"lifecycle-1\"")));
}

#[test]
fn answers_are_mapped_by_operation_status_and_media_type() {
    insta::assert_snapshot!(readable(between(
        &rendered(&journal(), "html"),
        "<section class=\"part\" id=\"answers\"",
        "</section>"
    )));
}

#[test]
fn a_requirement_stands_beside_the_scenarios_that_cover_it() {
    insta::assert_snapshot!(readable(between(
        &rendered(&journal(), "html"),
        "<section class=\"part\" id=\"requirements\"",
        "</section>"
    )));
}

#[test]
fn a_journal_of_an_earlier_build_has_no_diagrams_and_still_a_report() {
    let text = include_str!("../../reports/journal.jsonl");
    let mut lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let contract = lines[0]["header"]["contract"].as_object_mut().expect("a header has a contract");
    assert!(contract.remove("operations").is_some() && contract.remove("lifecycles").is_some());
    let bytes: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let html = rendered(&super::read(bytes.as_bytes()), "html");
    assert!(!html.contains("id=\"lifecycles\"") && !html.contains("id=\"answers\""));
    assert!(html.contains("id=\"requirements\"") && html.contains("id=\"s-mfa_otp_wrong-value\""));
}

/// The page of the sample's journal, changed in this way.
fn changed(change: impl Fn(&str) -> String) -> String {
    let text = String::from_utf8(super::sample::journal()).expect("a journal is text");
    rendered(&super::read(change(&text).as_bytes()), "html")
}

#[test]
fn s1_4_a_planted_fault_is_marked_above_everything_else() {
    let html =
        changed(|text| text.replacen("\"checks\":[{\"id\"", "\"faults\":[\"missing-link\"],\"checks\":[{\"id\"", 1));
    let banner = between(&html, "<header", "</header>");
    assert!(
        banner.contains("<strong>Planted fault.</strong> The stand-in was broken on purpose (missing-link)"),
        "{banner}"
    );
    assert!(between(&html, "<title>", "</title>").contains("Planted: "));
    assert!(html.contains("Nothing here, because the fault was planted. On a real tenant:"));
    assert!(!rendered(&journal(), "html").contains("class=\"planted\""));
}

#[test]
fn what_to_do_and_since_when_stand_beside_what_broke() {
    let html = rendered(&journal(), "html");
    let broken = between(&html, "<section class=\"part\" id=\"broken\"", "</section>");
    assert!(broken.contains("<strong>What to do</strong>"), "{broken}");
    let undated = rendered(&unfinished_journal(), "html");
    assert!(undated.contains("Since when is not known: this run was not compared with an earlier one."));
    assert!(!broken.contains("Since when is not known"), "it was compared");
}

#[test]
fn s2_9_what_a_scenario_expected_is_told_from_what_the_contract_promises() {
    let html = rendered(&journal(), "html");
    let expected = between(&html, "<dt>The scenario expected</dt>", "</article>");
    assert!(expected.contains("<span class=\"check\">expectation</span>"), "{expected}");
}
