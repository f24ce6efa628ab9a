//! `flowproof run --list`: the names of what would run, and against a real tenant what one more fact would add.
//!
//! Deliberately not here: choosing the scenarios.

use std::sync::Arc;

use crate::cli::context::Context;
use crate::cli::errors::CliError;
use crate::cli::outlook::text;
use crate::contract::Contract;
use crate::record::ExitCode;
use crate::run::{RunError, TargetChoice};
use crate::scenario::model::Scenario;

/// Prints the names; what is said of the whole goes to standard error, so that the names can be counted and piped.
pub(super) fn list(
    scenarios: &[Scenario],
    target: &TargetChoice,
    contract: &Contract,
    context: &Context,
) -> Result<ExitCode, CliError> {
    let TargetChoice::Tenant(tenant) = target else {
        context.print(&names(scenarios, |_| true));
        return Ok(ExitCode::Held);
    };
    let outlook = tenant.outlook(scenarios, contract).map_err(|error| RunError::from(Arc::new(error)))?;
    context.print(&names(scenarios, |name| outlook.runs.contains(name)));
    context.eprint(&text(&outlook, &tenant.config.name.value));
    Ok(ExitCode::Held)
}

fn names(scenarios: &[Scenario], chosen: impl Fn(&str) -> bool) -> String {
    let names = scenarios.iter().map(|scenario| &scenario.name).filter(|name| chosen(name));
    names.map(|name| format!("{name}\n")).collect()
}
