//! The answer to a push notification.
//!
//! Deliberately not here: answering.

use crate::base::source::Spanned;
use crate::base::yaml::YamlNode;
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{Text, Word};
use crate::scenario::model::{Json, PushAnswer, StepAction};

const ANSWERS: [(&str, PushAnswer); 2] = [("approve", PushAnswer::Approve), ("reject", PushAnswer::Reject)];

#[derive(Default)]
pub(super) struct PushDraft {
    user: Option<Json>,
    answer: Option<Spanned<PushAnswer>>,
}

pub(super) const PUSH: &[KeyDecoder<PushDraft>] = &[
    key("user", Text, "The user's id, name or address.", |to, at, node| to.user = at.text_json(node)),
    key("answer", Word(&["approve", "reject"]), "What the user answers.", |to, at, node| {
        to.answer = at.word(node, &ANSWERS)
    }),
];

pub(super) fn push(at: &mut Decoder, node: &YamlNode) -> Option<StepAction> {
    let (draft, _) = at.object(node, "`push`", PUSH, &["user", "answer"])?;
    Some(StepAction::Push { user: draft.user?, answer: draft.answer? })
}
