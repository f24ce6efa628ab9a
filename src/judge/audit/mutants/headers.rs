//! Media type, charset and header fields of an answer.

use serde_json::Value;

use super::{Family, Kind};
use crate::base::json::Body;
use crate::base::media_type::without_parameters;
use crate::judge::audit::act::{Change, Mutant};
use crate::judge::audit::promise::Promise;
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::{ACCEPTABLE, ANY_TEXT, FURTHER_HEADER, OPTIONAL_HEADER, PLAIN_JSON, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "headers",
    kinds: &[
        Kind("media-type-undocumented", "a media type that the reply does not document"),
        Kind("media-type-documented", "another media type that the reply documents"),
        Kind("media-type-missing", "a body without Content-Type"),
        Kind("media-type-repeated", "two values of Content-Type"),
        Kind("charset-other", "a charset that is not UTF-8"),
        Kind("charset-dropped", "no charset where there was one"),
        Kind("header-dropped", "a documented header field is left out"),
        Kind("header-malformed", "a documented header field that has not its form"),
        Kind("header-added", "a header field that nobody documents"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let mut say = |kind, name: &str, values: Vec<String>, worth| {
        let (place, change) = (format!("header:{name}"), Change::Header(name.to_owned(), values));
        tell(Mutant { kind, place, change, worth, onwards: false });
    };
    media_types(view, &mut say);
    fields(view, &mut say);
    say("header-added", "X-Audited", vec!["yes".into()], Worth::Equivalent(FURTHER_HEADER));
}

type Say<'s> = dyn FnMut(&'static str, &str, Vec<String>, Worth) + 's;

fn media_types(view: &View<'_>, say: &mut Say<'_>) {
    let Some(reply) = view.case.reply().filter(|reply| !reply.media_types.is_empty()) else { return };
    let Some(given) = view.case.response().headers.get("content-type").filter(|_| *view.case.body() != Body::Empty)
    else {
        return;
    };
    const NAME: &str = "Content-Type";
    let own = without_parameters(&given);
    for strange in ["text/html", "application/problem+json", "application/octet-stream", "", "json"] {
        say("media-type-undocumented", NAME, vec![strange.into()], Worth::Breach);
    }
    for other in reply.media_types.iter().filter(|other| !other.name.eq_ignore_ascii_case(own)) {
        let worth = Worth::breach_if(!is_accepted(view, view.case.response().status, &other.name), ACCEPTABLE);
        say("media-type-documented", NAME, vec![other.name.clone()], worth);
    }
    say("media-type-missing", NAME, Vec::new(), Worth::Breach);
    say("media-type-repeated", NAME, vec![given.clone(), given.clone()], Worth::Breach);
    for charset in ["ISO-8859-1", "UTF-16"] {
        say("charset-other", NAME, vec![format!("{own};charset={charset}")], Worth::Breach);
    }
    if own != given {
        say("charset-dropped", NAME, vec![own.to_owned()], Worth::Equivalent(PLAIN_JSON));
    }
}

/// Whether the request accepts a media type: the nearest range decides, and a weight of zero refuses.
pub fn is_accepted(view: &View<'_>, status: u16, name: &str) -> bool {
    // What says that nothing acceptable can be had has to say so in something.
    let accept = view.case.exchange().request.headers.get("accept").filter(|_| status != 406);
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

fn fields(view: &View<'_>, say: &mut Say<'_>) {
    let headers = &view.case.response().headers;
    for header in view.case.reply().into_iter().flat_map(|reply| &reply.headers) {
        if headers.get(&header.name).is_none() {
            continue;
        }
        say("header-dropped", &header.name, Vec::new(), Worth::breach_if(header.required, OPTIONAL_HEADER));
        let promise = header.schema.as_ref().map(|schema| Promise::at(view.contract, schema)).unwrap_or_default();
        let has_form = ["format", "pattern", "enum"].iter().any(|keyword| promise.keyword(keyword).is_some())
            || promise.keyword("type").and_then(Value::as_str).is_some_and(|kind| kind != "string");
        say("header-malformed", &header.name, vec!["audited !".into()], Worth::breach_if(has_form, ANY_TEXT));
    }
}
