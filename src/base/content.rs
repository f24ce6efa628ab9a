//! Which answers have content at all (RFC 9110).
//!
//! Deliberately not here: what the content has to be.

/// Whether an answer with this status may have content (sections 15.2, 15.3.5, 15.3.6 and 15.4.5).
pub(crate) fn may_have_content(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 205 | 304)
}

/// Whether the answer to a request with this method may have content: none to HEAD has (section 9.3.2).
pub(crate) fn is_answered_with_content(method: &str, status: u16) -> bool {
    method != "HEAD" && may_have_content(status)
}
