//! The documented addresses of the tenant: `servers` and their variables.
//!
//! Deliberately not here: where requests are really sent (see `engine::target`).

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::error::ContractError;
use super::reference::resolve;
use crate::base::path_template::{PathTemplate, SegmentTemplate};
use crate::base::pointer::join;

/// The documented addresses, variables filled in with each of their values.
pub(super) fn addresses(document: &Value) -> Vec<String> {
    let urls = servers(document).filter_map(|server| server.get("url")?.as_str());
    urls.flat_map(|url| expand(document, url)).collect()
}

/// Refuses an address that holds a name or a password; the error does not repeat it.
pub(super) fn require_no_credentials(document: &Value) -> Result<(), ContractError> {
    for (at, server) in servers(document).enumerate() {
        let forms = expand(document, server.get("url").and_then(Value::as_str).unwrap_or_default());
        let urls = forms.iter().filter_map(|form| Url::parse(form).ok());
        if urls.into_iter().any(|url| !url.username().is_empty() || url.password().is_some()) {
            let message = "the address of a server must not hold a name or a password";
            return Err(ContractError::new(format!("/servers/{at}/url"), message));
        }
    }
    Ok(())
}

/// All forms of an address template, the variables of `servers` filled in; other names in braces are left alone.
pub(super) fn expand(document: &Value, template: &str) -> Vec<String> {
    let variables = servers(document).filter_map(|server| server.get("variables")?.as_object()).flatten();
    let mut forms = vec![template.to_owned()];
    for (name, variable) in variables {
        let mark = format!("{{{name}}}");
        if template.contains(&mark) {
            let fill = |form: &String| values(variable).map(|value| form.replace(&mark, value)).collect::<Vec<_>>();
            forms = forms.iter().flat_map(fill).collect();
        }
    }
    forms
}

/// A documented server, as far as it says which addresses are below it.
#[derive(Debug)]
pub(super) struct Server {
    /// Host and port, as [`authority`] writes them; nothing where any will do.
    pub authority: Option<String>,
    /// The segments that come before those of a path.
    base: Vec<SegmentTemplate>,
}

impl Server {
    /// Reads a `servers`; where there is none, or none is in it, the root of whatever host is one. A variable without a list
    /// of values may stand for any part of one segment.
    pub(super) fn read(servers: Option<&Value>) -> Vec<Self> {
        let listed = servers.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let read: Vec<Self> = listed.iter().flat_map(written_forms).flat_map(|form| Self::of(&form)).collect();
        if read.is_empty() { vec![Self { authority: None, base: Vec::new() }] } else { read }
    }

    /// As it is written, and without the empty segments that the value of a variable leaves, which begins with a slash, say.
    fn of(url: &str) -> Vec<Self> {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let path = match url.split_once("//") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => url.trim_start_matches("./").trim_start_matches('/'),
        };
        let written: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let filled: Vec<&str> = written.iter().copied().filter(|segment| !segment.is_empty()).collect();
        let paths = if filled == written || filled.is_empty() { vec![filled] } else { vec![filled, written] };
        let authority = authority(url).filter(|authority| !authority.contains('{'));
        paths.into_iter().map(|path| Self { authority: authority.clone(), base: base(&path) }).collect()
    }

    /// What follows the server's own path in that of an address.
    pub(super) fn rest<'p>(&self, segments: &'p [String]) -> Option<&'p [String]> {
        let fits = |(documented, given): (&SegmentTemplate, &String)| !documented.ways(given).is_empty();
        let rest = segments.get(self.base.len()..).filter(|rest| !rest.is_empty())?;
        self.base.iter().zip(segments).all(fits).then_some(rest)
    }
}

fn base(segments: &[&str]) -> Vec<SegmentTemplate> {
    if segments.is_empty() { Vec::new() } else { PathTemplate::parse(&format!("/{}", segments.join("/"))).segments }
}

/// Host and port of an address in lower case, without a port that goes without saying.
pub(super) fn authority(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("//")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?.to_ascii_lowercase();
    let usual = if scheme.eq_ignore_ascii_case("http:") { ":80" } else { ":443" };
    Some(authority.strip_suffix(usual).unwrap_or(&authority).to_owned()).filter(|authority| !authority.is_empty())
}

/// All forms of a server's address; a variable that may be anything stays a parameter in one of them.
fn written_forms(server: &Value) -> Vec<String> {
    let url = server.get("url").and_then(Value::as_str).unwrap_or("/");
    let variables = server.get("variables").and_then(Value::as_object);
    // What begins with one slash is a path, whatever its variables begin with.
    let is_path = url.starts_with('/') && !url.starts_with("//");
    let mut forms = vec![if is_path { format!("//{{}}{url}") } else { url.to_owned() }];
    for (name, variable) in variables.into_iter().flatten() {
        let mark = format!("{{{name}}}");
        let anything = variable.get("enum").is_none().then_some(mark.as_str());
        let fill = |form: &String| {
            values(variable).chain(anything).map(|value| form.replace(&mark, value)).collect::<Vec<_>>()
        };
        forms = forms.iter().flat_map(fill).collect();
        forms.dedup();
    }
    forms
}

/// A server that an operation has of its own, or its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnServer {
    /// The address as it is written.
    pub written: String,
    /// The same, its variables filled in with their defaults.
    pub address: String,
}

/// The first server that an operation, or else its path, has of its own.
pub(super) fn own_server(document: &Value, path: &str, method: &str) -> Option<OwnServer> {
    let server = own_servers(document, path, method)?.get(0)?;
    let written = server.get("url")?.as_str()?.to_owned();
    let address = address(server, &BTreeMap::new()).ok()?;
    Some(OwnServer { written, address })
}

/// The servers that an operation, or else its path, has of its own.
pub(super) fn own_servers<'c>(document: &'c Value, path: &str, method: &str) -> Option<&'c Value> {
    let item = resolve(document, &join("/paths", path)).ok().map(|(item, _)| item)?;
    let own = item.get(method.to_ascii_lowercase()).and_then(|operation| operation.get("servers"));
    own.or_else(|| item.get("servers"))
}

/// Why a document does not say where its server is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoServer {
    /// It names none at all, or one that is relative to where the document was found.
    #[error("the contract names no server with a host")]
    Nowhere,
    /// A variable has a value that is not among those listed.
    #[error("`{value}` is not a documented value of the server variable `{name}`; these are {known}")]
    Value {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// The values that are documented.
        known: String,
    },
    /// There is no such variable.
    #[error("the contract's first server has no variable `{0}`")]
    Variable(String),
}

/// The base address of the document's first server, with these values of its variables; the others have their defaults.
///
/// # Errors
/// When there is no server with a host, or a value is not a documented one.
pub fn base_url(document: &Value, values: &BTreeMap<String, String>) -> Result<Url, NoServer> {
    let server = servers(document).next().ok_or(NoServer::Nowhere)?;
    let variables = server.get("variables").and_then(Value::as_object);
    let is_known = |name: &String| variables.is_some_and(|variables| variables.contains_key(name));
    if let Some(unknown) = values.keys().find(|name| !is_known(name)) {
        return Err(NoServer::Variable(unknown.clone()));
    }
    Url::parse(&address(server, values)?).ok().filter(Url::has_host).ok_or(NoServer::Nowhere)
}

/// The address of a server, with these values of its variables; the others have their defaults.
fn address(server: &Value, values: &BTreeMap<String, String>) -> Result<String, NoServer> {
    let mut address = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, written) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        address = address.replace(&format!("{{{name}}}"), &chosen(name, written, values.get(name))?);
    }
    Ok(address)
}

fn chosen(name: &str, written: &Value, value: Option<&String>) -> Result<String, NoServer> {
    let Some(value) = value else {
        return Ok(written.get("default").and_then(Value::as_str).unwrap_or_default().to_owned());
    };
    let known: Vec<&str> =
        written.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    match known.is_empty() || known.contains(&value.as_str()) {
        true => Ok(value.clone()),
        false => Err(NoServer::Value { name: name.to_owned(), value: value.clone(), known: known.join(", ") }),
    }
}

fn servers(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("servers").and_then(Value::as_array).into_iter().flatten()
}

fn values(variable: &Value) -> impl Iterator<Item = &str> {
    let listed = variable.get("enum").and_then(Value::as_array).into_iter().flatten();
    let fallback = variable.get("default").filter(|_| variable.get("enum").is_none());
    listed.chain(fallback).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rest(url: &str, variables: Value, address: &str) -> Option<String> {
        let servers = Server::read(Some(&json!([{ "url": url, "variables": variables }])));
        let segments = crate::base::path_template::segments(address)?;
        servers.iter().find_map(|server| server.rest(&segments)).map(|rest| rest.join("/"))
    }

    /// reported/27: the path of a server was not asked for.
    #[test]
    fn what_is_below_a_server_begins_with_its_path() {
        let none = || json!({});
        for url in ["https://g.example/api/v1", "https://g.example/api/v1/", "/api/v1", "//g.example/api/v1"] {
            assert_eq!(rest(url, none(), "http://localhost/api/v1/gauges").as_deref(), Some("gauges"), "{url}");
            assert_eq!(rest(url, none(), "http://localhost/api/v1/").as_deref(), Some(""), "{url}");
            assert_eq!(rest(url, none(), "http://localhost/api/v1"), None, "{url}");
            assert_eq!(rest(url, none(), "http://localhost/api/v10/gauges"), None, "{url}");
        }
        assert_eq!(rest("https://g.example", none(), "https://g.example").as_deref(), Some(""));
        assert_eq!(rest("/%61pi", none(), "https://g.example/api/x").as_deref(), Some("x"));
    }

    #[test]
    fn a_variable_without_a_list_of_values_may_stand_for_any_segment() {
        let free = json!({ "base": { "default": "api/v1" } });
        assert_eq!(rest("https://g.example/{base}", free.clone(), "https://h/api/v1/x").as_deref(), Some("x"));
        assert_eq!(rest("https://g.example/{base}", free, "https://h/v2/x").as_deref(), Some("x"));
        let listed = json!({ "base": { "default": "v1", "enum": ["v1"] } });
        assert_eq!(rest("https://g.example/{base}", listed, "https://h/v2/x"), None);
    }

    /// documents of others: only the address with one slash was known.
    #[test]
    fn a_variable_may_begin_with_a_slash_or_be_empty_and_its_server_is_known_as_written_and_without_empty_segments() {
        for (url, default, addresses) in [
            ("https://h/{base}", "/api/v1", ["https://h//api/v1/x", "https://h/api/v1/x"]),
            ("/{base}", "/api/v1", ["https://h//api/v1/x", "https://h/api/v1/x"]),
            ("https://h/api/{base}/v1", "", ["https://h/api//v1/x", "https://h/api/v1/x"]),
        ] {
            let variables = json!({ "base": { "default": default, "enum": [default] } });
            for address in addresses {
                assert_eq!(rest(url, variables.clone(), address).as_deref(), Some("x"), "{url} {address}");
            }
            assert_eq!(rest(url, variables, "https://h///api/v1/x"), None, "{url}");
        }
        let slash = json!({ "base": { "default": "/" } });
        assert_eq!(rest("https://h/{base}", slash, "https://h/x").as_deref(), Some("x"));
    }

    #[test]
    fn an_authority_is_compared_without_case_user_and_usual_port() {
        for url in ["HTTPS://G.Example:443/a", "https://g.example", "http://u@g.example:80/"] {
            assert_eq!(authority(url).as_deref(), Some("g.example"), "{url}");
        }
        assert_eq!(authority("http://g.example:8080/a").as_deref(), Some("g.example:8080"));
        assert_eq!(authority("/a"), None);
    }

    #[test]
    fn every_value_of_a_server_variable_gives_an_address() {
        let document = json!({"servers": [{
            "url": "https://auth.example.{tld}",
            "variables": {"tld": {"default": "com", "enum": ["com", "eu"]}},
        }]});
        assert_eq!(addresses(&document), ["https://auth.example.com", "https://auth.example.eu"]);
        assert_eq!(expand(&document, "https://a.{tld}/{id}"), ["https://a.com/{id}", "https://a.eu/{id}"]);
        assert_eq!(expand(&document, "{base}/x"), ["{base}/x"]);
    }
}
