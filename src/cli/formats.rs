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
use crate::reports::{self, Elsewhere, Gathered, Renderer, USUAL, github, markdown};

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
    /// Write ctrf-report.json, in the Common Test Report Format
    #[arg(long, help_heading = HEADING)]
    ctrf: bool,
    /// The CI system to report to
    #[arg(long, value_enum, value_name = "SYSTEM", default_value_t = Ci::Auto, help_heading = HEADING)]
    ci: Ci,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ElsewhereArgs {
    /// Also write results for Allure's tools to this folder; those of an earlier run go
    #[arg(long, value_name = "DIR", help_heading = HEADING)]
    allure: Option<PathBuf>,
    /// Also write spans for OpenTelemetry to this file, OTLP as JSON lines
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    otlp: Option<PathBuf>,
}

impl ElsewhereArgs {
    /// The reports that go elsewhere.
    pub(super) fn chosen(&self) -> Vec<Elsewhere> {
        let allure = self.allure.clone().map(Elsewhere::Allure);
        allure.into_iter().chain(self.otlp.clone().map(Elsewhere::Otlp)).collect()
    }
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

/// What the CI system calls the pipeline that this process is a part of, attempt by attempt; its parallel jobs share it.
pub(super) fn pipeline() -> Option<String> {
    pipeline_of(&environment)
}

fn pipeline_of(environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let github = || {
        let attempt = environment("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".into());
        Some(format!("github-{}-{attempt}", environment("GITHUB_RUN_ID")?))
    };
    let gitlab = || Some(format!("gitlab-{}", environment("CI_PIPELINE_ID")?));
    github().or_else(gitlab).or_else(|| environment("BUILD_TAG"))
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
            ("ctrf", self.ctrf),
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
    fn the_jobs_of_a_pipeline_have_one_name_and_a_second_attempt_another() {
        let named = |pairs: &'static [(&str, &str)]| {
            let find = move |asked: &str| Some(pairs.iter().find(|(name, _)| *name == asked)?.1.to_owned());
            pipeline_of(&find)
        };
        assert_eq!(named(&[("GITHUB_RUN_ID", "7"), ("GITHUB_RUN_ATTEMPT", "2")]).as_deref(), Some("github-7-2"));
        assert_eq!(named(&[("CI_PIPELINE_ID", "7"), ("CI_JOB_ID", "9")]).as_deref(), Some("gitlab-7"));
        assert_eq!(named(&[("BUILD_TAG", "jenkins-contract-7")]).as_deref(), Some("jenkins-contract-7"));
        assert_eq!(named(&[]), None);
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
