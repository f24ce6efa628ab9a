//! A tenant to try Flowproof on that looks real: the stand-in behind TLS by an authority of its own, with a pool of users, as
//! the tests have it. It writes its `flowproof.toml` into a folder and serves until it is interrupted.
//!
//! ```console
//! $ cargo run --example tls_tenant -- /tmp/trial
//! ```
//!
//! It is for this machine only: everything that it serves is made up.

#[path = "../tests/it/real_tenant/description.rs"]
mod description;
#[expect(dead_code, reason = "only tests count what passes")]
#[path = "../tests/it/real_tenant/front.rs"]
mod front;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use description::{Description, WORKER_SECRET};
use flowproof::tenant::{self, Contents, Tenant};
use front::{Front, Options};

/// Serves a tenant that looks real, and describes it
#[derive(Parser)]
struct Arguments {
    /// The folder that `flowproof.toml`, a certificate and secrets are written to
    folder: PathBuf,
    /// How many users each role has
    #[arg(long, default_value_t = 4)]
    users: usize,
    /// How many milliseconds every answer takes at least
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Requests per second; more are answered 429
    #[arg(long)]
    limit: Option<usize>,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let tenant = Tenant::start(tenant::TenantOptions::default())?;
    let control = tenant.control();
    let environment = control.open(Contents::Seeded);
    let facts = control.environment(environment).ok_or_else(|| std::io::Error::other("no environment"))?;
    let latency = Duration::from_millis(arguments.latency);
    let described = environment.to_string();
    let options = Options { latency, limit: arguments.limit, described, ..Options::default() };
    let front = Front::start(tenant.base_url(), options);
    std::fs::create_dir_all(&arguments.folder)?;
    let description = Description { tenant: &tenant, environment, facts: &facts, url: &front.url, ca: &front.ca };
    description.write(&arguments.folder, arguments.users, false);
    let secret = facts["worker"]["clientSecret"].as_str().unwrap_or_default();
    let config = arguments.folder.join("flowproof.toml");
    println!("A tenant is at {}; interrupt this to end it. Try, where the folder `cases` is:\n", front.url);
    println!("  export {WORKER_SECRET}={secret}");
    for command in ["doctor --target staging", "run --target staging --list", "run --target staging"] {
        println!("  flowproof --config {} {command}", config.display());
    }
    loop {
        std::thread::park();
    }
}
