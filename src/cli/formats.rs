//! Which reports are written, and what else the CI system is given.
//!
//! The only place that looks at a CI system's environment. Deliberately not here: what the reports say.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::context::Context;
use crate::record::ExitCode;
use crate::record::journal::Journal;
use crate::reports::{self, Gathered, Renderer, USUAL, github, markdown};

const HEADING: &str = "Reports (html, junit and json unless any is named)";

/// The most bytes that GitHub takes from one step's summary.
const STEP_SUMMARY: u64 = 1024 * 1024;

#[derive(Debug, Clone, Args)]
pub(super) struct FormatArgs {
    /// Write report.html, for people
    #[arg(long, help_heading = HEADING)]
    html: bool,
    /// Write junit.xml, for CI systems
    #[arg(long, help_heading = HEADING)]
    junit: bool,
    /// Write report.json, for programs
    #[arg(long, help_heading = HEADING)]
    json: bool,
    /// Write summary.md, one page for a ticket
    #[arg(long, help_heading = HEADING)]
    markdown: bool,
    /// Write report.sarif, for code scanning
    #[arg(long, help_heading = HEADING)]
    sarif: bool,
    /// Write gl-code-quality-report.json, for merge requests in GitLab
    #[arg(long, help_heading = HEADING)]
    gitlab: bool,
    /// Write report.tap, for harnesses that read TAP
    #[arg(long, help_heading = HEADING)]
    tap: bool,
    /// The CI system to report to
    #[arg(long, value_enum, value_name = "SYSTEM", default_value_t = Ci::Auto, help_heading = HEADING)]
    ci: Ci,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    /// Detected from the environment
    Auto,
    /// Annotations on standard output, and a step summary
    Github,
    /// The code quality report in addition to the usual ones
    Gitlab,
    /// None
    None,
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl FormatArgs {
    /// The reports that were named, or the usual ones and what the CI system takes.
    pub(super) fn chosen(&self) -> Vec<Renderer> {
        let named = self.named();
        if !named.is_empty() {
            return named;
        }
        let besides = (self.ci.found(&environment) == Ci::Gitlab).then_some(&reports::gitlab::RENDERER);
        USUAL.iter().chain(besides).copied().collect()
    }

    fn named(&self) -> Vec<Renderer> {
        let flags = [
            ("html", self.html),
            ("junit", self.junit),
            ("json", self.json),
            ("markdown", self.markdown),
            ("sarif", self.sarif),
            ("gitlab", self.gitlab),
            ("tap", self.tap),
        ];
        flags.iter().filter(|(_, wanted)| *wanted).filter_map(|(name, _)| reports::renderer(name)).copied().collect()
    }

    /// Annotates in GitHub what broke, where this is GitHub.
    pub(super) fn annotate(&self, (journal, gathered): (&Journal, &Gathered), context: &Context) -> ExitCode {
        if self.ci.found(&environment) != Ci::Github {
            return ExitCode::Held;
        }
        context.print(&github::annotations(journal, gathered));
        let written = match environment("GITHUB_STEP_SUMMARY") {
            Some(path) => append((journal, gathered), &PathBuf::from(path), context),
            None => Ok(()),
        };
        match written {
            Ok(()) => ExitCode::Held,
            Err(error) => {
                context.eprint(&format!("error: GitHub's step summary cannot be written: {error}\n"));
                ExitCode::ReportNotWritten
            }
        }
    }
}

/// Appends the page to the summary of the step, in the room that others have left: of more GitHub takes nothing at all.
fn append((journal, gathered): (&Journal, &Gathered), path: &Path, context: &Context) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let room = STEP_SUMMARY.saturating_sub(file.metadata()?.len() + 1);
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(markdown::LIMIT);
    let page = markdown::within(journal, gathered, room);
    if page.is_empty() {
        context.eprint("note: the step summary is full, nothing was added to it; the reports have everything\n");
        return Ok(());
    }
    file.write_all(format!("\n{page}").as_bytes())
}

impl Ci {
    /// The system that is meant.
    fn found(self, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str| environment(name).is_some_and(|value| value == "true");
        match self {
            Self::Auto if is("GITHUB_ACTIONS") => Self::Github,
            Self::Auto if is("GITLAB_CI") => Self::Gitlab,
            Self::Auto => Self::None,
            named => named,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(name: &'static str) -> impl Fn(&str) -> Option<String> {
        move |asked| (asked == name).then(|| "true".to_owned())
    }

    #[test]
    fn the_system_is_found_by_its_environment_and_a_named_one_counts_more() {
        assert_eq!(Ci::Auto.found(&within("GITHUB_ACTIONS")), Ci::Github);
        assert_eq!(Ci::Auto.found(&within("GITLAB_CI")), Ci::Gitlab);
        assert_eq!(Ci::Auto.found(&within("JENKINS_URL")), Ci::None);
        assert_eq!(Ci::None.found(&within("GITHUB_ACTIONS")), Ci::None);
        assert_eq!(Ci::Gitlab.found(&within("GITHUB_ACTIONS")), Ci::Gitlab);
    }
}
