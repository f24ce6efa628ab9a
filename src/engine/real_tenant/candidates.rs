//! Which users of a target will do for a scenario, and which scenario gets those that can be used up.
//!
//! Deliberately not here: who has a user at the moment ([`super::super::leases`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::facts::{facts, user_facts};
use super::ledger::Ledger;
use crate::config::target::{UserConfig, fact_name};
use crate::config::{SecretSource, TargetConfig};
use crate::engine::leases::Suitable;
use crate::engine::wants::{Wants, group, person};
use crate::record::ShardRecord;
use crate::scenario::template::Values;

/// What only a stand-in has: a clock that can be moved, and limits that can be set.
const OF_STAND_INS: [&str; 2] = ["clock", "limit"];

/// What a target lacks that a scenario wants.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the target does not supply {}", .0.iter().map(|lack| &*lack.text).collect::<Vec<_>>().join(", "))]
pub(super) struct Missing(pub(super) Vec<Lack>);

/// One thing that a target lacks.
#[derive(Debug, Clone)]
pub(super) struct Lack {
    /// What is missing, in a few words.
    text: String,
    /// What would have to be added to the target, the same for all scenarios that it would let run.
    pub(super) fact: String,
}

impl Lack {
    fn of_path(path: &str) -> Self {
        Self { text: format!("`{path}`"), fact: format!("`{}`", group(path)) }
    }

    fn of_stranger(name: &str) -> Self {
        Self {
            text: format!("the codes of `{name}`"),
            fact: "the codes of people who are no users of the target".into(),
        }
    }

    fn of_users(text: String, role: &str, expendable: bool) -> Self {
        let kind = if expendable { "expendable" } else { "non-expendable" };
        Self { text, fact: format!("one more {kind} user `{role}`") }
    }
}

/// The users of a target by role, with all that it supplies beside them.
///
/// Something stands in the place of every secret: whether a target supplies a fact is asked for each user and scenario.
#[derive(Debug)]
pub(super) struct Candidates {
    default_role: String,
    /// Whether codes of people arrive somewhere who are no users.
    reads_all_mail: bool,
    /// How long a scenario may wait in place of moving a clock.
    longest_wait: Duration,
    common: Values,
    pools: BTreeMap<String, Vec<Candidate>>,
    /// The users of scenarios that use them up, by the scenario's name; or what is missing.
    reserved: BTreeMap<String, Result<Suitable, Missing>>,
    /// Where earlier runs have noted whom they used up.
    ledger: String,
    shard: Option<ShardRecord>,
}

#[derive(Debug)]
struct Candidate {
    facts: Values,
    expendable: bool,
    /// Whether an earlier run has used the user up.
    used_up: bool,
    /// Whether the user is for another part of the suite to use up.
    elsewhere: bool,
}

impl Candidates {
    /// Knows the users, and reserves those that these scenarios use up; where they are a part of the suite, among its share
    /// of the users, so that parts that run elsewhere never reserve the same one.
    pub(super) fn new(config: &TargetConfig, wants: &[Wants], ledger: &Ledger, shard: Option<ShardRecord>) -> Self {
        let pools = config.users.iter().map(|(role, pool)| {
            let is_default = *role == config.default_user;
            let mut candidates: Vec<Candidate> =
                pool.iter().map(|user| Candidate::new(role, user, is_default, ledger)).collect();
            let expendable = candidates.iter_mut().filter(|user| user.expendable).enumerate();
            expendable
                .for_each(|(at, user)| user.elsewhere = shard.is_some_and(|shard| at % shard.of + 1 != shard.index));
            (role.clone(), candidates)
        });
        let mut candidates = Self {
            default_role: config.default_user.clone(),
            reads_all_mail: config.mailbox.is_some(),
            longest_wait: config.longest_wait.unwrap_or_default(),
            common: values(facts(config, &BTreeMap::new(), &is_there)),
            pools: pools.collect(),
            reserved: BTreeMap::new(),
            ledger: ledger.file(),
            shard,
        };
        candidates.reserve(wants);
        candidates
    }

    /// The users of each wanted role that a scenario may get.
    pub(super) fn fit(&self, wants: &Wants) -> Result<Suitable, Missing> {
        let reserved = wants.uses_up.as_ref().and_then(|_| self.reserved.get(&wants.scenario));
        reserved.map_or_else(|| self.suitable(wants), Clone::clone)
    }

    /// Gives every scenario that uses users up those that it will have, in the order of the suite, so that it does not depend
    /// on who comes first.
    fn reserve(&mut self, wants: &[Wants]) {
        let mut taken = BTreeSet::new();
        for wants in wants.iter().filter(|wants| wants.uses_up.is_some()) {
            let reserved = self.suitable(wants).and_then(|suitable| self.first_free(suitable, &taken));
            for (role, users) in reserved.iter().flatten() {
                taken.extend(users.iter().map(|user| (role.clone(), *user)));
            }
            self.reserved.insert(wants.scenario.clone(), reserved);
        }
    }

    /// Whether everybody and everything is there that a scenario names, whether they are to be used up or not. What only a
    /// stand-in has is nobody's fact.
    pub(super) fn has_all_named(&self, wants: &Wants) -> bool {
        let named = wants.paths.iter().filter(|path| !OF_STAND_INS.contains(&path.as_str())).cloned();
        let named = Wants { paths: named.collect(), ..wants.clone() };
        let using_up = [None, Some(String::new())].map(|uses_up| Wants { uses_up, ..named.clone() });
        using_up.iter().any(|wants| self.suitable(wants).is_ok())
    }

    /// The users of each wanted role that have all that is wanted, whichever scenario gets them.
    pub(super) fn suitable(&self, wants: &Wants) -> Result<Suitable, Missing> {
        let strangers = wants.strangers.iter().filter(|_| !self.reads_all_mail);
        let mut missing: Vec<Lack> = strangers.map(|name| Lack::of_stranger(name)).collect();
        let mut by_role: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for path in &wants.paths {
            match self.role_of(path) {
                Some(role) => by_role.entry(role).or_default().push(path),
                None if supplies(&self.common, path) => {}
                None if path == "clock" && wants.can_wait(self.longest_wait) => {}
                None => missing.push(Lack::of_path(path)),
            }
        }
        let mut suitable = Suitable::new();
        for (role, paths) in by_role {
            match self.of_role(&role, &paths, wants) {
                Ok(users) => _ = suitable.insert(role, users),
                Err(lacking) => missing.extend(lacking),
            }
        }
        if missing.is_empty() { Ok(suitable) } else { Err(Missing(missing)) }
    }

    /// The users of a role who have all these facts and may be used as the scenario will use them; or what is missing.
    fn of_role(&self, role: &str, paths: &[&str], wants: &Wants) -> Result<Vec<usize>, Vec<Lack>> {
        let pool = self.pools.get(role).map_or(&[][..], Vec::as_slice);
        let Some(first) = pool.first() else {
            // Every single fact of nobody at all says no more than that there is nobody.
            return Err(paths
                .first()
                .and_then(|path| person(path))
                .map(|who| Lack::of_path(&who))
                .into_iter()
                .collect());
        };
        let has_all = |user: &Candidate| paths.iter().all(|path| supplies(&user.facts, path));
        let has_all: Vec<usize> = (0..pool.len()).filter(|user| has_all(&pool[*user])).collect();
        if has_all.is_empty() {
            let lacking = paths.iter().filter(|path| !supplies(&first.facts, path));
            return Err(lacking.map(|path| Lack::of_path(path)).collect());
        }
        let is_free = |user: &Candidate| !user.used_up && !user.elsewhere;
        let may_be_used = |user: &usize| is_free(&pool[*user]) && pool[*user].expendable == wants.uses_up.is_some();
        let suitable: Vec<usize> = has_all.into_iter().filter(may_be_used).collect();
        if suitable.is_empty() { Err(vec![self.unusable(role, wants)]) } else { Ok(suitable) }
    }

    fn unusable(&self, role: &str, wants: &Wants) -> Lack {
        let before = self.used_before(role);
        let text = match &wants.uses_up {
            Some(why) => format!("a user `{role}` to be used up (`expendable = true`{}): {why}{before}", self.share()),
            None => format!("a user `{role}` who is not `expendable`{before}"),
        };
        Lack::of_users(text, role, wants.uses_up.is_some())
    }

    /// Of each role the first user whom no other scenario has.
    fn first_free(&self, suitable: Suitable, taken: &BTreeSet<(String, usize)>) -> Result<Suitable, Missing> {
        let mut missing = Vec::new();
        let mut free = Suitable::new();
        for (role, users) in suitable {
            if let Some(user) = users.into_iter().find(|user| !taken.contains(&(role.clone(), *user))) {
                free.insert(role, vec![user]);
                continue;
            }
            let before = self.used_before(&role);
            let text = format!("one more user `{role}` to be used up (`expendable = true`{}){before}", self.share());
            missing.push(Lack::of_users(text, &role, true));
        }
        if missing.is_empty() { Ok(free) } else { Err(Missing(missing)) }
    }

    /// Among how many of the users one is looked for, where that is not all of them.
    fn share(&self) -> String {
        let of = self.shard.map(|shard| shard.of).filter(|of| *of > 1);
        of.map(|of| format!("; every shard of {of} has its own share of them")).unwrap_or_default()
    }

    /// How many users of a role earlier runs have used up, and where that is noted.
    fn used_before(&self, role: &str) -> String {
        let used = self.pools.get(role).map_or(0, |pool| pool.iter().filter(|user| user.used_up).count());
        if used == 0 { String::new() } else { format!("; earlier runs used up {used} (see {})", self.ledger) }
    }

    /// The role, as in the file, that a path is about.
    fn role_of(&self, path: &str) -> Option<String> {
        let person = person(path)?;
        let Some(fact) = person.strip_prefix("users.") else { return Some(self.default_role.clone()) };
        let known = self.pools.keys().find(|role| fact_name(role) == fact);
        Some(known.cloned().unwrap_or_else(|| fact.to_owned()))
    }
}

impl Candidate {
    fn new(role: &str, user: &UserConfig, is_default: bool, ledger: &Ledger) -> Self {
        let facts = user_facts(user, &is_there);
        let plain = is_default.then(|| ("user".to_owned(), facts.clone()));
        let users = ("users".to_owned(), json!({ fact_name(role): facts }));
        Self {
            facts: values(plain.into_iter().chain([users]).collect()),
            expendable: user.expendable,
            used_up: ledger.holds(user.name()),
            elsewhere: false,
        }
    }
}

fn is_there(_: &SecretSource) -> Option<String> {
    Some("present".to_owned())
}

fn values(facts: Map<String, Value>) -> Values {
    Values { facts: Arc::new(facts), ..Values::default() }
}

fn supplies(facts: &Values, path: &str) -> bool {
    !matches!(facts.find(path), None | Some(Value::Null | Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// A target with so many users who may be used up.
    fn target(users: usize) -> TargetConfig {
        let id = "00000000-0000-4000-8000-000000000001";
        let head = format!("[targets.a]\nregion = \"eu\"\nenvironment = \"{id}\"\ndefault-user = \"email\"\n");
        let user = |at: usize| format!("[[targets.a.users.email]]\nusername = \"user-{at}\"\nexpendable = true\n");
        let text: String = std::iter::once(head).chain((0..users).map(user)).collect();
        let read = Config::parse("flowproof.toml".into(), text, &[]);
        let config = read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect::<String>());
        config.unwrap_or_else(|problems| panic!("{problems}")).targets["a"].clone()
    }

    fn using_up(scenario: &str) -> Wants {
        let (uses_up, paths) = (Some("it locks the user".to_owned()), vec!["user.username".to_owned()]);
        Wants { scenario: scenario.into(), uses_up, paths, ..Wants::default() }
    }

    /// The users that the scenarios of a part get, or what is said of the first that gets none.
    fn users(target: &TargetConfig, scenarios: &[&str], shard: Option<ShardRecord>) -> Result<Vec<usize>, String> {
        let wants: Vec<Wants> = scenarios.iter().map(|scenario| using_up(scenario)).collect();
        let ledger = Ledger::read("no-such-list".into(), "e".into()).expect("no file is an empty one");
        let candidates = Candidates::new(target, &wants, &ledger, shard);
        let got = wants.iter().map(|wants| candidates.fit(wants).map_err(|missing| missing.to_string()));
        got.map(|fit| fit.map(|suitable| suitable.into_values().flatten().collect::<Vec<_>>()))
            .collect::<Result<Vec<_>, _>>()
            .map(|users| users.concat())
    }

    // Each of them took the first users of the pool.
    #[test]
    fn shards_that_run_as_processes_of_their_own_never_use_up_the_same_user() {
        let (target, part) = (target(5), |index| Some(ShardRecord { index, of: 2 }));
        assert_eq!(users(&target, &["a", "b"], None).expect("there are enough"), [0, 1]);
        assert_eq!(users(&target, &["a", "b", "c"], part(1)).expect("there are enough"), [0, 2, 4]);
        assert_eq!(users(&target, &["d", "e"], part(2)).expect("there are enough"), [1, 3]);
        let lacking = users(&target, &["d", "e", "f"], part(2)).expect_err("the share is used up");
        assert!(lacking.contains("every shard of 2 has its own share of them"), "{lacking}");
    }
}
