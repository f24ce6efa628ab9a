//! Ids in a document of CTRF.

use uuid::Uuid;

use crate::record::Header;

/// An id of something in this run.
pub(super) fn id(header: &Header, of: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("ctrf {} {of}", header.run_id).as_bytes())
}
