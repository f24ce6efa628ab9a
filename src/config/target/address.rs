//! Where a tenant is: a region of PingOne, or a custom domain.
//!
//! Deliberately not here: what the environment is called there.

use url::Url;

use crate::base::loopback::is_loopback;
use crate::base::source::{Diagnostic, Spanned};
use crate::config::table::TomlTable;

/// The regions, each the end of its hosts' names.
pub(super) const REGIONS: &[&str] = &["com", "eu", "ca", "asia", "com.au", "sg"];

/// Where a tenant is.
pub(super) struct TenantAddress {
    pub(super) auth_path: Url,
    pub(super) api_path: Option<Url>,
    pub(super) environment_in_path: bool,
}

pub(super) fn address(table: &TomlTable<'_>) -> Option<TenantAddress> {
    let (region, auth_path) = (table.text("region"), table.text("auth-path"));
    let in_path = table.flag("environment-in-path");
    match (region, auth_path) {
        (Some(region), None) => {
            if let Some(flag) = in_path {
                let message = "`environment-in-path` goes with `auth-path`; the hosts of a region have it in the path";
                table.report(Diagnostic::at(&flag.span, message));
            }
            regional(table, &region)
        }
        (None, Some(auth_path)) => custom(table, &auth_path, in_path.is_some_and(|flag| flag.value)),
        (None, None) => {
            if !table.has("region") && !table.has("auth-path") {
                let message = format!("`{}` or `auth-path` is missing", table.path_of("region"));
                table.report(Diagnostic::at(&table.span(), message).help(format!("regions: {}", REGIONS.join(", "))));
            }
            None
        }
        (Some(_), Some(second)) => {
            table.report(Diagnostic::at(&second.span, "`region` and `auth-path` exclude each other"));
            None
        }
    }
}

/// Where the management API is, if the file says so: custom domains have none of their own.
pub(super) fn api_path(table: &TomlTable<'_>) -> Option<Url> {
    let text = table.text("api-path")?;
    match auth_path(&text, true) {
        Ok(url) => Some(url),
        Err((message, _)) => {
            let help = "it looks like this: \"https://api.pingone.eu/v1\"";
            table.report(Diagnostic::at(&text.span, message).help(help));
            None
        }
    }
}

fn regional(table: &TomlTable<'_>, region: &Spanned<String>) -> Option<TenantAddress> {
    if !REGIONS.contains(&region.value.as_str()) {
        let message = format!("`{}` is not a region", region.value);
        let problem = Diagnostic::at(&region.span, message).suggest(region, REGIONS.iter().copied());
        table.report(problem.or_help(format!("regions: {}", REGIONS.join(", "))));
        return None;
    }
    let auth_path = Url::parse(&format!("https://auth.pingone.{}", region.value)).ok()?;
    let api_path = Url::parse(&format!("https://api.pingone.{}/v1", region.value)).ok();
    Some(TenantAddress { auth_path, api_path, environment_in_path: true })
}

fn custom(table: &TomlTable<'_>, text: &Spanned<String>, environment_in_path: bool) -> Option<TenantAddress> {
    match auth_path(text, environment_in_path) {
        Ok(auth_path) => Some(TenantAddress { auth_path, api_path: None, environment_in_path }),
        Err((message, help)) => {
            table.report(Diagnostic::at(&text.span, message).help(help));
            None
        }
    }
}

/// Reads the address of a tenant, or says what is wrong with it and what to try (C08, C09).
pub(super) fn auth_path(text: &str, environment_in_path: bool) -> Result<Url, (String, String)> {
    let example = "it looks like this: \"https://auth.example.com\"";
    let refuse = |message: String| Err((message, example.to_owned()));
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        Ok(_) => return refuse(format!("`{text}` is not a URL with a host")),
        Err(error) => return refuse(format!("`{}` is not a URL: {error}", without_userinfo(text))),
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
pub(in crate::config) fn without_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, behind)) => format!("…@{behind}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
