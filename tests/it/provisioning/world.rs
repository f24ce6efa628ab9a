//! A bare tenant, a configuration of three settings for it, and a look at what is in it.

use std::path::Path;
use std::process::{Command, Output};

use flowproof::tenant::{Tenant, TenantOptions};
use serde_json::{Value, json};

use crate::support::program;

const SECRET: &str = "FLOWPROOF_TEST_BARE_SECRET";
/// Every collection that provisioning writes to, with what every environment has of it from the start.
const COLLECTIONS: [(&str, usize); 7] = [
    ("users", 0),
    ("applications", 0),
    ("signOnPolicies", 1),
    ("deviceAuthenticationPolicies", 1),
    ("agreements", 0),
    ("identityProviders", 0),
    ("populations", 1),
];

pub(crate) struct World {
    tenant: Tenant,
    worker: Value,
    pub(super) folder: tempfile::TempDir,
    token: String,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// With the three settings of a target called `bare`.
    pub(crate) fn start() -> Self {
        Self::with("bare", |_| String::new())
    }

    /// With a target of this name, for which the configuration says more, given what is printed of the tenant.
    pub(crate) fn with(name: &str, more: impl Fn(&Value) -> String) -> Self {
        let tenant = Tenant::start(TenantOptions { bare: true, ..TenantOptions::default() }).expect("a tenant");
        let worker = tenant.control().worker();
        let folder = tempfile::tempdir().expect("a folder");
        let text = |pointer: &str| worker.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
        let config = format!(
            "[targets.{name}]\nauth-path = \"{}\"\napi-path = \"{}\"\nenvironment-in-path = true\nenvironment = \"{}\"\n\
             worker = {{ client-id = \"{}\", client-secret = {{ env = \"{SECRET}\" }} }}\n{}",
            text("/base"),
            text("/management"),
            text("/environment"),
            text("/worker/clientId"),
            more(&worker),
        );
        std::fs::write(folder.path().join("flowproof.toml"), config).expect("written");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // Installed already by another test is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        let mut world = Self { tenant, worker, folder, token: String::new(), http, runtime };
        world.token = world.new_token();
        world
    }

    fn new_token(&self) -> String {
        let url = format!("{}/{}/as/token", self.tenant.base_url(), self.environment());
        let (id, secret) = (self.worker["worker"]["clientId"].as_str(), self.worker["worker"]["clientSecret"].as_str());
        let form = [("grant_type", Some("client_credentials")), ("client_id", id), ("client_secret", secret)];
        let answer: Value = self.runtime.block_on(async {
            self.http.post(url).form(&form).send().await.expect("an answer").json().await.expect("JSON")
        });
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    fn environment(&self) -> &str {
        self.worker["environment"].as_str().expect("an id")
    }

    /// What must never be told: the worker's secret, and a token of its.
    pub(crate) fn secrets(&self) -> [String; 2] {
        [self.worker["worker"]["clientSecret"].as_str().expect("a secret").to_owned(), self.token.clone()]
    }

    /// Asks the management API itself.
    pub(crate) fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/v1/environments/{}/{path}", self.tenant.base_url(), self.environment());
        let request = self.http.request(method.parse().expect("a method"), url).bearer_auth(&self.token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default()
        })
    }

    /// Says on the control channel what is to go wrong, or what the worker may do.
    pub(super) fn control(&self, what: &str, body: &Value) {
        let url = format!("{}/_control/environments/{}/{what}", self.tenant.base_url(), self.environment());
        let status =
            self.runtime.block_on(async { self.http.post(url).json(body).send().await.expect("an answer").status() });
        assert!(status.is_success(), "{status}");
    }

    /// Something that is called nearly as what provision makes, and belongs to somebody else: a user, an application, a policy.
    pub(super) fn look_alikes(&self) {
        let user = json!({ "username": "flowproof-abc123-user-1-00000000", "email": "somebody@example.com" });
        self.api("POST", "users", Some(&user));
        let application = json!({
            "name": "flowproof-abc123-signOn-00000000", "enabled": true, "protocol": "OPENID_CONNECT", "type": "WORKER",
            "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        });
        self.api("POST", "applications", Some(&application));
        self.api("POST", "signOnPolicies", Some(&json!({ "name": "flowproof-abc123-signOn-ffffffff" })));
    }

    /// How many things there are beyond those that every environment has.
    pub(crate) fn count(&self) -> usize {
        let count = |(path, own): &(&str, usize)| {
            let answer = self.api("GET", &format!("{path}?limit=1000"), None);
            answer["_embedded"][*path].as_array().map_or(0, Vec::len) - own
        };
        COLLECTIONS.iter().map(count).sum()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        let secret = self.worker["worker"]["clientSecret"].as_str().expect("a secret");
        command.env(SECRET, secret).arg("--config").arg(self.folder.path().join("flowproof.toml")).args(arguments);
        command
    }

    pub(crate) fn flowproof(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program runs"))
    }

    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What the program said, and how it ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Self { code: output.status.code(), said }
    }

    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.said);
        let said = self.said.split_whitespace().collect::<Vec<_>>().join(" ");
        words.iter().for_each(|word| assert!(said.contains(word), "{word:?} is not in:\n{}", self.said));
        self
    }
}
