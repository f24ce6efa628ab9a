//! The matrix as people and programs read it.

use super::*;

fn shown(render: impl Fn(&Matrix<'_>) -> String) -> String {
    let judged = with(requirement("MFA-1"), "checks", json!(["media-type", "response-schema"]));
    let excused = with(
        requirement("MFA-2"),
        "not-tested",
        json!("Only a tenant with two regions shows that a request to one is not answered by the other."),
    );
    let assumed = with(with(requirement("FLOW-1"), "source", json!("assumption")), "basis", json!("RFC 8628 | 3.5"));
    let contract = contract(json!([judged, excused, assumed, requirement("FLOW-2")]));
    let suite = covering("MFA-1, FLOW-1");
    render(&matrix(&contract, &suite, &checks::ids(), None))
}

#[test]
fn the_text_fits_80_columns() {
    let text = shown(|matrix| render::text(matrix, false, &Palette::plain()));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_text_of_what_is_uncovered_leaves_the_rest_out() {
    insta::assert_snapshot!(shown(|matrix| render::text(matrix, true, &Palette::plain())));
}

#[test]
fn the_markdown_has_a_table_per_area() {
    insta::assert_snapshot!(shown(|matrix| render::markdown(matrix, false)));
}

#[test]
fn the_json_has_every_column() {
    insta::assert_snapshot!(shown(|matrix| render::json(matrix, false)));
}

#[test]
fn no_line_of_the_real_matrix_is_wider_than_80_columns() {
    let contract = Contract::embedded().expect("the contract is valid");
    let suite = Suite::load(&[PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))]).expect("a suite");
    let text = render::text(&matrix(&contract, &suite, &checks::ids(), None), false, &Palette::plain());
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:?}");
}
