//! Ids and names of files in a folder of Allure results.

use uuid::Uuid;

use super::exchange::EXTENSION;
use crate::record::Header;

/// What the names of all files begin with.
pub(in crate::reports) const PREFIX: &str = "flowproof-";

/// An id of something in this run.
pub(super) fn id(header: &Header, of: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("allure {} {of}", header.run_id).as_bytes())
}

/// The name of an exchange of a result.
pub(super) fn attachment(result: Uuid, exchange: usize) -> String {
    format!("{PREFIX}{result}-{exchange}-attachment.{EXTENSION}")
}
