//! Keeps the secrets that were found out of the problems that are shown.
//!
//! Deliberately not here: finding them ([`super::secrets`]).

use std::sync::Arc;

use crate::base::source::{Diagnostic, Source, Span};
use crate::record::redaction::Secrets;

/// The problems as they may be shown: without the secrets that they are about, also in the other problems of the same line.
/// What stands in the place of a secret is as long, so that every place stays where it is.
pub(super) fn masked(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let found = problems.iter().filter(|problem| problem.rule == Some("literal-secret"));
    let secret: Vec<Span> = found.filter_map(|problem| problem.span.clone()).collect();
    if secret.is_empty() { problems } else { problems.into_iter().map(|problem| without(problem, &secret)).collect() }
}

fn without(problem: Diagnostic, secret: &[Span]) -> Diagnostic {
    let mut known = Secrets::default();
    secret.iter().for_each(|span| known.learn("literal", span.source.text[span.range()].trim_matches(['"', '\''])));
    let redactor = known.redactor();
    let related = problem.related.map(|(span, note)| (covered(&span, secret), redactor.text(&note)));
    let span = problem.span.as_ref().map(|span| covered(span, secret));
    let (message, help) = (redactor.text(&problem.message), problem.help.map(|help| redactor.text(&help)));
    Diagnostic { message, help, span, related, ..problem }
}

/// The span in a copy of its source in which every secret is covered.
fn covered(span: &Span, secret: &[Span]) -> Span {
    let mut text = span.source.text.clone();
    for other in secret.iter().filter(|other| other.source == span.source) {
        let cover = |c: char| if "\r\n".contains(c) { c.to_string() } else { "*".repeat(c.len_utf8()) };
        let covered: String = text[other.range()].chars().map(cover).collect();
        text.replace_range(other.range(), &covered);
    }
    Span::new(&Arc::new(Source { path: span.source.path.clone(), text }), span.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x12_a_problem_about_a_secret_does_not_show_it_nor_do_its_neighbours() {
        let source = Source::new("a.yaml", "a: \"q7Jv0bXr2Lk9\" # é\nb: 1\n");
        let secret = Diagnostic::at(&Span::new(&source, 3..17), "this looks like a real secret").rule("literal-secret");
        let other = Diagnostic::at(&Span::new(&source, 0..1), "`q7Jv0bXr2Lk9` is no number");
        for problem in masked(vec![secret, other]) {
            let text = problem.render(false);
            assert!(!text.contains("q7Jv0bXr2Lk9") && text.contains("a: ************** # é"), "{text}");
        }
    }
}
