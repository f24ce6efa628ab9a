//! `link-target`: every link leads where it should.
//!
//! `self` is the address of the resource: on the origin that the request went to, or on one of the contract's servers. Where
//! the request went to this machine, something may stand in between (a recording proxy, a mock), so another origin on this
//! machine is as good. Every action is at the very address of `self`; other addresses have the form that the contract
//! states. A link whose name is not documented, and one of an embedded resource, may lead anywhere, but absolutely.

use serde_json::Value;
use url::Url;

use super::{Case, Check, Resource, at};
use crate::base::loopback::is_loopback;
use crate::contract::Operation;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "link-target",
    level: Level::Deny,
    promise: "A redirection has a well-formed Location, where the contract requires one. Every link is absolute, on the tenant's own origin or a documented one, names this environment and this \
              resource, and leads to a documented operation.",
    source: "LINK-1 and LINK-3; servers, the path of the lifecycle's read operation and its addresses in the contract",
    example: "`otp.check` links to another environment: the passcode is sent to a stranger.",
    advice: "Look for a proxy that rewrites bodies, or a tenant that builds addresses from a forwarded Host header.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let [redirection, links] = [redirection(case), links(case)];
    let judged = redirection.is_some() || links.is_some();
    judged.then(|| [redirection, links].into_iter().flatten().flatten().collect())
}

/// What is wrong with where a redirection leads. It is never followed, wherever that is.
fn redirection(case: &Case<'_>) -> Option<Vec<Finding>> {
    if !matches!(case.response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = case.response.headers.get("location");
    let wrong = match &location {
        None => is_promised(case).then_some("a redirection without Location leads nowhere"),
        Some(location) => malformed(location, &case.exchange().request.url),
    };
    let finding = wrong.map(|message| Finding {
        pointer: Some("header:Location".into()),
        actual: location,
        requirements: case.reply.map(|reply| case.contract.requirements_at(&reply.pointer)).unwrap_or_default(),
        promise: case.reply.map(|reply| reply.pointer.clone()),
        ..Finding::new(message)
    });
    Some(finding.into_iter().collect())
}

/// Whether the contract requires a Location. HTTP only recommends it (RFC 9110, section 15.4), so its absence breaks nothing else.
fn is_promised(case: &Case<'_>) -> bool {
    let headers = case.reply.map_or(&[][..], |reply| &reply.headers);
    headers.iter().any(|header| header.required && header.name.eq_ignore_ascii_case("location"))
}

/// A Location may be relative (RFC 9110, section 10.2.2), but not anything.
fn malformed(location: &str, asked: &str) -> Option<&'static str> {
    let lowered = location.to_ascii_lowercase();
    let splits = lowered.contains("%0d") || lowered.contains("%0a");
    let Some(target) = Url::parse(asked).ok().and_then(|asked| asked.join(location).ok()) else {
        return Some("the Location is not an address");
    };
    if splits || location.chars().any(|character| character.is_control() || character == ' ') {
        return Some("the Location holds a line break, a control character or a space");
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Some("the Location holds a user or a password");
    }
    matches!(target.scheme(), "file" | "javascript" | "data" | "about").then_some("the Location is not a web address")
}

fn links(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource?;
    let links = resource.body.get("_links")?.as_object()?;
    let own = links.get("self")?.get("href")?.as_str()?;
    let self_link = match SelfLink::of(case, &resource, own) {
        Ok(self_link) => self_link,
        Err(message) => return Some(vec![problem(case, &resource, "/_links/self/href", own, message)]),
    };
    let mut findings = Vec::new();
    for (name, link) in links.iter().filter(|(name, _)| *name != "self") {
        let Some(href) = link.get("href").and_then(Value::as_str).filter(|href| *href != own) else { continue };
        let pointer = format!("/_links/{name}/href");
        if resource.lifecycle.addresses.contains_key(&pointer) {
            continue;
        }
        let is_action = case.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name));
        let wrong = if is_action { self_link.differs(case, href) } else { not_absolute(href) };
        findings.extend(wrong.map(|message| problem(case, &resource, &pointer, href, message)));
    }
    findings.extend(self_link.other_addresses(case, &resource));
    embedded(resource.body.get("_embedded"), "/_embedded", &mut |pointer, href| {
        findings.extend(not_absolute(href).map(|message| problem(case, &resource, pointer, href, message)));
    });
    Some(findings)
}

fn problem(case: &Case<'_>, resource: &Resource<'_>, pointer: &str, href: &str, message: String) -> Finding {
    let promise = resource.documented(pointer);
    Finding {
        pointer: Some(pointer.to_owned()),
        actual: Some(href.to_owned()),
        requirements: case.contract.requirements_at("/components/schemas/Links"),
        promise: Some(promise),
        ..Finding::new(message)
    }
}

/// The address of a resource, as its `self` link has it.
struct SelfLink {
    own: Url,
    /// The tenant's address, below which the paths of the contract are.
    base: String,
    environment: Option<String>,
}

impl SelfLink {
    /// Reads `self`, or says what is wrong with it.
    fn of(case: &Case<'_>, resource: &Resource<'_>, own: &str) -> Result<Self, String> {
        let url = absolute(own).ok_or("the address is not absolute")?;
        let asked = Url::parse(&case.exchange().request.url).map_err(|error| error.to_string())?;
        if !is_allowed_origin(case, &asked, &url) {
            return Err(format!("the address is on {}, which is not the tenant's origin", origin(&url)));
        }
        let environment = case.environment();
        let read = case.contract.operation(&resource.lifecycle.read).ok_or("nothing reads such a resource")?;
        let path = filled(read, environment.as_deref(), resource.id);
        let Some(prefix) = url.path().strip_suffix(&path).filter(|prefix| asked.path().starts_with(prefix)) else {
            return Err(wrong_path(case, url.path(), environment.as_deref(), resource.id));
        };
        Ok(Self { base: format!("{}{prefix}", origin(&url)), environment, own: url })
    }

    /// Why an address is not that of the resource itself.
    fn differs(&self, case: &Case<'_>, href: &str) -> Option<String> {
        let Some(url) = absolute(href) else { return Some("the address is not absolute".into()) };
        if url.origin() != self.own.origin() {
            return Some(format!("the address is on {}, the resource itself on {}", origin(&url), origin(&self.own)));
        }
        let id = self.own.path().rsplit('/').next().unwrap_or_default();
        (url.path() != self.own.path()).then(|| wrong_path(case, url.path(), self.environment.as_deref(), id))
    }

    /// Addresses of which the contract states the form.
    fn other_addresses(&self, case: &Case<'_>, resource: &Resource<'_>) -> Vec<Finding> {
        let shown = resource.lifecycle.addresses.iter().filter_map(|(pointer, forms)| {
            let given = at(resource.body, pointer)?.as_str()?;
            let forms: Vec<String> = forms.iter().map(|form| self.fill(form, resource.id)).collect();
            (!forms.iter().any(|form| form == given)).then_some((pointer, forms, given))
        });
        shown
            .map(|(pointer, forms, given)| Finding {
                expected: Some(forms.join(" or ")),
                ..problem(case, resource, pointer, given, "the address has not the documented form".into())
            })
            .collect()
    }

    fn fill(&self, form: &str, id: &str) -> String {
        let form = match &self.environment {
            Some(environment) => form.replace("{envID}", environment),
            None => form.replace("/{envID}", ""),
        };
        form.replace("{base}", &self.base).replace("{id}", id)
    }
}

fn absolute(href: &str) -> Option<Url> {
    Url::parse(href).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
}

fn not_absolute(href: &str) -> Option<String> {
    absolute(href).is_none().then(|| "the address is not absolute".into())
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_allowed_origin(case: &Case<'_>, asked: &Url, own: &Url) -> bool {
    let documented = || {
        let servers = case.contract.servers.iter().filter_map(|server| Url::parse(server).ok());
        servers.into_iter().any(|server| server.origin() == own.origin())
    };
    asked.origin() == own.origin() || (is_loopback(asked) && is_loopback(own)) || documented()
}

/// The path of an operation with its parameters filled in: first the environment, last the resource.
fn filled(operation: &Operation, environment: Option<&str>, id: &str) -> String {
    let path = match environment {
        Some(environment) => operation.path.replace("{envID}", environment),
        None => operation.path.replace("/{envID}", ""),
    };
    match path.rfind("/{") {
        Some(last) => format!("{}/{id}", &path[..last]),
        None => path,
    }
}

/// What is wrong with a path that is not that of the resource.
fn wrong_path(case: &Case<'_>, path: &str, environment: Option<&str>, id: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    let leads_to = |operation: &Operation| operation.template.describes_end(segments.iter().copied());
    if !case.contract.operations().iter().any(leads_to) {
        return "the address leads to no documented operation".into();
    }
    match environment.filter(|environment| !segments.contains(environment)) {
        Some(environment) => format!("the address does not name this environment, {environment}"),
        None => format!("the address does not lead to this resource, {id}"),
    }
}

/// Reports every `href` in `_links` inside a value, with its JSON pointer.
fn embedded<'v>(value: Option<&'v Value>, pointer: &str, report: &mut dyn FnMut(&str, &'v str)) {
    match value {
        Some(Value::Object(members)) => {
            for (name, link) in members.get("_links").and_then(Value::as_object).into_iter().flatten() {
                if let Some(href) = link.get("href").and_then(Value::as_str) {
                    report(&format!("{pointer}/_links/{name}/href"), href);
                }
            }
            for (name, member) in members.iter().filter(|(name, member)| *name != "_links" && nests(member)) {
                embedded(Some(member), &format!("{pointer}/{name}"), report);
            }
        }
        Some(Value::Array(entries)) => {
            for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| nests(entry)) {
                embedded(Some(entry), &format!("{pointer}/{at}"), report);
            }
        }
        _ => {}
    }
}

fn nests(value: &Value) -> bool {
    value.is_object() || value.is_array()
}
