//! The `flowproof.toml` of a tenant that looks real: a pool of users of every role, secrets in files and a variable,
//! passcodes from a test inbox, which is the stand-in's control channel.
//!
//! Deliberately not here: the tenant itself, and runs against it.

use std::fmt::Write as _;
use std::path::Path;

use flowproof::tenant::Tenant;
use serde_json::Value;
use uuid::Uuid;

/// The variable that holds the worker's secret.
pub(super) const WORKER_SECRET: &str = "FLOWPROOF_TEST_WORKER_SECRET";

/// What is to be described.
pub(super) struct Description<'a> {
    pub tenant: &'a Tenant,
    pub environment: Uuid,
    pub facts: &'a Value,
    /// Where it is, as seen from outside.
    pub url: &'a str,
    /// The authority that vouches for it, as PEM.
    pub ca: &'a str,
}

impl Description<'_> {
    /// Writes the file, and beside it the certificate and the secrets. Every role gets so many users, and as many again that
    /// may be used up.
    pub(super) fn write(&self, folder: &Path, users: usize, custom: bool) {
        std::fs::write(folder.join("ca.pem"), self.ca).expect("written");
        let worker = self.facts.pointer("/worker/clientId").and_then(Value::as_str).expect("a worker");
        let mut text = format!(
            "[targets.staging]\nauth-path = \"{}\"\nenvironment-in-path = {}\nenvironment = \"{}\"\nca = \"ca.pem\"\n\
             default-user = \"user\"\n[targets.staging.worker]\nclient-id = \"{worker}\"\n\
             client-secret = {{ env = \"{WORKER_SECRET}\" }}\n",
            self.url, !custom, self.environment,
        );
        for kind in ["apps", "policies"] {
            for (name, settings) in self.facts[kind].as_object().expect("an object") {
                let _ = writeln!(text, "[targets.staging.{kind}.{}]", kebab(name));
                write_settings(folder, &mut text, &format!("{kind}-{name}"), settings);
            }
        }
        let others = self.facts["users"].as_object().expect("users").iter();
        let all = others.map(|(role, user)| (role.as_str(), user)).chain([("user", &self.facts["user"])]);
        for (role, first) in all {
            // There is one account that an external identity matches; it is the first plain user's, who is lent as nobody else.
            if role != "user" {
                self.user(folder, &mut text, role, 0, first, false);
            }
            let others = if role == "confirmed" { 0..0 } else { usize::from(role != "user")..2 * users };
            for number in others {
                let another = self.tenant.control().enrol(self.environment, role).expect("one more");
                self.user(folder, &mut text, role, number, &another, number >= users);
            }
        }
        std::fs::write(folder.join("flowproof.toml"), text).expect("written");
    }

    fn user(&self, folder: &Path, text: &mut String, role: &str, number: usize, user: &Value, expendable: bool) {
        let table = format!("targets.staging.users.{}", kebab(role));
        let control = format!("{}/_control/environments/{}", self.tenant.base_url(), self.environment);
        let _ = writeln!(text, "[[{table}]]\nexpendable = {expendable}");
        write_settings(folder, text, &format!("user-{role}-{number}"), user);
        if user["push"] == true {
            let body =
                r#"{\"user\":\"$FLOWPROOF_USER_ID\",\"answer\":\"$FLOWPROOF_PUSH\",\"id\":\"$FLOWPROOF_PUSH_ID\"}"#;
            let program = format!("curl -fsS -H Content-Type:application/json -d \"{body}\" {control}/push");
            let _ = writeln!(text, "push = {{ command = [\"sh\", \"-c\", '{program}'] }}");
        }
        // Somebody without a device may have post all the same.
        if user["otp"] == true || role == "unverified" {
            let pattern = "{ otp = \"^([0-9]{6})$\", verification-code = \"^(.+)$\", recovery-code = \"^(.+)$\" }";
            let _ = writeln!(
                text,
                "[{table}.passcode]\nsource = \"http\"\nurl = \"{control}/messages?to={{id}}&kind={{code}}&once=true\"\n\
                 text = \"/code\"\npattern = {pattern}"
            );
        }
    }
}

/// Settings as the file has them: what is secret goes into files of its own.
fn write_settings(folder: &Path, text: &mut String, owner: &str, settings: &Value) {
    const SECRET: &[&str] = &["clientSecret", "password", "passkey", "ticket", "inviteCode", "cookie"];
    for (key, value) in settings.as_object().expect("an object") {
        let name = kebab(key);
        match value {
            Value::String(secret) if SECRET.contains(&key.as_str()) => {
                let file = format!("{owner}-{name}");
                std::fs::write(folder.join(&file), secret).expect("written");
                let _ = writeln!(text, "{name} = {{ file = \"{file}\" }}");
            }
            Value::String(plain) => _ = writeln!(text, "{name} = \"{plain}\""),
            Value::Object(_) if key == "device" => _ = writeln!(text, "device = {}", device(value)),
            Value::Object(devices) if key == "devices" => {
                let devices = devices.iter().map(|(name, value)| format!("{name} = {}", device(value)));
                let _ = writeln!(text, "devices = {{ {} }}", devices.collect::<Vec<_>>().join(", "));
            }
            _ => {}
        }
    }
}

fn device(device: &Value) -> String {
    format!("{{ id = {}, type = {} }}", device["id"], device["type"])
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}
