//! The documented addresses of the tenant: `servers` and their variables.
//!
//! Deliberately not here: where requests are really sent (see `engine::target`).

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::error::ContractError;

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
    let variables = server.get("variables").and_then(Value::as_object).into_iter().flatten();
    let variables: BTreeMap<&str, &Value> = variables.map(|(name, written)| (name.as_str(), written)).collect();
    if let Some(unknown) = values.keys().find(|name| !variables.contains_key(name.as_str())) {
        return Err(NoServer::Variable(unknown.clone()));
    }
    let mut address = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, written) in variables {
        address = address.replace(&format!("{{{name}}}"), &chosen(name, written, values.get(name))?);
    }
    Url::parse(&address).ok().filter(Url::has_host).ok_or(NoServer::Nowhere)
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
