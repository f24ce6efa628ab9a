//! `flowproof.toml`: what a team has agreed on, beside its scenarios.
//!
//! Read once; every problem is shown at its place before anything is sent. Environment variables outweigh the file, the
//! command line outweighs both.

pub mod passcode;
pub mod run;
pub mod secret_source;
pub mod table;
pub mod target;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::base::requires;
use crate::base::source::{Diagnostic, Source, Span, Spanned};
use crate::checks::{CHECKS, Levels};
use crate::client::Limits;
use crate::judge::coverage::Unreachable;
use crate::record::Level;
pub use run::RunConfig;
pub use secret_source::SecretSource;
use table::{Problems, Table};
pub use target::TargetConfig;

/// The file that is looked for where the command is given.
pub const FILE: &str = "flowproof.toml";

/// The configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version that the file needs; looked at before anything else is.
    #[serde(default, rename = "requires")]
    _requires: serde::de::IgnoredAny,
    /// Levels of checks, by id.
    #[serde(default)]
    levels: BTreeMap<toml::Spanned<String>, toml::Spanned<Level>>,
    /// The least coverage that a run must reach, in per cent, by dimension.
    #[serde(default)]
    coverage: BTreeMap<toml::Spanned<String>, toml::Spanned<f64>>,
    /// How long and how much a run puts up with.
    #[serde(default)]
    limits: Limits,
    /// What no run can cover.
    #[serde(default)]
    unreachable: Vec<OutOfReach>,
    /// Read by themselves, so that each of their problems is found.
    #[serde(default, rename = "targets")]
    _targets: serde::de::IgnoredAny,
    /// Read by itself, too.
    #[serde(default, rename = "run")]
    _run: serde::de::IgnoredAny,
    /// How a run goes on.
    #[serde(skip)]
    run: RunConfig,
    /// Real tenants by name.
    #[serde(skip)]
    targets: BTreeMap<String, TargetConfig>,
    /// The file itself, for places in it.
    #[serde(skip)]
    source: Option<Arc<Source>>,
}

/// One `[[unreachable]]`: items of a dimension of coverage, and why nobody can reach them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutOfReach {
    dimension: toml::Spanned<String>,
    items: Vec<toml::Spanned<String>>,
    reason: toml::Spanned<String>,
}

impl Config {
    /// Reads the file that was named, or the one in this folder if there is one.
    ///
    /// `dimensions` are the names that `[coverage]` may hold.
    ///
    /// # Errors
    /// With every problem of the file; also when a file that was named cannot be read.
    pub fn load(named: Option<&Path>, dimensions: &[&str]) -> Result<Self, Vec<Diagnostic>> {
        let path = named.map_or_else(|| PathBuf::from(FILE), Path::to_owned);
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| vec![Diagnostic::whole(format!("cannot read {}: {error}", path.display()))])?;
        Self::parse(path, text, dimensions)
    }

    /// Reads a configuration from text.
    ///
    /// # Errors
    /// With every problem of the text.
    pub fn parse(path: PathBuf, text: String, dimensions: &[&str]) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let root = toml::de::DeTable::parse(&source.text).map_err(|error| vec![malformed(&source, &error)])?;
        if let Some(problem) = unmet(&source, root.get_ref()) {
            return Err(vec![problem]);
        }
        let mut config: Self = toml::from_str(&source.text).map_err(|error| vec![malformed(&source, &error)])?;
        let ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        let found = Problems::default();
        let whole = Table::whole(&source, &found, &root);
        config.run = run::decode(&whole);
        config.targets = target::decode(&whole);
        let mut problems = found.in_order();
        problems.extend(unknown(&source, config.levels.keys(), &ids, "check"));
        problems.extend(unknown(&source, config.coverage.keys(), dimensions, "dimension of coverage"));
        problems.extend(config.coverage.values().filter(|share| !(0.0..=100.0).contains(share.as_ref())).map(
            |share| {
                let message = format!("{} is no share; a share is between 0 and 100 per cent", share.as_ref());
                Diagnostic::at(&Span::new(&source, share.span()), message)
            },
        ));
        let named = config.unreachable.iter().map(|entry| &entry.dimension);
        problems.extend(unknown(&source, named, dimensions, "dimension of coverage"));
        let silent = config.unreachable.iter().map(|entry| &entry.reason).filter(|why| why.as_ref().trim().is_empty());
        problems
            .extend(silent.map(|why| Diagnostic::at(&Span::new(&source, why.span()), "a reason must say something")));
        drop(root);
        config.source = Some(source);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// Sets the levels that the file states.
    pub fn apply(&self, levels: &mut Levels) {
        self.levels.iter().for_each(|(check, level)| levels.set(check.as_ref(), *level.as_ref()));
    }

    /// How long and how much a run puts up with.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How a run goes on.
    pub fn run(&self) -> RunConfig {
        self.run
    }

    /// The least coverage of each dimension, in per cent.
    pub fn coverage(&self) -> impl Iterator<Item = (&str, f64)> {
        self.coverage.iter().map(|(dimension, share)| (dimension.as_ref().as_str(), *share.as_ref()))
    }

    /// Real tenants by name.
    pub fn targets(&self) -> &BTreeMap<String, TargetConfig> {
        &self.targets
    }

    /// What is declared out of reach of any run.
    pub fn unreachable(&self) -> impl Iterator<Item = Unreachable> {
        let entries = self.source.iter().flat_map(|source| self.unreachable.iter().map(move |entry| (source, entry)));
        entries.flat_map(|(source, entry)| {
            entry.items.iter().map(|item| Unreachable {
                dimension: entry.dimension.as_ref().clone(),
                pattern: Spanned::new(item.as_ref().clone(), Span::new(source, item.span())),
                reason: entry.reason.as_ref().clone(),
            })
        })
    }
}

/// What is wrong with the version that the file says it needs.
fn unmet(source: &Arc<Source>, root: &toml::de::DeTable<'_>) -> Option<Diagnostic> {
    let node = root.get("requires")?;
    let problem = match node.get_ref().as_str() {
        Some(text) => requires::problem(text)?,
        None => "`requires` must be a text in quotes".to_owned(),
    };
    Some(Diagnostic::at(&Span::new(source, node.span()), problem))
}

fn malformed(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
    match error.span() {
        Some(range) => Diagnostic::at(&Span::new(source, range), message),
        None => Diagnostic::whole(format!("{}: {message}", source.path.display())),
    }
}

fn unknown<'a>(
    source: &Arc<Source>,
    given: impl Iterator<Item = &'a toml::Spanned<String>>,
    known: &[&str],
    kind: &str,
) -> Vec<Diagnostic> {
    let unknown = given.filter(|name| !known.contains(&name.as_ref().as_str()));
    unknown
        .map(|name| {
            let message = format!("`{}` is no {kind}", name.as_ref());
            Diagnostic::at(&Span::new(source, name.span()), message).suggest(name.as_ref(), known.iter().copied())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        let read = Config::parse("flowproof.toml".into(), text.into(), &["operations", "states"]);
        read.expect_err("refused").iter().map(|problem| problem.render(false)).collect()
    }

    #[test]
    fn levels_and_thresholds_are_read() {
        let text = "[levels]\nundocumented-property = \"deny\"\n[coverage]\noperations = 100\n";
        let config = Config::parse("flowproof.toml".into(), text.into(), &["operations"]).expect("accepted");
        let mut levels = Levels::default();
        config.apply(&mut levels);
        let mut expected = Levels::default();
        expected.set("undocumented-property", Level::Deny);
        assert_eq!(levels, expected);
        assert_eq!(config.coverage().collect::<Vec<_>>(), [("operations", 100.0)]);
    }

    #[test]
    fn c06_what_is_not_known_or_out_of_range_is_refused_at_its_place() {
        assert!(problems("[level]\n").contains("flowproof.toml:1:2"), "{}", problems("[level]\n"));
        let text = problems("[levels]\nmedia-typ = \"deny\"\n[coverage]\nstates = 101\n");
        assert!(text.contains("did you mean `media-type`?") && text.contains("flowproof.toml:4:10"), "{text}");
        assert!(problems("[levels]\nmedia-type = \"forbid\"\n").contains("forbid"));
        assert!(problems("levels = [\n").contains("flowproof.toml:"));
    }

    #[test]
    fn c13_a_file_for_a_newer_version_says_that_and_nothing_else() {
        let text = problems("requires = \"flowproof >= 99.1\"\n[unheard-of]\n");
        assert!(text.contains("flowproof.toml:1:12") && text.contains("needs flowproof >=99.1"), "{text}");
        assert!(
            text.contains(&format!("this is flowproof {}", requires::VERSION)) && !text.contains("unheard"),
            "{text}"
        );
        assert!(problems("requires = 1\n").contains("a text in quotes"));
        let met = format!("requires = \"flowproof >= {}\"\n", requires::VERSION);
        Config::parse("flowproof.toml".into(), met, &[]).expect("accepted");
    }

    #[test]
    fn c05_nothing_is_both_open_and_secret() {
        let target = format!("[targets.a]\nregion = \"eu\"\nenvironment = \"{ID}\"\n");
        for (lines, said) in [
            ("[[targets.a.users.email]]\nusername = { env = \"U\" }\n", "must be a text in quotes"),
            ("[[targets.a.users.email]]\npassword = \"open\"\n", "must not stand here"),
            ("[targets.a.worker]\nclient-id = { env = \"I\" }\nclient-secret = { env = \"S\" }\n", "a text in quotes"),
            ("[targets.a.worker]\nclient-id = \"w\"\nclient-secret = { env = \"S\", file = \"f\" }\n", "env"),
            (
                "[targets.a.worker]\nclient-id = \"w\"\nclient-secret = \"s\"\nclient-secret = { env = \"S\" }\n",
                "duplicate",
            ),
        ] {
            let text = problems(&format!("{target}{lines}"));
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    #[test]
    fn every_problem_of_a_target_is_told_at_once_and_at_its_place() {
        let text = problems(
            "[targets.a]\nregion = \"eur\"\nenvironment = \"1\"\nproductoin = true\nrate = -1\n\
             [targets.a.worker]\nclient-id = \"<client-id>\"\nclient-secret = \"s3cr3t\"\nauthentication = \"jwt\"\n\
             [[targets.a.users.email]]\nusrname = \"anna\"\n",
        );
        for (place, said) in [
            ("2:10", "`eur` is no region"),
            ("3:15", "`1` is no id of an environment"),
            ("4:1", "did you mean `production`?"),
            ("5:8", "`targets.a.rate` must be a number from 0.01 to 1000"),
            ("7:13", "is a placeholder"),
            ("8:17", "must not stand here"),
            ("9:18", "`jwt` is no way to authenticate"),
            ("11:1", "did you mean `username`?"),
        ] {
            assert!(text.contains(&format!("flowproof.toml:{place}")) && text.contains(said), "{place} {said}\n{text}");
        }
    }

    #[test]
    fn a_target_becomes_addresses_pools_and_sources() {
        let text = format!(
            "[targets.a]\nregion = \"com.au\"\nenvironment = \"{ID}\"\nrate = 10\n\
             [targets.a.worker]\nclient-id = \"w\"\nclient-secret = {{ env = \"S\" }}\n\
             [targets.a.apps.sign-on]\nclient-id = \"c\"\n\
             [[targets.a.users.email]]\nid = \"1\"\n[[targets.a.users.email]]\nid = \"2\"\n"
        );
        let config = Config::parse("flowproof.toml".into(), text, &[]).expect("accepted");
        let target = &config.targets()["a"];
        assert_eq!(target.auth_path.as_str(), "https://auth.pingone.com.au/");
        assert_eq!((target.environment_in_path, target.rate), (true, Some(10.0)));
        assert_eq!(target.users["email"].len(), 2);
        let worker = target.worker.as_ref().expect("a worker");
        assert_eq!(worker.client_secret.value, SecretSource::Env("S".into()));
    }
}
