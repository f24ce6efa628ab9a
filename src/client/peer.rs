//! What there is to know of the other side before anything is sent to it.

use url::Url;

use super::limits::Limits;
use super::names::HostNames;

/// The other side of an exchange.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// How long and how much is put up with.
    pub limits: Limits,
    /// How its name becomes addresses.
    pub names: HostNames,
    /// The environment that is left out of every path.
    pub left_out: Option<String>,
}

impl Peer {
    /// Leaves the environment out of a path that begins with it.
    pub(super) fn shorten(&self, url: &mut Url) {
        if let Some(rest) = self.without_environment(url.path()).map(str::to_owned) {
            url.set_path(&rest);
        }
    }

    /// What is left of a path that begins with the environment, where it is left out.
    pub(super) fn without_environment<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix('/')?.strip_prefix(self.left_out.as_deref()?)?;
        Some(rest).filter(|rest| rest.starts_with('/'))
    }
}

/// Host and port, as a Host field has them.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
