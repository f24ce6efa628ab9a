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
