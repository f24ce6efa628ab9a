//! What code generation makes of small contracts, and what the client made of the real one sends.
//!
//! The generator is included by path, as `build.rs` does; nothing of it is in the library.

// The build script and these tests each use their part of the generator.
#[allow(dead_code)]
#[path = "../../src/codegen/mod.rs"]
mod generator;

mod lowering;
mod server;
mod transport;
mod wire;

use flowproof::contract::{Location, Operation};
use serde_json::{Map, Value};

/// The arguments of a call: those of the path, and all others as those of the query.
fn parted(operation: &Operation, arguments: Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    arguments.into_iter().partition(|(name, _)| operation.parameter_in(Location::Path, name).is_some())
}
