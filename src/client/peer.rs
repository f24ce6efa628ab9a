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
        let Some(environment) = &self.left_out else { return };
        let rest = url.path().strip_prefix('/').and_then(|path| path.strip_prefix(environment.as_str()));
        if let Some(rest) = rest.filter(|rest| rest.starts_with('/')).map(str::to_owned) {
            url.set_path(&rest);
        }
    }
}
