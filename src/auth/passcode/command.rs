//! `command`: any program that prints the code.
//!
//! No shell reads the command: it is a list, the program first. It is told whom the code is for by its environment.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use secrecy::{SecretString, zeroize::Zeroizing};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{PasscodeError, Recipient, Search};
use crate::base::text::visible;

/// More than any code has, in bytes.
const LONGEST: u64 = 256;
/// How much of what the program complains about is shown, in characters.
const COMPLAINT: usize = 200;

/// A program that prints codes.
#[derive(Debug)]
pub struct Command {
    program: String,
    arguments: Vec<String>,
    deadline: Duration,
}

/// How a program ended, and what it printed.
struct Ended {
    success: bool,
    status: String,
    output: Zeroizing<Vec<u8>>,
    complaint: String,
}

impl Command {
    /// Makes a source from the program, its arguments, and how long it may take.
    pub fn new(program: impl Into<String>, arguments: Vec<String>, deadline: Duration) -> Self {
        Self { program: program.into(), arguments, deadline }
    }

    /// The program, as it was named.
    pub fn program(&self) -> &str {
        &self.program
    }

    pub(super) async fn code(&self, search: &Search<'_>) -> Result<SecretString, PasscodeError> {
        let begun = Instant::now();
        let place = self.place();
        let failed = |problem: String, advice: &str| search.failed(&place, problem, advice).after(begun.elapsed());
        let ended = match timeout(self.deadline, self.run(environment(search))).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => {
                let advice = "name a program that is there and may be run; it is not looked up by a shell";
                return Err(failed(format!("it cannot be run: {error}"), advice));
            }
            Err(_) => {
                let advice = "it was stopped; raise `deadline`, or see what it waits for";
                return Err(failed(format!("it did not end within {} s", self.deadline.as_secs_f64()), advice));
            }
        };
        if !ended.success {
            return Err(failed(
                format!("{}{}", ended.status, ended.complaint),
                "run it by hand with the same variables",
            ));
        }
        printed(&ended.output).map_err(|problem| failed(problem, "let it print the code and nothing else"))
    }

    pub(super) fn place(&self) -> String {
        format!("the command `{}`", visible(&self.program))
    }

    /// Runs the program for what it does and not for what it prints.
    ///
    /// # Errors
    /// With what went wrong.
    pub(in crate::auth) async fn carry_out(&self, environment: Vec<(&'static str, String)>) -> Result<(), String> {
        match timeout(self.deadline, self.run(environment)).await {
            Ok(Ok(ended)) if ended.success => Ok(()),
            Ok(Ok(ended)) => Err(format!("{}: {}{}", self.place(), ended.status, ended.complaint)),
            Ok(Err(error)) => Err(format!("{} cannot be run: {error}", self.place())),
            Err(_) => Err(format!("{} did not end within {} s", self.place(), self.deadline.as_secs_f64())),
        }
    }

    async fn run(&self, environment: Vec<(&'static str, String)>) -> std::io::Result<Ended> {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments).envs(environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (mut output, mut complaint) = (Zeroizing::new(Vec::with_capacity(512)), Vec::new());
        // One byte more than is taken, so that too much can be told from just enough; the rest is read and dropped.
        let stdout = async {
            let Some(mut pipe) = child.stdout.take() else { return Ok(0) };
            (&mut pipe).take(LONGEST + 1).read_to_end(&mut output).await?;
            tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await
        };
        let stderr = async {
            let Some(mut pipe) = child.stderr.take() else { return Ok(0) };
            (&mut pipe).take(4096).read_to_end(&mut complaint).await?;
            tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await
        };
        tokio::try_join!(stdout, stderr)?;
        let status = child.wait().await?;
        Ok(Ended { success: status.success(), status: status.to_string(), output, complaint: first_line(&complaint) })
    }
}

/// What the program is told.
fn environment(search: &Search<'_>) -> Vec<(&'static str, String)> {
    let mut told = person(search.recipient);
    told.push(("FLOWPROOF_CODE", search.kind.name().to_owned()));
    told.push(("FLOWPROOF_SINCE", search.since.to_rfc3339_opts(SecondsFormat::Millis, true)));
    told
}

/// Who somebody is, as a program is told it.
pub(in crate::auth) fn person(recipient: &Recipient) -> Vec<(&'static str, String)> {
    let known = [
        ("FLOWPROOF_USER_ID", &recipient.id),
        ("FLOWPROOF_USERNAME", &recipient.username),
        ("FLOWPROOF_EMAIL", &recipient.email),
        ("FLOWPROOF_PHONE", &recipient.phone),
    ];
    // What is not known is empty rather than inherited from whoever started this process.
    known.into_iter().map(|(name, value)| (name, value.clone().unwrap_or_default())).collect()
}

fn printed(output: &[u8]) -> Result<SecretString, String> {
    let text = str::from_utf8(output).map_err(|_| "it printed what is no UTF-8".to_owned())?.trim();
    match (text.lines().count(), output.len() as u64) {
        (_, length) if length > LONGEST => Err(format!("it printed more than {LONGEST} bytes")),
        (0, _) => Err("it printed nothing".into()),
        (1, _) => Ok(text.into()),
        (lines, _) => Err(format!("it printed {lines} lines")),
    }
}

fn first_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line: String = text.trim().lines().next().unwrap_or_default().chars().take(COMPLAINT).collect();
    if line.is_empty() { String::new() } else { format!(": {}", visible(&line)) }
}
