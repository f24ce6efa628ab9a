//! What a run does when it is asked to stop: SIGINT, SIGTERM and SIGHUP end it with cleanup and reports, a second SIGINT at
//! once; SIGTSTP stops it for a while, which its deadline waits for.
//!
//! Deliberately not here: how scenarios end. Where there are no such signals the system's own way to end a process stays.

use std::io;
use std::time::Duration;

use crate::engine::StopRun;

/// Has signals end or pause the run from now on, for the rest of the process. The last word is what is said when the
/// process ends at once.
///
/// # Errors
/// When the system does not let a signal be caught.
#[cfg(unix)]
pub(super) fn catch(stop: StopRun, last_word: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP])?;
    let watch = move || {
        let mut interrupted = false;
        for signal in signals.forever() {
            match signal {
                SIGTSTP => pause(&stop),
                // Whoever asks twice does not want to wait. The journal is valid after every line.
                SIGINT if interrupted => {
                    last_word();
                    signal_hook::low_level::exit(unix::meaning(signal).1.code().into())
                }
                _ => {
                    interrupted |= signal == SIGINT;
                    let (name, exit) = unix::meaning(signal);
                    stop.raise(crate::engine::Stopped::interrupted(name, exit));
                }
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

/// Catches nothing: what there is instead of signals ends the process, whose journal is valid after every line.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub(super) fn catch(_: StopRun, _: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// Waits until a signal asks the process to end, or so long.
///
/// # Errors
/// When the system does not let a signal be caught.
#[cfg(unix)]
pub fn wait_for_end(most: Option<Duration>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (tell, told) = std::sync::mpsc::channel();
    let watch = move || {
        signals.forever().next();
        tell.send(())
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch)?;
    let _ended = match most {
        Some(time) => told.recv_timeout(time).map_err(drop),
        None => told.recv().map_err(drop),
    };
    Ok(())
}

/// Waits so long, or for ever: what there is instead of signals ends the process, whose journal is valid after every line.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn wait_for_end(most: Option<Duration>) -> io::Result<()> {
    std::thread::sleep(most.unwrap_or(Duration::MAX));
    Ok(())
}

/// Stops the process as it would have been without us, and adds how long that was to the deadline of the run.
#[cfg(unix)]
fn pause(stop: &StopRun) {
    let begun = std::time::Instant::now();
    if signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP).is_ok() {
        stop.postpone(begun.elapsed());
    }
}

#[cfg(unix)]
mod unix {
    use crate::record::ExitCode;
    use signal_hook::consts::{SIGHUP, SIGTERM};

    /// The name of a signal, and how a process ends that it ended.
    pub(super) fn meaning(signal: i32) -> (&'static str, ExitCode) {
        match signal {
            SIGTERM => ("SIGTERM", ExitCode::Terminated),
            SIGHUP => ("SIGHUP", ExitCode::HungUp),
            _ => ("SIGINT", ExitCode::Interrupted),
        }
    }
}
