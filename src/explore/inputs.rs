//! The requests by which actions succeed and are refused, and who was seen to get where by them.
//!
//! Deliberately not here: where they come from (`miner`, `samples`), and which of them a walk sends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::json;

use super::input::{Cast, Input, MESSAGES};
use super::machine::{Item, Machine};
use super::samples::sample;
use crate::contract::Contract;
use crate::scenario::model::PushAnswer;
use crate::scenario::template::Helper;

/// What happens beside requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nudge {
    /// A push is answered.
    Push(PushAnswer),
    /// Time passes.
    Advance(Duration),
}

/// A request, with the state that its answer shows.
pub(crate) type Shown = (Input, Option<String>);

/// A request that is accepted once, and then refused.
#[derive(Debug, Clone)]
pub(crate) struct OnceOnly {
    /// What leads there.
    pub(crate) way: Vec<Shown>,
    /// The request.
    pub(crate) request: Input,
    /// Whom the scenario is about.
    pub(super) cast: Cast,
}

/// How long is waited where nobody knows better: longer than pushes wait, shorter than resources live.
const A_WHILE: Nudge = Nudge::Advance(Duration::from_secs(180));

/// What made one state follow another without a request.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) nudge: Nudge,
    pub(super) to: String,
    pub(super) cast: Cast,
}

/// All that was mined.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(super) accepted: HashMap<String, Vec<Input>>,
    pub(super) refused: HashMap<String, Vec<Input>>,
    /// The requests that save a name.
    pub(super) savers: BTreeMap<String, Vec<Input>>,
    /// The states that refusals lead to: who wants to get on does not ask for them.
    pub(super) failures: BTreeSet<String>,
    /// What the contract alone says of each action.
    pub(super) samples: HashMap<String, Input>,
    /// What can be had once only, though no lifecycle says so.
    pub(crate) once_only: Vec<OnceOnly>,
    /// Whether the target supplies strangers, with what they could try.
    pub(crate) has_strangers: bool,
    /// What made one state follow another without a request.
    pub(super) nudges: HashMap<String, Vec<Followed>>,
    /// Whom scenarios are about, and nobody.
    pub(super) casts: BTreeSet<Cast>,
}

impl Inputs {
    /// Whom walks may be about.
    pub(crate) fn casts(&self) -> impl Iterator<Item = &Cast> {
        self.casts.iter()
    }

    /// Whether scenarios are about users and applications of the target: what one of them may do says nothing of the others.
    pub(crate) fn has_casts(&self) -> bool {
        self.casts.len() > 1
    }

    /// The request by which somebody brings an outcome about: as scenarios have seen it, or where nothing else can come of it.
    pub(crate) fn request(&self, machine: Machine<'_>, item: Item<'_>, cast: &Cast) -> Option<&Input> {
        let (Item::Begins(by, to) | Item::Accepted(_, by, to)) = item else { return None };
        if !self.has_casts() {
            return self.accepted(by, to);
        }
        let known = self.accepted.get(by)?;
        let seen = known.iter().find(|input| input.is_guess || input.has_led(cast, item.at(), to));
        let free = |input: &&Input| !input.reads(&MESSAGES) && (input.casts.contains(cast) || !input.names_somebody);
        seen.or_else(|| known.iter().find(free).filter(|_| machine.is_only(item)))
    }

    /// The request by which an action leads to a state: one that has led there, else the one that has led furthest.
    fn accepted(&self, operation: &str, to: &str) -> Option<&Input> {
        let known = self.accepted.get(operation)?;
        let reach = |input: &Input| input.led_to.iter().filter(|state| !self.failures.contains(*state)).count();
        known.iter().find(|input| input.led_to.contains(to)).or_else(|| {
            let furthest = known.iter().map(reach).max()?;
            known.iter().find(|input| reach(input) == furthest)
        })
    }

    /// A request of an action that is not permitted: right but for the state, where that needs no code that nobody was sent.
    pub(crate) fn out_of_turn(&self, operation: &str, cast: &Cast) -> Option<Input> {
        let known = self.accepted.get(operation)?;
        // The stand-in says at once that there is no passcode; others are asked again and again.
        let codes: &[Helper] =
            if self.has_casts() { &MESSAGES } else { &[Helper::RecoveryCode, Helper::VerificationCode] };
        let right: Vec<&Input> = known.iter().filter(|input| !input.reads(codes)).collect();
        let best = fitting(&right, cast).or_else(|| self.nobodys(operation)).or_else(|| right.first().copied());
        let found = best.or_else(|| self.refused(operation, cast)).or_else(|| known.first())?.clone();
        Some(if self.has_casts() { found.with_made_up_codes() } else { found })
    }

    /// Where scenarios are about users of the target, a request that names none of them: what it is about is nobody else's.
    fn nobodys(&self, operation: &str) -> Option<&Input> {
        self.samples.get(operation).filter(|_| self.has_casts())
    }

    /// A request of an action that is right, where it may be one that reads a passcode, to break it.
    pub(crate) fn to_break(&self, operation: &str) -> Option<Input> {
        let known = self.accepted.get(operation)?;
        let reads = known.iter().find(|input| input.reads(&[Helper::Otp])).filter(|_| !self.has_casts());
        reads.cloned().or_else(|| self.out_of_turn(operation, &Cast::default()))
    }

    /// A request of somebody that a permitted action refuses.
    pub(crate) fn refused(&self, operation: &str, cast: &Cast) -> Option<&Input> {
        self.refusals(operation, cast).first().copied()
    }

    /// All requests of somebody that a permitted action refuses, those first that look most like one that is accepted.
    pub(crate) fn refusals(&self, operation: &str, cast: &Cast) -> Vec<&Input> {
        let known = self.refused.get(operation).into_iter().flatten();
        let theirs = |input: &&Input| !self.has_casts() || input.casts.contains(cast) || !input.names_somebody;
        known.filter(theirs).collect()
    }

    /// The request that saves a name.
    pub(crate) fn saver(&self, name: &str, cast: &Cast) -> Option<&Input> {
        let known = self.savers.get(name)?;
        let anybodys = || known.iter().find(|input| !self.has_casts() || !input.names_somebody);
        known.iter().find(|input| input.casts.contains(cast)).or_else(anybodys)
    }

    /// Whether one state has followed another without a request.
    pub(crate) fn has_seen(&self, from: &str, to: &str, cast: &Cast) -> bool {
        let known = self.nudges.get(from).map_or(&[][..], Vec::as_slice);
        known.iter().any(|known| known.to == to && known.cast == *cast)
    }

    /// What has to happen so that one state follows another.
    pub(crate) fn nudge(&self, from: &str, to: &str) -> Nudge {
        let known = self.nudges.get(from).map_or(&[][..], Vec::as_slice);
        let exact = known.iter().find(|known| known.to == to);
        let reach = |nudge: Nudge| known.iter().filter(|other| other.nudge == nudge).count();
        let furthest = || known.iter().rev().max_by_key(|known| reach(known.nudge));
        exact.or_else(furthest).map_or(A_WHILE, |known| known.nudge)
    }

    /// Makes requests from the contract, which are sent where no scenario has one.
    pub(super) fn guess(&mut self, contract: &Contract) {
        for lifecycle in contract.lifecycles() {
            let acting = lifecycle.states.values().flat_map(|state| state.permits.keys());
            for name in lifecycle.initial.keys().chain(acting).collect::<BTreeSet<_>>() {
                let made = contract.operation(name).and_then(|operation| sample(operation, lifecycle, contract));
                let Some(made) = made else { continue };
                self.samples.insert(name.clone(), made.clone());
                self.accepted.entry(name.clone()).or_insert_with(|| vec![made]);
            }
        }
    }

    /// Puts what is sent most often first; what is accepted somewhere is no example of a refusal.
    pub(super) fn settle(&mut self) {
        let order = |input: &Input| (input.invalid, Reverse(input.seen), json!([input.body, input.query]).to_string());
        for (operation, refused) in &mut self.refused {
            let accepted = self.accepted.get(operation).map_or(&[][..], Vec::as_slice);
            refused.retain(|input| !accepted.iter().any(|known| known.sends_the_same(input)));
            let differs = |input: &Input| !accepted.iter().any(|known| known.properties().eq(input.properties()));
            // A value that is wrong comes before one that is missing: the action looks at it.
            refused.sort_by_cached_key(|input| (input.invalid, differs(input), order(input)));
        }
        self.accepted.values_mut().for_each(|known| known.sort_by_cached_key(order));
    }
}

/// The request that somebody is known to send, else one that names nobody.
fn fitting<'i>(known: &[&'i Input], cast: &Cast) -> Option<&'i Input> {
    let theirs = known.iter().find(|input| input.casts.contains(cast));
    theirs.or_else(|| known.iter().find(|input| !input.names_somebody)).copied()
}
