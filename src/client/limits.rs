//! How long and how much a transport puts up with, also as `[limits]` of a configuration.
//!
//! It only holds the numbers; the parts that hit a limit say so themselves, by the name it has here.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::base::coding::Expansion;
use crate::base::duration;

/// How long and how much a transport puts up with. Nothing that arrives is read beyond these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// For a connection to come about: name resolution, TCP and TLS together.
    #[serde(deserialize_with = "time")]
    pub connect: Duration,
    /// For the header block of the response, from the start of the request.
    #[serde(deserialize_with = "time")]
    pub first_byte: Duration,
    /// For a whole exchange, from the start of the request; a peer that drips cannot stretch it.
    #[serde(deserialize_with = "time")]
    pub total: Duration,
    /// The largest response body, in bytes: as it came, and again once its content codings are undone.
    #[serde(deserialize_with = "count")]
    pub body: usize,
    /// How many bytes one encoded byte may become, once a body is larger than a megabyte.
    #[serde(deserialize_with = "count")]
    pub ratio: usize,
    /// The largest header block, in bytes.
    #[serde(deserialize_with = "count")]
    pub head: usize,
    /// The most header fields.
    #[serde(deserialize_with = "count")]
    pub fields: usize,
}

impl Limits {
    /// How large a body may become when its content codings are undone.
    pub(crate) fn expansion(self) -> Expansion {
        Expansion { body: self.body, ratio: self.ratio }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let Expansion { body, ratio } = Expansion::default();
        Limits {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(20),
            total: Duration::from_secs(30),
            body,
            ratio,
            head: 64 * 1024,
            fields: 256,
        }
    }
}

/// Reads a time such as `500ms`, `10s` or `2m`; none is endless, none is nothing.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = duration::parse(&text).filter(|time| !time.is_zero() && *time <= Duration::from_secs(3600));
    time.ok_or_else(|| {
        Error::custom(format!("`{text}` is not a duration of up to an hour, such as \"500ms\", \"10s\" or \"2m\""))
    })
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let count = usize::deserialize(deserializer)?;
    if count == 0 { Err(Error::custom("a limit of 0 lets nothing through")) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Limits, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn limits_are_read_by_name_and_the_others_stay() {
        let limits = read("connect = \"500ms\"\nfirst-byte = \"2m\"\nbody = 7").expect("limits");
        let wanted = Limits {
            connect: Duration::from_millis(500),
            first_byte: Duration::from_secs(120),
            body: 7,
            ..Limits::default()
        };
        assert_eq!(limits, wanted);
    }

    #[test]
    fn a_limit_that_bounds_nothing_or_everything_is_refused() {
        for text in ["total = \"0s\"", "total = \"2h\"", "total = 30", "total = \"s\"", "body = 0", "size = 1"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
