//! The console's texts: goldens, and that no value from a server steers a terminal or a CI system.

use std::path::PathBuf;

use flowproof::reports::Outcome;
use flowproof::reports::console::{Palette, WIDTH, failure, line, summary};

use super::{journal, records, unfinished_journal};

fn lines(palette: &Palette) -> String {
    records(&journal()).iter().map(|record| line(record, palette)).collect()
}

fn account(name: &str, palette: &Palette) -> String {
    let journal = journal();
    let records = records(&journal);
    let record = records.iter().find(|record| record.name.starts_with(name)).expect("the sample has it");
    failure(journal.header(), record, palette)
}

fn whole(palette: &Palette) -> String {
    let accounts = ["mfa/otp/wrong", "mfa/otp/correct", "mfa/push", "flows/recovery", "flows/very-long"];
    let outcome = Outcome::of(&journal());
    let told: String = accounts.iter().map(|name| account(name, palette)).collect();
    format!("{}{told}{}", lines(palette), summary(&outcome, &[], palette))
}

#[test]
fn a_scenario_is_one_line() {
    insta::assert_snapshot!(lines(&Palette::plain()));
}

#[test]
fn a_failure_says_what_was_promised_what_came_and_how_to_repeat_it() {
    insta::assert_snapshot!(account("mfa/otp/wrong-value", &Palette::plain()));
}

#[test]
fn a_transport_error_says_which_step_and_phase_it_was() {
    insta::assert_snapshot!(account("mfa/push/times-out", &Palette::plain()));
}

#[test]
fn warnings_of_a_scenario_that_passed_are_short() {
    insta::assert_snapshot!(account("mfa/otp/correct-value", &Palette::plain()));
}

#[test]
fn r19_r20_hostile_values_are_shown() {
    insta::assert_snapshot!(account("flows/very-long", &Palette::plain()));
}

#[test]
fn the_summary_says_where_the_reports_are_and_what_the_exit_code_means() {
    let outcome = Outcome::of(&journal());
    let paths = ["report.html", "junit.xml", "report.json"].map(|file| PathBuf::from("reports/latest").join(file));
    insta::assert_snapshot!(summary(&outcome, &paths, &Palette::plain()));
}

#[test]
fn r07_the_summary_of_a_run_that_did_not_finish_says_so() {
    let outcome = Outcome::of(&unfinished_journal());
    insta::assert_snapshot!(summary(&outcome, &[], &Palette::plain()));
}

#[test]
fn everything_but_curl_and_the_one_line_per_scenario_fits_the_width() {
    let told = whole(&Palette::plain());
    let exempt =
        |line: &str| line.starts_with("      ") || line.starts_with("skipped") || line.contains("very-long-very-long");
    for line in told.lines().filter(|line| !exempt(line)) {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
}

#[test]
fn r19_no_control_or_bidirectional_character_leaves_a_value() {
    let told = whole(&Palette::plain());
    let steers = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{2028}\u{fffe}\u{ffff}".contains(c));
    assert_eq!(told.chars().find(|c| steers(*c)), None);
}

#[test]
fn r19_the_only_escape_sequences_are_our_colours() {
    let told = whole(&Palette::coloured());
    for sequence in told.split('\u{1b}').skip(1) {
        let parameters = sequence.strip_prefix('[').and_then(|rest| rest.split_once('m')).map(|(before, _)| before);
        assert!(parameters.is_some_and(|text| text.chars().all(|c| c.is_ascii_digit() || c == ';')), "{sequence:?}");
    }
}

#[test]
fn r20_no_line_is_a_workflow_command() {
    for palette in [Palette::plain(), Palette::coloured()] {
        for line in whole(&palette).lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
}

/// A terminal that is wider or narrower than 80 columns got texts for 80 all the same.
#[test]
fn a_text_is_as_wide_as_its_terminal_within_bounds() {
    // Excerpts keep their carets below their places, and what is to be copied stays whole.
    let is_prose = |line: &&str| ![" | ", "curl", "-H '", "--data", "# this"].iter().any(|whole| line.contains(whole));
    let widest = |columns| {
        let text = account("mfa/otp/wrong-value", &Palette::plain().of_width(columns));
        text.lines().filter(is_prose).map(|line| line.chars().count()).max().expect("there are lines")
    };
    assert!(widest(60) <= 60 && widest(100) > WIDTH && widest(100) <= 100, "{} {}", widest(60), widest(100));
    assert_eq!((widest(10), widest(1_000)), (widest(50), widest(120)));
}
