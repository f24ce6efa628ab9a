//! A scenario against a raw server, all the way to the reports, and what that came to.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use flowproof::checks::Levels;
use flowproof::client::{Limits, TransportOptions};
use flowproof::record::journal::Journal;
use flowproof::run::{self, Prepared, RunOptions, Silent, TargetChoice};

use flowproof::record::ScenarioRecord;
use flowproof::record::{ExitCode, Finding, Level, Verdict};
use flowproof::tenant::{self, Tenant};
use url::Url;

use super::peer::{Honest, Peer, Request, Server, honest};
use crate::support::{CONTRACT, finish};

/// One stand-in serves all tests; every scenario has an environment of its own in it.
static TENANT: LazyLock<Tenant> =
    LazyLock::new(|| Tenant::start(tenant::TenantOptions::default()).expect("a stand-in can be started"));

/// Begins a device authentication and reads it.
pub(super) const BEGIN_AND_READ: &str = "\
scenario: Begin and read
why: The answer to the second call is a hostile one.
covers: [MFA-READ-1]
needs: [user.otp]
steps:
  - call: initializeDeviceAuthentication
    body: { user: { id: \"{{user.id}}\" } }
    expect: { status: 201 }
    save: { auth: /id }
  - call: readDeviceAuthentication
    path: { deviceAuthID: \"{{auth}}\" }
    expect: { status: 200 }
";

/// Begins a device authentication, reads it, and reads it again.
pub(super) fn begin_and_read_twice() -> String {
    let again =
        "  - call: readDeviceAuthentication\n    path: { deviceAuthID: \"{{auth}}\" }\n    expect: { status: 200 }\n";
    format!("{BEGIN_AND_READ}{again}")
}

/// Begins a device authentication.
pub(super) const BEGIN: &str = "\
scenario: Begin
why: The answer to a POST is a hostile one.
covers: [MFA-READ-1]
needs: [user.otp]
steps:
  - call: initializeDeviceAuthentication
    body: { user: { id: \"{{user.id}}\" } }
    expect: { status: 201 }
";

/// Where the stand-in listens.
pub(super) fn tenant() -> SocketAddr {
    TENANT.base_url().trim_start_matches("http://").parse().expect("an address")
}

/// What a run came to.
pub(super) struct Met {
    pub exit: ExitCode,
    pub record: ScenarioRecord,
    pub reports: tempfile::TempDir,
}

/// How a run is made.
pub(super) struct Setting {
    pub scenario: String,
    pub base_url: String,
    pub transport: TransportOptions,
    pub levels: Levels,
}

impl Setting {
    pub(super) fn at(base_url: impl Into<String>) -> Self {
        Self {
            scenario: BEGIN_AND_READ.into(),
            base_url: base_url.into(),
            transport: patient().into(),
            levels: Levels::default(),
        }
    }

    pub(super) fn scenario(self, scenario: impl Into<String>) -> Self {
        Self { scenario: scenario.into(), ..self }
    }

    pub(super) fn limits(self, limits: Limits) -> Self {
        Self { transport: TransportOptions { limits, ..self.transport }, ..self }
    }

    pub(super) fn strict(self) -> Self {
        Self { levels: Levels::strict(), ..self }
    }

    /// Runs it.
    pub(super) fn run(self) -> Met {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hostile.yaml");
        std::fs::write(&file, &self.scenario).expect("the scenario can be written");
        let suite = run::load(&[file], &CONTRACT).unwrap_or_else(|problems| panic!("{problems:?}"));
        let reports = folder.path().join("reports");
        let control = Url::parse(TENANT.base_url()).expect("a URL");
        let base_url = Url::parse(&self.base_url).expect("a URL");
        let options = RunOptions {
            target: TargetChoice::StandIn { base_url, control },
            levels: self.levels,
            transport: self.transport,
            ..RunOptions::new(reports.clone())
        };
        let prepared = Prepared::new(Arc::clone(&CONTRACT), suite.scenarios, options, Box::new(Silent));
        let finished = finish(prepared, &reports, 1);
        assert!(finished.not_written.is_none(), "{:?}", finished.not_written);
        let journal = Journal::open(&finished.path).expect("the journal can be read");
        let record = journal.records().next().expect("a record").expect("it can be read");
        Met { exit: finished.exit, record, reports: folder }
    }
}

/// Limits that no honest exchange meets, however busy the machine is.
pub(super) fn patient() -> Limits {
    Limits {
        connect: Duration::from_secs(60),
        first_byte: Duration::from_secs(60),
        total: Duration::from_secs(60),
        body: 1024 * 1024,
        ..Limits::default()
    }
}

/// Runs the usual scenario against a server that answers its GET with whatever `answer` makes of the honest answer.
pub(super) fn reading(answer: impl Fn(Honest) -> Vec<u8> + Send + Sync + 'static) -> Met {
    let server = mangling("GET", move |peer, honest| peer.write(answer(honest)));
    Setting::at(server.url()).run()
}

/// A server that answers honestly, but for requests with this method; it hangs up after such an answer.
pub(super) fn mangling(
    method: &'static str,
    answer: impl Fn(&mut Peer, Honest) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    serving(move |peer, request, honest| {
        if request.is(method) {
            answer(peer, honest)?;
            return hang_up();
        }
        peer.write(honest.bytes())
    })
}

/// A server that is told every request and its honest answer.
pub(super) fn serving(
    answer: impl Fn(&mut Peer, &Request, Honest) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    Server::start(move |peer| {
        loop {
            let request = peer.request()?;
            let honest = honest(tenant(), &request)?;
            answer(peer, &request, honest)?;
        }
    })
}

/// Ends a connection.
pub(super) fn hang_up() -> io::Result<()> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

impl Server {
    /// The address of this server.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Met {
    /// No verdict was possible, and why.
    #[track_caller]
    pub(super) fn no_verdict(&self) -> &str {
        assert_eq!((self.record.verdict, self.exit), (Verdict::Errored, ExitCode::CouldNotTell), "{:#?}", self.record);
        assert!(self.record.findings.is_empty(), "{:#?}", self.record.findings);
        self.record.reason.as_deref().unwrap_or_default()
    }

    /// The contract was broken: what the first check that denies says of it.
    #[track_caller]
    pub(super) fn violated(&self) -> &Finding {
        assert_eq!((self.record.verdict, self.exit), (Verdict::Failed, ExitCode::Violated), "{:#?}", self.record);
        self.record.findings.iter().find(|finding| finding.level == Level::Deny).expect("a finding that denies")
    }

    /// The contract was kept.
    #[track_caller]
    pub(super) fn held(&self) -> &Self {
        assert_eq!((self.record.verdict, self.exit), (Verdict::Passed, ExitCode::Held), "{:#?}", self.record);
        self
    }

    /// What a check says.
    #[track_caller]
    pub(super) fn said_by(&self, check: &str) -> &Finding {
        let found = self.record.findings.iter().find(|finding| finding.check == check);
        found.unwrap_or_else(|| panic!("{check} says nothing: {:#?}", self.record))
    }

    /// All checks that say something, in order and once each.
    pub(super) fn speaking(&self) -> Vec<&str> {
        let mut checks: Vec<&str> = self.record.findings.iter().map(|finding| finding.check.as_str()).collect();
        checks.dedup();
        checks
    }

    /// A report's text.
    pub(super) fn report(&self, name: &str) -> String {
        std::fs::read_to_string(self.reports.path().join("reports").join(name)).expect("the report can be read")
    }
}

/// Holds a text against everything it must say.
#[track_caller]
pub(super) fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}
