//! The rooms of the house, in the order of their floors: what each is for, and which others it may name.
//!
//! The one list behind the table in `ARCHITECTURE.md` and behind the test that keeps the arrows.

/// One top-level module of the library.
pub(super) struct Room {
    /// The module, which is a folder below `src`.
    pub name: &'static str,
    /// What it is for, as the table says it.
    pub purpose: &'static str,
    /// The modules that it may name, apart from itself.
    pub may_name: &'static [&'static str],
}

/// Every room. One that may name another stands below it in this list.
pub(super) const ROOMS: &[Room] = &[
    Room {
        name: "base",
        purpose: "the ground floor: JSON as it came, pointers, media types, digests, texts, YAML with places, diagnostics",
        may_name: &[],
    },
    Room {
        name: "codegen",
        purpose: "contract → client and table of operations, at build time only",
        may_name: &["base"],
    },
    Room {
        name: "contract",
        purpose: "what was promised: operations, schemas, lifecycles, requirements",
        may_name: &["base"],
    },
    Room {
        name: "record",
        purpose: "what happened: exchanges, findings, verdicts; the journal's writer and reader; redaction at birth",
        may_name: &["base"],
    },
    Room {
        name: "scenario",
        purpose: "what is asked: model, parser, templates, lint",
        may_name: &["base", "contract", "record"],
    },
    Room {
        name: "checks",
        purpose: "one promise per file, all of one shape, listed in one slice",
        may_name: &["base", "contract", "record", "scenario"],
    },
    Room {
        name: "judge",
        purpose: "whole recordings judged: the walk of a lifecycle, replay, coverage, drift, and the audit of the checks",
        may_name: &["base", "checks", "contract", "record", "scenario"],
    },
    Room {
        name: "infer",
        purpose: "what recordings teach: scenarios and lifecycles, drafted for review",
        may_name: &["base", "checks", "contract", "judge", "record", "scenario"],
    },
    Room {
        name: "tenant",
        purpose: "the stand-in: a stateful server, by environments that are sandboxes",
        may_name: &["base"],
    },
    Room {
        name: "client",
        purpose: "the generated client, and the transport that records every byte",
        may_name: &["base", "contract", "record"],
    },
    Room {
        name: "proxy",
        purpose: "traffic of another tool, passed on unchanged and judged as it passes",
        may_name: &["base", "checks", "client", "contract", "judge", "record"],
    },
    Room {
        name: "auth",
        purpose: "the worker's token, passcodes of real users, answers to their pushes",
        may_name: &["base", "client", "record"],
    },
    Room {
        name: "config",
        purpose: "`flowproof.toml`: what a team has agreed on, targets, where secrets come from",
        may_name: &["auth", "base", "checks", "client", "judge", "record"],
    },
    Room {
        name: "doctor",
        purpose: "what is wrong between this machine and a tenant, before a run",
        may_name: &["auth", "base", "client", "config", "record"],
    },
    Room {
        name: "engine",
        purpose: "the only place where things happen: plan, send, pace, lease users",
        may_name: &["auth", "base", "checks", "client", "config", "contract", "judge", "record", "scenario", "tenant"],
    },
    Room {
        name: "provision",
        purpose: "a test environment made ready over the management API, and taken away again",
        may_name: &["auth", "base", "checks", "client", "config", "contract", "engine", "judge", "record"],
    },
    Room {
        name: "reports",
        purpose: "journal → bytes: console, HTML, JUnit, JSON, Markdown, SARIF, GitLab, TAP, CTRF, Allure, OTLP, annotations",
        may_name: &["base", "judge", "record"],
    },
    Room {
        name: "gate",
        purpose: "two runs compared, known failures by name",
        may_name: &["base", "contract", "record", "reports"],
    },
    Room {
        name: "requirements",
        purpose: "requirement × what proves it × the last verdict",
        may_name: &["base", "contract", "record", "reports", "scenario"],
    },
    Room {
        name: "explain",
        purpose: "what an id stands for, from the contract and the list of checks",
        may_name: &["base", "checks", "contract", "reports"],
    },
    Room {
        name: "run",
        purpose: "scenarios as trials: workers, shards, signals, the journal of a run",
        may_name: &[
            "base", "checks", "client", "config", "contract", "engine", "judge", "record", "reports", "scenario",
            "tenant",
        ],
    },
    Room {
        name: "explore",
        purpose: "every state × action of a lifecycle: planned, walked as scenarios, made small",
        may_name: &["base", "contract", "judge", "record", "run", "scenario"],
    },
    Room {
        name: "cli",
        purpose: "arguments, what is shown, exit codes",
        may_name: &[
            "auth",
            "base",
            "checks",
            "client",
            "config",
            "contract",
            "doctor",
            "engine",
            "explain",
            "explore",
            "gate",
            "infer",
            "judge",
            "provision",
            "proxy",
            "record",
            "reports",
            "requirements",
            "run",
            "scenario",
            "tenant",
        ],
    },
];
