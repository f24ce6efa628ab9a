//! The scenarios of the shop as a test: each operation is called through the client that was generated from the contract.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use flowproof::run::TestSuite;
use url::Url;

/// What `build.rs` wrote. Its lints are the generator's own affair.
#[allow(warnings, clippy::all)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (cases, reports) = (root.join("cases"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("bookshop"));
    TestSuite::new(&cases, &reports).of(&client::CLIENT, open()).main()
}

/// Opens a shop on a port of its own, and gives its address.
fn open() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can be awaited");
    let address = listener.local_addr().expect("an address");
    thread::spawn(|| serve(listener));
    format!("http://{address}/shop").parse().expect("a URL")
}

#[tokio::main(flavor = "current_thread")]
async fn serve(listener: TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    axum::serve(listener, bookshop::shop()).await.expect("it serves");
}
