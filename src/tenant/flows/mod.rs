//! `/{envID}/flows/{flowID}`: a sign-on, registration or device activation, from the first question to the answer.
//!
//! This file holds the resource and the order of steps; what single actions do is in the files beside it.

mod actions;
mod flow;
mod passwords;
mod persona;
mod registration;
mod status;
mod view;

pub(super) use self::flow::{AuthorizeRequest, AuthorizeResponse, Flow, FlowEntry};
pub(super) use self::view::sign_on_page;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::flow::{Done, first_status};
use self::status::{Action, Status};
use super::{
    applications::{ApplicationSettings, Start},
    call::Call,
    challenge::{Challenge, ChallengeState},
    environment::{Environment, TOKEN_LIFETIME},
    errors::{Problem, Refusal},
    faults::Fault,
    fields::Fields,
    mailbox::MessageKind,
    missteps::{FLOW, Trail},
    reply::{Outcome, Reply},
    users::{Standing, User},
};

impl Flow {
    /// Begins a flow in a browser session.
    pub(super) fn begin(
        env: &mut Environment,
        session: Uuid,
        settings: Arc<ApplicationSettings>,
        entry: FlowEntry,
    ) -> Self {
        let (now, script) = (env.now(), env.script_in(&settings));
        let mut flow = Self {
            id: env.random.uuid(),
            session,
            status: first_status(settings.start),
            settings,
            entry,
            user: None,
            challenge: None,
            error: None,
            response: None,
            script,
            trail: Trail::default(),
            accepted: None,
            done: Done::default(),
            code: None,
            grant: None,
            created_at: now,
            used_at: now,
        };
        flow.begin_path(env);
        flow
    }

    /// Binds the user who has proved to be themselves and goes on.
    fn authenticate(&mut self, env: &mut Environment, user: Uuid) {
        self.user = Some(user);
        self.done.authenticated = true;
        self.proceed(env);
    }

    /// Goes on to the first step that is not done.
    fn proceed(&mut self, env: &mut Environment) {
        if self.script.is_some() {
            return self.follow(env);
        }
        let Some(user) = self.user else { return };
        let known = env.user(user);
        let standing = known.map_or(Standing::Usual, |user| user.standing);
        let (has_profile, has_agreed) = known.map_or((false, false), |user| (user.has_profile, user.has_agreed));
        match standing {
            Standing::Unverified => self.ask_for_verification(env, user),
            Standing::MustChangePassword => self.status = Status::MustChangePassword,
            Standing::PasswordExpired => self.status = Status::PasswordExpired,
            _ if self.settings.mfa.is_some() && !self.done.mfa => self.challenge_user(env, user),
            _ if self.settings.profile && !has_profile => self.status = Status::ProfileDataRequired,
            _ if self.settings.agreement && !has_agreed => self.status = Status::AgreementConsentRequired,
            _ => self.finish(env, user),
        }
    }

    /// Changes the user for good: later flows find it so.
    fn remember(&self, env: &mut Environment, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.user.and_then(|user| env.user_mut(user)) {
            change(user);
        }
    }

    fn finish(&mut self, env: &mut Environment, user: Uuid) {
        match (&self.entry, self.grant) {
            (FlowEntry::Device, None) => self.status = Status::DagUserCodeRequired,
            (FlowEntry::Device, Some(_)) if !self.done.device_consent => self.status = Status::DagConsentRequired,
            (FlowEntry::Device, Some(_)) => self.status = Status::Completed,
            (FlowEntry::Authorize(request), _) => {
                self.response = Some(respond(env, request, user));
                self.status = Status::Completed;
            }
        }
    }

    fn ask_for_verification(&mut self, env: &mut Environment, user: Uuid) {
        self.send_code(env, user, MessageKind::VerificationCode);
        self.status = Status::VerificationCodeRequired;
    }

    fn send_code(&mut self, env: &mut Environment, user: Uuid, kind: MessageKind) {
        let code = env.random.code(8);
        let user = self.addressee(env, user);
        let to = env.user(user).map(|user| user.email.to_string()).unwrap_or_default();
        let now = env.now();
        env.mailbox.deliver(user, &to, kind, &code, now);
        self.code = Some((code, now));
    }

    fn challenge_user(&mut self, env: &mut Environment, user: Uuid) {
        let policy = env.policy_named(self.settings.mfa.as_deref().unwrap_or_default());
        self.challenge = Some(Challenge::begin(env, user, policy));
        self.status = Status::Mfa;
        self.settle(env);
    }

    /// Follows what became of the challenge: time passed, a push was answered, a device proved itself.
    pub(super) fn settle(&mut self, env: &mut Environment) {
        let Some(challenge) = self.challenge.as_mut().filter(|_| self.status == Status::Mfa) else {
            return;
        };
        let timed_out = challenge.elapse(env.now());
        match (challenge.state, challenge.error) {
            (ChallengeState::Completed, _) => {
                self.done.mfa = true;
                self.pass_challenge(env);
                self.proceed(env);
            }
            (ChallengeState::Failed, Some(error)) => self.fail(error),
            _ if timed_out => self.pass(env),
            _ => (),
        }
    }

    /// Whether a push of this flow waits for an answer of this user.
    pub(super) fn awaits_push(&mut self, user: Uuid, now: DateTime<Utc>) -> bool {
        let waiting = self.status == Status::Mfa && !self.expired(now);
        waiting && self.challenge.as_mut().is_some_and(|challenge| challenge.awaits_push(user, now))
    }

    /// Whether an action that came at once with its like, after which it may not be done any more, is taken for it by a fault.
    fn notices_too_late(&self, env: &Environment, action: Action) -> bool {
        let fault = match action {
            Action::CheckOtp => Fault::RacingFlowPasscode,
            Action::RecoverPassword => Fault::RacingRecoveryCode,
            Action::VerifyUser => Fault::RacingVerificationCode,
            Action::RegisterUser => Fault::RacingRegistration,
            _ => return false,
        };
        let done = self.accepted.filter(|(accepted, _)| *accepted == action).map(|(_, at)| at);
        env.races(fault, done)
    }

    /// The identity provider sends people back before anybody looks, if the application says with what.
    fn return_from_provider(&mut self, env: &mut Environment) {
        let bound = self.user.is_some() && self.script.is_none();
        if self.status != Status::ExternalAuthenticationRequired || bound {
            return;
        }
        match self.settings.start {
            Start::AsAskedFor => self.return_to_path(env),
            Start::AccountLinking => self.status = Status::AccountLinkingRequired,
            Start::AccountConfirmation => {
                let user = env.users.first().map(|user| (user.id, user.is_linked));
                self.user = user.map(|(id, _)| id);
                match user {
                    Some((id, true)) => self.authenticate(env, id),
                    _ => self.status = Status::AccountConfirmationRequired,
                }
            }
            _ => (),
        }
    }
}

/// Makes what the application asked for; an access token comes without a detour by the token endpoint (RFC 6749, 4.2.2).
fn respond(env: &mut Environment, request: &AuthorizeRequest, user: Uuid) -> AuthorizeResponse {
    let mut response = AuthorizeResponse::new();
    for wanted in request.response_type.split(' ') {
        match wanted {
            "code" => drop(response.insert("code", env.random.uuid().to_string().into())),
            "token" => {
                response.extend([
                    ("access_token", env.issue_token(Some(user)).into()),
                    ("token_type", "Bearer".into()),
                    ("expires_in", TOKEN_LIFETIME.num_seconds().into()),
                ]);
                response.extend(request.scope.as_deref().map(|scope| ("scope", scope.into())));
            }
            _ => drop(response.insert("id_token", env.random.token().into())),
        }
    }
    response.extend(request.state.as_deref().map(|state| ("state", state.into())));
    response
}

/// GET: looks at a flow.
pub(super) fn read(env: &mut Environment, call: &Call, id: Option<Uuid>) -> Outcome {
    with_flow(env, call, id, |env, flow| {
        call.accept()?;
        flow.return_from_provider(env);
        Ok(flow.reply(env))
    })
}

/// POST: the media type says which action.
pub(super) fn act(env: &mut Environment, call: &Call, id: Option<Uuid>) -> Outcome {
    with_flow(env, call, id, |env, flow| {
        call.accept()?;
        let action = call.vendor().and_then(Action::of).ok_or_else(Problem::unsupported_media_type)?;
        let mut fields =
            if action.needs_no_body() { Fields::parse_optional(call.body)? } else { Fields::parse(call.body)? };
        let state = flow.status.name(flow.challenge.as_ref());
        if !flow.permits(action) {
            if let Some(stage) = env.misstep.accepts(FLOW, state, action.name()) {
                flow.force(env, stage);
                return Ok(flow.reply(env));
            }
            if flow.notices_too_late(env, action) {
                return Ok(flow.reply(env));
            }
            return Err(Problem::not_permitted_now().into());
        }
        let behind = flow.behind();
        let outcome = actions::perform(env, call, flow, action, &mut fields);
        flow.settle(env);
        if outcome.is_err()
            && let Some(stage) = env.misstep.miscounts(FLOW, state, action.name(), &mut flow.trail)
        {
            flow.force(env, stage);
            return Ok(flow.reply(env));
        }
        outcome?;
        flow.accepted = Some((action, Instant::now()));
        flow.keep_to_path(env, behind);
        flow.step_wrong(env, state, action);
        let reply = flow.reply(env);
        let teapot = action == Action::CheckOtp && env.faults.has(Fault::UndocumentedStatus);
        Ok(if teapot { reply.with_status(http::StatusCode::IM_A_TEAPOT) } else { reply })
    })
}

/// Takes the flow out of the store while it is worked on; what has expired stays out.
pub(super) fn with_flow(
    env: &mut Environment,
    call: &Call,
    id: Option<Uuid>,
    work: impl FnOnce(&mut Environment, &mut Flow) -> Outcome,
) -> Outcome {
    let given = call.session();
    let known = given.filter(|session| env.knows_session(*session));
    let unknown = if given.is_some() { Fault::UnknownSessionAccepted } else { Fault::NoSessionAccepted };
    if known.is_none() && !env.faults.has(unknown) {
        return Err(Problem::invalid_token().into());
    }
    let now = env.now();
    let found = id.and_then(|id| env.flows.remove(&id)).filter(|found| !found.expired(now));
    let mut flow = found.ok_or_else(Problem::not_found)?;
    let own = known.is_none_or(|session| session == flow.session || env.faults.has(Fault::OtherSessionAccepted));
    let outcome = if own {
        flow.used_at = now;
        flow.settle(env);
        work(env, &mut flow)
    } else {
        Err(Refusal::from(Problem::invalid_token()))
    };
    env.flows.insert(flow.id, flow);
    outcome
}

impl Flow {
    pub(super) fn reply(&self, env: &Environment) -> Reply {
        Reply::resource(self.render(env)).in_session(self.session)
    }
}
