//! `content-coding`: the body is encoded as its Content-Encoding says.
//!
//! The transport undoes the codings; what it could not undo is judged here, and by nobody else.

use super::{Case, Check};
use crate::record::{Decoded, Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "content-coding",
    level: Level::Deny,
    promise: "A body is encoded completely, as Content-Encoding declares, in a coding that clients know.",
    source: "RFC 9110, section 8.4",
    example: "Content-Encoding says gzip, but the body is plain: a browser shows nothing at all.",
    advice: "Check the proxies between you and the tenant; one of them compresses or decompresses bodies that it should pass on.",
    needs: &[],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let stated = case.response.headers.combined("content-encoding")?;
    let Decoded::Unreadable { coding, message } = &case.exchange().decoded else { return Some(Vec::new()) };
    let size = case.response.body.len();
    Some(vec![Finding {
        pointer: Some("header:Content-Encoding".into()),
        actual: Some(stated),
        ..Finding::new(format!("cannot decode content-coding {coding}: {message}; {size} bytes were received"))
    }])
}
