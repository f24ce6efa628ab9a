//! `flowproof proxy`: passes the traffic of another tool on to a target, and judges it as it passes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::CliError;
use super::formats::{ElsewhereArgs, FormatArgs};
use super::in_use::ContractInUse;
use super::levels::LevelArgs;
use super::server::{ServerArgs, Where};
use crate::base::text::{counted, one_line};
use crate::checks;
use crate::client::{TransportOptions, roots_in};
use crate::contract::Contract;
use crate::proxy::{JudgedTraffic, Judging, Proxy, ProxyTarget, Seen};
use crate::record::journal::{Ending, JournalWriter, make_folder};
use crate::record::{ExitCode, Header, Level, TargetRecord};
use crate::reports::Gathered;
use crate::reports::write::{prepare, prepare_elsewhere, take_away, take_away_elsewhere, write_everywhere};
use crate::run::printer::Printer;
use crate::run::wait_for_end;

pub(super) const EXAMPLES: &str = "\
Nothing is answered by the proxy itself, and nothing is changed on the way but the host. Ctrl-C ends it and writes the reports.

Examples:
  flowproof proxy --target http://127.0.0.1:8080              the stand-in of `flowproof tenant --port 8080`
  flowproof proxy --target staging --report reports/browser   a target of flowproof.toml
  flowproof proxy --contract api.yaml --target https://api.example.com --for 10m

Exit codes:
  0 all held   1 contract violated   2 unusable input   3 could not tell   4 nothing was judged
  5 a report could not be written";

#[derive(Debug, Args)]
pub(super) struct ProxyArgs {
    /// Where to listen, on this machine only; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where to pass requests on to: a URL, or a target of flowproof.toml by its name [default: the contract's server]
    #[arg(long, value_name = "TARGET", env = "FLOWPROOF_TARGET")]
    target: Option<String>,
    /// Do not verify TLS; the target must also set `insecure = true`
    #[arg(long, env = "FLOWPROOF_INSECURE")]
    insecure: bool,
    /// End by itself after this time, such as `90s` or `10m`
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Where to write the journal and the reports
    #[arg(short, long, value_name = "DIR", default_value = "reports/proxy")]
    report: PathBuf,
    #[command(flatten)]
    levels: LevelArgs,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    contract: ContractArgs,
    /// Do not show warnings while the traffic passes
    #[arg(short, long)]
    quiet: bool,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    crate::base::duration::parse(text).ok_or("a time is a number with a unit: 90s, 10m, 1h")
}

/// Passes traffic on until it is told to end, then writes the reports.
pub(super) fn run(arguments: &ProxyArgs, context: &Context) -> Result<ExitCode, CliError> {
    if !arguments.listen.ip().is_loopback() {
        return Err(CliError::ListenElsewhere(arguments.listen));
    }
    let ContractInUse { contract, decoder, .. } = arguments.contract.load(context)?;
    let place = arguments.place(&contract, context)?;
    let transport = arguments.transport(&place, context)?;
    let expansion = transport.limits.expansion();
    let writer = arguments.begin(&contract, &place, context)?;
    let judging = Judging {
        levels: arguments.levels.levels(&context.config),
        contract,
        decoder,
        expansion,
        writer,
        tell: Box::new(teller(context.printer.clone(), arguments.quiet)),
    };
    let target = ProxyTarget { base: place.base.clone(), transport };
    let proxy = Proxy::start(arguments.listen, target, judging).map_err(|error| CliError::Proxy(error.to_string()))?;
    context.eprint(&format!(
        "listening on http://{}, passing on to {}; Ctrl-C ends it and writes the reports\n",
        proxy.address(),
        place.base
    ));
    wait_for_end(arguments.time).map_err(CliError::Signals)?;
    match proxy.stop() {
        Some(traffic) => arguments.conclude(traffic, context),
        None => Ok(ExitCode::Internal),
    }
}

impl ProxyArgs {
    /// The target that is meant.
    fn place(&self, contract: &Contract, context: &Context) -> Result<Where, CliError> {
        let target = self.target.as_deref();
        let tenant = target.and_then(|name| context.config.targets.get(name));
        if let Some(tenant) = tenant {
            return Ok(Where {
                name: tenant.name.value.clone(),
                base: tenant.auth_path.clone(),
                insecure: tenant.insecure,
                ca: tenant.ca.clone(),
            });
        }
        Ok(ServerArgs::default().place(target, &context.config, contract)?)
    }

    fn transport(&self, place: &Where, context: &Context) -> Result<TransportOptions, CliError> {
        if place.insecure != self.insecure {
            return Err(CliError::OneSwitchOnly);
        }
        let roots = place.ca.as_ref().map(|ca| roots_in(ca)).transpose();
        let roots = roots.map_err(|error| CliError::Proxy(format!("the certificates of `ca`: {error}")))?;
        let extra_roots = roots.unwrap_or_default();
        Ok(TransportOptions { insecure: self.insecure, extra_roots, ..context.config.limits.into() })
    }

    /// Begins the journal, in a folder where all reports can be written.
    fn begin(&self, contract: &Contract, place: &Where, context: &Context) -> Result<JournalWriter, CliError> {
        let (chosen, elsewhere) = (self.formats.chosen(), self.elsewhere.chosen());
        make_folder(&self.report)?;
        prepare(&self.report, &chosen)?;
        prepare_elsewhere(&elsewhere)?;
        let base_url = place.base.origin().ascii_serialization();
        let target = TargetRecord { name: place.name.clone(), kind: "proxy".into(), base_url };
        let insecure = self.insecure.then(|| "TLS NOT VERIFIED: any certificate was taken for any name".to_owned());
        let passed = "the traffic of another tool, as it passed through `flowproof proxy`".to_owned();
        let notes = insecure.into_iter().chain([passed]).collect();
        let header = Header { notes, ..Header::new(target, contract.into(), checks::texts()) };
        let writer = JournalWriter::begin(&self.report, header, context.printer.register())?;
        take_away(&self.report)?;
        take_away_elsewhere(&elsewhere)?;
        Ok(writer)
    }

    /// Ends the journal, writes the reports, and says what the traffic came to.
    fn conclude(&self, traffic: JudgedTraffic, context: &Context) -> Result<ExitCode, CliError> {
        context.print(&unknown(&traffic));
        let path = traffic.writer.path().to_owned();
        let ending = Ending { notes: notes(&traffic), ..Ending::default() };
        let finished = traffic.writer.finish(&ending);
        let journal = traffic.problem.map_or(finished, Err).map_err(CliError::not_written)?;
        let (chosen, elsewhere) = (self.formats.chosen(), self.elsewhere.chosen());
        let mut gathered = Gathered::default();
        let written = write_everywhere(&journal, Path::new(&self.report), (&chosen, &elsewhere), &mut gathered);
        let written = written.map_err(CliError::not_written)?;
        context.summarise((&journal, &gathered), &[&*written, &[path]].concat(), None);
        let annotated = self.formats.annotate((&journal, &gathered), context);
        let exit = journal.footer().and_then(|footer| ExitCode::from_code(footer.exit_code));
        Ok(exit.unwrap_or(ExitCode::Internal).max(annotated))
    }
}

/// Says what is found while the traffic passes, a line for each.
fn teller(printer: Printer, quiet: bool) -> impl FnMut(Seen<'_>) + Send {
    move |seen| match seen {
        Seen::Finding { finding, .. } if quiet && finding.level != Level::Deny => {}
        Seen::Finding { number, operation, status, finding } => {
            let kind = if finding.level == Level::Deny { "error" } else { "warning" };
            let at = finding.pointer.as_deref().filter(|pointer| !pointer.is_empty());
            let at = at.map(|pointer| format!(" at {pointer}")).unwrap_or_default();
            let what = format!("{kind}[{}] #{number} {operation} {status}{at}: {}", finding.check, finding.message);
            printer.print(&format!("{}\n", one_line(&what)));
        }
        Seen::Unjudged { number, operation, reason } => {
            printer.print(&format!("{}\n", one_line(&format!("unjudged #{number} {operation}: {reason}"))));
        }
        Seen::NotWritten(error) => {
            printer.eprint(&format!("error: {error}\nnote: traffic still passes, but is not recorded any more\n"));
        }
    }
}

/// Requests that belong to no operation, each once with how often it was made.
fn unknown(traffic: &JudgedTraffic) -> String {
    let lines = traffic.unknown.iter().map(|(request, count)| format!("  {count} × {}\n", one_line(request)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\nnot in the contract, and not judged:\n{lines}") }
}

/// What a reader of the reports should know of the traffic as a whole.
fn notes(traffic: &JudgedTraffic) -> Vec<String> {
    let unknown: usize = traffic.unknown.values().sum();
    let passed = format!("{} passed", counted(traffic.requests, "request"));
    let unknown = (unknown > 0).then(|| format!("{} not in the contract, and not judged", counted(unknown, "request")));
    let given_up = traffic.given_up;
    let given_up =
        (given_up > 0).then(|| format!("{} not waited for to the end, and not judged", counted(given_up, "answer")));
    [passed].into_iter().chain(unknown).chain(given_up).collect()
}
