//! Header fields that are of one connection only, and so are not passed on (RFC 9110, section 7.6.1).

use http::header::{CONNECTION, HeaderMap, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

/// Those that are of one connection whether or not `Connection` lists them.
const ALWAYS: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
/// The same, for which there are no constants.
const BY_NAME: [&str; 3] = ["keep-alive", "proxy-connection", "proxy-authorization"];

/// The fields that are passed on.
pub(super) fn passed_on(fields: &HeaderMap) -> HeaderMap {
    let listed: Vec<String> = fields
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let stays = |name: &HeaderName| {
        let name = name.as_str();
        ALWAYS.iter().any(|known| known == name) || BY_NAME.contains(&name) || listed.iter().any(|own| own == name)
    };
    fields.iter().filter(|(name, _)| !stays(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_connection_stay_and_all_others_pass_with_their_repetitions() {
        let mut fields = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("authorization", "Bearer x"),
        ] {
            fields.append(HeaderName::from_static(name), value.parse().expect("a value"));
        }
        let passed = passed_on(&fields);
        let names: Vec<&str> = passed.keys().map(HeaderName::as_str).collect();
        assert_eq!((names, passed.get_all("set-cookie").iter().count()), (vec!["set-cookie", "authorization"], 2));
    }
}
