//! The rules of the lint: their stable ids, and what each is about. The list itself is `rules.toml`.
//!
//! Deliberately not here: the rules' code, which stands where the thing is checked.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::base::source::Severity;

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintRule {
    /// The id, kebab-case, never renamed.
    pub id: String,
    /// Whether breaking it is worth a look and nothing more.
    #[serde(default)]
    warning: bool,
    /// Whether what is wrong does not depend on the rest of the file.
    #[serde(default)]
    pub standalone: bool,
    /// What is wrong, one sentence.
    pub about: String,
    /// A few lines that break it.
    pub example: String,
    /// How to put it right.
    pub fix: String,
}

impl LintRule {
    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        if self.warning { Severity::Warning } else { Severity::Error }
    }
}

#[derive(Deserialize)]
struct RuleList {
    rule: Vec<LintRule>,
}

/// All rules, in the order of the page that documents them.
pub static RULES: LazyLock<Vec<LintRule>> = LazyLock::new(|| {
    let list: RuleList = toml::from_str(include_str!("rules.toml")).expect("the list of rules is valid TOML");
    list.rule
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_in_kebab_case() {
        for (index, one) in RULES.iter().enumerate() {
            assert!(one.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", one.id);
            assert!(RULES[..index].iter().all(|other| other.id != one.id), "{}", one.id);
        }
    }
}
