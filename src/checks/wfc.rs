//! What a finding is called in the list of faults that tools for testing APIs share, the Web Fuzzing Commons (WFC), so that
//! what different tools find can be counted together.
//!
//! What the list does not know has a number of those that it leaves to each tool, from 900 on. Deliberately not here: faults
//! that no check finds.

use super::{
    conditional_presence, content_coding, documented_status, error_model, expectation, framing, gone_after_delete,
    lifecycle_links, lifecycle_transition, link_target, media_type, repeated_put, resource_identity, response_headers,
    response_schema, secret_echo, stable_id, stable_times, there_after_create, timestamps, typed_decode,
    unchanged_after_refusal, undocumented_property, undocumented_value, value_spelling,
};
use crate::record::Finding;

/// An answer that does not have the structure or data that the document promises.
const NOT_ITS_SCHEMA: u16 = 200;

/// The code of a finding of a check, about an answer with a status; `None` where no promise of the API is broken.
pub(super) fn code(check: &str, finding: &Finding, status: u16) -> Option<u16> {
    let specific = if check == documented_status::CHECK.id {
        of_status(status)
    } else if check == framing::CHECK.id {
        of_content(status)
    } else if check == response_headers::CHECK.id {
        of_missing_field(status, finding)
    } else {
        None
    };
    specific.or_else(|| usual(check))
}

/// A status that is not documented.
fn of_status(status: u16) -> Option<u16> {
    match status {
        500 => Some(100),
        501 => Some(205),
        502..600 => Some(121),
        100..500 => None,
        _ => Some(101),
    }
}

/// Content where a status says that there is none.
fn of_content(status: u16) -> Option<u16> {
    match status {
        204 => Some(105),
        205 => Some(111),
        _ => None,
    }
}

/// A header field without which a status makes no sense.
fn of_missing_field(status: u16, finding: &Finding) -> Option<u16> {
    let field = finding.pointer.as_deref()?.strip_prefix("header:")?.to_ascii_lowercase();
    match (status, field.as_str(), &finding.actual) {
        (401, "www-authenticate", None) => Some(109),
        (405, "allow", None) => Some(110),
        (426, "upgrade", None) => Some(112),
        _ => None,
    }
}

fn usual(check: &str) -> Option<u16> {
    CODES.iter().find(|(known, _)| *known == check).and_then(|(_, code)| *code)
}

/// The code of each check where nothing more specific is known.
const CODES: [(&str, Option<u16>); 25] = [
    (documented_status::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (media_type::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (response_headers::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (response_schema::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (typed_decode::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (undocumented_property::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (undocumented_value::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (value_spelling::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (timestamps::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (conditional_presence::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (error_model::CHECK.id, Some(NOT_ITS_SCHEMA)),
    (content_coding::CHECK.id, Some(900)),
    (framing::CHECK.id, Some(901)),
    (lifecycle_transition::CHECK.id, Some(902)),
    (lifecycle_links::CHECK.id, Some(903)),
    (link_target::CHECK.id, Some(904)),
    (resource_identity::CHECK.id, Some(905)),
    (secret_echo::CHECK.id, Some(906)),
    (unchanged_after_refusal::CHECK.id, Some(907)),
    (stable_id::CHECK.id, Some(908)),
    (stable_times::CHECK.id, Some(909)),
    (gone_after_delete::CHECK.id, Some(910)),
    (there_after_create::CHECK.id, Some(911)),
    (repeated_put::CHECK.id, Some(912)),
    (expectation::CHECK.id, None),
];

#[cfg(test)]
mod tests {
    use super::super::CHECKS;
    use super::*;

    #[test]
    fn every_check_has_its_place_in_the_list_and_codes_of_our_own_are_of_one_check_each() {
        let mut own: Vec<u16> = CODES.iter().filter_map(|(_, code)| *code).filter(|code| *code >= 900).collect();
        assert!(CHECKS.iter().all(|check| CODES.iter().any(|(known, _)| *known == check.id)));
        assert_eq!(CODES.len(), CHECKS.len());
        own.dedup();
        assert!(own.is_sorted() && own.len() == 13, "{own:?}");
    }

    #[test]
    fn a_status_decides_where_the_list_is_more_specific_than_a_check() {
        let finding = Finding::new("a status that is not documented");
        let of = |check: &str, status| code(check, &finding, status);
        let codes = [500, 501, 503, 404, 700, 99].map(|status| of("documented-status", status));
        assert_eq!(codes, [100, 205, 121, 200, 101, 101].map(Some));
        assert_eq!([204, 205, 200].map(|status| of("framing", status)), [105, 111, 901].map(Some));
        assert_eq!(of("response-schema", 500), Some(200));
        assert_eq!(of("expectation", 500), None);
    }

    #[test]
    fn a_field_that_is_missing_has_a_code_of_its_own_and_one_that_is_wrong_has_not() {
        let missing = Finding { pointer: Some("header:WWW-Authenticate".into()), ..Finding::new("it is missing") };
        assert_eq!(code("response-headers", &missing, 401), Some(109));
        assert_eq!(code("response-headers", &missing, 403), Some(200));
        let wrong = Finding { actual: Some("Basic".into()), ..missing };
        assert_eq!(code("response-headers", &wrong, 401), Some(200));
    }
}
