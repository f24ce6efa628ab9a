//! Generates the client of the shop from its contract.

fn main() -> Result<(), flowproof_codegen::GenerateError> {
    flowproof_codegen::generate("api.yaml")
}
