//! Which operation a recorded request called: by method, path and request media type, on any host.
//!
//! On a custom domain the environment's id leaves the path. Where it is there, the tenant may also live below a path of its
//! own, as behind a proxy; where it is not, nothing else distinguishes the tenant from any other site, so the path must be exactly
//! the documented one and ids must be UUIDs.
//!
//! Paths that do not begin with an environment are those of other APIs: they are below the base path of one of the contract's
//! servers, and a parameter stands for any segment that its schema accepts.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::base::media_range::covers;
use crate::base::path_template::describes_end;
use crate::contract::{Contract, Direction, Location, Operation};

/// The parameter that names the environment.
const ENVIRONMENT: &str = "{envID}";

/// The operation that a request called; `None` when the contract does not document it.
pub(crate) fn operation<'a>(
    contract: &'a Contract,
    method: &str,
    url: &str,
    media_type: Option<&str>,
) -> Option<&'a Operation> {
    let segments = segments(url)?;
    let fits = |operation: &&Operation| {
        operation.method.eq_ignore_ascii_case(method) && is_path_of(contract, operation, &segments)
    };
    let mut candidates: Vec<&Operation> = contract.operations().iter().filter(fits).collect();
    // A path without parameters is nearer than one that has a name in the same place.
    let fewest = candidates.iter().map(|operation| parameters(&operation.path)).min()?;
    candidates.retain(|operation| parameters(&operation.path) == fewest);
    match candidates.as_slice() {
        [only] => Some(only),
        several => several.iter().copied().find(|operation| takes(operation, media_type)),
    }
}

fn takes(operation: &Operation, media_type: Option<&str>) -> bool {
    match (&operation.request, media_type) {
        (Some(request), Some(given)) => covers(&request.media_type, given),
        (None, None) => true,
        _ => false,
    }
}

fn parameters(template: &str) -> usize {
    template.matches('{').count()
}

/// The segments of a URL's path.
fn segments(url: &str) -> Option<Vec<&str>> {
    let (_, behind_scheme) = url.split_once("://")?;
    let path = behind_scheme.split(['?', '#']).next()?.split_once('/')?.1;
    Some(path.trim_end_matches('/').split('/').collect())
}

fn is_path_of(contract: &Contract, operation: &Operation, segments: &[&str]) -> bool {
    match operation.path.trim_start_matches('/').starts_with(ENVIRONMENT) {
        true => is_path_of_tenant(&operation.path, segments),
        false => bases(contract).iter().any(|base| is_path_below(base, contract, operation, segments)),
    }
}

/// The base paths of the contract's servers, which may be relative; without a server it is the root.
fn bases(contract: &Contract) -> Vec<String> {
    let path = |server: &String| match Url::parse(server) {
        Ok(url) => url.path().to_owned(),
        Err(_) => server.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let bases: Vec<String> = contract.servers.iter().map(path).collect();
    if bases.is_empty() { vec![String::new()] } else { bases }
}

fn is_path_below(base: &str, contract: &Contract, operation: &Operation, segments: &[&str]) -> bool {
    let documented = format!("{}/{}", base.trim_matches('/'), operation.path.trim_matches('/'));
    let documented: Vec<&str> = documented.trim_matches('/').split('/').collect();
    let fits = |(documented, given): (&&str, &&str)| match documented.strip_prefix('{') {
        Some(name) => takes_segment(contract, operation, name.trim_end_matches('}'), given),
        None => documented == given,
    };
    documented.len() == segments.len() && documented.iter().zip(segments).all(fits)
}

/// Whether a path parameter may have this value: as text, or as the number or boolean that it spells.
fn takes_segment(contract: &Contract, operation: &Operation, name: &str, segment: &str) -> bool {
    let declared = operation.parameters.iter().find(|each| each.location == Location::Path && each.name == name);
    let schema = declared.and_then(|parameter| parameter.schema.as_deref());
    let Some(schema) = schema else { return !segment.is_empty() };
    let text: Cow<'_, str> = percent_decode_str(segment).decode_utf8_lossy();
    let spelt = serde_json::from_str(&text).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
    let values = spelt.into_iter().chain([Value::String(text.clone().into_owned())]);
    let fits =
        |value: &Value| contract.validator(schema, Direction::Request).is_ok_and(|validator| validator.is_valid(value));
    !segment.is_empty() && values.into_iter().any(|value| fits(&value))
}

fn is_path_of_tenant(template: &str, segments: &[&str]) -> bool {
    let whole: Vec<&str> = template.trim_matches('/').split('/').collect();
    let is_exact = |(documented, given): (&&str, &&str)| {
        if documented.starts_with('{') { is_uuid(given) } else { documented == given }
    };
    let is_whole = |template: &[&str]| template.len() == segments.len() && template.iter().zip(segments).all(is_exact);
    let environment = segments.len().checked_sub(whole.len()).map(|at| segments[at]);
    let below = environment.is_some_and(is_uuid) && describes_end(template, segments.iter().copied());
    below || is_whole(&whole[1..])
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
    const ID: &str = "1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";
    const OTP: Option<&str> = Some("application/vnd.pingidentity.otp.check+json; charset=utf-8");

    fn named(method: &str, url: &str, media_type: Option<&str>) -> Option<String> {
        let contract = Contract::embedded().expect("the contract is valid");
        operation(&contract, method, url, media_type).map(|operation| operation.name.clone())
    }

    #[test]
    fn the_request_media_type_tells_operations_of_one_path_apart() {
        let url = format!("https://auth.pingone.eu/{ENV}/deviceAuthentications/{ID}");
        assert_eq!(named("POST", &url, OTP).as_deref(), Some("validateOtp"));
        assert_eq!(named("GET", &url, None).as_deref(), Some("readDeviceAuthentication"));
        assert_eq!(named("POST", &url, Some("application/x-unheard-of")), None);
        assert_eq!(named("POST", &url, None), None);
    }

    #[test]
    fn the_environment_may_be_absent_and_the_tenant_may_live_below_a_path() {
        for url in [
            format!("https://login.example.com/deviceAuthentications/{ID}?a=b"),
            format!("http://localhost:8080/proxy/auth/{ENV}/deviceAuthentications/{ID}"),
        ] {
            assert_eq!(named("POST", &url, OTP).as_deref(), Some("validateOtp"), "{url}");
        }
    }

    fn lockers() -> Contract {
        Contract::from_text(
            r##"{"openapi": "3.0.3", "info": {"title": "Lockers", "version": "1"},
                "servers": [{"url": "https://api.example.com/v1"}, {"url": "/internal/"}],
                "paths": {
                    "/lockers/{id}": {"get": {"operationId": "read",
                        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
                        "responses": {"200": {"description": "d"}}}},
                    "/lockers/{id}/boxes/{box}": {"get": {"operationId": "box",
                        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
                                       {"name": "box", "in": "path", "required": true, "schema": {"type": "string"}}],
                        "responses": {"200": {"description": "d"}}}}}}"##,
        )
        .expect("a contract")
    }

    /// S2-22: base paths were not applied, and only UUIDs were ids.
    #[test]
    fn another_api_is_below_its_servers_and_its_ids_are_what_their_schemas_accept() {
        let contract = lockers();
        let named = |url: &str| operation(&contract, "GET", url, None).map(|operation| operation.name.as_str());
        for (url, expected) in [
            ("https://api.example.com/v1/lockers/1", Some("read")),
            ("http://localhost:3000/v1/lockers/17/?x=y", Some("read")),
            ("https://api.example.com/internal/lockers/1/boxes/blue%20one", Some("box")),
            ("https://api.example.com/lockers/1", None),
            ("https://api.example.com/v2/lockers/1", None),
            ("https://api.example.com/v1/lockers/first", None),
            ("https://api.example.com/v1/lockers/1/boxes//", None),
        ] {
            assert_eq!(named(url), expected, "{url}");
        }
    }

    #[test]
    fn another_site_with_a_similar_path_is_unknown() {
        for url in [
            "https://shop.example.com/flows/summer",
            "https://shop.example.com/a/b/deviceAuthentications",
            "https://shop.example.com/",
            "about:blank",
        ] {
            assert_eq!(named("GET", url, None), None, "{url}");
        }
    }
}
