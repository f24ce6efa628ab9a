//! `command`: any program that prints the code.
//!
//! No shell reads the command: it is a list, the program first. Environment variables say whom the code is for.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use secrecy::{SecretString, zeroize::Zeroizing};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::search::{CodeSearch, PasscodeError, Recipient};
use crate::base::text::visible;

/// More than any code has, in bytes.
const LONGEST: u64 = 256;
/// How much of what the program complains about is shown, in characters.
const COMPLAINT: usize = 200;

/// A program that prints codes.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program, as it was named.
    pub program: String,
    arguments: Vec<String>,
    deadline: Duration,
}

/// How a program ended, and what it printed.
struct ProgramOutput {
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
    complaint: String,
}

/// Environment variables that a program gets beside its own.
type Variables = Vec<(&'static str, String)>;

/// Why a program did not do what it was run for. The text holds nothing that it printed but the first line of its complaint.
#[derive(Debug, thiserror::Error)]
#[error("{command} {failure}")]
pub struct CommandError {
    command: String,
    failure: ProgramFailure,
}

/// What a program did wrong.
#[derive(Debug, thiserror::Error)]
enum ProgramFailure {
    #[error("cannot be run: {0}")]
    NotRun(std::io::Error),
    #[error("did not end within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("failed: {0}{1}")]
    Status(ExitStatus, String),
    #[error("printed text that is not UTF-8")]
    NotUtf8,
    #[error("printed more than {LONGEST} bytes")]
    TooMuch,
    #[error("printed nothing")]
    Nothing,
    #[error("printed {0} lines")]
    Lines(usize),
}

impl ProgramFailure {
    /// What to try next, where a code was expected.
    fn advice(&self) -> &'static str {
        match self {
            Self::NotRun(_) => "name a program that exists and is executable; no shell looks it up",
            Self::TooSlow(_) => "it was stopped; raise `deadline`, or find out what it waits for",
            Self::Status(..) => "run it by hand with the same variables",
            _ => "have it print the code and nothing else",
        }
    }
}

impl Command {
    /// Makes a source from the program, its arguments, and how long it may take.
    pub fn new(program: impl Into<String>, arguments: Vec<String>, deadline: Duration) -> Self {
        Self { program: program.into(), arguments, deadline }
    }

    pub(super) async fn code(&self, search: &CodeSearch<'_>) -> Result<SecretString, PasscodeError> {
        let start = Instant::now();
        let code = self.output(environment(search)).await.and_then(|output| printed(&output));
        code.map_err(|failure| {
            search.failed(self.place(), format!("it {failure}"), failure.advice()).after(start.elapsed())
        })
    }

    pub(super) fn place(&self) -> String {
        format!("the command `{}`", visible(&self.program))
    }

    /// Runs the program for what it does and not for what it prints.
    ///
    /// # Errors
    /// With what went wrong.
    pub(in crate::auth) async fn execute(&self, environment: Variables) -> Result<(), CommandError> {
        let done = self.output(environment).await;
        done.map(drop).map_err(|failure| CommandError { command: self.place(), failure })
    }

    /// Runs the program, and gives what it printed where it succeeded.
    async fn output(&self, environment: Variables) -> Result<Zeroizing<Vec<u8>>, ProgramFailure> {
        match timeout(self.deadline, self.run(environment)).await {
            Ok(Ok(ended)) if ended.status.success() => Ok(ended.output),
            Ok(Ok(ended)) => Err(ProgramFailure::Status(ended.status, ended.complaint)),
            Ok(Err(error)) => Err(ProgramFailure::NotRun(error)),
            Err(_) => Err(ProgramFailure::TooSlow(self.deadline)),
        }
    }

    async fn run(&self, environment: Variables) -> std::io::Result<ProgramOutput> {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments).envs(environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (mut output, mut complaint) = (Zeroizing::new(Vec::with_capacity(512)), Vec::new());
        // One byte more than is taken, so that too much can be told from just enough.
        tokio::try_join!(
            read_beginning(child.stdout.take(), LONGEST + 1, &mut output),
            read_beginning(child.stderr.take(), 4096, &mut complaint),
        )?;
        let status = child.wait().await?;
        Ok(ProgramOutput { status, output, complaint: first_line(&complaint) })
    }
}

/// Reads the first bytes that a program writes; the rest is read and dropped.
async fn read_beginning(pipe: Option<impl AsyncRead + Unpin>, most: u64, into: &mut Vec<u8>) -> std::io::Result<u64> {
    let Some(mut pipe) = pipe else { return Ok(0) };
    (&mut pipe).take(most).read_to_end(into).await?;
    tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await
}

/// What the program has to know.
fn environment(search: &CodeSearch<'_>) -> Variables {
    let mut variables = person(search.recipient);
    variables.push(("FLOWPROOF_CODE", search.kind.name().to_owned()));
    variables.push(("FLOWPROOF_SINCE", search.since.to_rfc3339_opts(SecondsFormat::Millis, true)));
    variables
}

/// Who a recipient is, as environment variables.
pub(in crate::auth) fn person(recipient: &Recipient) -> Variables {
    let known = [
        ("FLOWPROOF_USER_ID", &recipient.id),
        ("FLOWPROOF_USERNAME", &recipient.username),
        ("FLOWPROOF_EMAIL", &recipient.email),
        ("FLOWPROOF_PHONE", &recipient.phone),
    ];
    // What is not known is empty rather than inherited from the parent process.
    known.into_iter().map(|(name, value)| (name, value.clone().unwrap_or_default())).collect()
}

fn printed(output: &[u8]) -> Result<SecretString, ProgramFailure> {
    let text = str::from_utf8(output).map_err(|_| ProgramFailure::NotUtf8)?.trim();
    match (text.lines().count(), output.len() as u64) {
        (_, length) if length > LONGEST => Err(ProgramFailure::TooMuch),
        (0, _) => Err(ProgramFailure::Nothing),
        (1, _) => Ok(text.into()),
        (lines, _) => Err(ProgramFailure::Lines(lines)),
    }
}

fn first_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line: String = text.trim().lines().next().unwrap_or_default().chars().take(COMPLAINT).collect();
    if line.is_empty() { String::new() } else { format!(": {}", visible(&line)) }
}
