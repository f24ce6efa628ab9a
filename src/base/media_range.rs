//! Whether a media type is covered by another, or by a range of them.
//!
//! Deliberately not here: which media types a contract documents, and what an Accept field asks for.

use mediatype::MediaType;

/// Whether a given media type is a documented one: type, subtype and the parameters that the document states. The document
/// may state ranges: `*/*`, or all of a type.
pub(crate) fn covers(documented: &str, given: &str) -> bool {
    closeness(documented, given).is_some()
}

/// How closely a documented media type covers a given one; the closest of several is meant.
pub(crate) fn closeness(documented: &str, given: &str) -> Option<usize> {
    let documented = MediaType::parse(documented).ok()?;
    let given = MediaType::parse(given).ok()?;
    match (documented.ty.as_str(), documented.subty.as_str()) {
        ("*", "*") => Some(0),
        (ty, "*") => ty.eq_ignore_ascii_case(given.ty.as_str()).then_some(1),
        _ => is_same(&documented, &given).then_some(2 + documented.params.len()),
    }
}

fn is_same(documented: &MediaType<'_>, given: &MediaType<'_>) -> bool {
    documented.ty.as_str().eq_ignore_ascii_case(given.ty.as_str())
        && documented.subty.as_str().eq_ignore_ascii_case(given.subty.as_str())
        && suffix(documented) == suffix(given)
        && documented.params.iter().all(|(name, value)| {
            let given = given.params.iter().find(|(other, _)| other.as_str().eq_ignore_ascii_case(name.as_str()));
            given.is_some_and(|(_, given)| given.unquoted_str().eq_ignore_ascii_case(&value.unquoted_str()))
        })
}

fn suffix(media_type: &MediaType<'_>) -> Option<String> {
    media_type.suffix.map(|suffix| suffix.as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m03_media_types_compare_without_case_spaces_and_undocumented_parameters() {
        assert!(covers("application/json", "Application/JSON ; Charset=UTF-8"));
        assert!(covers("application/hal+json", "application/HAL+json;charset=UTF-8"));
        assert!(!covers("application/hal+json", "application/json"));
        assert!(!covers("application/json", "application.json"));
    }

    #[test]
    fn m07_the_closest_of_several_documented_media_types_is_meant() {
        let given = "application/hal+json; charset=utf-8";
        let documented = ["*/*", "application/*", "application/hal+json", "application/hal+json;charset=utf-8"];
        let fits: Vec<_> = documented.iter().map(|known| closeness(known, given)).collect();
        assert_eq!(fits, [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!((closeness("text/*", given), closeness("application/json", given)), (None, None));
    }

    #[test]
    fn m08_a_documented_parameter_is_part_of_the_match() {
        assert!(covers("application/x+json;v=2", "application/x+json; v=\"2\"; charset=utf-8"));
        assert!(!covers("application/x+json;v=2", "application/x+json"));
    }
}
