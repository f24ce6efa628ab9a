//! Group T: names, connections, framing, limits, redirections, codings, proxies.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use flowproof::client::{Limits, TransportOptions};
use flowproof::record::{ExitCode, Level, Verdict};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::peer::{Honest, Peer, Server};
use super::run::{
    BEGIN, Met, Setting, begin_and_read_twice, hang_up, mangling, patient, reading, says, serving, tenant,
};
use crate::support::{program, said, stdout};

/// Deadlines that do fire.
const SHORT: Duration = Duration::from_millis(1200);

/// Runs against a server that takes a connection and does this with it; nothing on it is ever honest.
fn meeting(serve: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static, limits: Limits) -> (Met, Server) {
    let server = Server::start(serve);
    let met = Setting::at(server.url()).scenario(BEGIN).limits(limits).run();
    (met, server)
}

/// Runs against a server that reads a request and writes these bytes for an answer.
fn answered(bytes: impl Into<Vec<u8>>) -> Met {
    let bytes = bytes.into();
    let serve = move |peer: &mut Peer| {
        peer.request()?;
        peer.write(&bytes)
    };
    meeting(serve, patient()).0
}

/// A resolver that a test has in its hands.
struct Resolver(fn() -> Resolving);

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        (self.0)()
    }
}

fn resolved_by(base_url: &str, limits: Limits, resolver: fn() -> Resolving) -> Met {
    let transport = TransportOptions { limits, resolver: Some(Arc::new(Resolver(resolver))), ..Default::default() };
    Setting { transport, ..Setting::at(base_url) }.run()
}

#[test]
fn t01_a_name_that_does_not_exist_is_named_with_the_lookup_that_failed() {
    let met = Setting::at("http://nx.invalid/").limits(Limits { connect: SHORT, ..patient() }).run();
    says(met.no_verdict(), &["connect: ", "DNS lookup of nx.invalid"]);
    assert_eq!(met.record.exchanges.len(), 1, "one try");
    let met = resolved_by("http://nx.invalid/", patient(), || Box::pin(async { Err("no such host".into()) }));
    says(met.no_verdict(), &["DNS lookup of nx.invalid failed: no such host", "check the host of the target"]);
}

#[test]
fn t02_a_resolver_that_never_answers_is_bounded_by_the_deadline_for_connections() {
    let limits = Limits { connect: SHORT, ..patient() };
    let met = resolved_by("http://slow.test/", limits, || Box::pin(std::future::pending()));
    says(met.no_verdict(), &["DNS lookup of slow.test", "timed out after 1200 ms", "limits.connect"]);
}

#[test]
fn t03_a_dead_ipv6_address_before_a_living_ipv4_one_costs_no_verdict() {
    let server = serving(|peer, _, honest| peer.write(honest.bytes()));
    let both = || -> Resolving {
        let addresses = ["[::2]:0", "127.0.0.1:0"].map(|address| address.parse::<SocketAddr>().expect("an address"));
        Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
    };
    let transport =
        TransportOptions { limits: patient(), resolver: Some(Arc::new(Resolver(both))), ..Default::default() };
    // The stand-in knows nothing of the name and links to itself.
    let scenario = BEGIN.replace("steps:", "levels: { link-target: allow }\nsteps:");
    Setting { transport, ..Setting::at(format!("http://both.test:{}", server.port)).scenario(scenario) }.run().held();
}

#[test]
fn t04_a_refused_connection_names_host_and_port() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let met = Setting::at(format!("http://127.0.0.1:{port}")).run();
    says(
        met.no_verdict(),
        &["connect: ", &format!("127.0.0.1:{port} refused the connection"), "is the target running"],
    );
}

#[test]
fn t05_a_connection_that_never_comes_about_meets_its_own_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    // Nobody accepts: once the queue is full the system leaves further attempts without an answer.
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(150)) {
        waiting.push(stream);
        assert!(waiting.len() < 10_000, "the queue is never full");
    }
    let met = Setting::at(format!("http://{address}")).limits(Limits { connect: SHORT, ..patient() }).run();
    says(met.no_verdict(), &["connect: ", "connection to 127.0.0.1:", "timed out after 1200 ms (limits.connect)"]);
}

#[test]
fn t06_a_server_that_takes_the_connection_and_says_nothing_meets_the_deadline_of_the_first_byte() {
    let (met, _) = meeting(Peer::say_no_more, Limits { first_byte: SHORT, ..patient() });
    says(met.no_verdict(), &["deadline: ", "no response header block within 1200 ms (limits.first-byte)"]);
    assert_eq!(met.record.exchanges.len(), 1, "a POST is not sent again");
}

#[test]
fn t07_a_header_that_drips_does_not_stretch_the_deadline() {
    let serve = |peer: &mut Peer| {
        peer.request()?;
        peer.write("HTTP/1.1 200 OK\r\nX-Slow: ")?;
        loop {
            peer.write("z")?;
            thread::sleep(Duration::from_millis(20));
        }
    };
    let (met, _) = meeting(serve, Limits { total: SHORT, ..patient() });
    says(met.no_verdict(), &["deadline: ", "1200 ms (limits.total)", "no header block was received"]);
}

#[test]
fn t08_a_body_that_drips_is_cut_at_the_deadline_with_what_had_come() {
    let serve = |peer: &mut Peer| {
        peer.request()?;
        peer.write("HTTP/1.1 201 Created\r\nContent-Length: 10000\r\n\r\n{}")?;
        peer.say_no_more()
    };
    let (met, _) = meeting(serve, Limits { total: SHORT, ..patient() });
    says(met.no_verdict(), &["deadline: ", "limits.total", "2 of 10000 bytes of the body"]);
}

#[test]
fn t09_a_body_without_an_end_is_cut_at_the_cap_or_at_the_deadline() {
    let endless = |pause: u64| {
        move |peer: &mut Peer| {
            peer.request()?;
            peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
            loop {
                peer.write(&chunk)?;
                thread::sleep(Duration::from_millis(pause));
            }
        }
    };
    let (met, _) = meeting(endless(0), patient());
    says(met.no_verdict(), &["limit: ", "larger than 1048576 bytes (limits.body)", "raise the limit"]);
    let (met, _) = meeting(endless(50), Limits { total: SHORT, ..patient() });
    says(met.no_verdict(), &["deadline: ", "bytes of the body"]);
}

#[test]
fn t10_a_body_that_states_to_be_too_large_is_refused_before_it_is_read() {
    let met = answered("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx");
    says(
        met.no_verdict(),
        &["limits.body", "Content-Length is 1073741824", "nothing of it was read", "raise the limit"],
    );
}

#[test]
fn t11_a_reset_before_the_status_line_is_no_reason_to_send_again() {
    let (met, _) = meeting(Peer::reset, patient());
    says(met.no_verdict(), &["first byte: ", "it is unknown whether the request was processed"]);
    assert_eq!(met.record.exchanges.len(), 1);
    let server =
        serving(|peer, request, honest| if request.is("GET") { hang_up() } else { peer.write(honest.bytes()) });
    let met = Setting::at(server.url()).run();
    says(met.no_verdict(), &["closed before the response's header block was complete"]);
    // Reading may be tried once more, and then both tries are on record; nothing else is.
    let reads = server.request_lines().iter().filter(|line| line.contains("/deviceAuthentications/")).count();
    assert!(reads <= 2 && met.record.exchanges.len() == 1 + reads, "{reads} of {:?}", met.record.exchanges);
}

#[test]
fn t12_half_a_header_block_is_no_answer() {
    let met = answered("HTTP/1.1 200 OK\r\nContent-Type: application/hal+json\r\nCorrelation-");
    says(met.no_verdict(), &["first byte: ", "before the response's header block was complete"]);
    assert!(met.record.exchanges[0].response.is_none());
}

#[test]
fn t13_a_truncated_body_is_never_checked_even_if_it_is_json() {
    let met =
        answered("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"a\":1}");
    says(met.no_verdict(), &["body: ", "truncated after 7 of 500 bytes", "none of it was checked"]);
    assert!(met.record.checks.is_empty(), "{:?}", met.record.checks);
}

#[test]
fn t14_a_chunked_body_without_its_last_chunk_is_truncated() {
    let met = answered("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
    says(met.no_verdict(), &["body: ", "truncated after 2 bytes", "none of it was checked"]);
}

#[test]
fn t15_a_chunk_size_that_is_none_ends_the_answer() {
    for size in ["xyz", "fffffffffffffffff", "-1", "", "5 5"] {
        let met = answered(format!(
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n{size}\r\nabcde\r\n0\r\n\r\n"
        ));
        says(met.no_verdict(), &["body: ", "2 bytes"]);
    }
}

#[test]
fn t16_two_rules_for_the_end_of_a_body_are_told_and_cost_the_connection() {
    let serve = || {
        serving(|peer, request, honest| {
            if !request.is("GET") {
                return peer.write(honest.bytes());
            }
            let body = String::from_utf8_lossy(&honest.body).into_owned();
            let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
            peer.write([honest.with("transfer-encoding", "chunked").head(), chunked.into_bytes()].concat())
        })
    };
    let server = serve();
    let met = Setting::at(server.url()).scenario(begin_and_read_twice()).run();
    let finding = met.held().said_by("framing");
    assert_eq!(finding.level, Level::Warn);
    says(&finding.message, &["ambiguous framing (RFC 9112, section 6.3)"]);
    assert_eq!(server.connections(), 2, "the connection is not used again");
    let met = Setting::at(serve().url()).strict().run();
    says(&met.violated().message, &["ambiguous framing"]);
}

#[test]
fn t17_two_lengths_that_differ_are_refused() {
    let met = answered("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ");
    says(met.no_verdict(), &["not an HTTP response", "content-length", "the connection was closed"]);
}

#[test]
fn t18_a_length_that_is_no_number_is_refused() {
    for length in ["-1", "abc", "99999999999999999999", "1 1", "0x10"] {
        let met = answered(format!("HTTP/1.1 201 Created\r\nContent-Length: {length}\r\n\r\n{{}}"));
        says(met.no_verdict(), &["not an HTTP response", "content-length"]);
    }
}

#[test]
fn t19_a_malformed_status_line_is_refused_and_an_empty_reason_is_not() {
    for line in ["HTTP/1.1 99 X", "HTTP/1.1 1000 X", "HTTP/9.9 200 OK", "200 OK", "HTTP/1.1", "HTTP/1.1 abc"] {
        let met = answered(format!("{line}\r\nContent-Length: 2\r\n\r\n{{}}"));
        says(met.no_verdict(), &["first byte: ", "127.0.0.1:"]);
    }
    let met = answered("");
    says(met.no_verdict(), &["closed before the response's header block was complete"]);
    reading(|honest| String::from_utf8_lossy(&honest.bytes()).replacen("200 Whatever", "200 ", 1).into_bytes()).held();
}

#[test]
fn t20_a_peer_that_does_not_speak_http_is_told() {
    for banner in ["SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example.com ESMTP\r\n", "\u{1}\u{2}\u{3}\u{4}\u{0}\u{ff}"] {
        let serve = move |peer: &mut Peer| {
            peer.write(banner)?;
            peer.request().map(drop)
        };
        let (met, _) = meeting(serve, patient());
        says(met.no_verdict(), &["first byte: ", "not an HTTP response"]);
    }
}

#[test]
fn t22_interim_responses_without_an_end_meet_the_deadline() {
    for interim in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"] {
        let serve = move |peer: &mut Peer| {
            peer.request()?;
            loop {
                peer.write(interim)?;
                thread::sleep(Duration::from_micros(200));
            }
        };
        let (met, _) = meeting(serve, Limits { first_byte: SHORT, ..patient() });
        says(met.no_verdict(), &["deadline: ", "limits.first-byte"]);
    }
}

#[test]
fn t23_switching_protocols_is_an_undocumented_status_and_nobody_waits_for_a_body() {
    let server = mangling("GET", |peer, _| {
        peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")?;
        peer.say_no_more()
    });
    let met = Setting::at(server.url()).run();
    says(&met.violated().message, &["status 101 is not documented", "did not ask to switch protocols"]);
}

#[test]
fn t24_a_body_where_there_can_be_none_is_told_and_never_taken_for_the_next_answer() {
    let server = serving(|peer, request, honest| {
        if !request.is("GET") {
            return peer.write(honest.bytes());
        }
        peer.write("HTTP/1.1 204 No Content\r\nContent-Length: 33\r\n\r\nHTTP/1.1 200 OK\r\nX-Smuggled: 1\r\n\r\n")
    });
    let met = Setting::at(server.url()).run();
    let finding = met.said_by("framing");
    assert_eq!(finding.level, Level::Warn);
    says(&finding.message, &["status 204 has no body, but the header says that one follows", "given up"]);
    // The contract documents no 204 at all, so the verdict is that.
    says(&met.violated().message, &["status 204 is not documented"]);
    assert_eq!(met.record.exchanges[1].response.as_ref().map(|response| response.status), Some(204));
}

#[test]
fn t25_what_follows_a_complete_answer_never_becomes_the_next_one() {
    let server = serving(|peer, request, honest| {
        if request.is("GET") {
            return peer.write(honest.bytes());
        }
        let smuggled = "HTTP/1.1 500 Smuggled\r\nContent-Length: 2\r\n\r\n{}";
        peer.write([honest.bytes(), smuggled.into()].concat())
    });
    let met = Setting::at(server.url()).run();
    met.held();
    assert_eq!(server.connections(), 2, "the connection with the surplus is dropped");
}

#[test]
fn t26_an_idle_connection_that_was_closed_is_replaced() {
    let server = serving(|peer, _, honest| {
        peer.write(honest.bytes())?;
        hang_up()
    });
    let met = Setting::at(server.url()).scenario(begin_and_read_twice()).run();
    met.held();
    let posts = server.request_lines().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!((posts, server.connections()), (1, 3), "every request was sent once");
}

#[test]
fn t27_a_header_block_beyond_the_limits_is_refused() {
    let large = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(1 << 20));
    says(answered(large).no_verdict(), &["limit: ", "header block is too large", "limits.head"]);
    let medium = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(70_000));
    says(answered(medium).no_verdict(), &["limit: ", "header block is larger than 65536 bytes (limits.head)"]);
    let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X-Many: 1\r\n".repeat(10_000));
    says(answered(many).no_verdict(), &["limit: ", "256 fields (limits.fields)"]);
}

#[test]
fn t28_header_fields_that_break_the_rules_are_refused_or_told_and_always_escaped() {
    let broken = ["X-A: a\0b", "X-A: a\rb", "X-A: a\nb", "X-A: a\r\n folded", "X-A : a"];
    for field in broken {
        let met = answered(format!("HTTP/1.1 201 Created\r\n{field}\r\nContent-Length: 2\r\n\r\n{{}}"));
        says(met.no_verdict(), &["first byte: ", "not an HTTP response"]);
    }
    let met = reading(|honest| {
        let honest = honest.with("x-odd", "@@");
        String::from_utf8_lossy(&honest.head())
            .replace("@@", "\u{e9}<\u{202e}\u{9b}31m")
            .into_bytes()
            .into_iter()
            .chain(honest.body)
            .collect()
    });
    let finding = met.held().said_by("framing");
    says(&finding.message, &["x-odd holds bytes that are not ASCII"]);
    assert!(finding.actual.as_ref().is_some_and(|actual| actual.is_ascii()), "{finding:?}");
    for report in ["journal.jsonl", "report.html", "junit.xml"] {
        assert!(!met.report(report).contains('\u{9b}'), "{report}");
    }
}

/// Runs against a server that answers the GET with a redirection to this address.
fn redirected(status: u16, location: &'static str) -> (Met, Server) {
    let server = mangling("GET", move |peer, honest| {
        peer.write(honest.status(status).without("content-type").with("location", location).saying("").bytes())
    });
    (Setting::at(server.url()).run(), server)
}

#[test]
fn t29_a_redirection_is_the_answer_and_not_followed() {
    let (met, server) = redirected(302, "/a");
    says(&met.violated().message, &["status 302 is not documented"]);
    assert_eq!(server.request_lines().len(), 2, "{:?}", server.request_lines());
}

#[test]
fn t30_t31_no_redirection_carries_a_request_or_its_credentials_anywhere() {
    let elsewhere = Server::start(|peer| peer.request().map(drop));
    let target: &'static str = elsewhere.url().leak();
    for status in [301, 302, 303, 307, 308] {
        let (met, _) = redirected(status, target);
        says(&met.violated().message, &["is not documented"]);
    }
    let server = mangling("POST", move |peer, honest| {
        peer.write(honest.status(307).without("content-type").with("location", target).saying("").bytes())
    });
    let met = Setting::at(server.url()).scenario(BEGIN).run();
    says(&met.violated().message, &["status 307 is not documented"]);
    for location in ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data", "http://[::1]:1/"] {
        let (met, _) = redirected(302, location);
        says(&met.violated().message, &["status 302 is not documented"]);
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// Where the contract documents a redirection.
const AUTHORIZE: &str = "\
scenario: Authorize
why: The answer is a redirection.
covers: [MFA-READ-1]
needs: [apps.signOn]
steps:
  - call: authorize
    query: { client_id: \"{{apps.signOn.clientId}}\", response_type: code }
    expect: { status: 302 }
";

fn authorized(location: Option<&'static str>) -> Met {
    let server = mangling("GET", move |peer, honest| {
        let honest = honest.without("location");
        peer.write(location.map_or(honest.clone(), |location| honest.with("location", location)).bytes())
    });
    Setting::at(server.url()).scenario(AUTHORIZE).run()
}

#[test]
fn t32_a_redirection_says_well_formed_where_it_leads() {
    let server = serving(|peer, _, honest| peer.write(honest.bytes()));
    Setting::at(server.url()).scenario(AUTHORIZE).run().held();
    let met = authorized(None);
    assert!(met.violated().message.contains("ocation"), "{:?}", met.record.findings);
    for location in [
        "https://user:pw@login.example.com/",
        "https://a.example/%0d%0aSet-Cookie:x",
        "file:///etc/passwd",
        "https://[",
        "javascript:alert(1)",
    ] {
        let met = authorized(Some(location));
        met.violated();
        assert!(
            met.record.findings.iter().any(|finding| finding.pointer.as_deref() == Some("header:Location")),
            "{location}: {:?}",
            met.record.findings
        );
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory is enough")
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory is enough")
}

/// A zstd frame of blocks that repeat one byte 128 KiB times each; the last one stands alone.
fn zstd_bomb(blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for block in 1..=blocks {
        let header = (128 * 1024_u32) << 3 | 1 << 1 | u32::from(block == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame
}

/// 4 MiB of zeros.
const BROTLI_BOMB: &[u8] = &[0x9b, 0xff, 0xff, 0x3f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x07];

fn encoded(coding: &'static str, encode: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Met {
    reading(move |honest| {
        let body = encode(&honest.body);
        honest.with("content-encoding", coding).saying(body).bytes()
    })
}

#[test]
fn t33_a_small_body_cannot_become_an_endless_one() {
    let bombs: [(&'static str, Vec<u8>); 4] = [
        ("gzip", gzip(&vec![0; 4 << 20])),
        ("deflate", zlib(&vec![0; 4 << 20])),
        ("br", BROTLI_BOMB.to_vec()),
        ("zstd", zstd_bomb(4096)),
    ];
    for (coding, bomb) in bombs {
        assert!(bomb.len() < 20_000, "{coding}");
        let met = encoded(coding, move |_| bomb.clone());
        says(
            met.no_verdict(),
            &["limit: ", "the decoded response body is larger than 1048576 bytes (limits.body)", "raise"],
        );
    }
    let bomb = gzip(&vec![0; 4 << 20]);
    let server = mangling("GET", move |peer, honest| {
        peer.write(honest.with("content-encoding", "gzip").saying(bomb.clone()).bytes())
    });
    let met = Setting::at(server.url()).limits(Limits { body: 64 << 20, ..patient() }).run();
    says(met.no_verdict(), &["expands more than 200 times (limits.ratio)"]);
}

#[test]
fn t34_at_the_most_two_codings_are_undone() {
    encoded("gzip", gzip).held();
    encoded("deflate, gzip", |body| gzip(&zlib(body))).held();
    let met = encoded("gzip, gzip, gzip", |body| gzip(&gzip(&gzip(body))));
    says(met.no_verdict(), &["limit: ", "3 content codings", "more than 2"]);
}

#[test]
fn t35_a_coding_that_is_not_what_it_says_is_no_json_error() {
    let cut = |body: &[u8]| gzip(body)[..60].to_vec();
    let wrong_sum = |body: &[u8]| {
        let mut encoded = gzip(body);
        let at = encoded.len() - 6;
        encoded[at] ^= 0xff;
        encoded
    };
    let met = [
        encoded("gzip", <[u8]>::to_vec),
        encoded("gzip", cut),
        encoded("gzip", wrong_sum),
        encoded("foo", <[u8]>::to_vec),
        encoded("zstd", <[u8]>::to_vec),
        encoded("br", <[u8]>::to_vec),
    ];
    for met in met {
        let finding = met.violated();
        assert_eq!(met.speaking(), ["content-coding"]);
        says(&finding.message, &["cannot decode content-coding ", " bytes were received"]);
    }
}

#[test]
fn t36_the_body_of_a_429_is_checked_like_any_other() {
    for after in ["1", "Wed, 21 Oct 2099 07:28:00 GMT", "soon", "1000000000"] {
        let server = mangling("GET", move |peer, honest| {
            peer.write(honest.status(429).with("retry-after", after).saying("{\"code\": 7}").bytes())
        });
        let met = Setting::at(server.url()).run();
        assert!(met.speaking().contains(&"response-schema"), "{:?}", met.record.findings);
        met.violated();
    }
}

#[test]
fn t37_a_503_that_nobody_declared_to_be_retried_fails() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let server = serving(move |peer, request, honest| {
        if request.is("GET") && counted.fetch_add(1, Ordering::SeqCst) < 2 {
            return peer.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        }
        peer.write(honest.bytes())
    });
    let met = Setting::at(server.url()).run();
    met.violated();
    assert_eq!(met.record.exchanges[1].response.as_ref().map(|response| response.status), Some(503));
    assert_eq!(tries.load(Ordering::SeqCst), 1, "it is not asked again");
}

#[test]
fn t38_a_proxy_in_the_environment_is_not_asked_for_anything_on_this_machine() {
    let proxy = Server::start(|peer| peer.request().map(drop));
    let server = serving(|peer, _, honest| peer.write(honest.bytes()));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("proxied.yaml");
    std::fs::write(&file, super::run::BEGIN_AND_READ).expect("the scenario can be written");
    let run = program()
        .args(["run", "--target", &server.url(), "--control", &format!("http://{}", tenant())])
        .arg("--report")
        .arg(folder.path().join("reports"))
        .arg(&file)
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, proxy.url())))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("it can be run");
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn t38_a_proxy_on_the_way_to_a_tenant_is_noted_and_one_that_refuses_is_told_from_the_tenant() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Server::start(|peer| {
        peer.request()?;
        peer.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    write(
        "flowproof.toml",
        "[targets.far]\nauth-path = \"https://tenant.test\"\nenvironment = \"00000000-0000-4000-8000-000000000001\"\n",
    );
    write(
        "read.yaml",
        "scenario: A flow that is not there\ncovers: [ERR-404-1]\nsteps:\n  - call: readFlow\n    path: { flowID: \
         00000000-0000-4000-8000-000000000002 }\n    expect: { status: 404 }\n",
    );
    let mut command = program();
    command.args(["run", "--target", "far", "--report", "reports", "read.yaml"]).current_dir(folder.path());
    for name in ["NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    for name in ["HTTPS_PROXY", "https_proxy"] {
        command.env(name, proxy.url().replace("http://", "http://anna:hunter2x@"));
    }
    let run = command.output().expect("it can be run");
    let said = said(&run);
    assert_eq!(run.status.code(), Some(3), "{said}");
    assert!(proxy.request_lines().iter().all(|line| line == "CONNECT tenant.test:443 HTTP/1.1"), "{said}");
    let journal = std::fs::read_to_string(folder.path().join("reports/journal.jsonl")).expect("a journal");
    says(&journal, &[&format!("requests go through the proxy {}, as the environment says", proxy.url()), "(407)"]);
    assert!(!journal.contains("hunter2x") && !said.contains("hunter2x"), "{said}");
}

/// What a run against a server needed at the most, in kilobytes.
fn peak(server: &Server) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("endless.yaml");
    std::fs::write(&file, super::run::BEGIN_AND_READ).expect("the scenario can be written");
    std::fs::write(folder.path().join("flowproof.toml"), "[limits]\nbody = 8388608\n").expect("it can be written");
    let mut run = program()
        .args(["run", "--target", &server.url(), "--control", &format!("http://{}", tenant()), "--report", "reports"])
        .arg(&file)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it can be run");
    let (status, mut peak) = (format!("/proc/{}/status", run.id()), 0);
    while run.try_wait().expect("it is ours").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or(0));
        thread::sleep(Duration::from_millis(2));
    }
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn t09_t33_neither_an_endless_body_nor_a_bomb_takes_more_memory_than_the_cap_and_a_little() {
    let honest = peak(&serving(|peer, _, honest| peer.write(honest.bytes())));
    let endless = mangling("GET", |peer, _| {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        loop {
            peer.write(&chunk)?;
        }
    });
    let bomb = mangling("GET", |peer, honest| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1024 * 1024];
        (0..256).try_for_each(|_| std::io::Write::write_all(&mut encoder, &zeros))?;
        peer.write(honest.with("content-encoding", "gzip").saying(encoder.finish()?).bytes())
    });
    for (name, server) in [("endless", endless), ("bomb", bomb)] {
        let most = peak(&server);
        assert!(most > 0 && most < honest + (8 + 64) * 1024, "{name}: {most} kB, and {honest} kB for an honest body");
    }
}

#[test]
fn t40_an_answer_that_comes_before_the_request_was_read_is_used() {
    let early: fn(&mut Peer, Honest) -> io::Result<()> = |peer, honest| peer.write(honest.bytes());
    let server = Server::start(move |peer| {
        // The head tells enough; the body is still on its way when the answer goes out.
        let answer = Honest { status: 413, fields: vec![("connection".into(), "close".into())], body: Vec::new() };
        peer.stream.peek(&mut [0])?;
        early(peer, answer.saying(""))?;
        thread::sleep(Duration::from_millis(300));
        peer.request().map(drop)
    });
    let met = Setting::at(server.url()).scenario(BEGIN).run();
    says(&met.violated().message, &["413"]);
    assert_eq!(met.record.exchanges[0].response.as_ref().map(|response| response.status), Some(413));
    assert_eq!((met.record.verdict, met.exit), (Verdict::Failed, ExitCode::Violated));
}

#[test]
fn t06_t07_deadlines_are_those_of_the_configuration() {
    let server = Server::start(Peer::say_no_more);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("silent.yaml"), BEGIN).expect("the scenario can be written");
    std::fs::write(folder.path().join("flowproof.toml"), "[limits]\nfirst-byte = \"900ms\"\n")
        .expect("it can be written");
    let run = program()
        .args(["run", "silent.yaml", "--target", &server.url(), "--control", &format!("http://{}", tenant())])
        .current_dir(folder.path())
        .output()
        .expect("it can be run");
    assert_eq!(run.status.code(), Some(3), "{}", said(&run));
    let said = stdout(&run);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    says(&said, &["within 900 ms (limits.first-byte)"]);
}
