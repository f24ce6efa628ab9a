//! Media type, charset and header fields of an answer.

use super::family::{Family, Operator};
use crate::base::json::Body;
use crate::base::media_type::without_parameters;
use crate::judge::audit::class::{ACCEPTABLE, ANY_TEXT, FURTHER_HEADER, MutantClass, OPTIONAL_HEADER, PLAIN_JSON};
use crate::judge::audit::mutant::{Mutant, Mutation};
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::PlaceSchemas;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "headers",
    operators: &[
        Operator("media-type-undocumented", "a media type that the reply does not document"),
        Operator("media-type-documented", "another media type that the reply documents"),
        Operator("media-type-missing", "a body without Content-Type"),
        Operator("media-type-repeated", "two values of Content-Type"),
        Operator("charset-other", "a charset that is not UTF-8"),
        Operator("charset-dropped", "no charset where there was one"),
        Operator("header-dropped", "a documented header field is left out"),
        Operator("header-malformed", "a documented header field that has not its form"),
        Operator("header-added", "a header field that nobody documents"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let mut add = |operator, name: &str, values: Vec<String>, class| {
        let (place, change) = (format!("header:{name}"), Mutation::Header(name.to_owned(), values));
        emit(Mutant { operator, place, change, class, onwards: false });
    };
    media_types(original, &mut add);
    fields(original, &mut add);
    add("header-added", "X-Audited", vec!["yes".into()], MutantClass::Equivalent(FURTHER_HEADER));
}

type AddHeader<'s> = dyn FnMut(&'static str, &str, Vec<String>, MutantClass) + 's;

fn media_types(original: &Original<'_>, add: &mut AddHeader<'_>) {
    let Some(reply) = original.case.reply.filter(|reply| !reply.media_types.is_empty()) else { return };
    let given = original.case.response.headers.get("content-type");
    let Some(given) = given.filter(|_| *original.case.body() != Body::Empty) else { return };
    const NAME: &str = "Content-Type";
    let own = without_parameters(&given);
    for strange in ["text/html", "application/problem+json", "application/octet-stream", "", "json"] {
        add("media-type-undocumented", NAME, vec![strange.into()], MutantClass::Breach);
    }
    for other in reply.media_types.iter().filter(|other| !other.name.eq_ignore_ascii_case(own)) {
        let class =
            MutantClass::breach_if(!is_accepted(original, original.case.response.status, &other.name), ACCEPTABLE);
        add("media-type-documented", NAME, vec![other.name.clone()], class);
    }
    add("media-type-missing", NAME, Vec::new(), MutantClass::Breach);
    add("media-type-repeated", NAME, vec![given.clone(), given.clone()], MutantClass::Breach);
    for charset in ["ISO-8859-1", "UTF-16"] {
        add("charset-other", NAME, vec![format!("{own};charset={charset}")], MutantClass::Breach);
    }
    if own != given {
        add("charset-dropped", NAME, vec![own.to_owned()], MutantClass::Equivalent(PLAIN_JSON));
    }
}

/// Whether the request accepts a media type: the nearest range decides, and a weight of zero refuses.
pub(crate) fn is_accepted(original: &Original<'_>, status: u16, name: &str) -> bool {
    // What says that nothing acceptable can be had has to say so in something.
    let accept = original.case.exchange().request.headers.get("accept").filter(|_| status != 406);
    let Some(accept) = accept else { return true };
    let kind = name.split('/').next().unwrap_or_default();
    let ranges = accept.split(',').map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let refused = parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32));
        (essence, refused)
    });
    let near = |(essence, refused): (&str, bool)| match essence {
        _ if essence.eq_ignore_ascii_case(name) => Some((2, !refused)),
        "*/*" => Some((0, !refused)),
        _ => (essence.strip_suffix("/*") == Some(kind)).then_some((1, !refused)),
    };
    ranges.filter_map(near).max_by_key(|(nearness, _)| *nearness).is_some_and(|(_, accepted)| accepted)
}

fn fields(original: &Original<'_>, add: &mut AddHeader<'_>) {
    let headers = &original.case.response.headers;
    for header in original.case.reply.into_iter().flat_map(|reply| &reply.headers) {
        if headers.get(&header.name).is_none() {
            continue;
        }
        add("header-dropped", &header.name, Vec::new(), MutantClass::breach_if(header.required, OPTIONAL_HEADER));
        let promise =
            header.schema.as_ref().map(|schema| PlaceSchemas::at(original.contract, schema)).unwrap_or_default();
        let has_form = ["format", "pattern"].iter().any(|keyword| promise.keyword(keyword).is_some())
            || promise.listed().is_some()
            || !promise.takes(&"audited !".into());
        add("header-malformed", &header.name, vec!["audited !".into()], MutantClass::breach_if(has_form, ANY_TEXT));
    }
}
