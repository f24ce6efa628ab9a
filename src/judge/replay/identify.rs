//! Which operation a recorded request called: by method, path and request media type, on any host.
//!
//! On a custom domain the environment's id leaves the path. Where it is there, the tenant may also live below a path of its
//! own, as behind a proxy; where it is not, nothing else distinguishes the tenant from any other site, so the path must be exactly
//! the documented one and ids must be UUIDs.

use uuid::Uuid;

use crate::base::media_range::covers;
use crate::base::path_template::describes_end;
use crate::contract::{Contract, Operation};

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
        operation.method.eq_ignore_ascii_case(method) && is_path_of(&operation.path, &segments)
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

fn is_path_of(template: &str, segments: &[&str]) -> bool {
    let whole: Vec<&str> = template.trim_matches('/').split('/').collect();
    let is_exact = |(documented, given): (&&str, &&str)| {
        if documented.starts_with('{') { is_uuid(given) } else { documented == given }
    };
    let is_whole = |template: &[&str]| template.len() == segments.len() && template.iter().zip(segments).all(is_exact);
    match whole.as_slice() {
        [ENVIRONMENT, rest @ ..] => {
            let environment = segments.len().checked_sub(whole.len()).map(|at| segments[at]);
            let below = environment.is_some_and(is_uuid) && describes_end(template, segments.iter().copied());
            below || is_whole(rest)
        }
        whole => is_whole(whole),
    }
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
