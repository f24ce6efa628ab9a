//! From the contract to the source of the typed client, at build time.
//!
//! Three steps: [`lower`] rewrites the contract into a document that progenitor takes, progenitor writes the client,
//! and [`dispatch`] reads the signatures of that client to add the table of operations. What cannot be lowered is a
//! [`Refusal`], which names the place in the contract.
//!
//! Nothing at run time uses this module: `build.rs`, the crate `flowproof-codegen` and the tests include it by path. It reads no files and
//! prints nothing.

pub(crate) mod dispatch;
pub(crate) mod document;
pub(crate) mod lower;
pub(crate) mod model;
pub(crate) mod names;
mod replies;
pub(crate) mod schema;

use std::panic::{AssertUnwindSafe, catch_unwind};

use openapiv3::{AnySchema, OpenAPI, ReferenceOr, Schema, SchemaData, SchemaKind};
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode};
use quote::quote;
use serde_json::Value;

pub(crate) use document::Refusal;

use model::{Lowered, LoweredOperation};

use crate::base::pointer::join;

/// Writes the source of the client and its dispatch table for a contract.
///
/// # Errors
/// Every reason found, each with its place in the contract.
pub(crate) fn client_source(contract: &Value) -> Result<String, Vec<Refusal>> {
    lower::lower(contract).and_then(|lowered| source_of(&lowered))
}

/// Writes refusals one a line, in the order of their places.
pub(crate) fn report(refusals: &[Refusal]) -> String {
    let mut lines: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
    lines.sort();
    lines.join("\n")
}

fn source_of(lowered: &Lowered) -> Result<String, Vec<Refusal>> {
    let client = generate(lowered)?;
    let table = dispatch::table(&client, &lowered.operations)?;
    let hooks = dispatch::hooks();
    let file =
        syn::parse2(quote! { #client #hooks #table }).map_err(|error| vec![whole_document(error.to_string())])?;
    Ok(format!("{}\n{}", left_out(lowered), prettyplease::unparse(&file)))
}

fn left_out(lowered: &Lowered) -> String {
    let lines = lowered.removals.iter().map(|removal| format!("// left out: #{}: {}", removal.pointer, removal.what));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs progenitor over the lowered document.
///
/// # Errors
/// progenitor panics on much that it does not know. Such a panic becomes a refusal too, laid at the door of
/// the schemas or operations that cannot be generated alone.
pub(crate) fn generate(lowered: &Lowered) -> Result<TokenStream, Vec<Refusal>> {
    attempt(&lowered.document).map_err(|reason| culprits(lowered, &reason))
}

fn attempt(document: &OpenAPI) -> Result<TokenStream, String> {
    let mut generator = Generator::new(
        GenerationSettings::new()
            .with_inner_type(quote!(support::Capture))
            .with_hooks(HooksMode::Expected)
            .with_map_type("::std::collections::BTreeMap"),
    );
    let outcome = catch_unwind(AssertUnwindSafe(|| generator.generate_tokens(document)));
    match outcome {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(panic_message(panic.as_ref())),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

fn culprits(lowered: &Lowered, reason: &str) -> Vec<Refusal> {
    let mut found = culprits_among_schemas(&lowered.document);
    if found.is_empty() {
        found = lowered.operations.iter().filter_map(|operation| culprit(&lowered.document, operation)).collect();
    }
    if found.is_empty() { vec![whole_document(reason.to_owned())] } else { found }
}

fn culprit(document: &OpenAPI, operation: &LoweredOperation) -> Option<Refusal> {
    let mut alone = document.clone();
    let path = operation.lowered_path();
    alone.paths.paths.retain(|key, _| *key == path);
    let reason = attempt(&alone).err()?;
    let reason = format!("the client for {} cannot be generated: {reason}", operation.name);
    Some(Refusal { pointer: operation.pointer.clone(), reason })
}

fn culprits_among_schemas(document: &OpenAPI) -> Vec<Refusal> {
    let mut document = document.clone();
    document.paths.paths.clear();
    if attempt(&document).is_ok() {
        return Vec::new();
    }
    let names = document.components.iter().flat_map(|components| components.schemas.keys());
    names.filter_map(|name| culprit_schema(&document, name)).collect()
}

// All others stand for anything, so that references still lead somewhere.
fn culprit_schema(document: &OpenAPI, name: &str) -> Option<Refusal> {
    let mut alone = document.clone();
    let others = alone.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (_, schema) in others.filter(|(other, _)| *other != name) {
        *schema = ReferenceOr::Item(Schema {
            schema_data: SchemaData::default(),
            schema_kind: SchemaKind::Any(AnySchema::default()),
        });
    }
    let reason = attempt(&alone).err()?;
    let reason = format!("the type {name} cannot be generated: {reason}");
    Some(Refusal { pointer: join("/components/schemas", name), reason })
}

fn whole_document(reason: String) -> Refusal {
    Refusal { pointer: String::new(), reason: format!("the client cannot be generated: {reason}") }
}
