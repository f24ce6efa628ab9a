//! What stands around a reply's body when the generated code reads it.
//!
//! The generated type of a reply is an enum with a variant for each status. It decides nothing about the body itself.

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::operation::{Content, Operation};
use crate::base::media_type::is_json;

/// The tag that tells the generated code which reply a body is: `{"Status200":` before it and `}` after it.
pub(super) struct Frame {
    tag: &'static str,
    content: Content,
}

impl Frame {
    /// Chooses the frame for a reply; none if its status is not documented, or it is no JSON where JSON is.
    pub(super) fn of(operation: &Operation, status: u16, media_type: Option<&str>) -> Option<Frame> {
        let reply = operation.reply(status)?;
        let fits = reply.content != Content::Json || media_type.is_some_and(is_json);
        fits.then_some(Frame { tag: reply.tag, content: reply.content })
    }

    /// Puts the frame around a body.
    pub(super) fn around(&self, body: &[u8]) -> Bytes {
        let mut framed = self.open(body.len());
        framed.extend_from_slice(body);
        self.close(framed).0
    }

    /// Begins a buffer to which the body is then added.
    pub(super) fn open(&self, expected: usize) -> BytesMut {
        let mut buffer = BytesMut::with_capacity(expected + self.tag.len() + 5);
        if self.content == Content::Json {
            buffer.extend_from_slice(b"{\"");
            buffer.extend_from_slice(self.tag.as_bytes());
            buffer.extend_from_slice(b"\":");
        }
        buffer
    }

    /// Ends the buffer: the framed reply, and the body alone. For JSON both are the same memory.
    pub(super) fn close(&self, mut buffer: BytesMut) -> (Bytes, Bytes) {
        match self.content {
            Content::Json => {
                let start = self.tag.len() + 4;
                buffer.extend_from_slice(b"}");
                let framed = buffer.freeze();
                let body = framed.slice(start..framed.len() - 1);
                (framed, body)
            }
            Content::Text => {
                let body = buffer.freeze();
                let text = Value::from(String::from_utf8_lossy(&body));
                (format!("{{\"{}\":{text}}}", self.tag).into(), body)
            }
            Content::Nothing => (format!("\"{}\"", self.tag).into(), buffer.freeze()),
        }
    }
}
