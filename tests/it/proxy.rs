//! The proxy: what passes is unchanged, what is found is told at once, and the journal is one at any moment.

pub(crate) mod support;

use std::fs;
use std::io::{Read, Write};
use std::thread;

use flowproof::record::{ScenarioRecord, Verdict};
use flowproof::run::{RunOptions, TargetChoice};

use self::support::{Passing, Server, ask, fresh};
use crate::support::{SHOP, code, finish, journal, records, report, stderr, stdout, wait_until};

const ENVIRONMENT: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";

#[test]
fn bodies_pass_byte_for_byte_in_both_directions_however_they_are_framed() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let echo = Server::start(|request| {
        let mut answer = b"HTTP/1.1 200 OK\r\nX-Twice: a\r\nX-Twice: b\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in request.body.chunks(7_001) {
            answer.extend(format!("{:x}\r\n", chunk.len()).bytes());
            answer.extend(chunk);
            answer.extend(b"\r\n");
        }
        answer.extend(b"0\r\n\r\n");
        answer
    });
    let proxy = Passing::start("bytes", &echo.url(), &[]);
    let length = format!("Content-Length: {}\r\n", bytes.len());
    let answer = ask(proxy.port, "POST", "/any/path?x=%2F&y=a+b", &length, &bytes);
    assert_eq!(answer.body, bytes);
    assert_eq!(answer.head.matches("x-twice: ").count(), 2, "{}", answer.head);
    let seen = echo.seen();
    assert!(seen[0].head.starts_with("POST /any/path?x=%2F&y=a+b HTTP/1.1\r\n"), "{}", seen[0].head);
    let host = format!("host: {}", echo.url().trim_start_matches("http://"));
    assert!(seen[0].head.to_ascii_lowercase().contains(&host), "{}", seen[0].head);
    assert!(!answer.head.to_ascii_lowercase().contains("\r\ndate:"), "the date is the target's to say");
    let output = proxy.interrupt();
    assert_eq!(code(&output), 4, "nothing of the contract passed: {}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("1 × POST "), "{}", stdout(&output));
}

#[test]
fn an_answer_begins_to_pass_before_it_is_whole() {
    let slow = Server::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc".to_vec());
    let proxy = Passing::start("streaming", &slow.url(), &[]);
    let mut connection = std::net::TcpStream::connect(("127.0.0.1", proxy.port)).expect("it listens");
    connection.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let (mut text, mut buffer) = (Vec::new(), [0; 256]);
    while !text.ends_with(b"abc") {
        let count = connection.read(&mut buffer).expect("it comes although more is to come");
        assert!(count > 0, "{}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..count]);
    }
    drop(proxy);
}

#[test]
fn where_the_target_gives_no_answer_the_proxy_gives_none_either() {
    let nowhere = fresh();
    let proxy = Passing::start("nowhere", &format!("http://127.0.0.1:{nowhere}"), &[]);
    let path = format!("/{ENVIRONMENT}/flows/6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d");
    assert_eq!(ask(proxy.port, "GET", &path, "", b"").head, "", "the connection is closed");
    let folder = proxy.folder.clone();
    let output = proxy.interrupt();
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    assert!(stdout(&output).contains("unjudged #0 readFlow: "), "{}", stdout(&output));
    assert_eq!(records(&journal(&folder))[0].verdict, Verdict::Errored);
}

/// Runs scenarios against a stand-in, all of whose traffic goes through a proxy.
fn driven(name: &str, fault: Option<&str>, chooses: fn(&str) -> bool) -> (Verdict, Passing, support::StandIn) {
    let tenant = support::StandIn::start(fault);
    let proxy = Passing::start(name, &tenant.url, &[]);
    let folder = crate::support::folder(&format!("proxy/{name}-run"));
    let base_url = format!("http://127.0.0.1:{}", proxy.port).parse().expect("a URL");
    let target = TargetChoice::StandIn { base_url, control: tenant.url.parse().expect("a URL") };
    let suite = flowproof::run::load(&["cases".into()], &crate::support::CONTRACT).expect("the suite");
    let scenarios: Vec<_> = suite.scenarios.into_iter().filter(|scenario| chooses(&scenario.name)).collect();
    assert!(!scenarios.is_empty());
    let options = RunOptions { target, ..RunOptions::new(folder.clone()) };
    let contract = std::sync::Arc::clone(&crate::support::CONTRACT);
    let prepared = flowproof::run::Prepared::new(contract, scenarios, options, Box::new(flowproof::run::Silent));
    let finished = finish(prepared, &folder, 8);
    let worst = records(&journal(&folder)).iter().map(|record| record.verdict).fold(Verdict::Skipped, Verdict::heavier);
    assert!(finished.exit.code() < 4);
    (worst, proxy, tenant)
}

#[test]
fn scenarios_pass_through_it_as_without_and_what_passed_is_covered() {
    let (worst, proxy, _tenant) = driven("driven", None, |name| name.starts_with("mfa/otp/"));
    assert_eq!(worst, Verdict::Passed);
    let folder = proxy.folder.clone();
    let output = proxy.interrupt();
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let read = journal(&folder);
    read.verify().expect("the journal is whole");
    let found = records(&read);
    let moved = |record: &ScenarioRecord| record.sequences.iter().any(|sequence| sequence.observed.len() > 1);
    assert!(found.iter().any(moved), "no resource has a sequence");
    assert!(found.iter().flat_map(|record| &record.exchanges).any(|exchange| exchange.trace.is_some()));
    let covered = crate::support::flowproof(&["coverage", &folder.display().to_string()]);
    assert!(stdout(&covered).contains("transitions"), "{}", stdout(&covered));
    assert!(report(&folder).is_some_and(|report| report["target"]["kind"] == "proxy"));
}

/// Another spelling of a media type was taken for another action, which the state does not permit.
#[test]
fn a_request_that_the_contract_does_not_spell_so_is_counted_and_accuses_nobody() {
    let (worst, proxy, _tenant) = driven("spelling", None, |name| name == "flows/recovery/media-type-without-suffix");
    assert_eq!(worst, Verdict::Passed);
    let output = proxy.interrupt();
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("1 × POST "), "{}", stdout(&output));
}

#[test]
fn nothing_is_held_against_a_resource_that_an_undocumented_request_may_have_changed() {
    let shop = Server::start(|request| {
        let (method, path) = request.head.split_once(' ').expect("a request line");
        let status = if method == "POST" && path.starts_with("/orders/7/payment ") { "PAID" } else { "OPEN" };
        let body = format!(r#"{{"id":"7","status":"{status}"}}"#);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        [head, body].concat().into_bytes()
    });
    let contract = crate::support::folder("proxy/shop").join("api.yaml");
    fs::create_dir_all(contract.parent().expect("a folder"))
        .and_then(|()| fs::write(&contract, SHOP))
        .expect("written");
    let contract = contract.display().to_string();
    let accused = |name: &str, requests: &[(&str, &str)]| {
        let proxy = Passing::start(name, &shop.url(), &["--contract", &contract]);
        requests.iter().for_each(|(method, path)| drop(ask(proxy.port, method, path, "Content-Length: 0\r\n", b"")));
        let output = proxy.interrupt();
        (code(&output), stdout(&output).contains("error[lifecycle-transition]"))
    };
    let (pay, read) = (("POST", "/orders/7/payment"), ("GET", "/orders/7"));
    assert_eq!(accused("shop-changed", &[pay, read]), (1, true), "a paid order is open again");
    assert_eq!(accused("shop-reopened", &[pay, ("POST", "/orders/7/reopening"), read]), (0, false));
    assert_eq!(accused("shop-looked-at", &[pay, ("GET", "/orders/7/invoice"), read]), (1, true));
}

#[test]
fn a_planted_fault_is_told_while_the_traffic_runs_and_a_kill_leaves_a_readable_journal() {
    let (_, mut proxy, _tenant) = driven("fault", Some("missing-link"), |name| name.starts_with("mfa/otp/"));
    wait_until("the fault is told", || proxy.said().contains("error[lifecycle-links] #"));
    let said = proxy.said();
    let line = said.lines().find(|line| line.starts_with("error[lifecycle-links]")).expect("a line");
    assert!(line.contains(" 201") && line.contains("has no link"), "{line}");
    let path = proxy.folder.join("journal.jsonl");
    wait_until("it is in the journal", || fs::read_to_string(&path).is_ok_and(|text| text.contains("{\"scenario\":")));
    proxy.kill();
    let read = journal(&proxy.folder);
    assert!(read.footer().is_none() && !read.entries().is_empty());
    let folder = proxy.folder.join("again").display().to_string();
    let journal = path.display().to_string();
    let again = crate::support::flowproof(&["report", &journal, "--report", &folder]);
    assert_eq!(code(&again), 0, "{}", stderr(&again));
}

#[test]
fn sixty_four_connections_pass_at_once() {
    let gate = Server::start(|request| {
        let body = request.head.lines().next().unwrap_or_default().to_owned();
        thread::sleep(std::time::Duration::from_millis(100));
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    let proxy = Passing::start("many", &gate.url(), &[]);
    let port = proxy.port;
    let clients: Vec<_> = (0..64)
        .map(|client| {
            thread::spawn(move || {
                (0..3).all(|round| {
                    let path = format!("/{client}/{round}");
                    ask(port, "GET", &path, "", b"").body == format!("GET {path} HTTP/1.1").into_bytes()
                })
            })
        })
        .collect();
    assert!(clients.into_iter().all(|client| client.join().expect("no panic")));
    assert!(gate.most_at_once() > 32, "{} at once", gate.most_at_once());
    drop(proxy);
}

#[test]
fn it_listens_on_this_machine_only_and_says_what_is_wrong_in_one_message() {
    let refused = |arguments: &[&str]| {
        let output = crate::support::flowproof(&[&["proxy"], arguments].concat());
        assert_eq!((code(&output), stderr(&output).lines().count()), (2, 1), "{}", stderr(&output));
        stderr(&output)
    };
    assert!(refused(&["--listen", "0.0.0.0:0", "--target", "http://127.0.0.1:1"]).contains("this machine only"));
    assert!(refused(&["--listen", "127.0.0.1:0", "--target", "nobody"]).contains("nobody"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = crate::support::folder("proxy/taken").display().to_string();
    let words = ["--listen", &address, "--target", "http://127.0.0.1:1", "--report", &folder];
    assert!(refused(&words).contains("cannot listen"));
}
