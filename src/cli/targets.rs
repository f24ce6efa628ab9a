//! `flowproof targets`: the targets of the configuration, as a run would use them, without any secret.

use clap::Args;
use serde_json::Value;

use super::context::{Context, OutputFormat};
use super::errors::{CliError, NoTarget};
use crate::base::text::{indented, visible};
use crate::record::ExitCode;

#[derive(Debug, Args)]
pub(super) struct TargetsArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    format: OutputFormat,
}

/// Prints the targets.
pub(super) fn run(arguments: &TargetsArgs, context: &Context) -> Result<ExitCode, CliError> {
    let config = &context.config;
    let tenants = config.targets.values().map(|target| target.described());
    let targets: Vec<Value> = tenants.chain(config.servers.values().map(|server| server.described())).collect();
    match arguments.format {
        OutputFormat::Json => context.print(&format!("{:#}\n", Value::from(targets))),
        OutputFormat::Text => context.print(&text(&targets)),
    }
    Ok(ExitCode::Held)
}

fn text(targets: &[Value]) -> String {
    if targets.is_empty() {
        return format!("{}\n", NoTarget::NONE);
    }
    let blocks: Vec<String> = targets.iter().map(block).collect();
    blocks.join("\n")
}

fn block(target: &Value) -> String {
    let mut block = format!("{}\n", shown(&target["name"]));
    for (name, value) in target.as_object().into_iter().flatten().filter(|(name, _)| *name != "name") {
        match value {
            Value::Null | Value::Bool(false) => {}
            Value::Object(members) if name.to_lowercase().ends_with("users") => {
                let roles = members.iter().map(|(role, count)| format!("{role} × {count}"));
                block += &line(name, &roles.collect::<Vec<_>>().join(", "));
            }
            Value::Object(members) => {
                let members = members.values().map(shown);
                block += &line(name, &members.collect::<Vec<_>>().join(", "));
            }
            Value::Array(names) => {
                block += &line(name, &names.iter().map(shown).collect::<Vec<_>>().join(", "));
            }
            value => block += &line(name, &shown(value)),
        }
    }
    block
}

fn line(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("  {name:<18} {}\n", indented(value, 80, 21)) }
}

fn shown(value: &Value) -> String {
    visible(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).into_owned()
}
