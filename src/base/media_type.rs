//! Media types as far as text goes: without parameters, in lower case, JSON or not.
//!
//! Nothing is refused here: what is no media type has an essence all the same. Deliberately not here: whether one media type
//! covers another ([`super::media_range`]).

/// A media type as it is written, without its parameters.
pub fn without_parameters(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Type and subtype of a media type, in lower case.
pub fn essence(media_type: &str) -> String {
    without_parameters(media_type).to_ascii_lowercase()
}

/// Whether a media type is JSON, by its name or its suffix (WHATWG MIME Sniffing, section 4.6).
pub fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_name_or_suffix_whatever_the_case_and_parameters() {
        for json in ["application/json", "Application/JSON ; charset=utf-8", "application/hal+json;v=1", "text/json"] {
            assert!(is_json(json), "{json}");
        }
        for other in ["", "application/jsonp", "text/html; a=application/json"] {
            assert!(!is_json(other), "{other}");
        }
        assert_eq!(essence(" Text/HTML ; charset=UTF-8"), "text/html");
    }
}
