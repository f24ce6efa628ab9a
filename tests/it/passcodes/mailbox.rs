//! `imap` against Dovecot.

use std::time::{Duration, SystemTime};

use chrono::Utc;
use flowproof::auth::passcode::{CodeKind, Imap, PasscodeSource, Pattern, Patterns, Polling, Recipient, UsedCodes};

use super::dovecot::{Dovecot, PASSWORD};
use crate::support::peers::{code, code_unless_used, has, otp};

/// A recipient of one test alone: all share the mailbox.
fn recipient(name: &str) -> Recipient {
    Recipient { email: Some(format!("qa+{name}@example.com")), ..Recipient::default() }
}

fn server() -> Option<Dovecot> {
    has("dovecot", "dovecot-imapd").then(Dovecot::start)
}

fn mailbox(server: &Dovecot) -> Imap {
    Imap {
        host: "localhost".into(),
        port: server.port,
        username: "anna".into(),
        password: PASSWORD.into(),
        mailbox: "INBOX".into(),
        to: None,
        patterns: Patterns::default(),
        polling: Polling { every: Duration::from_millis(200), deadline: Duration::from_secs(10) },
        roots: vec![server.certificate.der.clone()],
    }
}

fn reading(imap: Imap) -> PasscodeSource {
    PasscodeSource::Imap(Box::new(imap))
}

fn briefly(imap: Imap) -> Imap {
    Imap { polling: Polling { deadline: Duration::from_millis(900), ..imap.polling }, ..imap }
}

fn mail(to: &Recipient, text: &str) -> String {
    let to = to.email.as_deref().expect("an address");
    format!("From: tenant@example.net\r\nTo: {to}\r\nSubject: Your passcode\r\n\r\n{text}\r\n")
}

#[test]
fn a_passcode_is_read_from_the_newest_mail_to_the_recipient() {
    let Some(server) = server() else { return };
    let (to, other) = (recipient("newest"), recipient("newest2"));
    let since = Utc::now();
    server.deliver(&mail(&to, "Your code is 111111."));
    server.deliver(&mail(&to, "Your code is 222222."));
    server.deliver(&mail(&other, "Your code is 333333."));
    let source = reading(mailbox(&server));
    assert_eq!(code(&source, CodeKind::Otp, &to, since), Ok("222222".into()));
    assert_eq!(code(&source, CodeKind::Otp, &other, since), Ok("333333".into()));
}

#[test]
fn a_mail_from_before_the_request_is_passed_over_and_the_right_one_is_waited_for() {
    let Some(server) = server() else { return };
    let to = recipient("older");
    server.deliver_at(&mail(&to, "Your code is 111111."), SystemTime::now() - Duration::from_secs(30));
    let nothing = otp(&reading(briefly(mailbox(&server))), &to).expect_err("an old mail");
    let expected =
        "no mail without a code to qa+older@example.com since it was asked for, and 1 mail from before passed over";
    assert!(nothing.contains(expected), "{nothing}");
    let delivery = server.deliver_later(mail(&to, "Your code is 222222."), Duration::from_millis(700));
    assert_eq!(otp(&reading(mailbox(&server)), &to), Ok("222222".into()));
    delivery.join().expect("it was delivered");
}

#[test]
fn a_mail_gives_its_code_only_once() {
    let Some(server) = server() else { return };
    let to = recipient("once");
    let (since, used) = (Utc::now(), UsedCodes::default());
    let code = |imap: Imap| code_unless_used(&reading(imap), CodeKind::Otp, &to, since, &used);
    server.deliver(&mail(&to, "Your code is 111111."));
    assert_eq!(code(mailbox(&server)), Ok("111111".into()));
    let again = code(briefly(mailbox(&server))).expect_err("used up");
    assert!(again.contains("1 mail from before passed over"), "{again}");
}

#[test]
fn the_code_within_a_mailed_link_is_read_from_a_multipart_mail_in_base64() {
    let Some(server) = server() else { return };
    let to = recipient("link");
    // <a href="https://apps.example/verify?user=1&amp;code=AB12CD34">Verify</a>, in base64.
    let page = "PHN0eWxlPnAge2NvbG9yOiAjMTIzNDU2fTwvc3R5bGU+PGEgaHJlZj0iaHR0cHM6Ly9hcHBzLmV4YW1wbGUvdmVyaWZ5P3VzZXI9MSZhb\r\n\
                XA7Y29kZT1BQjEyQ0QzNCI+VmVyaWZ5PC9hPg==";
    let text = format!(
        "From: tenant@example.net\r\nTo: \"Anna, QA\" <{}>\r\nSubject: =?utf-8?q?Best=C3=A4tigen?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b1\r\n\r\n\
         --b1\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Gr=FC=DFe, bitte best=E4tigen.\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{page}\r\n--b1--\r\n",
        to.email.as_deref().expect("an address")
    );
    let since = Utc::now();
    server.deliver(&text);
    let patterns = Patterns { any: Pattern::new("[?&]code=([A-Z0-9]{8})").ok(), ..Patterns::default() };
    let source = reading(Imap { patterns, ..mailbox(&server) });
    assert_eq!(code(&source, CodeKind::VerificationCode, &to, since), Ok("AB12CD34".into()));
}

#[test]
fn a_code_split_over_lines_by_quoted_printable_is_put_together() {
    let Some(server) = server() else { return };
    let to = recipient("quoted");
    let since = Utc::now();
    let mail = mail(&to, "=48ier ist Ihr Code: 12=\r\n3456").replace(
        "Subject:",
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject:",
    );
    server.deliver(&mail);
    assert_eq!(code(&reading(mailbox(&server)), CodeKind::Otp, &to, since), Ok("123456".into()));
}

#[test]
fn a_wrong_password_and_a_wrong_mailbox_are_said_at_once() {
    let Some(server) = server() else { return };
    // Who waited would wait for an hour.
    let hour = Polling { deadline: Duration::from_secs(3600), ..mailbox(&server).polling };
    let wrong = Imap { password: "shut sesame".into(), polling: hour, ..mailbox(&server) };
    let error = otp(&reading(wrong), &recipient("refused")).expect_err("refused");
    assert!(error.contains("anna was refused") && error.contains("check `username` and `password`"), "{error}");
    assert!(!error.contains("sesame"), "{error}");
    let wrong = Imap { mailbox: "Codes".into(), polling: hour, ..mailbox(&server) };
    let error = otp(&reading(wrong), &recipient("refused")).expect_err("no such mailbox");
    assert!(error.contains("there is no mailbox `Codes`"), "{error}");
}

#[test]
fn a_password_that_is_not_ascii_is_sent_all_the_same() {
    let Some(server) = server() else { return };
    let wrong = Imap { password: "Käse".into(), ..mailbox(&server) };
    let error = otp(&reading(wrong), &recipient("umlaut")).expect_err("refused");
    assert!(error.contains("refuses AUTHENTICATE") && error.contains("umlaut@example.com"), "{error}");
}

#[test]
fn a_certificate_that_nobody_named_or_for_another_name_is_not_accepted() {
    let Some(server) = server() else { return };
    let unknown = Imap { roots: Vec::new(), ..mailbox(&server) };
    let error = otp(&reading(unknown), &recipient("tls")).expect_err("an unknown authority");
    assert!(error.contains("TLS failed") && error.contains("name its certificate: `ca`"), "{error}");
    let elsewhere = Imap { host: "127.0.0.2".into(), ..mailbox(&server) };
    assert!(otp(&reading(briefly(elsewhere)), &recipient("tls")).is_err());
}

#[test]
fn nobody_at_the_port_is_waited_for_until_the_deadline() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let imap = Imap {
        host: "localhost".into(),
        port: closed,
        username: "anna".into(),
        password: PASSWORD.into(),
        mailbox: "INBOX".into(),
        to: None,
        patterns: Patterns::default(),
        polling: Polling { every: Duration::from_millis(100), deadline: Duration::from_millis(500) },
        roots: Vec::new(),
    };
    let error = otp(&reading(imap), &recipient("closed")).expect_err("closed");
    assert!(error.contains("it cannot be reached") && error.contains("Connection refused"), "{error}");
}

#[test]
fn a_recipient_without_an_address_and_a_kind_without_a_pattern_are_told() {
    let Some(server) = server() else { return };
    let source = reading(mailbox(&server));
    let error = otp(&source, &Recipient { username: Some("anna".into()), ..Recipient::default() }).expect_err("nobody");
    assert!(error.contains("no e-mail address; give the user an `email`, or the passcode a `to`"), "{error}");
    let error = code(&source, CodeKind::RecoveryCode, &recipient("kind"), Utc::now()).expect_err("no pattern");
    assert!(
        error.starts_with("no recovery code for qa+kind@example.com from the mailbox `INBOX` of anna at"),
        "{error}"
    );
    assert!(error.contains("no pattern describes such a code; write a `pattern`"), "{error}");
}
