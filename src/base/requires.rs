//! Which version of Flowproof a file needs: `requires: flowproof >= 0.2` in a scenario, `requires = "…"` in the configuration.
//!
//! Asked before anything else of the file is: a newer file may hold what this version cannot read, and the version is then what
//! is wrong with it, not the words.
//!
//! Deliberately not here: where the key stands.

use semver::{Version, VersionReq};

/// This version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is wrong with a requirement, if anything: that it is none, or that this version does not meet it.
pub(crate) fn problem(requirement: &str) -> Option<String> {
    unmet(requirement, VERSION)
}

fn unmet(requirement: &str, version: &str) -> Option<String> {
    let range = requirement.trim().strip_prefix("flowproof").unwrap_or_default().trim();
    let own = Version::parse(version).ok()?;
    match VersionReq::parse(range) {
        Ok(needed) if !range.is_empty() && needed.matches(&own) => None,
        Ok(needed) if !range.is_empty() => Some(format!(
            "this file needs flowproof {needed}, and this is flowproof {version}; install a version that fits"
        )),
        _ => Some(format!("`{requirement}` names no version; write `flowproof >= {version}`, for instance")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c13_a_version_that_is_not_met_is_told_with_both_versions() {
        for (requirement, version) in [
            ("flowproof >= 0.2", "0.1.0"),
            ("flowproof >=0.1, <0.3", "0.3.0"),
            ("flowproof ^1", "0.9.9"),
            ("flowproof = 0.1.0", "0.1.1"),
        ] {
            let problem = unmet(requirement, version).expect("not met");
            assert!(problem.contains(&format!("this is flowproof {version}")), "{problem}");
        }
        assert!(unmet("flowproof >= 0.2", "0.1.0").expect("not met").contains("needs flowproof >=0.2,"));
    }

    #[test]
    fn a_version_that_is_met_is_no_problem_and_what_names_none_is_one() {
        for requirement in ["flowproof >= 0.1", "flowproof 0.1", "flowproof >=0.1.0, <0.2", "flowproof *"] {
            assert_eq!(unmet(requirement, "0.1.0"), None, "{requirement}");
        }
        for requirement in ["", "flowproof", ">= 0.1", "curl >= 8", "flowproof soon", "flowproof >= 0.1 or so"] {
            assert!(
                unmet(requirement, "0.1.0").is_some_and(|problem| problem.contains("names no version")),
                "{requirement}"
            );
        }
    }
}
