//! What is to be there: worked out from what scenarios need, without looking at what is.

use std::collections::BTreeSet;

use super::application::{self, Step};
use super::name::Run;
use super::needs::Needs;
use super::persona::{Account, Persona, persona};
use super::policy;
use super::thing::{Kind, Thing};

/// What is to be there.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) run: Run,
    /// In the order in which they are made.
    pub(crate) things: Vec<Thing>,
    pub(crate) users: Vec<PlannedUser>,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub(crate) struct PlannedUser {
    pub(crate) persona: &'static Persona,
    /// What it is called in the plan: the role, and its number.
    pub(crate) thing: String,
    /// The place among all, from which its number follows.
    pub(crate) place: usize,
    /// Whether a scenario may change or lock it.
    pub(crate) expendable: bool,
}

impl Plan {
    /// How many there are of a kind.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.things.iter().filter(|thing| thing.kind == kind).count()
    }

    /// How many devices are made.
    pub(crate) fn devices(&self) -> usize {
        self.users.iter().map(|user| user.persona.devices.len()).sum()
    }
}

/// Works out what is to be there.
pub(crate) fn plan(needs: &Needs, run: Run) -> Plan {
    let users = users(needs);
    let apps: Vec<_> = needs.applications.iter().filter_map(|fact| application::known(fact).ok()).collect();
    let steps: Vec<Step> = apps.iter().flat_map(|app| app.steps.iter().copied()).collect();
    let external = users.iter().any(|user| user.persona.account == Account::External);
    let mut things = vec![policy::population(&run)];
    let policies: BTreeSet<&str> = needs.policies.iter().copied().collect();
    things.extend(policies.into_iter().filter_map(|fact| policy::thing(fact, &run, needs.means)));
    things.extend(steps.contains(&Step::Agreement).then(|| policy::agreement(&run)));
    things.extend((external || steps.contains(&Step::Provider)).then(|| policy::provider(&run)));
    things.extend(apps.iter().flat_map(|app| app.things(&run)));
    things.sort_by_key(|thing| thing.kind);
    Plan { run, things, users }
}

fn users(needs: &Needs) -> Vec<PlannedUser> {
    let mut users = Vec::new();
    for (role, count) in &needs.roles {
        let Ok(persona) = persona(role, needs.means) else { continue };
        let shared = count.shared(persona);
        for number in 0..shared + count.expendable {
            users.push(PlannedUser {
                persona,
                thing: format!("{}-{}", role.to_ascii_lowercase(), number + 1),
                place: users.len(),
                expendable: number >= shared,
            });
        }
    }
    users
}
