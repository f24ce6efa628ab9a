//! How everything that is made is called, so that it can be told from what others made: `flowproof-RUN-THING-CHECK`.
//!
//! The check is a digest of environment, run and thing. Whoever happens to name something alike does not hit it, and nothing
//! has to be remembered to know one's own things again: a run that was killed leaves no note.

use crate::base::digest;

/// What every name begins with.
pub(crate) const PREFIX: &str = "flowproof-";
/// How many bytes of the digest are in a name.
const CHECK: usize = 4;
/// The longest id of a run.
const LONGEST: usize = 12;

/// The id of a run of `provision`, in the environment that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    environment: String,
    id: String,
}

/// Why a text is no id of a run.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no id of a run: it has 1 to {LONGEST} small letters and digits")]
pub(crate) struct InvalidRun(String);

impl Run {
    /// A run by its id.
    ///
    /// # Errors
    /// When the id could not be found again in a name.
    pub(crate) fn new(environment: &str, id: &str) -> Result<Self, InvalidRun> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if id.is_empty() || id.len() > LONGEST || !id.chars().all(fits) {
            return Err(InvalidRun(id.to_owned()));
        }
        Ok(Self { environment: environment.to_owned(), id: id.to_owned() })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The name of a thing of this run.
    pub(crate) fn name(&self, thing: &str) -> String {
        format!("{PREFIX}{}-{thing}-{}", self.id, self.check(thing))
    }

    /// What things say of themselves, where they can.
    pub(super) fn description(&self) -> String {
        format!("Made by flowproof provision; flowproof teardown --run-id {} removes it.", self.id)
    }

    fn check(&self, thing: &str) -> String {
        digest::short(format!("flowproof provision\n{}\n{}\n{thing}", self.environment, self.id), CHECK)
    }

    /// The run and the thing that a name stands for, if it is one that we give.
    pub(crate) fn of(environment: &str, name: &str) -> Option<(Self, String)> {
        let (id, rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
        let (thing, check) = rest.rsplit_once('-')?;
        let run = Self::new(environment, id).ok()?;
        (run.check(thing) == check).then(|| (run, thing.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_again_and_one_that_looks_like_it_is_not() {
        let run = Run::new("env", "k3f9").expect("an id");
        let name = run.name("must-change-password-2");
        assert_eq!(Run::of("env", &name), Some((run.clone(), "must-change-password-2".to_owned())));
        assert_eq!(Run::of("other", &name), None, "another environment's");
        for alike in [
            "flowproof-k3f9-device",
            "flowproof-k3f9-device-00000000",
            "flowproof-",
            "flowproof-k3f9",
            "my-flowproof-k3f9-a-1",
        ] {
            assert_eq!(Run::of("env", alike), None, "{alike}");
        }
        assert_eq!(Run::of("env", &name.replace("password-2", "password-3")), None);
        for wrong in ["", "K3", "a-b", "abcdefghijklm"] {
            assert!(Run::new("env", wrong).is_err(), "{wrong}");
        }
    }
}
