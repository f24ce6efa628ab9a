//! `prompt`: a person types the code in, at the terminal that Flowproof was started from.
//!
//! What is typed is not shown. Prompts come one after another, whoever asks. Where standard input is no terminal there is nobody to ask,
//! and the source refuses at once.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::sync::Mutex;

use super::search::{CodeSearch, PasscodeError};
use crate::base::text::visible;

/// Two questions at a time would take each other's answers.
static TERMINAL: Mutex<()> = Mutex::const_new(());

/// A person at the terminal.
#[derive(Debug)]
pub struct Prompt {
    deadline: Duration,
}

/// The result of a question.
#[cfg_attr(not(unix), expect(dead_code, reason = "nobody can be asked there"))]
enum PromptAnswer {
    Typed(SecretString),
    Nothing,
    TooLate,
    Interrupted,
}

/// Signals the thread that waits for keys that the answer is no longer needed.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Prompt {
    /// Makes a source that waits so long for an answer.
    pub fn new(deadline: Duration) -> Self {
        Self { deadline }
    }

    /// Whether there is anybody to ask.
    pub fn has_terminal() -> bool {
        cfg!(unix) && std::io::stdin().is_terminal()
    }

    pub(super) async fn code(&self, search: &CodeSearch<'_>) -> Result<SecretString, PasscodeError> {
        const PLACE: &str = "the terminal";
        if !Self::has_terminal() {
            let advice = "run it in a terminal, or choose the source `command`, `imap` or `http`";
            return Err(search.failed(PLACE, "standard input is not a terminal", advice));
        }
        let _only_one = TERMINAL.lock().await;
        let start = Instant::now();
        let failed = |problem: &str, advice: &str| search.failed(PLACE, problem, advice).after(start.elapsed());
        let question = format!("{} for {}: ", search.kind, search.recipient);
        match self.ask(visible(&question).into_owned()).await {
            Ok(PromptAnswer::Typed(code)) => Ok(code),
            Ok(PromptAnswer::Nothing) => Err(failed("nothing was typed", "type the code, then press Enter")),
            Ok(PromptAnswer::TooLate) => {
                Err(failed("no one answered", "raise `deadline`, or choose a source without people"))
            }
            Ok(PromptAnswer::Interrupted) => Err(failed("the question was interrupted", "run it again")),
            Err(error) => Err(failed(&format!("it cannot be read: {error}"), "choose another source")),
        }
    }

    async fn ask(&self, question: String) -> std::io::Result<PromptAnswer> {
        let abandoned = Arc::new(AtomicBool::new(false));
        let _abandon = Abandon(Arc::clone(&abandoned));
        let end = Instant::now() + self.deadline;
        let asking = tokio::task::spawn_blocking(move || terminal::ask(&question, end, &abandoned));
        asking.await.map_err(std::io::Error::other)?
    }
}

#[cfg(unix)]
mod terminal {
    //! Keys, one at a time, from a terminal that shows none of them.

    use std::io::{Stdin, Write};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{Signal, getpid, kill_process};
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use secrecy::{SecretString, zeroize::Zeroizing};

    use super::PromptAnswer;

    /// How soon an abandoned question is withdrawn.
    const SLICE: Duration = Duration::from_millis(100);
    /// More than any code has, in bytes.
    const LONGEST: usize = 256;

    /// A terminal that does not show what is typed, until this is dropped.
    struct Hidden {
        stdin: Stdin,
        before: Termios,
    }

    impl Hidden {
        fn new() -> std::io::Result<Self> {
            let stdin = std::io::stdin();
            let before = tcgetattr(&stdin)?;
            let mut hidden = before.clone();
            // Ctrl-C comes as a key, so that the terminal is put right before the process hears of it.
            hidden.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
            Ok(Self { stdin, before })
        }

        /// Waits a moment for a key.
        fn key(&self) -> std::io::Result<Option<u8>> {
            let timeout = Timespec::try_from(SLICE).map_err(std::io::Error::other)?;
            let mut waiting = [PollFd::new(&self.stdin, PollFlags::IN)];
            match poll(&mut waiting, Some(&timeout)) {
                Ok(0) | Err(Errno::INTR) => return Ok(None),
                Ok(_) => (),
                Err(error) => return Err(error.into()),
            }
            let mut key = [0];
            let read = rustix::io::read(&self.stdin, &mut key)?;
            // A terminal that was closed says so by reading nothing.
            Ok(Some(if read == 0 { END } else { key[0] }))
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.stdin, OptionalActions::Now, &self.before);
            let _ = std::io::stderr().write_all(b"\n");
        }
    }

    const INTERRUPT: u8 = 0x03;
    const END: u8 = 0x04;
    const BACKSPACE: [u8; 2] = [0x08, 0x7f];
    const CLEAR: u8 = 0x15;

    pub(super) fn ask(question: &str, end: Instant, abandoned: &AtomicBool) -> std::io::Result<PromptAnswer> {
        let hidden = Hidden::new()?;
        std::io::stderr().write_all(question.as_bytes())?;
        let answer = listen(&hidden, end, abandoned);
        drop(hidden);
        if matches!(answer, Ok(PromptAnswer::Interrupted)) && !abandoned.load(Ordering::Relaxed) {
            kill_process(getpid(), Signal::INT)?;
        }
        answer
    }

    fn listen(hidden: &Hidden, end: Instant, abandoned: &AtomicBool) -> std::io::Result<PromptAnswer> {
        let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
        while Instant::now() < end {
            if abandoned.load(Ordering::Relaxed) {
                return Ok(PromptAnswer::Interrupted);
            }
            match hidden.key()? {
                None => (),
                Some(b'\n' | b'\r' | END) => return Ok(answer(&typed)),
                Some(INTERRUPT) => return Ok(PromptAnswer::Interrupted),
                Some(CLEAR) => typed.clear(),
                Some(key) if BACKSPACE.contains(&key) => drop(typed.pop()),
                Some(key) if typed.len() < LONGEST => typed.push(key),
                Some(_) => (),
            }
        }
        Ok(PromptAnswer::TooLate)
    }

    fn answer(typed: &[u8]) -> PromptAnswer {
        match str::from_utf8(typed).unwrap_or_default().trim() {
            "" => PromptAnswer::Nothing,
            code => PromptAnswer::Typed(SecretString::from(code)),
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    //! No way is known here to hide what is typed and yet to stop waiting; [`super::Prompt::has_terminal`] says so first.

    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use super::PromptAnswer;

    pub(super) fn ask(_: &str, _: Instant, _: &AtomicBool) -> std::io::Result<PromptAnswer> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
