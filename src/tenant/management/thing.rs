//! What an administrator makes beside users: populations, policies, applications, agreements, each kept as it was given.
//!
//! A store with lookups; what may be made is decided in [`super::rules`].

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use strum::{EnumIter, IntoEnumIterator};
use uuid::Uuid;

use crate::tenant::representation::timestamp;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub(in crate::tenant) enum Kind {
    Population,
    PasswordPolicy,
    Application,
    Grant,
    Assignment,
    SignOnPolicy,
    Action,
    MfaPolicy,
    Agreement,
    Language,
    Revision,
    Resource,
    Scope,
    IdentityProvider,
}

impl Kind {
    /// The collection's segment in a path, which is also its name under `_embedded`.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::Population => "populations",
            Self::PasswordPolicy => "passwordPolicies",
            Self::Application => "applications",
            Self::Grant => "grants",
            Self::Assignment => "signOnPolicyAssignments",
            Self::SignOnPolicy => "signOnPolicies",
            Self::Action => "actions",
            Self::MfaPolicy => "deviceAuthenticationPolicies",
            Self::Agreement => "agreements",
            Self::Language => "languages",
            Self::Revision => "revisions",
            Self::Resource => "resources",
            Self::Scope => "scopes",
            Self::IdentityProvider => "identityProviders",
        }
    }

    /// What it is a part of.
    fn parent(self) -> Option<Self> {
        match self {
            Self::Grant | Self::Assignment => Some(Self::Application),
            Self::Action => Some(Self::SignOnPolicy),
            Self::Language => Some(Self::Agreement),
            Self::Revision => Some(Self::Language),
            Self::Scope => Some(Self::Resource),
            _ => None,
        }
    }

    /// The member by which a part names what it is a part of.
    fn named_by_parts(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::SignOnPolicy => "signOnPolicy",
            Self::Agreement => "agreement",
            Self::Language => "language",
            _ => "resource",
        }
    }

    pub(super) fn below(parent: Option<Self>, segment: &str) -> Option<Self> {
        Self::iter().find(|kind| kind.parent() == parent && kind.segment() == segment)
    }
}

/// One of them.
pub(in crate::tenant) struct Thing {
    pub(super) id: Uuid,
    pub(super) kind: Kind,
    pub(super) parent: Option<Uuid>,
    pub(super) body: Map<String, Value>,
    /// What an application authenticates with.
    pub(super) secret: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl Thing {
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.body.get(name) == Some(&Value::Bool(true))
    }

    /// The id of another thing, which a member names.
    pub(super) fn reference(&self, name: &str) -> Option<Uuid> {
        self.body.get(name)?.get("id")?.as_str()?.parse().ok()
    }

    pub(super) fn priority(&self) -> u64 {
        self.body.get("priority").and_then(Value::as_u64).unwrap_or(u64::MAX)
    }
}

/// All of one environment, in the order in which they were made.
pub(in crate::tenant) struct Things {
    env: Uuid,
    all: IndexMap<Uuid, Thing>,
}

impl Things {
    /// What every environment has from the start: a population, a policy of each kind, and the resource for sign-ons.
    pub(super) fn of_new_environment(env: Uuid, ids: &mut impl FnMut() -> Uuid, now: DateTime<Utc>) -> Self {
        let mut things = Self { env, all: IndexMap::new() };
        let mut add = |kind, parent, body: Value| {
            let Value::Object(body) = body else { return Uuid::nil() };
            things.insert(Thing {
                id: ids(),
                kind,
                parent,
                body,
                secret: String::new(),
                created_at: now,
                updated_at: now,
            })
        };
        let password = add(
            Kind::PasswordPolicy,
            None,
            json!({
                "name": "Standard", "default": true, "excludesCommonlyUsed": true, "excludesProfileData": true,
                "notSimilarToCurrent": true, "length": { "min": 8, "max": 255 },
            }),
        );
        add(
            Kind::Population,
            None,
            json!({ "name": "Default", "default": true, "passwordPolicy": { "id": password } }),
        );
        add(Kind::MfaPolicy, None, default_mfa_policy());
        let policy = add(Kind::SignOnPolicy, None, json!({ "name": "Single_Factor", "default": true }));
        add(Kind::Action, Some(policy), json!({ "type": "LOGIN", "priority": 1, "recovery": { "enabled": true } }));
        let openid = add(Kind::Resource, None, json!({ "name": "openid", "type": "OPENID_CONNECT" }));
        for scope in ["openid", "profile", "email", "offline_access"] {
            add(Kind::Scope, Some(openid), json!({ "name": scope }));
        }
        things
    }

    pub(super) fn insert(&mut self, thing: Thing) -> Uuid {
        let id = thing.id;
        self.all.insert(id, thing);
        id
    }

    pub(super) fn get(&self, kind: Kind, id: Uuid) -> Option<&Thing> {
        self.all.get(&id).filter(|thing| thing.kind == kind)
    }

    pub(super) fn get_mut(&mut self, id: Uuid) -> Option<&mut Thing> {
        self.all.get_mut(&id)
    }

    /// Those of a kind, and of what they are a part of.
    pub(super) fn of(&self, kind: Kind, parent: Option<Uuid>) -> impl Iterator<Item = &Thing> {
        self.all.values().filter(move |thing| thing.kind == kind && thing.parent == parent)
    }

    /// The parts of a thing in the order of their priority.
    pub(super) fn in_order(&self, kind: Kind, parent: Uuid) -> Vec<&Thing> {
        let mut parts: Vec<&Thing> = self.of(kind, Some(parent)).collect();
        parts.sort_by_key(|part| part.priority());
        parts
    }

    /// The one that counts where none is named.
    pub(super) fn default_of(&self, kind: Kind) -> Option<&Thing> {
        self.of(kind, None).find(|thing| thing.is("default"))
    }

    /// Whether something names this thing in a member of its own.
    pub(super) fn is_named(&self, id: Uuid) -> bool {
        let id = id.to_string();
        let names =
            |thing: &Thing| thing.body.values().any(|value| value.get("id").and_then(Value::as_str) == Some(&id));
        self.all.values().any(|thing| thing.id.to_string() != id && names(thing))
    }

    /// Removes a thing with all that is a part of it.
    pub(super) fn remove(&mut self, id: Uuid) {
        self.all.shift_remove(&id);
        let parts: Vec<Uuid> = self.all.values().filter(|part| part.parent == Some(id)).map(|part| part.id).collect();
        parts.into_iter().for_each(|part| self.remove(part));
    }

    /// The address of a thing below the environment.
    pub(super) fn path(&self, thing: &Thing) -> String {
        let own = format!("{}/{}", thing.kind.segment(), thing.id);
        match thing.parent.and_then(|parent| self.all.get(&parent)) {
            Some(parent) => format!("{}/{own}", self.path(parent)),
            None => own,
        }
    }

    /// A thing as it is shown.
    pub(super) fn view(&self, thing: &Thing, href: &str) -> Value {
        let mut view = json!({
            "_links": { "self": { "href": href } },
            "id": thing.id,
            "environment": { "id": self.env },
        });
        let parent = thing.parent.and_then(|parent| self.all.get(&parent));
        if let Some(parent) = parent {
            view[parent.kind.named_by_parts()] = json!({ "id": parent.id });
        }
        for (name, value) in thing.body.iter().filter(|(name, _)| *name != "clientSecret") {
            view[name] = value.clone();
        }
        if thing.kind != Kind::MfaPolicy {
            view["createdAt"] = timestamp(thing.created_at).into();
        }
        view["updatedAt"] = timestamp(thing.updated_at).into();
        view
    }
}

fn default_mfa_policy() -> Value {
    let offline = json!({
        "enabled": true,
        "otp": {
            "failure": { "count": 3, "coolDown": { "duration": 0, "timeUnit": "MINUTES" } },
            "lifeTime": { "duration": 30, "timeUnit": "MINUTES" },
        },
    });
    json!({
        "name": "Default MFA Policy", "default": true, "forSignOnPolicy": false,
        "sms": offline, "email": offline, "voice": offline, "mobile": { "enabled": false }, "totp": { "enabled": true },
        "authentication": { "deviceSelection": "DEFAULT_TO_FIRST" },
    })
}
