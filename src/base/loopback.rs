//! Whether a URL leads to this machine: the one rule by which plain HTTP is allowed, proxies are passed by and stand-ins are
//! accepted.
//!
//! Deliberately not here: resolving names. `localhost` is this machine by definition (RFC 6761, section 6.3).

use url::{Host, Url};

/// Whether a URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_every_name_it_has_and_by_no_other() {
        let is_here = |host: &str| is_loopback(&Url::parse(&format!("http://{host}:8080/x")).expect("a URL"));
        for host in ["127.0.0.1", "127.9.9.9", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "LocalHost", "localhost."] {
            assert!(is_here(host), "{host}");
        }
        for host in
            ["128.0.0.1", "0.0.0.0", "[::]", "[::ffff:10.0.0.1]", "localhost.example", "a.localhost", "localhost.."]
        {
            assert!(!is_here(host), "{host}");
        }
        assert!(!is_loopback(&Url::parse("data:localhost").expect("a URL")));
    }
}
