//! Real tenants: what `[targets.NAME]` in `flowproof.toml` says of one, checked and made into domain values.
//!
//! Everything that can be wrong is found when the file is read, at its place, before anything is sent. Secrets stay where
//! they come from; a run reads those that it needs.
//!
//! Deliberately not here: what scenarios make of it (`engine`), and passcodes ([`super::passcode`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::passcode::{self, PasscodeConfig};
use super::secret_source::{SecretSource, is_placeholder};
use super::table::Table;
use crate::auth::push::PushSource;
pub use crate::auth::token::Authentication;
use crate::base::loopback::is_loopback;
use crate::base::source::{Diagnostic, Span, Spanned};

/// The regions, each the end of its hosts' names.
pub const REGIONS: &[&str] = &["com", "eu", "ca", "asia", "com.au", "sg"];
/// The role of the plain `user`, unless a target says otherwise.
pub const DEFAULT_ROLE: &str = "email";

/// A tenant that requests may be sent to.
#[derive(Debug, Clone)]
pub struct TargetConfig {
    /// Its name in the file.
    pub name: Spanned<String>,
    /// What all paths of the contract are below.
    pub auth_path: Url,
    /// Where the management API is; behind a custom domain only where the file says so.
    pub api_path: Option<Url>,
    /// Whether the environment's id is part of every path; behind a custom domain it is not.
    pub environment_in_path: bool,
    /// The environment.
    pub environment: Uuid,
    /// Whether steps that lock or delete are refused.
    pub production: bool,
    /// One of the two switches that let them happen all the same.
    pub allow_destructive: bool,
    /// One of the two switches that leave TLS unverified.
    pub insecure: bool,
    /// One more root certificate, as PEM.
    pub ca: Option<Spanned<PathBuf>>,
    /// Requests per second, at the most.
    pub rate: Option<f64>,
    /// The client that calls the MFA service.
    pub worker: Option<Worker>,
    /// Applications by name, as in the file.
    pub apps: BTreeMap<String, Settings>,
    /// Policies by name, as in the file.
    pub policies: BTreeMap<String, Settings>,
    /// Users by role, as in the file: each role is a pool.
    pub users: BTreeMap<String, Vec<User>>,
    /// The role of the plain `user`.
    pub default_user: String,
}

/// The client that calls the MFA service.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Its id.
    pub client_id: String,
    /// Where its secret comes from.
    pub client_secret: Spanned<SecretSource>,
    /// How it shows its secret to the token endpoint.
    pub authentication: Authentication,
}

/// What is known of an application, a policy, a user or a device; keys as in the file.
pub type Settings = BTreeMap<&'static str, Setting>;

/// One thing that is known.
#[derive(Debug, Clone)]
pub enum Setting {
    /// Anybody may read it.
    Plain(String),
    /// Read when it is needed.
    Secret(Spanned<SecretSource>),
    /// More of it, by name.
    Several(BTreeMap<String, Settings>),
    /// A thing with things of its own.
    One(Settings),
}

/// A user that scenarios may sign on as, one scenario at a time.
#[derive(Debug, Clone)]
pub struct User {
    /// What is known of the user.
    pub settings: Settings,
    /// How the user's passcodes are read, if at all.
    pub passcode: Option<PasscodeConfig>,
    /// Who answers the user's pushes, if anybody.
    pub push: Option<PushSource>,
    /// Whether a scenario may change or lock the user; such a user is lent to no other scenario.
    pub expendable: bool,
    /// Where the user stands in the file.
    pub span: Span,
}

impl TargetConfig {
    /// The folder of the file that describes it; relative paths begin there.
    pub fn folder(&self) -> &Path {
        self.name.span.source.path.parent().unwrap_or(Path::new(""))
    }

    /// What a report and `flowproof targets` may show: where secrets come from, never what they are, and of people only
    /// how many.
    pub fn described(&self) -> Value {
        let names = |all: &BTreeMap<String, Settings>| all.keys().cloned().collect::<Vec<_>>();
        let worker = self.worker.as_ref().map(|worker| {
            json!({
                "clientId": worker.client_id,
                "clientSecret": format!("from {}", worker.client_secret.value),
                "authentication": worker.authentication.name(),
            })
        });
        let users = self.users.iter().map(|(role, pool)| (role.clone(), pool.len().into())).collect::<Map<_, _>>();
        let spare = |pool: &[User]| pool.iter().filter(|user| user.expendable).count();
        let spare = self.users.iter().map(|(role, pool)| (role.clone(), spare(pool)));
        let expendable: Map<_, _> =
            spare.filter(|(_, count)| *count > 0).map(|(role, count)| (role, count.into())).collect();
        json!({
            "name": self.name.value,
            "authPath": self.auth_path.as_str(),
            "environment": self.environment.to_string(),
            "environmentInPath": self.environment_in_path,
            "production": self.production,
            "allowDestructive": self.allow_destructive,
            "insecure": self.insecure,
            "ca": self.ca.as_ref().map(|ca| ca.display().to_string()),
            "rate": self.rate,
            "worker": worker,
            "apps": names(&self.apps),
            "policies": names(&self.policies),
            "users": users,
            "expendableUsers": expendable,
            "defaultUser": self.default_user,
        })
    }
}

/// How long an answer to a push may take unless a table says otherwise, in seconds.
const PUSH_DEADLINE: f64 = 30.0;
const PUBLIC_APP: &[&str] = &["id", "name", "client-id", "app-identifier", "redirect-uri"];
const PUBLIC_USER: &[&str] = &["id", "username", "email", "phone", "payload"];
const SECRET_USER: &[&str] = &["password", "ticket", "invite-code", "cookie", "assertion"];

/// Reads all targets of a file.
pub(super) fn decode(root: &Table<'_>) -> BTreeMap<String, TargetConfig> {
    let targets = root.tables("targets").into_iter();
    targets.filter_map(|(name, table)| Some((name.value.clone(), target(name, table)?))).collect()
}

fn target(name: Spanned<String>, table: Table<'_>) -> Option<TargetConfig> {
    if name.value == "embedded" || name.contains("://") {
        table.complain(Diagnostic::at(&name.span, format!("a target cannot be called `{}`", name.value)));
    }
    let address = address(&table);
    let environment = environment(&table);
    let production = table.flag("production").is_some_and(|flag| flag.value);
    let insecure = table.flag("insecure");
    if let Some(flag) = insecure.as_ref().filter(|flag| flag.value && production) {
        let message = "TLS is always verified where `production = true`";
        table.complain(Diagnostic::at(&flag.span, message).help("for a private authority, name its certificate: `ca`"));
    }
    let worker = table.table("worker").map(worker);
    let users = users(&table);
    let target = Some(()).zip(address).zip(environment).map(|(((), address), environment)| TargetConfig {
        auth_path: address.auth_path,
        api_path: api_path(&table, address.api_path),
        environment_in_path: address.environment_in_path,
        environment,
        production,
        allow_destructive: table.flag("allow-destructive").is_some_and(|flag| flag.value),
        insecure: insecure.is_some_and(|flag| flag.value),
        ca: table.path("ca"),
        rate: table.number("rate", 0.01..=1000.0).map(|rate| rate.value),
        worker: worker.flatten(),
        apps: named(&table, "apps", &app),
        policies: named(&table, "policies", &|table| public(table, &["id", "name"])),
        default_user: default_user(&table, &users),
        users,
        name,
    });
    if target.is_none() {
        known_all_the_same(&table);
    }
    table.end();
    target
}

/// What is wrong further down is told even where the target itself cannot be made.
fn known_all_the_same(table: &Table<'_>) {
    table.text("api-path");
    table.flag("allow-destructive");
    table.text("ca");
    table.number("rate", 0.01..=1000.0);
    named(table, "apps", &app);
    named(table, "policies", &|table| public(table, &["id", "name"]));
    table.text("default-user");
}

/// Where a tenant is.
struct Address {
    auth_path: Url,
    api_path: Option<Url>,
    environment_in_path: bool,
}

fn address(table: &Table<'_>) -> Option<Address> {
    let (region, auth_path) = (table.text("region"), table.text("auth-path"));
    let in_path = table.flag("environment-in-path");
    match (region, auth_path) {
        (Some(region), None) => {
            if let Some(flag) = in_path {
                let message = "`environment-in-path` goes with `auth-path`; the hosts of a region have it in the path";
                table.complain(Diagnostic::at(&flag.span, message));
            }
            regional(table, &region)
        }
        (None, Some(auth_path)) => custom(table, &auth_path, in_path.is_some_and(|flag| flag.value)),
        (None, None) => {
            if !table.has("region") && !table.has("auth-path") {
                let message = format!("`{}` or `auth-path` is missing", table.path_of("region"));
                table.complain(Diagnostic::at(&table.span(), message).help(format!("regions: {}", REGIONS.join(", "))));
            }
            None
        }
        (Some(_), Some(second)) => {
            table.complain(Diagnostic::at(&second.span, "`region` and `auth-path` exclude each other"));
            None
        }
    }
}

/// Where the management API is: custom domains have none.
fn api_path(table: &Table<'_>, regional: Option<Url>) -> Option<Url> {
    let Some(text) = table.text("api-path") else { return regional };
    match auth_path(&text, true) {
        Ok(url) => Some(url),
        Err((message, _)) => {
            let help = "it looks like this: \"https://api.pingone.eu/v1\"";
            table.complain(Diagnostic::at(&text.span, message).help(help));
            None
        }
    }
}

fn regional(table: &Table<'_>, region: &Spanned<String>) -> Option<Address> {
    if !REGIONS.contains(&region.value.as_str()) {
        let message = format!("`{}` is no region", region.value);
        let problem = Diagnostic::at(&region.span, message).suggest(region, REGIONS.iter().copied());
        let help = problem.help.clone().unwrap_or_else(|| format!("regions: {}", REGIONS.join(", ")));
        table.complain(problem.help(help));
        return None;
    }
    let auth_path = Url::parse(&format!("https://auth.pingone.{}", region.value)).ok()?;
    let api_path = Url::parse(&format!("https://api.pingone.{}/v1", region.value)).ok();
    Some(Address { auth_path, api_path, environment_in_path: true })
}

fn custom(table: &Table<'_>, text: &Spanned<String>, environment_in_path: bool) -> Option<Address> {
    match auth_path(text, environment_in_path) {
        Ok(auth_path) => Some(Address { auth_path, api_path: None, environment_in_path }),
        Err((message, help)) => {
            table.complain(Diagnostic::at(&text.span, message).help(help));
            None
        }
    }
}

/// Reads the address of a tenant, or says what is wrong with it and what to try (C08, C09).
fn auth_path(text: &str, environment_in_path: bool) -> Result<Url, (String, String)> {
    let example = "it looks like this: \"https://auth.example.com\"";
    let refuse = |message: String| Err((message, example.to_owned()));
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        Ok(_) => return refuse(format!("`{text}` is no URL with a host")),
        Err(error) => return refuse(format!("`{}` is no URL: {error}", without_userinfo(text))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("an `auth-path` has no user and no password".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("an `auth-path` has no query and no fragment".into());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(("credentials are never sent without TLS".into(), "use `https://`".into())),
        other => return refuse(format!("`{other}` is not HTTP over TLS")),
    }
    if !environment_in_path && url.path() != "/" {
        let help = "behind a custom domain the environment's id is not in the path; say `environment-in-path = true` \
                    where it is";
        return Err((format!("a custom domain has no path of its own, `{}`", url.path()), help.to_owned()));
    }
    Ok(url)
}

/// A URL that cannot be read may hold a password all the same.
fn without_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, behind)) => format!("…@{behind}"),
        None => text.to_owned(),
    }
}

fn environment(table: &Table<'_>) -> Option<Uuid> {
    let text = table.required_text("environment")?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.hyphenated().to_string() == text.value);
    if id.is_none() {
        let message = format!("`{}` is no id of an environment", text.value);
        let help = "it is a UUID in lower case, shown in the console under Environment, Properties";
        table.complain(Diagnostic::at(&text.span, message).help(help));
    }
    id
}

fn worker(table: Table<'_>) -> Option<Worker> {
    let client_id = table.required_text("client-id");
    let client_id = client_id.and_then(|id| not_a_placeholder(&table, id));
    if !table.has("client-secret") {
        table.missing("client-secret");
    }
    let client_secret = SecretSource::decode(&table, "client-secret");
    let authentication = match table.text("authentication").as_ref().map(|text| (text.value.as_str(), text)) {
        None | Some(("basic", _)) => Authentication::Basic,
        Some(("post", _)) => Authentication::Post,
        Some((other, text)) => {
            let problem = Diagnostic::at(&text.span, format!("`{other}` is no way to authenticate"));
            table.complain(problem.help("it is \"basic\" or \"post\", as the application says"));
            Authentication::Basic
        }
    };
    table.end();
    Some(Worker { client_id: client_id?, client_secret: client_secret?, authentication })
}

fn not_a_placeholder(table: &Table<'_>, text: Spanned<String>) -> Option<String> {
    if is_placeholder(&text) {
        let message = format!("`{}` is a placeholder", text.value);
        table.complain(Diagnostic::at(&text.span, message).help("put the tenant's own value in its place"));
        return None;
    }
    Some(text.value)
}

fn named(table: &Table<'_>, key: &'static str, read: &dyn Fn(&Table<'_>) -> Settings) -> BTreeMap<String, Settings> {
    let entries = table.tables(key).into_iter().map(|(name, table)| {
        let settings = read(&table);
        table.end();
        (name.value, settings)
    });
    entries.collect()
}

fn public(table: &Table<'_>, keys: &[&'static str]) -> Settings {
    let given = keys.iter().filter_map(|key| Some((*key, not_a_placeholder(table, table.text(key)?)?)));
    given.map(|(key, text)| (key, Setting::Plain(text))).collect()
}

fn secret(table: &Table<'_>, keys: &[&'static str]) -> Settings {
    keys.iter().filter_map(|key| Some((*key, Setting::Secret(SecretSource::decode(table, key)?)))).collect()
}

/// An application is known by its client id: the two are the same.
fn app(table: &Table<'_>) -> Settings {
    let mut settings = public(table, PUBLIC_APP);
    settings.extend(secret(table, &["client-secret"]));
    for (from, to) in [("client-id", "id"), ("id", "client-id")] {
        if let Some(Setting::Plain(id)) = settings.get(from).cloned() {
            settings.entry(to).or_insert(Setting::Plain(id));
        }
    }
    settings
}

fn users(table: &Table<'_>) -> BTreeMap<String, Vec<User>> {
    let Some(roles) = table.table("users") else { return BTreeMap::new() };
    let pools = roles.each_list().into_iter();
    pools.map(|(role, entries)| (role.value, entries.into_iter().map(user).collect())).collect()
}

fn user(table: Table<'_>) -> User {
    let mut settings = public(&table, PUBLIC_USER);
    settings.extend(secret(&table, SECRET_USER));
    if let Some(one) = table.table("device").map(device) {
        settings.insert("device", Setting::One(one));
    }
    if let Some(devices) = table.table("devices") {
        let several = devices.each().into_iter().map(|(name, table)| (name.value, device(table)));
        settings.insert("devices", Setting::Several(several.collect()));
    }
    if !table.has("id") && !table.has("username") {
        table.complain(Diagnostic::at(&table.span(), "a user has an `id`, a `username`, or both"));
    }
    let passcode = table.table("passcode").and_then(passcode::decode);
    let push = table.table("push").and_then(push);
    let expendable = table.flag("expendable").is_some_and(|flag| flag.value);
    let span = table.span();
    table.end();
    User { settings, passcode, push, expendable, span }
}

/// Who answers a user's pushes: a program.
fn push(table: Table<'_>) -> Option<PushSource> {
    if !table.has("command") {
        table.missing("command");
    }
    let words = table.texts("command");
    let deadline = table.number("deadline", 0.1..=3600.0).map_or(PUSH_DEADLINE, |deadline| deadline.value);
    table.end();
    let words = words?.value;
    let (program, arguments) = words.split_first()?;
    Some(PushSource::new(program, arguments.to_vec(), Duration::from_secs_f64(deadline)))
}

fn device(table: Table<'_>) -> Settings {
    let settings = public(&table, &["id", "type"]);
    table.end();
    settings
}

fn default_user(table: &Table<'_>, users: &BTreeMap<String, Vec<User>>) -> String {
    let Some(role) = table.text("default-user") else { return DEFAULT_ROLE.to_owned() };
    if !users.contains_key(&role.value) {
        let message = format!("there are no users of the role `{}`", role.value);
        table.complain(Diagnostic::at(&role.span, message).suggest(&role, users.keys().map(String::as_str)));
    }
    role.value
}

/// The name of a fact: `redirect-uri` is `redirectUri`.
pub fn fact_name(key: &str) -> String {
    let mut words = key.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_facts_in_camel_case() {
        assert_eq!(fact_name("client-id"), "clientId");
        assert_eq!(fact_name("mobile-without-push"), "mobileWithoutPush");
        assert_eq!(fact_name("signOn"), "signOn");
    }

    #[test]
    fn c08_an_address_is_joined_correctly_or_refused() {
        let read = |text: &str| auth_path(text, false).map(String::from).map_err(|(message, _)| message);
        assert_eq!(read("https://AUTH.Example.com").as_deref(), Ok("https://auth.example.com/"));
        assert_eq!(read("https://auth.example.com/").as_deref(), Ok("https://auth.example.com/"));
        assert_eq!(read("https://bücher.example").as_deref(), Ok("https://xn--bcher-kva.example/"));
        assert_eq!(read("https://[::1]:8443").as_deref(), Ok("https://[::1]:8443/"));
        for refused in [
            "https://anna:s3cr3t@auth.example.com",
            "https://auth.example.com/?a=b",
            "https://auth.example.com/#a",
            "https://[fe80::1%25eth0]/",
            "https://auth.example.com/path",
            "auth.example.com",
            "ftp://auth.example.com",
            "https://",
        ] {
            let message = read(refused).expect_err(refused);
            assert!(!message.contains("s3cr3t"), "{message}");
        }
        let in_path = auth_path("https://proxy.example/pingone/", true).map(String::from);
        assert_eq!(in_path.as_deref(), Ok("https://proxy.example/pingone/"));
    }

    #[test]
    fn c09_http_is_refused_but_on_this_machine() {
        let http = |text: &str| auth_path(text, true).map(drop).map_err(|(message, _)| message);
        assert_eq!(http("http://auth.example.com"), Err("credentials are never sent without TLS".into()));
        assert_eq!(http("http://127.0.0.1:8080"), Ok(()));
        assert!(http("http://127.0.0.1.example.com").is_err());
    }
}
