//! The HTML report: goldens of its parts, and that no value in it is anything but text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{journal, rendered, unfinished_journal};

/// What stands from one text to before another, the first of its kind.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("{start} is in the report"));
    let after = from + start.len();
    let length = text[after..].find(end).unwrap_or_else(|| panic!("{end} comes after {start}"));
    &text[from..after + length]
}

/// All values of an attribute, in order.
fn attributes<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    text.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

#[test]
fn the_banner_answers_whether_the_contract_is_kept() {
    let html = rendered(&journal(), "html");
    insta::assert_snapshot!(between(&html, "<header", "</header>"));
}

#[test]
fn a_failed_scenario_shows_findings_states_and_exchanges() {
    let html = rendered(&journal(), "html");
    insta::assert_snapshot!(between(
        &html,
        "<details class=\"case failed\" id=\"s-mfa_otp_wrong-value\"",
        "<details class=\"case"
    ));
}

#[test]
fn failed_scenarios_come_first_and_passed_ones_are_closed() {
    let html = rendered(&journal(), "html");
    let groups: Vec<_> =
        html.split("<section class=\"group\" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(groups, ["failed", "errored", "skipped", "passed"]);
    assert!(!between(&html, "<details class=\"case passed\"", ">").contains(" open"));
    assert!(between(&html, "<details class=\"case failed\"", ">").ends_with(" open"));
}

#[test]
fn r07_a_run_that_did_not_finish_says_so_at_the_top() {
    let html = rendered(&unfinished_journal(), "html");
    assert!(between(&html, "<header", "</header>").contains("The run did not finish: 5 of 6 scenarios ended"));
}

#[test]
fn r15_r16_r17_hostile_values_are_text() {
    let html = rendered(&journal(), "html");
    let page =
        html.replace(between(&html, "<style>", "</style>"), "").replace(between(&html, "<script>", "</script>"), "");
    assert_eq!(html.matches("<script").count(), 1, "the only script is ours");
    assert!(!page.contains("onerror="));
    assert!(page.contains("{{raw}}"), "values are not rendered a second time");
    let tags = page.split('<').skip(1).map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default());
    let known = "!DOCTYPE html head meta title style body a header div p span h1 h2 h3 h4 h5 strong dl dt dd svg rect main search label \
         input fieldset legend select option output button section details summary code pre ol ul li table thead tbody tr th td b footer script";
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
        let text = &between(&html, &format!("<{element}>"), &format!("</{element}>"))[element.len() + 2..];
        let digest = STANDARD.encode(Sha256::digest(text));
        assert!(policy.contains(&format!("{directive} 'sha256-{digest}'")), "{policy}");
    }
    assert!(attributes(&html, "style").is_empty(), "the policy forbids style attributes");
}
