//! How the passcodes of a user are read: the table `passcode` of a user in `flowproof.toml`.
//!
//! Decoding finds every problem at its place and reads no secret; [`PasscodeConfig::resolve`] does that when a run needs it.
//!
//! Deliberately not here: reading codes (`auth`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::HeaderName;
use rustls::pki_types::CertificateDer;
use url::Url;

use super::secret_source::{SecretError, SecretSource};
use super::table::Table;
use crate::auth::passcode::{
    Algorithm, Command, Imap, Inbox, KeyError, Pace, PasscodeSource, Pattern, Patterns, Prompt, Totp,
};
use crate::base::loopback::is_loopback;
use crate::base::source::{Diagnostic, Spanned};
use crate::client::{RootsError, roots};
use crate::record::redaction::Register;

/// The names of all sources.
pub const SOURCES: &[&str] = &["totp", "command", "prompt", "imap", "http"];
/// How long is waited at the most unless a table says otherwise, in seconds: a person is slower than a program.
const DEADLINE: f64 = 60.0;
const DEADLINE_OF_PEOPLE: f64 = 120.0;
/// The longest deadline, in seconds: an hour.
const LONGEST: f64 = 3600.0;

/// How the passcodes of a user are read.
#[derive(Debug, Clone)]
pub struct PasscodeConfig(Source);

#[derive(Debug, Clone)]
enum Source {
    Totp { secret: Spanned<SecretSource>, period: Duration, digits: u8, algorithm: Algorithm, deadline: Duration },
    Command { words: Vec<String>, deadline: Duration },
    Prompt { deadline: Duration },
    Imap(Box<ImapConfig>),
    Http(Box<HttpConfig>),
}

#[derive(Debug, Clone)]
struct ImapConfig {
    host: String,
    port: u16,
    username: String,
    password: Spanned<SecretSource>,
    mailbox: String,
    to: Option<String>,
    patterns: Patterns,
    pace: Pace,
    ca: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct HttpConfig {
    url: String,
    headers: Vec<(HeaderName, Spanned<SecretSource>)>,
    messages: Option<String>,
    text: String,
    received: Option<String>,
    patterns: Patterns,
    pace: Pace,
    ca: Option<PathBuf>,
}

/// Why a source of passcodes cannot be used. The text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A secret that it needs cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is no key for codes.
    #[error("{0}: {1}")]
    Key(SecretSource, KeyError),
    /// The file of root certificates cannot be read.
    #[error("no certificate can be read from {0}: {1}")]
    Unreadable(String, String),
    /// The file holds no root certificates.
    #[error("{0}: {1}")]
    Roots(String, RootsError),
    /// The program that prints codes is not there.
    #[error("there is no program `{0}` in PATH")]
    NoProgram(String),
}

/// Reads the table, and reports whatever is wrong with it.
pub fn decode(table: Table<'_>) -> Option<PasscodeConfig> {
    let name = table.required_text("source")?;
    let source = match name.value.as_str() {
        "totp" => totp(&table),
        "command" => command(&table),
        "prompt" => Some(Source::Prompt { deadline: deadline(&table, DEADLINE_OF_PEOPLE) }),
        "imap" => imap(&table),
        "http" => http(&table),
        other => {
            let problem = Diagnostic::at(&name.span, format!("`{other}` is no source of passcodes"));
            let problem = problem.suggest(other, SOURCES.iter().copied());
            let help = problem.help.clone().unwrap_or_else(|| format!("sources: {}", SOURCES.join(", ")));
            table.complain(problem.help(help));
            return None;
        }
    };
    table.end();
    source.map(PasscodeConfig)
}

fn totp(table: &Table<'_>) -> Option<Source> {
    let secret = secret(table, "secret");
    let period = whole(table, "period", 1.0, 300.0).unwrap_or(30.0);
    let digits = whole(table, "digits", 6.0, 8.0).unwrap_or(6.0);
    let deadline = deadline(table, DEADLINE_OF_PEOPLE);
    let algorithm = match table.text("algorithm") {
        None => Algorithm::Sha1,
        Some(name) => match name.value.as_str() {
            "SHA1" => Algorithm::Sha1,
            "SHA256" => Algorithm::Sha256,
            "SHA512" => Algorithm::Sha512,
            other => {
                let problem = Diagnostic::at(&name.span, format!("`{other}` is no algorithm of authenticators"));
                table.complain(problem.help("algorithms: SHA1, SHA256, SHA512"));
                Algorithm::Sha1
            }
        },
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 6 to 8")]
    let digits = digits as u8;
    Some(Source::Totp { secret: secret?, period: Duration::from_secs_f64(period), digits, algorithm, deadline })
}

fn command(table: &Table<'_>) -> Option<Source> {
    if !table.has("command") {
        table.missing("command");
    }
    let words = table.texts("command");
    let deadline = deadline(table, DEADLINE);
    Some(Source::Command { words: words?.value, deadline })
}

fn imap(table: &Table<'_>) -> Option<Source> {
    let host = table.required_text("host");
    let username = table.required_text("username");
    let password = secret(table, "password");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 65535")]
    let port = whole(table, "port", 1.0, 65_535.0).unwrap_or(993.0) as u16;
    let mailbox = table.text("mailbox").map_or_else(|| "INBOX".to_owned(), |mailbox| mailbox.value);
    let to = table.text("to").map(|to| to.value);
    let (patterns, pace, ca) = (patterns(table), pace(table), ca(table));
    let (host, username, password) = (host?.value, username?.value, password?);
    Some(Source::Imap(Box::new(ImapConfig { host, port, username, password, mailbox, to, patterns, pace, ca })))
}

fn http(table: &Table<'_>) -> Option<Source> {
    let url = table.required_text("url").and_then(|url| checked_url(table, url));
    let headers = headers(table);
    let messages = pointer(table, "messages");
    let text = table.required_text("text").is_some().then(|| pointer(table, "text")).flatten();
    let received = pointer(table, "received");
    let (patterns, pace, ca) = (patterns(table), pace(table), ca(table));
    let (url, text) = (url?, text?);
    Some(Source::Http(Box::new(HttpConfig { url, headers, messages, text, received, patterns, pace, ca })))
}

/// A URL over TLS, whose host is not made from who the recipient is.
fn checked_url(table: &Table<'_>, text: Spanned<String>) -> Option<String> {
    let refuse = |message: &str, help: &str| {
        table.complain(Diagnostic::at(&text.span, message).help(help));
        None
    };
    let known = ["{email}", "{phone}", "{username}", "{id}", "{code}", "{since}"];
    let filled = known.iter().fold(text.value.clone(), |url, name| url.replace(name, "x"));
    if filled.contains(['{', '}']) {
        return refuse("only these stand for something", &known.join(" "));
    }
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin().ascii_serialization());
    let moved = known.iter().fold(text.value.clone(), |url, name| url.replace(name, "y"));
    if origin(&filled) != origin(&moved) {
        return refuse("the host does not depend on the recipient", "put the recipient into the path or the query");
    }
    match Url::parse(&filled) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            refuse("a URL is no place for a password", "send it in `headers`")
        }
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => Some(text.value.clone()),
        Ok(_) => refuse("passcodes are never read without TLS", "use `https://`"),
        Err(error) => {
            refuse(&format!("this is no URL: {error}"), "it looks like this: \"https://inbox.example/{email}\"")
        }
    }
}

fn headers(table: &Table<'_>) -> Vec<(HeaderName, Spanned<SecretSource>)> {
    let Some(headers) = table.table("headers") else { return Vec::new() };
    let named = headers.each().into_iter().filter_map(|(name, origin)| {
        let field = HeaderName::try_from(name.value.as_str());
        if field.is_err() {
            table.complain(Diagnostic::at(&name.span, format!("`{}` is no header field", name.value)));
        }
        let span = origin.span();
        let source = SecretSource::of(origin)?;
        Some((field.ok()?, Spanned::new(source, span)))
    });
    named.collect()
}

fn secret(table: &Table<'_>, key: &'static str) -> Option<Spanned<SecretSource>> {
    if !table.has(key) {
        table.missing(key);
    }
    SecretSource::decode(table, key)
}

fn ca(table: &Table<'_>) -> Option<PathBuf> {
    table.path("ca").map(|path| path.value)
}

fn pointer(table: &Table<'_>, key: &'static str) -> Option<String> {
    let text = table.text(key)?;
    if !text.value.is_empty() && !text.value.starts_with('/') {
        let problem = Diagnostic::at(&text.span, format!("`{}` is no JSON pointer", text.value));
        table.complain(problem.help("it begins with a slash, such as \"/body/text\""));
        return None;
    }
    Some(text.value)
}

fn pace(table: &Table<'_>) -> Pace {
    let every = table.number("every", 0.1..=60.0).map_or(2.0, |every| every.value);
    Pace { every: Duration::from_secs_f64(every), deadline: deadline(table, DEADLINE) }
}

fn deadline(table: &Table<'_>, usual: f64) -> Duration {
    Duration::from_secs_f64(table.number("deadline", 0.1..=LONGEST).map_or(usual, |deadline| deadline.value))
}

fn whole(table: &Table<'_>, key: &'static str, least: f64, most: f64) -> Option<f64> {
    let number = table.number(key, least..=most)?;
    if number.value.fract() != 0.0 {
        table.complain(Diagnostic::at(&number.span, format!("`{}` is a whole number", table.path_of(key))));
        return None;
    }
    Some(number.value)
}

/// One pattern for every kind of code, or a table with one for each.
fn patterns(table: &Table<'_>) -> Patterns {
    let Some(kinds) = table.table_if_any("pattern") else {
        return Patterns { any: pattern(table, "pattern"), ..Patterns::default() };
    };
    let patterns = Patterns {
        any: None,
        otp: pattern(&kinds, "otp"),
        verification_code: pattern(&kinds, "verification-code"),
        recovery_code: pattern(&kinds, "recovery-code"),
    };
    kinds.end();
    patterns
}

fn pattern(table: &Table<'_>, key: &'static str) -> Option<Pattern> {
    let text = table.text(key)?;
    let pattern = Pattern::new(&text.value);
    if let Err(error) = &pattern {
        table.complain(Diagnostic::at(&text.span, error.to_string()).help("such as 'your code is ([0-9]{6})'"));
    }
    pattern.ok()
}

impl PasscodeConfig {
    /// The source's name.
    pub fn name(&self) -> &'static str {
        match &self.0 {
            Source::Totp { .. } => "totp",
            Source::Command { .. } => "command",
            Source::Prompt { .. } => "prompt",
            Source::Imap(_) => "imap",
            Source::Http(_) => "http",
        }
    }

    /// The secrets that it needs.
    pub fn secrets(&self) -> Vec<&Spanned<SecretSource>> {
        match &self.0 {
            Source::Totp { secret, .. } => vec![secret],
            Source::Imap(imap) => vec![&imap.password],
            Source::Http(http) => http.headers.iter().map(|(_, value)| value).collect(),
            Source::Command { .. } | Source::Prompt { .. } => Vec::new(),
        }
    }

    /// Reads the secrets and files, registers the secrets, and makes the source. Nothing is sent.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub fn resolve(&self, register: &Register) -> Result<PasscodeSource, ResolveError> {
        Ok(match &self.0 {
            Source::Totp { secret, period, digits, algorithm, deadline } => {
                let totp = Totp::new(&secret.resolve("totp-secret", register)?.secret, *deadline);
                let totp = totp.map_err(|error| ResolveError::Key(secret.value.clone(), error))?;
                totp.with(*period, *digits, *algorithm).into()
            }
            Source::Command { words, deadline } => {
                let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
                if !is_there(program) {
                    return Err(ResolveError::NoProgram(program.to_owned()));
                }
                Command::new(program, arguments.to_vec(), *deadline).into()
            }
            Source::Prompt { deadline } => Prompt::new(*deadline).into(),
            Source::Imap(imap) => imap.resolve(register)?.into(),
            Source::Http(http) => http.resolve(register)?.into(),
        })
    }
}

impl ImapConfig {
    fn resolve(&self, register: &Register) -> Result<Imap, ResolveError> {
        let Self { host, port, username, password, mailbox, to, patterns, pace, ca } = self.clone();
        let (password, roots) = (password.resolve("mailbox-password", register)?.secret, trusted(ca)?);
        Ok(Imap { host, port, username, password, mailbox, to, patterns, pace, roots })
    }
}

impl HttpConfig {
    fn resolve(&self, register: &Register) -> Result<Inbox, ResolveError> {
        let Self { url, headers, messages, text, received, patterns, pace, ca } = self.clone();
        let read = |(name, value): (HeaderName, Spanned<SecretSource>)| {
            Ok((name, value.resolve("inbox-credential", register)?.secret))
        };
        let headers = headers.into_iter().map(read).collect::<Result<_, SecretError>>()?;
        let roots = trusted(ca)?;
        Ok(Inbox { url, headers, messages, text, received, patterns, pace, roots })
    }
}

fn trusted(ca: Option<PathBuf>) -> Result<Vec<CertificateDer<'static>>, ResolveError> {
    let Some(path) = ca else { return Ok(Vec::new()) };
    let name = path.display().to_string();
    let pem = std::fs::read(&path).map_err(|error| ResolveError::Unreadable(name.clone(), error.to_string()))?;
    roots(&pem).map_err(|error| ResolveError::Roots(name, error))
}

/// Whether a program would be found; whether it can be run, only running it tells.
fn is_there(program: &str) -> bool {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return path.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let suffix = std::env::consts::EXE_SUFFIX;
    std::env::split_paths(&folders)
        .any(|folder| folder.join(program).is_file() || folder.join(format!("{program}{suffix}")).is_file())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::record::redaction::Register;

    /// A target with one user, whose passcodes come from this.
    fn file(passcode: &str) -> String {
        format!(
            "[targets.a]\nregion = \"eu\"\nenvironment = \"3b1c6d4e-0f2a-4c58-9d7e-5a6b7c8d9e0f\"\n\
             [[targets.a.users.email]]\nusername = \"anna\"\n[targets.a.users.email.passcode]\n{passcode}"
        )
    }

    fn read(passcode: &str) -> Result<Config, String> {
        let read = Config::parse("flowproof.toml".into(), file(passcode), &[]);
        read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect())
    }

    fn name(passcode: &str) -> &'static str {
        let config = read(passcode).unwrap_or_else(|problems| panic!("{problems}"));
        let user = &config.targets()["a"].users["email"][0];
        user.passcode.as_ref().expect("a source").name()
    }

    #[test]
    fn every_source_is_read_with_its_keys() {
        let secret = "{ env = \"S\" }";
        assert_eq!(
            name(&format!("source = \"totp\"\nsecret = {secret}\nperiod = 60\ndigits = 8\nalgorithm = \"SHA256\"\n")),
            "totp"
        );
        assert_eq!(name("source = \"command\"\ncommand = [\"x\", \"y\"]\ndeadline = 1.5\n"), "command");
        assert_eq!(name("source = \"prompt\"\n"), "prompt");
        let imap = "host = \"h\"\nport = 10993\nusername = \"u\"\nmailbox = \"Codes\"\nto = \"a@b.example\"\npattern = '([0-9]{6})'\n";
        assert_eq!(
            name(&format!("source = \"imap\"\n{imap}password = {secret}\nevery = 1\nca = \"ca.pem\"\n")),
            "imap"
        );
        let http =
            "url = \"https://h.example/{email}?since={since}\"\nmessages = \"/m\"\ntext = \"\"\nreceived = \"/at\"\n";
        let patterns = "pattern = { otp = '([0-9]{6})', recovery-code = '(x)' }\n";
        assert_eq!(name(&format!("source = \"http\"\n{http}{patterns}headers = {{ X-Key = {secret} }}\n")), "http");
    }

    #[test]
    fn c06_every_problem_of_a_source_is_told_at_once_and_at_its_place() {
        let problems = |passcode: &str| read(passcode).expect_err("refused");
        for (passcode, said) in [
            ("source = \"imapp\"\n", vec![":7:10", "`imapp` is no source of passcodes", "did you mean `imap`?"]),
            ("deadline = 5\n", vec!["`targets.a.users.email.passcode.source` is missing"]),
            (
                "source = \"imap\"\nhots = \"h\"\nport = 70000\npattern = '[0-9]{6}'\n",
                vec![
                    "passcode.host` is missing",
                    "passcode.username` is missing",
                    "passcode.password` is missing",
                    "unknown key `targets.a.users.email.passcode.hots`",
                    "did you mean `host`?",
                    "must be a number from 1 to 65535",
                    ":10:11",
                    "this has 0",
                ],
            ),
            (
                "source = \"totp\"\nsecret = \"JBSWY3DPEHPK3PXP\"\ndigits = 6.5\nalgorithm = \"MD5\"\n",
                vec!["this file is no place for secrets", "is a whole number", "algorithms: SHA1, SHA256, SHA512"],
            ),
            (
                "source = \"command\"\ncommand = \"echo 1 | cat\"\ndeadline = 0\n",
                vec!["must be a list of texts", "must be a number from 0.1 to 3600"],
            ),
            (
                "source = \"http\"\nurl = \"https://{email}.example/\"\ntext = \"body\"\n",
                vec!["the host does not depend on the recipient", "`body` is no JSON pointer"],
            ),
        ] {
            let problems = problems(passcode);
            said.iter().for_each(|said| assert!(problems.contains(said), "no `{said}` in {problems}"));
            assert!(!problems.contains("JBSWY3DPEHPK3PXP ") || passcode.contains("totp"), "{problems}");
        }
    }

    #[test]
    fn c09_an_inbox_is_asked_with_tls_but_on_this_machine() {
        let http = |url: &str| read(&format!("source = \"http\"\nurl = \"{url}\"\ntext = \"/t\"\n")).err();
        assert!(http("http://inbox.example/").expect("refused").contains("passcodes are never read without TLS"));
        assert!(http("http://127.0.0.1.example/").is_some());
        assert_eq!(http("http://127.0.0.1:8025/api"), None);
        assert!(http("https://a:b@inbox.example/").expect("refused").contains("a URL is no place for a password"));
        assert!(http("https://inbox.example/{mail}").expect("refused").contains("{email}"));
    }

    #[test]
    fn a_source_that_lacks_something_says_what_before_it_is_used() {
        let unusable = |passcode: &str| {
            let config = read(passcode).unwrap_or_else(|problems| panic!("{problems}"));
            let user = config.targets()["a"].users["email"][0].clone();
            user.passcode
                .expect("a source")
                .resolve(&Register::default())
                .expect_err("something is missing")
                .to_string()
        };
        let none = "source = \"command\"\ncommand = [\"flowproof-no-such-program\"]\n";
        assert_eq!(unusable(none), "there is no program `flowproof-no-such-program` in PATH");
        let unset = "source = \"totp\"\nsecret = { env = \"FLOWPROOF_NO_SUCH_VARIABLE\" }\n";
        assert_eq!(unusable(unset), "the environment variable FLOWPROOF_NO_SUCH_VARIABLE is not set");
        let no_key = unusable("source = \"totp\"\nsecret = { command = [\"echo\", \"not-a-key-1\"] }\n");
        assert!(no_key.starts_with("the command `echo`: the secret is no base32"), "{no_key}");
        let no_file = "source = \"imap\"\nhost = \"h\"\nusername = \"u\"\npassword = { command = [\"echo\", \"w1\"] }\nca = \"no.pem\"\n";
        assert!(
            unusable(no_file).starts_with("no certificate can be read from no.pem: No such file"),
            "{}",
            unusable(no_file)
        );
    }
}
