//! What a whole file may say, and what is refused in it.

mod passcode;
mod run;

use super::{Config, SecretSource};
use crate::base::requires;
use crate::checks::Levels;
use crate::record::Level;

fn problems(text: &str) -> String {
    let read = Config::parse("flowproof.toml".into(), text.into(), &["operations", "states"]);
    read.expect_err("refused").iter().map(|problem| problem.render(false)).collect()
}

#[test]
fn levels_and_thresholds_are_read() {
    let text = "[levels]\nundocumented-property = \"deny\"\n[coverage]\noperations = 100\n";
    let config = Config::parse("flowproof.toml".into(), text.into(), &["operations"]).expect("accepted");
    let mut levels = Levels::default();
    config.apply(&mut levels);
    let mut expected = Levels::default();
    expected.set("undocumented-property", Level::Deny);
    assert_eq!(levels, expected);
    assert_eq!(config.coverage("embedded stand-in"), [("operations".to_owned(), 100.0)]);
}

#[test]
fn c06_what_is_not_known_or_out_of_range_is_refused_at_its_place() {
    assert!(problems("[level]\n").contains("flowproof.toml:1:2"), "{}", problems("[level]\n"));
    let text = problems("[levels]\nmedia-typ = \"deny\"\n[coverage]\nstates = 101\n");
    assert!(text.contains("did you mean `media-type`?") && text.contains("flowproof.toml:4:10"), "{text}");
    assert!(problems("[levels]\nmedia-type = \"forbid\"\n").contains("forbid"));
    assert!(problems("levels = [\n").contains("flowproof.toml:"));
}

#[test]
fn c13_a_file_for_a_newer_version_says_that_and_nothing_else() {
    let text = problems("requires = \"flowproof >= 99.1\"\n[unheard-of]\n");
    assert!(text.contains("flowproof.toml:1:12") && text.contains("needs flowproof >=99.1"), "{text}");
    assert!(text.contains(&format!("this is flowproof {}", requires::VERSION)) && !text.contains("unheard"), "{text}");
    assert!(problems("requires = 1\n").contains("a text in quotes"));
    let met = format!("requires = \"flowproof >= {}\"\n", requires::VERSION);
    Config::parse("flowproof.toml".into(), met, &[]).expect("accepted");
}

#[test]
fn c05_nothing_is_both_open_and_secret() {
    let target = format!("[targets.a]\nregion = \"eu\"\nenvironment = \"{ID}\"\n");
    for (lines, said) in [
        ("[[targets.a.users.email]]\nusername = { env = \"U\" }\n", "must be a text in quotes"),
        ("[[targets.a.users.email]]\npassword = \"open\"\n", "must not be written here"),
        ("[targets.a.worker]\nclient-id = { env = \"I\" }\nclient-secret = { env = \"S\" }\n", "a text in quotes"),
        ("[targets.a.worker]\nclient-id = \"w\"\nclient-secret = { env = \"S\", file = \"f\" }\n", "env"),
        (
            "[targets.a.worker]\nclient-id = \"w\"\nclient-secret = \"s\"\nclient-secret = { env = \"S\" }\n",
            "duplicate",
        ),
    ] {
        let text = problems(&format!("{target}{lines}"));
        assert!(text.contains(said), "{said}: {text}");
    }
}

const ID: &str = "00000000-0000-4000-8000-000000000001";

#[test]
fn every_problem_of_a_target_is_told_at_once_and_at_its_place() {
    let text = problems(
        "[targets.a]\nregion = \"eur\"\nenvironment = \"1\"\nproductoin = true\nrate = -1\n\
         [targets.a.worker]\nclient-id = \"<client-id>\"\nclient-secret = \"s3cr3t\"\nauthentication = \"jwt\"\n\
         [[targets.a.users.email]]\nusrname = \"anna\"\n",
    );
    for (place, said) in [
        ("2:10", "`eur` is not a region"),
        ("3:15", "`1` is not a valid id of an environment"),
        ("4:1", "did you mean `production`?"),
        ("5:8", "`targets.a.rate` must be a number from 0.01 to 1000"),
        ("7:13", "is a placeholder"),
        ("8:17", "must not be written here"),
        ("9:18", "`jwt` is not a valid way to authenticate"),
        ("11:1", "did you mean `username`?"),
    ] {
        assert!(text.contains(&format!("flowproof.toml:{place}")) && text.contains(said), "{place} {said}\n{text}");
    }
}

#[test]
fn a_target_becomes_addresses_pools_and_sources() {
    let text = format!(
        "[targets.a]\nregion = \"com.au\"\nenvironment = \"{ID}\"\nrate = 10\n\
         [targets.a.worker]\nclient-id = \"w\"\nclient-secret = {{ env = \"S\" }}\n\
         [targets.a.apps.sign-on]\nclient-id = \"c\"\n\
         [[targets.a.users.email]]\nid = \"1\"\n[[targets.a.users.email]]\nid = \"2\"\n"
    );
    let config = Config::parse("flowproof.toml".into(), text, &[]).expect("accepted");
    let target = &config.targets["a"];
    assert_eq!(target.auth_path.as_str(), "https://auth.pingone.com.au/");
    assert_eq!((target.environment_in_path, target.rate), (true, Some(10.0)));
    assert_eq!(target.users["email"].len(), 2);
    let worker = target.worker.as_ref().expect("a worker");
    assert_eq!(worker.client_secret.value, SecretSource::Env("S".into()));
}
