//! Which scenarios belong to which part of a suite that is split over several machines.
//!
//! A scenario's part follows from its name alone, so that adding one moves no other. Deliberately not here: putting the
//! parts together again.

use crate::base::digest;
use crate::record::ShardRecord;

/// Where a Kubernetes Indexed Job says which of its pods this is, from 0.
const JOB_INDEX: &str = "JOB_COMPLETION_INDEX";

/// Why a text names no part of a suite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It does not read as one.
    #[error("`{0}` does not name a part of a suite: write K/N, such as 2/5, or auto/N in an Indexed Job")]
    Form(String),
    /// There are fewer parts.
    #[error("there is no part {index} of {of}")]
    TooHigh {
        /// The part that was asked for.
        index: usize,
        /// How many there are.
        of: usize,
    },
    /// Nothing says which pod this is.
    #[error("`auto` needs {JOB_INDEX}, which a Kubernetes Indexed Job sets")]
    NoJob,
    /// What says which pod this is, is not a number.
    #[error("{JOB_INDEX} is `{0}`, which is not a number")]
    JobIndex(String),
}

/// Whether a scenario belongs to a part: the first eight bytes of its name's SHA-256, as a big-endian number, modulo the
/// number of parts.
pub fn holds(shard: ShardRecord, name: &str) -> bool {
    let number = digest::of(name).as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % shard.of as u64 == shard.index as u64 - 1
}

/// Reads `K/N`, K from 1 to N; or `auto/N`, where the environment says which of the N pods of a Kubernetes Indexed Job this
/// is, counted from 0.
///
/// # Errors
/// With what is wrong and what to write instead.
pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<ShardRecord, ShardError> {
    let usage = || ShardError::Form(text.to_owned());
    let (which, of) = text.split_once('/').ok_or_else(usage)?;
    let of: usize = of.parse().ok().filter(|of| *of > 0).ok_or_else(usage)?;
    let index = match which {
        "auto" => job_index(environment(JOB_INDEX))? + 1,
        _ => which.parse().ok().filter(|index| *index > 0).ok_or_else(usage)?,
    };
    if index > of {
        return Err(ShardError::TooHigh { index, of });
    }
    Ok(ShardRecord { index, of })
}

fn job_index(given: Option<String>) -> Result<usize, ShardError> {
    let given = given.ok_or(ShardError::NoJob)?;
    let index = given.parse().ok().filter(|index| *index < usize::MAX);
    index.ok_or(ShardError::JobIndex(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, index: Option<&str>) -> Result<(usize, usize), ShardError> {
        parse(text, |_| index.map(str::to_owned)).map(|shard| (shard.index, shard.of))
    }

    #[test]
    fn parts_are_counted_from_one_and_pods_from_nought() {
        assert_eq!(parsed("2/5", None), Ok((2, 5)));
        assert_eq!(parsed("auto/5", Some("0")), Ok((1, 5)));
        assert_eq!(parsed("auto/5", Some("4")), Ok((5, 5)));
        for (text, index) in [("auto/5", Some("5")), ("auto/5", None), ("auto/5", Some("x")), ("6/5", None)] {
            assert!(parsed(text, index).is_err(), "{text} {index:?}");
        }
        for text in ["", "1", "0/5", "1/0", "-1/5", "a/b", "1/5/2", "1 / 5"] {
            assert!(parsed(text, None).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_name_belongs_to_one_part_and_the_same_one_for_ever() {
        for of in [1, 3, 7] {
            for number in 0..500 {
                let name = format!("area/behaviour-{number}");
                let holders = (1..=of).filter(|index| holds(ShardRecord { index: *index, of }, &name)).count();
                assert_eq!(holders, 1, "{name}");
            }
        }
        // The beginning of SHA-256("abc") is ba7816bf8f01cfea, which leaves 2 when it is divided by 5.
        let of = 5;
        let index = (0xba78_16bf_8f01_cfea_u64 % of) as usize + 1;
        assert!(holds(ShardRecord { index, of: 5 }, "abc"));
    }
}
