//! `flowproof.toml`: what a team has agreed on, beside its scenarios.
//!
//! Read once; every problem is shown at its place before anything is sent. Environment variables outweigh the file, the
//! command line outweighs both.

pub(crate) mod explore;
pub(crate) mod passcode;
pub(crate) mod run;
pub(crate) mod secret_source;
pub(crate) mod server;
pub(crate) mod table;
pub(crate) mod target;
#[cfg(test)]
mod tests;

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
pub use explore::ExploreConfig;
pub use run::RunConfig;
pub use secret_source::SecretSource;
pub use server::{AuthFile, ServerConfig};
use table::{Problems, TomlTable};
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
    pub limits: Limits,
    /// What no run can cover.
    #[serde(default)]
    unreachable: Vec<OutOfReach>,
    /// Read by themselves, so that each of their problems is found.
    #[serde(default, rename = "targets")]
    _targets: serde::de::IgnoredAny,
    /// Read by itself, too.
    #[serde(default, rename = "run")]
    _run: serde::de::IgnoredAny,
    /// As well.
    #[serde(default, rename = "explore")]
    _explore: serde::de::IgnoredAny,
    /// As well.
    #[serde(default, rename = "contract")]
    _contract: serde::de::IgnoredAny,
    /// As well.
    #[serde(default, rename = "overlays")]
    _overlays: serde::de::IgnoredAny,
    /// The contract, where it is not the one that this build was made from.
    #[serde(skip)]
    pub contract: Option<PathBuf>,
    /// What is laid over the contract before it is read, in this order.
    #[serde(skip)]
    pub overlays: Vec<PathBuf>,
    /// How much an exploration must try.
    #[serde(skip)]
    pub explore: ExploreConfig,
    /// How a run goes on.
    #[serde(skip)]
    pub run: RunConfig,
    /// Real tenants by name.
    #[serde(skip)]
    pub targets: BTreeMap<String, TargetConfig>,
    /// Servers of any API, by name.
    #[serde(skip)]
    pub servers: BTreeMap<String, ServerConfig>,
    /// The file itself, for places in it.
    #[serde(skip)]
    source: Option<Arc<Source>>,
}

/// One `[[unreachable]]`: items of a dimension of coverage, and why they cannot be reached.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutOfReach {
    dimension: toml::Spanned<String>,
    items: Vec<toml::Spanned<String>>,
    reason: toml::Spanned<String>,
}

impl Config {
    /// Reads the file that was named, or the one in this folder if there is one, with what was provisioned for its targets.
    ///
    /// `dimensions` are the names that `[coverage]` may hold.
    ///
    /// # Errors
    /// With every problem of the file; also when a file that was named cannot be read.
    pub fn load(named: Option<&Path>, dimensions: &[&str]) -> Result<Self, Vec<Diagnostic>> {
        let mut config = Self::written(named, dimensions)?;
        for target in config.targets.values_mut() {
            target.adopt(target::Provisioned::read(&target.provisioned)?);
        }
        Ok(config)
    }

    /// As [`Config::load`], without what was provisioned.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn written(named: Option<&Path>, dimensions: &[&str]) -> Result<Self, Vec<Diagnostic>> {
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
        let whole = TomlTable::whole(&source, &found, &root);
        config.run = run::decode(&whole);
        config.explore = explore::decode(&whole);
        config.contract = whole.path("contract").map(|path| path.value);
        let overlays = whole.texts("overlays").map(|overlays| overlays.value).unwrap_or_default();
        config.overlays = overlays.iter().map(|overlay| whole.beside(overlay)).collect();
        config.decode_targets(&whole, dimensions);
        let mut problems = found.in_order();
        problems.extend(unknown(&source, config.levels.keys(), &ids, "check"));
        problems.extend(unknown(&source, config.coverage.keys(), dimensions, "dimension of coverage"));
        problems.extend(config.coverage.values().filter(|share| !(0.0..=100.0).contains(share.as_ref())).map(
            |share| {
                let message = format!("{} is not a percentage; it must be between 0 and 100", share.as_ref());
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

    /// Reads all targets: with a contract of its own the file describes servers, unless one names an environment.
    fn decode_targets(&mut self, root: &TomlTable<'_>, dimensions: &[&str]) {
        for (name, table) in root.tables("targets") {
            if name.value == "embedded" || name.contains("://") {
                table.report(Diagnostic::at(&name.span, format!("a target cannot be called `{}`", name.value)));
            }
            let key = name.value.clone();
            if table.has("url") || (self.contract.is_some() && !table.has("environment")) {
                self.servers.insert(key, server::server(name, table, dimensions));
            } else if let Some(target) = target::target(name, table, dimensions) {
                self.targets.insert(key, target);
            }
        }
    }

    /// Sets the levels that the file states.
    pub fn apply(&self, levels: &mut Levels) {
        self.levels.iter().for_each(|(check, level)| levels.set(check.as_ref(), *level.as_ref()));
    }

    /// The levels of all checks, as far as the configuration alone decides them.
    pub fn levels_of_checks(&self) -> Levels {
        let mut levels = Levels::default();
        self.apply(&mut levels);
        levels
    }

    /// Paths of the facts that targets name: `users.vip`, `apps.signOn`, `policies.default`.
    pub fn fact_paths(&self) -> Vec<String> {
        let of_target = |target: &TargetConfig| {
            let kinds = [
                ("apps", target.apps.keys().cloned().collect::<Vec<_>>()),
                ("policies", target.policies.keys().cloned().collect()),
                ("users", target.users.keys().cloned().collect()),
            ];
            let paths = kinds.into_iter().flat_map(|(kind, names)| {
                names.into_iter().map(move |name| format!("{kind}.{}", target::fact_name(&name)))
            });
            paths.collect::<Vec<_>>()
        };
        self.targets.values().flat_map(of_target).collect()
    }

    /// The facts that servers supply, as far as their names are known.
    pub fn server_facts(&self) -> serde_json::Value {
        let names = self.servers.values().flat_map(|server| server.facts.iter());
        let known = |value: &server::ServerValue| match value {
            server::ServerValue::Plain(value) => value.clone(),
            server::ServerValue::Secret(_) => serde_json::Value::Null,
        };
        let facts = names.map(|(name, value)| (name.clone(), known(value)));
        serde_json::json!({ "facts": facts.collect::<serde_json::Map<_, _>>() })
    }

    /// The least coverage of each dimension, in per cent, of runs against a target; `[coverage]` itself is for stand-ins.
    pub fn coverage(&self, target: &str) -> Vec<(String, f64)> {
        let own = self.targets.get(target).map(|target| &target.coverage);
        match own.or_else(|| self.servers.get(target).map(|server| &server.coverage)) {
            Some(own) => own.iter().map(|(dimension, share)| (dimension.clone(), *share)).collect(),
            None => self.coverage.iter().map(|(name, share)| (name.as_ref().clone(), *share.as_ref())).collect(),
        }
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
            let message = format!("`{}` is not a {kind}", name.as_ref());
            Diagnostic::at(&Span::new(source, name.span()), message).suggest(name.as_ref(), known.iter().copied())
        })
        .collect()
}
