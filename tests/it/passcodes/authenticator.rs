//! `totp` against oathtool.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flowproof::auth::passcode::{Algorithm, CodeKind, PasscodeSource, Totp, UsedCodes};

use crate::support::peers::{anna, code_unless_used, has, otp};

const MINUTE: Duration = Duration::from_secs(60);

fn oathtool(arguments: &[&str], secret: &str, time: u64) -> String {
    let output = Command::new("oathtool")
        .args(arguments)
        .arg(format!("--now=@{time}"))
        .args(["-b", secret])
        .env("TZ", "UTC")
        .output()
        .expect("oathtool runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn codes_are_those_of_oathtool() {
    if !has("oathtool", "oathtool") {
        return;
    }
    let cases: [(&str, Algorithm, &str, u8, &str, u64); 4] = [
        ("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Algorithm::Sha1, "--totp", 6, "30s", 30),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Algorithm::Sha1, "--totp", 8, "60s", 60),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA", Algorithm::Sha256, "--totp=sha256", 6, "30s", 30),
        (
            "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIYTEMZUGU3DOOBZGA",
            Algorithm::Sha512,
            "--totp=sha512",
            7,
            "30s",
            30,
        ),
    ];
    for (secret, algorithm, mode, digits, step, period) in cases {
        let totp = Totp::new(&secret.into(), MINUTE).expect("a key");
        let source = PasscodeSource::Totp(totp.with(Duration::from_secs(period), digits, algorithm));
        let before = now();
        let code = otp(&source, &anna()).expect("a code");
        let digits = digits.to_string();
        let expected = [before, now()].map(|time| oathtool(&[mode, "-d", &digits, "-s", step], secret, time));
        assert!(expected.contains(&code), "{mode} {digits}: {code} is none of {expected:?}");
    }
}

#[test]
fn a_secret_as_people_copy_it_is_taken() {
    if !has("oathtool", "oathtool") {
        return;
    }
    let totp = Totp::new(&"onsw 4zlu-MVRX EZLU onsw4zlu======".into(), MINUTE).expect("a key");
    let before = now();
    let code = otp(&PasscodeSource::Totp(totp), &anna()).expect("a code");
    let expected = [before, now()].map(|time| oathtool(&["--totp"], "ONSW4ZLUMVRXEZLUONSW4ZLU", time));
    assert!(expected.contains(&code), "{code} is none of {expected:?}");
}

#[test]
fn every_worker_of_a_run_gets_the_code_of_a_window_of_its_own() {
    if !has("oathtool", "oathtool") {
        return;
    }
    let secret = "KRUHE5LTORUGKZTJOZSSA33OMUQHIZLO";
    let source = |deadline| {
        let totp = Totp::new(&secret.into(), deadline).expect("a key");
        PasscodeSource::Totp(totp.with(Duration::from_secs(1), 6, Algorithm::Sha1))
    };
    let used = Arc::new(UsedCodes::default());
    let otp = |source: &PasscodeSource, used: &UsedCodes| {
        code_unless_used(source, CodeKind::Otp, &anna(), chrono::Utc::now(), used)
    };
    let before = now();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            std::thread::spawn({
                let (source, used) = (source(MINUTE), Arc::clone(&used));
                move || otp(&source, &used).expect("a code")
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    let late = otp(&source(Duration::ZERO), &used).expect_err("all windows until now are taken");
    assert!(late.contains("every code within 0 s is taken by another scenario; give this role more users"), "{late}");
    let mut codes: Vec<String> = threads.into_iter().map(|thread| thread.join().expect("a thread")).collect();
    let windows: Vec<String> = (before..=now()).map(|time| oathtool(&["--totp", "-s", "1s"], secret, time)).collect();
    assert!(codes.iter().all(|code| windows.contains(code)), "{codes:?} are not all among {windows:?}");
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 3, "{codes:?}");
}

#[test]
fn a_secret_that_is_no_key_is_refused_without_being_shown() {
    let refusal = |secret: &str| Totp::new(&secret.into(), MINUTE).expect_err("no key").to_string();
    assert_eq!(refusal("not-base32!"), "the secret is not base32: the letters A to Z and the digits 2 to 7");
    assert!(refusal("JBSWY3DP").starts_with("the secret has 5 bytes"));
    assert!(refusal("").starts_with("the secret has 0 bytes"));
}
