//! The arguments that set the levels of checks.

use clap::Args;

use crate::checks::{CHECKS, Levels};
use crate::config::Config;
use crate::record::Level;

#[derive(Debug, Args)]
pub(super) struct LevelArgs {
    /// Ignore the findings of this check; `all` for every check
    #[arg(short = 'A', long, value_name = "CHECK", value_parser = checks())]
    allow: Vec<String>,
    /// Report the findings of this check, without failing
    #[arg(short = 'W', long, value_name = "CHECK", value_parser = checks())]
    warn: Vec<String>,
    /// Fail on the findings of this check
    #[arg(short = 'D', long, value_name = "CHECK", value_parser = checks())]
    deny: Vec<String>,
    /// Fail on the findings of all checks
    #[arg(long)]
    strict: bool,
}

fn checks() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(CHECKS.iter().map(|check| check.id).chain(["all"]))
}

impl LevelArgs {
    /// Defaults, then the configuration, then `--strict`, then the flags for single checks, the strictest last. What a
    /// scenario itself says overrides all of them.
    pub(super) fn levels(&self, config: &Config) -> Levels {
        let mut levels = config.levels_of_checks();
        if self.strict {
            levels = Levels::strict();
        }
        for (checks, level) in [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)] {
            for check in checks {
                let named = CHECKS.iter().filter(|known| check == "all" || known.id == check);
                named.for_each(|known| levels.set(known.id, level));
            }
        }
        levels
    }
}
