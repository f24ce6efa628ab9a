//! The base address of a server of any API.

use url::Url;

use crate::base::loopback::is_loopback;
use crate::config::target::without_userinfo;

/// Reads the base address of a server, or says what is wrong with it and what to try.
///
/// # Errors
/// What is wrong, and what to try.
pub(crate) fn base_url(text: &str) -> Result<Url, (String, String)> {
    let refuse = |message: String| Err((message, "it looks like this: \"https://api.example.com/v1\"".to_owned()));
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() && matches!(url.scheme(), "http" | "https") => url,
        Ok(_) => return refuse(format!("`{text}` is not a URL of HTTP with a host")),
        Err(error) => return refuse(format!("`{}` is not a URL: {error}", without_userinfo(text))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("the URL of a target has no user and no password".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("the URL of a target has no query and no fragment".into());
    }
    Ok(url)
}

/// Whether what is sent there can be read on the way.
pub(crate) fn is_open(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}
