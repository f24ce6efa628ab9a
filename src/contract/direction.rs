//! Which way a body goes.

/// Which way a body goes: it decides what `readOnly` and `writeOnly` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From us to the tenant.
    Request,
    /// From the tenant to us.
    Response,
}
