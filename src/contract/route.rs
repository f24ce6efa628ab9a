//! Which operation a request calls: by address and method, and where several share those by what else is documented.
//!
//! An address begins with the path of a documented server. On the host of one, nothing else is documented; on any other host,
//! which may be a proxy or a copy, the path of any of them will do. Paths are kept as a tree of their segments, in which a
//! text goes before a segment that is text in part, and that before a parameter; a parameter stands for a segment that is
//! not empty and that its schema takes.
//!
//! Paths that begin with an environment are those of a tenant, which may also live below a path of its own, as behind a proxy,
//! or on a domain of its own, where the environment leaves the path. Nothing but its id, then those of its resources,
//! tells it from any other site, so they must be UUIDs there.
//!
//! Deliberately not here: whether the request is one that the operation permits.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::direction::Direction;
use super::lifecycle::Lifecycle;
use super::operation::{Operation, Parameter};
use super::parameter::Location;
use super::schema::Schemas;
use super::server::{Server, authority, own_servers};
use crate::base::media_range::{Closeness, closeness};
use crate::base::path_template::{Fields, PathTemplate, SegmentTemplate, query_and_fragment, segments};
use crate::base::percent::decoded;

/// The parameter that names the environment.
const ENVIRONMENT: &str = "envID";
/// What a body without a Content-Type may be taken for (RFC 9110, section 8.3).
const UNSTATED: &str = "application/octet-stream";

/// A request, as far as it says which operation it calls.
#[derive(Clone, Copy)]
pub struct Called<'a> {
    /// The method.
    pub method: &'a str,
    /// The address, with what it has behind `?` and `#`.
    pub url: &'a str,
    /// Its Content-Type.
    pub media_type: Option<&'a str>,
    /// Whether it has a body, or may have one that nobody kept.
    pub has_body: bool,
    /// The value of one of its header fields.
    pub header: &'a dyn Fn(&str) -> Option<String>,
}

/// The documented addresses.
#[derive(Debug)]
pub(super) struct Routes(Vec<Site>);

/// The paths that are below the same servers.
#[derive(Debug)]
struct Site {
    servers: Vec<Server>,
    /// Paths that begin with an environment, without it.
    of_tenant: Node,
    others: Node,
}

/// What may follow the segments so far.
#[derive(Debug, Default)]
struct Node {
    texts: HashMap<String, Node>,
    /// The ones with the most text first.
    mixed: Vec<(SegmentTemplate, Node)>,
    parameter: Option<Box<Node>>,
    /// The operations whose path ends here.
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    /// Its position among the contract's.
    operation: usize,
    /// The parameters of the path, in order.
    names: Vec<String>,
    template: PathTemplate,
}

/// Which values a parameter of a path takes.
#[derive(Debug, Clone, Copy)]
enum Values {
    Any,
    Uuids,
    OfTheirSchemas,
}

impl Routes {
    /// Reads the addresses of all operations.
    pub(super) fn new(document: &Value, operations: &[Operation]) -> Self {
        let mut sites: Vec<Site> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, operation) in operations.iter().enumerate() {
            let servers = servers(document, operation);
            let site = *known.entry(servers.map(Value::to_string).unwrap_or_default()).or_insert_with(|| {
                sites.push(Site {
                    servers: Server::read(servers),
                    of_tenant: Node::default(),
                    others: Node::default(),
                });
                sites.len() - 1
            });
            sites[site].add(at, operation.template.clone());
        }
        Self(sites)
    }

    /// The operation that a request calls.
    pub(super) fn operation<'c>(
        &self,
        (operations, lifecycles): (&'c [Operation], &'c [Lifecycle]),
        schemas: &'c Schemas,
        called: &Called<'_>,
    ) -> Option<&'c Operation> {
        let segments = segments(called.url)?;
        let search = Search { operations, lifecycles, schemas, called, query: Query::of(called.url) };
        let found = self.0.iter().map(|site| search.site(site, &segments)).find(|found| !found.is_empty())?;
        search.meant(found)
    }
}

/// The servers that hold for an operation: its own, those of its path, or those of the document.
fn servers<'c>(document: &'c Value, operation: &Operation) -> Option<&'c Value> {
    own_servers(document, &operation.path, &operation.method).or_else(|| document.get("servers"))
}

impl Site {
    fn add(&mut self, operation: usize, template: PathTemplate) {
        let segments = template.segments.clone();
        let is_tenant = segments[0].is_parameter() && segments[0].names[0] == ENVIRONMENT && segments.len() > 1;
        let (node, segments) =
            if is_tenant { (&mut self.of_tenant, &segments[1..]) } else { (&mut self.others, &segments[..]) };
        let names = segments.iter().flat_map(|segment| &segment.names).cloned().collect();
        node.at(segments).routes.push(Route { operation, names, template });
    }

    /// The servers of which the address may be one: those on its host, else all.
    fn servers(&self, url: &str) -> (Vec<&Server>, bool) {
        let authority = authority(url);
        let is_its = |server: &&Server| authority.is_some() && server.authority == authority;
        let documented: Vec<&Server> = self.servers.iter().filter(is_its).collect();
        if documented.is_empty() { (self.servers.iter().collect(), false) } else { (documented, true) }
    }
}

impl Node {
    /// The node at the end of these segments, made where there is none.
    fn at(&mut self, segments: &[SegmentTemplate]) -> &mut Self {
        let Some((first, rest)) = segments.split_first() else { return self };
        let next = match first.literal() {
            Some(text) => self.texts.entry(text.to_owned()).or_default(),
            None if first.is_parameter() => self.parameter.get_or_insert_default(),
            None => self.mixed(first),
        };
        next.at(rest)
    }

    fn mixed(&mut self, segment: &SegmentTemplate) -> &mut Self {
        let at = self.mixed.iter().position(|(known, _)| known == segment).unwrap_or_else(|| {
            let at = self.mixed.partition_point(|(known, _)| known.fixed() >= segment.fixed());
            self.mixed.insert(at, (segment.clone(), Self::default()));
            at
        });
        &mut self.mixed[at].1
    }

    /// The routes of the nearest path of which some fit.
    fn find<'n, 's>(
        &'n self,
        segments: &'s [String],
        values: &mut Vec<&'s str>,
        fits: &dyn Fn(&Route, &[&str]) -> bool,
    ) -> Vec<&'n Route> {
        let Some((first, rest)) = segments.split_first() else {
            return self.routes.iter().filter(|route| fits(route, values)).collect();
        };
        for (node, found) in self.following(first) {
            let known = values.len();
            values.extend(found);
            let routes = node.find(rest, values, fits);
            values.truncate(known);
            if !routes.is_empty() {
                return routes;
            }
        }
        Vec::new()
    }

    /// The nodes that a segment leads to, the nearest first, each with the values of its parameters.
    fn following<'n, 's>(&'n self, segment: &'s String) -> impl Iterator<Item = (&'n Self, Vec<&'s str>)> {
        let text = self.texts.get(segment).map(|node| (node, Vec::new()));
        let mixed = self
            .mixed
            .iter()
            .flat_map(move |(template, node)| template.ways(segment).into_iter().map(move |values| (node, values)));
        let parameter = self.parameter.as_deref().filter(|_| !segment.is_empty());
        text.into_iter().chain(mixed).chain(parameter.map(|node| (node, vec![segment.as_str()])))
    }
}

/// One look for an operation.
struct Search<'a, 'r> {
    operations: &'a [Operation],
    lifecycles: &'a [Lifecycle],
    schemas: &'a Schemas,
    called: &'r Called<'r>,
    query: Query,
}

impl<'a> Search<'a, '_> {
    /// The routes of a site that the address leads to.
    fn site<'n>(&self, site: &'n Site, segments: &[String]) -> Vec<&'n Route> {
        let (servers, is_documented) = site.servers(self.called.url);
        let below = || servers.iter().filter_map(|server| server.rest(segments));
        let others = below().map(|rest| self.find(&site.others, rest, Values::OfTheirSchemas));
        let found = others.into_iter().find(|found| !found.is_empty());
        found.unwrap_or_else(|| {
            if !is_documented {
                return self.tenant_anywhere(&site.of_tenant, segments);
            }
            let tenants = below().map(|rest| self.tenant(&site.of_tenant, rest));
            tenants.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
        })
    }

    /// Below a documented server the environment is what its schema takes.
    fn tenant<'n>(&self, node: &'n Node, rest: &[String]) -> Vec<&'n Route> {
        let Some((environment, rest)) = rest.split_first().filter(|(first, _)| !first.is_empty()) else {
            return Vec::new();
        };
        if is_uuid(environment) {
            return self.find(node, rest, Values::Any);
        }
        let mut found = self.find(node, rest, Values::OfTheirSchemas);
        found.retain(|route| self.takes(self.operation(route), ENVIRONMENT, environment));
        found
    }

    /// On a host that nobody documented.
    fn tenant_anywhere<'n>(&self, node: &'n Node, segments: &[String]) -> Vec<&'n Route> {
        let environments = (0..segments.len()).rev().filter(|at| is_uuid(&segments[*at]));
        let mut below = environments.map(|at| self.find(node, &segments[at + 1..], Values::Any));
        let found = below.find(|found| !found.is_empty());
        found.unwrap_or_else(|| self.find(node, segments, Values::Uuids))
    }

    fn find<'n>(&self, node: &'n Node, segments: &[String], values: Values) -> Vec<&'n Route> {
        node.find(segments, &mut Vec::new(), &|route, given| self.fits(route, given, values))
    }

    fn fits(&self, route: &Route, given: &[&str], values: Values) -> bool {
        let operation = self.operation(route);
        operation.method.eq_ignore_ascii_case(self.called.method)
            && route.template.query.iter().all(|field| self.query.fields.contains(field))
            && route.names.iter().zip(given).all(|(name, value)| match values {
                Values::Any => true,
                Values::Uuids => is_uuid(value),
                Values::OfTheirSchemas => self.takes(operation, name, value),
            })
    }

    /// Whether a parameter of the path may have this value.
    fn takes(&self, operation: &Operation, name: &str, value: &str) -> bool {
        let is_it = |known: &&Parameter| known.location == Location::Path && known.name == name;
        // What stands at an operation comes after what stands at its path, and replaces it.
        let known = operation.parameters.iter().rev().find(is_it);
        // What identifies a resource is an id, whatever is said of it. A client may have encoded what separates items, too.
        is_uuid(value)
            || known.is_none_or(|known| {
                self.takes_text(known, value) || value.contains('%') && self.takes_text(known, &decoded(value))
            })
    }

    /// As one of the values that it may be written for. A schema that cannot be compiled says nothing.
    fn takes_text(&self, parameter: &Parameter, text: &str) -> bool {
        let Some(schema) = &parameter.schema else { return true };
        let Ok(validator) = self.schemas.validator(schema, Direction::Request) else { return true };
        let takes = |values: Vec<Value>| values.iter().any(|value| validator.is_valid(value));
        takes(spelt(parameter, text)) || takes(self.composed(schema, parameter, text))
    }

    /// The arrays and objects that a text may stand for.
    fn composed(&self, schema: &str, parameter: &Parameter, text: &str) -> Vec<Value> {
        let form = self.schemas.text_form(schema);
        let lists = parameter.form.style.elements(&parameter.name, parameter.form.explode, text);
        let values = lists.into_iter().filter(|_| form.is_composed()).flat_map(|list| {
            let elements: Vec<String> = list.into_iter().map(decoded).collect();
            let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
            self.schemas.composed(&form, &elements, parameter.form.explode)
        });
        values.collect()
    }

    fn operation(&self, route: &Route) -> &'a Operation {
        &self.operations[route.operation]
    }

    /// Of the operations of one path the one that is meant: the one of which the path says the most, whose media type is the
    /// nearest, whose required parameters are there.
    fn meant(&self, routes: Vec<&Route>) -> Option<&'a Operation> {
        let routes = most(routes, |route| Some(self.said(&route.template)));
        let operations: Vec<&Operation> = routes.into_iter().map(|route| self.operation(route)).collect();
        if let [only] = operations.as_slice() {
            return Some(only);
        }
        match most(operations, |operation| self.closeness(operation)).as_slice() {
            [only] => Some(only),
            several => self.told_apart(several),
        }
    }

    /// How much of what a path says beyond its segments is so.
    fn said(&self, template: &PathTemplate) -> usize {
        let is_so = |(name, value): &&(String, String)| {
            let field = (name.clone(), value.clone());
            self.query.fields.contains(&field) || (self.called.header)(name).as_ref() == Some(value)
        };
        let fragment = &template.fragment;
        let is_its = !fragment.is_empty() && *fragment == self.query.fragment;
        template.query.len() + fragment.iter().filter(is_so).count() + usize::from(is_its)
    }

    /// How near the request's media type is to the one that an operation takes, where it takes one at all; nothing where it
    /// takes another.
    fn closeness(&self, operation: &Operation) -> Option<Option<Closeness>> {
        let Called { media_type, has_body, .. } = *self.called;
        let Some(request) = &operation.request else { return Some(None) };
        match media_type.or(has_body.then_some(UNSTATED)) {
            Some(given) => closeness(&request.media_type, given).map(Some),
            None => (!request.required).then_some(None),
        }
    }

    /// The only one of which all required parameters are there, or any if they promise the same.
    fn told_apart(&self, operations: &[&'a Operation]) -> Option<&'a Operation> {
        let complete: Vec<_> = operations.iter().copied().filter(|operation| self.has_required(operation)).collect();
        match complete.as_slice() {
            [only] => Some(only),
            _ => operations
                .split_first()
                .filter(|(first, rest)| rest.iter().all(|other| self.promise_the_same(first, other)))
                .map(|(first, _)| *first),
        }
    }

    /// Whether it makes no difference to what may be answered, now or later, which of two was called.
    fn promise_the_same(&self, one: &Operation, other: &Operation) -> bool {
        one.replies == other.replies
            && self.lifecycles.iter().all(|lifecycle| lifecycle.treats_alike(&one.name, &other.name))
    }

    fn has_required(&self, operation: &Operation) -> bool {
        operation.parameters.iter().filter(|parameter| parameter.required).all(|parameter| {
            let given = match parameter.location {
                Location::Query => self.query.first(&parameter.name).map(Cow::Borrowed),
                Location::Header => (self.called.header)(&parameter.name).map(Cow::Owned),
                Location::Path | Location::Cookie => return true,
            };
            given.is_some_and(|given| self.takes_text(parameter, &given))
        })
    }
}

/// The values that a text may stand for as a whole: the number or boolean that it spells, and the text.
fn spelt(parameter: &Parameter, text: &str) -> Vec<Value> {
    let Some(text) = parameter.form.style.whole(&parameter.name, text).map(decoded) else { return Vec::new() };
    let spelt = serde_json::from_str(&text).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
    spelt.into_iter().chain([Value::from(text)]).collect()
}

/// Those that come first by a measure, without what has none.
fn most<T: Copy, M: Ord>(all: Vec<T>, measure: impl Fn(T) -> Option<M>) -> Vec<T> {
    let measured: Vec<(T, M)> = all.into_iter().filter_map(|one| Some((one, measure(one)?))).collect();
    let best = measured.iter().map(|(_, measure)| measure).max();
    measured.iter().filter(|(_, measure)| Some(measure) == best).map(|(one, _)| *one).collect()
}

/// What stands behind `?` and `#` of an address.
struct Query {
    fields: Fields,
    fragment: Fields,
}

impl Query {
    fn of(url: &str) -> Self {
        let (query, fragment) = query_and_fragment(url);
        Self { fields: query, fragment }
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    const ENV: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
    const ID: &str = "1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";
    const OTP: Option<&str> = Some("application/vnd.pingidentity.otp.check+json; charset=utf-8");

    /// The name of the operation that is called.
    fn named(contract: &Contract, method: &str, url: &str, media_type: Option<&str>) -> Option<String> {
        let called = Called { method, url, media_type, has_body: media_type.is_some(), header: &|_| None };
        contract.called(&called).map(|operation| operation.name.clone())
    }

    fn embedded() -> Contract {
        Contract::embedded().expect("the contract is valid")
    }

    /// A contract of operations that are given as method, path, name and what else they say.
    fn contract(servers: &str, operations: &[(&str, &str, &str, &str)]) -> Contract {
        let mut paths: HashMap<&str, Vec<String>> = HashMap::new();
        for (method, path, name, more) in operations {
            let operation = format!(
                r#""{method}": {{"operationId": "{name}"{more}, "responses": {{"200": {{"description": ""}}}}}}"#
            );
            paths.entry(path).or_default().push(operation);
        }
        let paths: Vec<String> =
            paths.iter().map(|(path, operations)| format!(r#""{path}": {{{}}}"#, operations.join(", "))).collect();
        let text = format!(
            r#"{{"openapi": "3.0.3", "info": {{"title": "t", "version": "1"}}, "servers": {servers}, "paths": {{{}}}}}"#,
            paths.join(", ")
        );
        Contract::from_text(&text).expect("a contract")
    }

    const INTEGER: &str =
        r#", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]"#;

    fn get(contract: &Contract, url: &str) -> Option<String> {
        named(contract, "GET", url, None)
    }

    #[test]
    fn the_request_media_type_tells_operations_of_one_path_apart() {
        let (contract, url) = (embedded(), format!("https://auth.pingone.eu/{ENV}/deviceAuthentications/{ID}"));
        let named = |method, media_type| named(&contract, method, &url, media_type);
        assert_eq!(named("POST", OTP).as_deref(), Some("validateOtp"));
        assert_eq!(named("GET", None).as_deref(), Some("readDeviceAuthentication"));
        assert_eq!(named("POST", Some("application/x-unheard-of")), None);
        assert_eq!(named("POST", None), None);
    }

    #[test]
    fn the_environment_may_be_absent_and_the_tenant_may_live_below_a_path() {
        let contract = embedded();
        for url in [
            format!("https://login.example.com/deviceAuthentications/{ID}?a=b"),
            format!("http://localhost:8080/proxy/auth/{ENV}/deviceAuthentications/{ID}"),
        ] {
            assert_eq!(named(&contract, "POST", &url, OTP).as_deref(), Some("validateOtp"), "{url}");
        }
    }

    #[test]
    fn another_site_with_a_similar_path_is_unknown() {
        let contract = embedded();
        for url in [
            "https://shop.example.com/flows/summer".to_owned(),
            "https://shop.example.com/a/b/deviceAuthentications".to_owned(),
            "https://shop.example.com/".to_owned(),
            "about:blank".to_owned(),
            // On a documented host a tenant is where the document says.
            format!("https://auth.pingone.eu/deviceAuthentications/{ID}"),
            format!("https://auth.pingone.eu/below/{ENV}/deviceAuthentications/{ID}"),
        ] {
            assert_eq!(get(&contract, &url), None, "{url}");
        }
    }

    /// S2-22, reported/27: base paths were not applied, and only UUIDs were ids.
    #[test]
    fn another_api_is_below_its_servers_and_its_ids_are_what_their_schemas_accept() {
        let servers =
            r#"[{"url": "https://api.example.com/v1"}, {"url": "https://eu.example.com/v2"}, {"url": "/internal/"}]"#;
        let lockers = contract(
            servers,
            &[("get", "/lockers/{id}", "read", INTEGER), ("get", "/lockers/{id}/{box}", "box", INTEGER)],
        );
        for (url, expected) in [
            ("https://api.example.com/v1/lockers/1", Some("read")),
            ("HTTPS://API.example.com:443/v1/lockers/1", Some("read")),
            ("http://localhost:3000/v1/lockers/17?x=y", Some("read")),
            ("http://localhost:3000/v2/lockers/17", Some("read")),
            ("https://eu.example.com/v2/lockers/17", Some("read")),
            ("https://eu.example.com/v1/lockers/17", None),
            ("http://localhost/internal/lockers/1/blue%20one", Some("box")),
            ("/v1/lockers/1", Some("read")),
            // documents/01: a UUID was always an id, and the answer is still judged.
            ("https://api.example.com/v1/lockers/0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001", Some("read")),
            ("https://api.example.com/lockers/1", None),
            ("https://api.example.com/v2/lockers/1", None),
            ("https://api.example.com/v1/lockers/first", None),
            ("https://api.example.com/v1/lockers/1/", None),
            ("https://api.example.com/v1/lockers/1/boxes//", None),
        ] {
            assert_eq!(get(&lockers, url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn the_servers_of_a_path_or_an_operation_replace_those_of_the_document() {
        let own = r#", "servers": [{"url": "https://files.example.com/up"}]"#;
        let contract =
            contract(r#"[{"url": "https://a.example/v1"}]"#, &[("get", "/x", "x", own), ("get", "/y", "y", "")]);
        assert_eq!(get(&contract, "https://files.example.com/up/x").as_deref(), Some("x"));
        assert_eq!(get(&contract, "https://a.example/v1/x"), None);
        assert_eq!(get(&contract, "https://a.example/v1/y").as_deref(), Some("y"));
    }

    /// reported/07: a segment that is text in part was taken for a parameter.
    #[test]
    fn text_goes_before_text_in_part_and_that_before_a_parameter() {
        let contract = contract(
            "[]",
            &[
                ("get", "/r/{id}", "any", ""),
                ("get", "/r/{id}.csv", "table", ""),
                ("get", "/r/{id}.min.csv", "small", ""),
                ("get", "/r/main.csv", "main", ""),
                ("put", "/r/{id}", "put", ""),
                ("get", "/r/{id}/x", "x", ""),
                ("get", "/r/main.csv/y", "y", ""),
            ],
        );
        for (path, expected) in [
            ("main.csv", "main"),
            ("a.csv", "table"),
            ("a.min.csv", "small"),
            (".csv", "any"),
            ("a.json", "any"),
            ("main.csv/x", "x"),
            ("main.csv/y", "y"),
        ] {
            assert_eq!(get(&contract, &format!("https://h.example/r/{path}")).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(named(&contract, "PUT", "https://h.example/r/main.csv", None).as_deref(), Some("put"));
    }

    /// reported/31, reported/33.
    #[test]
    fn a_slash_at_the_end_and_an_encoded_reserved_character_make_another_path() {
        let contract = contract(
            "[]",
            &[
                ("get", "/", "root", ""),
                ("get", "/a", "a", ""),
                ("get", "/a/", "folder", ""),
                ("get", "/ö b~/{id}", "odd", ""),
            ],
        );
        for (url, expected) in [
            ("https://h.example", Some("root")),
            ("https://h.example?x=/a", Some("root")),
            ("https://h.example/", Some("root")),
            ("https://h.example/a", Some("a")),
            ("https://h.example/%61/", Some("folder")),
            ("https://h.example/a//", None),
            ("https://h.example//a", None),
            ("https://h.example/%c3%b6%20b%7E/c%2Fd", Some("odd")),
            ("https://h.example/ö b~/c/d", None),
            ("https://h.example%2Fa", Some("root")),
        ] {
            assert_eq!(get(&contract, url).as_deref(), expected, "{url}");
        }
    }

    fn bodies(required: bool, media_types: &[(&str, &str)]) -> String {
        let contents: Vec<String> =
            media_types.iter().map(|(name, more)| format!(r#""{name}": {{"schema": {{}}{more}}}"#)).collect();
        format!(r#", "requestBody": {{"required": {required}, "content": {{{}}}}}"#, contents.join(", "))
    }

    /// reported/19: without a body no operation took the request, and of several media types the first by name did.
    #[test]
    fn an_optional_body_may_be_absent_and_the_nearest_media_type_is_meant() {
        let two = [("application/*", ""), ("application/json", ""), ("*/*", "")];
        let open =
            contract("[]", &[("post", "/a", "a", &bodies(false, &two)), ("post", "/b", "b", &bodies(true, &two))]);
        let called = |path: &str, media_type| named(&open, "POST", &format!("https://h.example/{path}"), media_type);
        for (media_type, expected) in [
            (Some("application/json;charset=utf-8"), "a (application/json)"),
            (Some("application/xml"), "a (application/*)"),
            (Some("text/plain"), "a (*/*)"),
        ] {
            assert_eq!(called("a", media_type).as_deref(), Some(expected));
        }
        assert!(called("a", None).is_some(), "they promise the same");
        assert_eq!(called("b", None), None, "a body is required, and none is there");
        let unstated =
            Called { method: "POST", url: "https://h.example/b", media_type: None, has_body: true, header: &|_| None };
        assert_eq!(open.called(&unstated).map(|operation| operation.name.as_str()), Some("b (application/*)"));
    }

    #[test]
    fn nobody_is_judged_by_one_of_two_operations_that_promise_different_things() {
        let more = r#", "x-operation-id": "one", "x-responses": []"#;
        let contract = contract("[]", &[("post", "/a", "a", &bodies(false, &[("a/b", more), ("c/d", "")]))]);
        assert_eq!(named(&contract, "POST", "https://h.example/a", None), None);
    }

    /// A request for one action, in a spelling that the contract does not have, was taken for another.
    #[test]
    fn a_media_type_that_nobody_takes_calls_no_operation_although_a_body_may_be_absent() {
        let open = contract("[]", &[("post", "/a", "a", &bodies(false, &[("a/b+json", ""), ("c/d", "")]))]);
        let called = |media_type| {
            let called =
                Called { method: "POST", url: "https://h.example/a", media_type, has_body: false, header: &|_| None };
            open.called(&called).map(|operation| operation.name.clone())
        };
        assert_eq!(called(Some("c/d")).as_deref(), Some("a (c/d)"));
        assert_eq!(called(Some("a/b")), None);
        assert!(called(None).is_some(), "they promise the same");
    }

    #[test]
    fn nobody_is_judged_by_one_of_two_operations_that_a_lifecycle_tells_apart() {
        let (contract, url) = (embedded(), format!("https://auth.pingone.eu/{ENV}/flows/{ID}"));
        assert_eq!(named(&contract, "POST", &url, None), None, "a code is sent again, or a session is reset");
        let flow = contract.lifecycle_of("readFlow").expect("flows have one");
        assert!(
            !flow.treats_alike("sendRecoveryCode", "resetSession")
                && flow.treats_alike("sendRecoveryCode", "sendRecoveryCode")
        );
    }

    /// documents of others: a segment was one text, whatever the schema and the style of its parameter.
    #[test]
    fn a_parameter_of_a_path_may_be_a_list_in_its_own_style() {
        let by = |schema: &str, more: &str| {
            format!(r#", "parameters": [{{"name": "at", "in": "path", "required": true, "schema": {schema}{more}}}]"#)
        };
        let integer = r#"{"type": "integer"}"#;
        let counts = format!(r#"{{"type": "array", "items": {integer}}}"#);
        let object =
            format!(r#"{{"type": "object", "additionalProperties": false, "properties": {{"n": {integer}}}}}"#);
        let (counts, object) = (counts.as_str(), object.as_str());
        let style = |style: &str| format!(r#", "style": "{style}""#);
        let exploded = |style: &str| format!(r#", "style": "{style}", "explode": true"#);
        for (schema, more, fits, others) in [
            (counts, String::new(), vec!["1,2,3", "7", "1%2C2"], vec!["a", "1,b"]),
            (object, String::new(), vec!["n,1"], vec!["n", "m,1", "n,x"]),
            (object, exploded("simple"), vec!["n=1"], vec!["n,1", "m=1"]),
            (integer, style("matrix"), vec![";at=7"], vec!["7", ";at=x", ";to=7"]),
            (counts, style("matrix"), vec![";at=3,4"], vec!["3,4"]),
            (counts, exploded("matrix"), vec![";at=3;at=4"], vec![";at=3;to=4"]),
            (object, exploded("matrix"), vec![";n=3"], vec![";m=3"]),
            (integer, style("label"), vec![".7"], vec!["7", ".x"]),
            (counts, style("label"), vec![".3,4", ".3.4"], vec!["3,4"]),
            (object, exploded("label"), vec![".n=3"], vec![".m=3"]),
        ] {
            let open = contract("[]", &[("get", "/p/{at}", "p", &by(schema, &more))]);
            let calls = |text: &str| get(&open, &format!("https://h.example/p/{text}")).is_some();
            fits.into_iter().for_each(|text| assert!(calls(text), "{schema}{more} {text}"));
            others.into_iter().for_each(|text| assert!(!calls(text), "{schema}{more} {text}"));
        }
    }

    /// documents/09: paths with a query were paths of their own, or one too many.
    #[test]
    fn what_a_path_says_behind_its_segments_tells_operations_apart() {
        let contract = contract(
            "[]",
            &[
                ("get", "/t/{id}", "one", ""),
                ("get", "/t/{id}?full=true", "full", ""),
                ("post", "/#Action=Add", "add", ""),
                ("post", "/#Action=Remove", "remove", ""),
                ("put", "/#Target=A.b", "target", ""),
            ],
        );
        assert_eq!(get(&contract, "https://h.example/t/1").as_deref(), Some("one"));
        assert_eq!(get(&contract, "https://h.example/t/1?a=b&full=true").as_deref(), Some("full"));
        assert_eq!(get(&contract, "https://h.example/t/1?full=false").as_deref(), Some("one"));
        let post = |url: &str| named(&contract, "POST", url, None);
        assert_eq!(post("https://h.example/?Action=Remove&x=y").as_deref(), Some("remove"));
        assert_eq!(post("https://h.example/#Action=Add").as_deref(), Some("add"));
        assert_eq!(named(&contract, "PUT", "https://h.example/", None).as_deref(), Some("target"));
    }

    #[test]
    fn required_parameters_tell_apart_what_nothing_else_does() {
        let action = |name: &str| {
            format!(
                r#", "parameters": [{{"name": "X-Target", "in": "header", "required": true, "schema": {{"enum": ["{name}"]}}}}],
                   "x-documentation": "{name}""#
            )
        };
        let contract =
            contract("[]", &[("post", "/#1", "add", &action("Add")), ("post", "/#2", "remove", &action("Remove"))]);
        let header = |name: &str| (name == "X-Target").then(|| "Remove".to_owned());
        let called =
            Called { method: "POST", url: "https://h.example/", media_type: None, has_body: true, header: &header };
        assert_eq!(contract.called(&called).map(|operation| operation.name.as_str()), Some("remove"));
    }

    #[test]
    fn an_environment_below_a_documented_server_is_what_its_schema_takes() {
        let tenant =
            contract(r#"[{"url": "https://g.example/api"}]"#, &[("get", "/{envID}/lockers/{id}", "read", INTEGER)]);
        for (url, expected) in [
            ("https://g.example/api/demo/lockers/7", Some("read")),
            ("https://g.example/api/demo/lockers/x", None),
            ("https://g.example/demo/lockers/7", None),
            ("https://elsewhere.example/api/demo/lockers/7", None),
        ] {
            assert_eq!(get(&tenant, url).as_deref(), expected, "{url}");
        }
        assert_eq!(get(&tenant, &format!("https://elsewhere.example/x/{ENV}/lockers/7")).as_deref(), Some("read"));
    }

    /// Every operation used to be asked about every request.
    #[test]
    fn an_address_is_found_by_its_segments_however_many_operations_there_are() {
        let paths: Vec<String> = (0..2000).map(|at| format!("/p{at}/{{id}}")).collect();
        let operations: Vec<(&str, &str, &str, &str)> =
            paths.iter().map(|path| ("get", path.as_str(), path.as_str(), INTEGER)).collect();
        let contract = contract("[]", &operations);
        let site = &Routes::new(contract.document(), contract.operations()).0[0];
        assert_eq!(site.others.texts.len(), 2000);
        assert_eq!(site.others.following(&"p7".to_owned()).count(), 1, "one way leads on");
    }
}
