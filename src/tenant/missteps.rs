//! One wrong step of one lifecycle: a fault of the state machine, for tables of them.
//!
//! Unlike the named faults it says nothing of which check notices it. Deliberately not here: how a resource is put into a
//! state.

use super::personas::Stage;

pub(super) const FLOW: &str = "flow";
pub(super) const DEVICE_AUTHENTICATION: &str = "deviceAuthentication";

/// What a resource does wrong in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misstep {
    /// The kind of resource: `flow` or `deviceAuthentication`.
    pub resource: String,
    /// The state.
    pub state: String,
    /// The action, by the name of its media type, such as `otp.check`.
    pub action: String,
    /// Where it leads.
    pub to: String,
    /// When it happens.
    pub kind: MisstepKind,
}

/// When a misstep happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MisstepKind {
    /// When the action is accepted.
    Misleads,
    /// When the action is accepted, once another was accepted in another state.
    MisleadsAfter {
        /// The other state.
        state: String,
        /// The other action.
        action: String,
    },
    /// When the action is not permitted.
    Accepts,
    /// When the action has been refused so often.
    Miscounts(usize),
}

/// What a resource has behind it: states and what was accepted or refused in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    accepted: Vec<(String, String)>,
    refused: usize,
}

/// The misstep of an environment, if it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct PlannedMisstep(pub(super) Option<Misstep>);

impl PlannedMisstep {
    fn at(&self, resource: &str, state: &str, action: &str) -> Option<(&Misstep, Stage)> {
        let misstep = self.0.as_ref()?;
        let here =
            misstep.resource == resource && misstep.state == state && misstep.action.eq_ignore_ascii_case(action);
        here.then(|| Some((misstep, misstep.to.parse().ok()?)))?
    }

    /// Where an action that is not permitted leads.
    pub(super) fn accepts(&self, resource: &str, state: &str, action: &str) -> Option<Stage> {
        let (misstep, stage) = self.at(resource, state, action)?;
        (misstep.kind == MisstepKind::Accepts).then_some(stage)
    }

    /// Where an action that was accepted leads instead.
    pub(super) fn misleads(&self, resource: &str, state: &str, action: &str, trail: &mut Trail) -> Option<Stage> {
        self.0.as_ref()?;
        let before = std::mem::take(&mut trail.accepted);
        let found = self.at(resource, state, action).filter(|(misstep, _)| match &misstep.kind {
            MisstepKind::Misleads => true,
            MisstepKind::MisleadsAfter { state, action } => {
                before.iter().any(|(known, done)| known == state && done.eq_ignore_ascii_case(action))
            }
            MisstepKind::Accepts | MisstepKind::Miscounts(_) => false,
        });
        let stage = found.map(|(_, stage)| stage);
        trail.accepted = before;
        trail.accepted.push((state.to_owned(), action.to_owned()));
        stage
    }

    /// Where an action that was refused leads once it has been refused often enough.
    pub(super) fn miscounts(&self, resource: &str, state: &str, action: &str, trail: &mut Trail) -> Option<Stage> {
        let (misstep, stage) = self.at(resource, state, action)?;
        let MisstepKind::Miscounts(often) = misstep.kind else { return None };
        trail.refused += 1;
        (trail.refused >= often).then_some(stage)
    }
}
