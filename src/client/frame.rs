//! What stands around a reply's body when the generated code reads it.
//!
//! The generated type of a reply is an enum with a variant for each status, called as `codegen::replies` calls it. It decides
//! nothing about the body itself.

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use crate::base::media_type::is_json;
use crate::contract::{Operation, Reply, StatusKey};

/// The frames of an operation's documented replies.
pub(super) struct ReplyFrames(Vec<(StatusKey, ReplyContent)>);

/// What the typed client makes of a reply's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplyContent {
    /// Nothing: none is documented, or none that has a type.
    Nothing,
    /// A value of the documented schema.
    Json,
    /// Text.
    Text,
}

/// The tag that tells the generated code which reply a body is: `{"Status200":` before it and `}` after it.
pub(super) struct ReplyFrame {
    tag: String,
    content: ReplyContent,
}

impl ReplyFrames {
    /// Lists the frames of an operation.
    pub(super) fn of(operation: &Operation) -> Self {
        Self(operation.replies().map(|reply| (reply.status, ReplyContent::of(reply))).collect())
    }

    /// Chooses the frame for a reply; none if its status is not documented, or it is no JSON where JSON is.
    pub(super) fn choose(&self, status: u16, media_type: Option<&str>) -> Option<ReplyFrame> {
        let (key, content) = *self.0.iter().filter(|(key, _)| key.fits(status)).min_by_key(|(key, _)| *key)?;
        let fits = content != ReplyContent::Json || media_type.is_some_and(is_json);
        fits.then(|| ReplyFrame { tag: tag(key), content })
    }
}

impl ReplyContent {
    fn of(reply: &Reply) -> Self {
        let any = |fits: fn(&str) -> bool| reply.media_types.iter().any(|known| fits(&known.name));
        match () {
            () if any(is_json) => Self::Json,
            () if any(|name| name.starts_with("text/")) => Self::Text,
            () => Self::Nothing,
        }
    }
}

/// The name of the variant for a status.
fn tag(key: StatusKey) -> String {
    match key {
        StatusKey::Default => "StatusDefault".into(),
        StatusKey::Code(_) | StatusKey::Range(_) => format!("Status{key}"),
    }
}

impl ReplyFrame {
    /// Puts the frame around a body.
    pub(super) fn around(&self, body: &[u8]) -> Bytes {
        let mut framed = self.open(body.len());
        framed.extend_from_slice(body);
        self.close(framed).0
    }

    /// Begins a buffer to which the body is then added.
    pub(super) fn open(&self, expected: usize) -> BytesMut {
        let mut buffer = BytesMut::with_capacity(expected + self.tag.len() + 5);
        if self.content == ReplyContent::Json {
            buffer.extend_from_slice(b"{\"");
            buffer.extend_from_slice(self.tag.as_bytes());
            buffer.extend_from_slice(b"\":");
        }
        buffer
    }

    /// Ends the buffer: the framed reply, and the body alone. For JSON both are the same memory.
    pub(super) fn close(&self, mut buffer: BytesMut) -> (Bytes, Bytes) {
        match self.content {
            ReplyContent::Json => {
                let start = self.tag.len() + 4;
                buffer.extend_from_slice(b"}");
                let framed = buffer.freeze();
                let body = framed.slice(start..framed.len() - 1);
                (framed, body)
            }
            ReplyContent::Text => {
                let body = buffer.freeze();
                let text = Value::from(String::from_utf8_lossy(&body));
                (format!("{{\"{}\":{text}}}", self.tag).into(), body)
            }
            ReplyContent::Nothing => (format!("\"{}\"", self.tag).into(), buffer.freeze()),
        }
    }
}
