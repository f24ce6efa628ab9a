//! The requirements that follow from schemas: one for every documented combination of operation, status and media type.
//!
//! They have synthetic ids, such as `schema:validateOtp:200:hal+json`, and are written nowhere.

use super::requirement::references;
use super::{Contract, MediaType, Operation, Reply};
use crate::base::media_type::without_parameters;

/// The promise that an answer with this status, in this media type, looks as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaPromise<'a> {
    /// The operation that answers.
    pub operation: &'a Operation,
    /// The documented reply.
    pub reply: &'a Reply,
    /// The media type of its body; `None` when no body is documented.
    pub media_type: Option<&'a MediaType>,
}

impl SchemaPromise<'_> {
    /// The synthetic id, such as `schema:validateOtp:200:hal+json`, or `schema:activateDevice:302:no-body`.
    pub fn id(&self) -> String {
        let media_type = self.media_type.map_or("no-body", |media_type| subtype(&media_type.name));
        format!("schema:{}:{}:{media_type}", self.operation.name, self.reply.status)
    }
}

/// `hal+json` of `application/hal+json;charset=UTF-8`.
fn subtype(media_type: &str) -> &str {
    let essence = without_parameters(media_type);
    essence.split_once('/').map_or(essence, |(_, subtype)| subtype)
}

impl Contract {
    /// What is promised about the form of answers: one promise for every documented operation, status and media type.
    pub fn schema_promises(&self) -> impl Iterator<Item = SchemaPromise<'_>> {
        let replies =
            self.operations().iter().flat_map(|operation| operation.replies().map(move |reply| (operation, reply)));
        replies.flat_map(|(operation, reply)| {
            let bodiless = reply.media_types.is_empty().then_some(None);
            let media_types = reply.media_types.iter().map(Some).chain(bodiless);
            media_types.map(move |media_type| SchemaPromise { operation, reply, media_type })
        })
    }

    /// The JSON pointers of everything in the document that names a requirement.
    pub fn references_to(&self, id: &str) -> Vec<String> {
        let all = references(self.document());
        all.into_iter().filter(|(_, named)| named == id).map(|(pointer, _)| pointer).collect()
    }
}
