//! `/{envID}/deviceAuthentications`: its endpoints and actions.
//!
//! The challenge behind it is the same that flows have, see `challenge`.

mod persona;
mod resource;
mod view;

use std::time::Instant;

use http::{Method, StatusCode};
use strum::EnumString;
use uuid::Uuid;

pub(super) use self::resource::DeviceAuthentication;
use super::{
    applications::Policy,
    call::Call,
    challenge::{Challenge, ChallengeState, RELYING_PARTY, Selected},
    devices::Kind,
    environment::Environment,
    errors::{Detail, Problem},
    faults::Fault,
    fields::Fields,
    missteps::DEVICE_AUTHENTICATION,
    personas::Stage,
    reply::{Outcome, Reply},
    users::Standing,
};

/// What a POST on the resource may do, by the name of its media type.
#[derive(Clone, Copy, EnumString)]
#[strum(ascii_case_insensitive)]
enum Action {
    #[strum(serialize = "device.select+json")]
    SelectDevice,
    #[strum(serialize = "otp.check+json")]
    CheckOtp,
    #[strum(serialize = "assertion.check+json")]
    CheckAssertion,
    #[strum(serialize = "cancel.push.authentication+json")]
    CancelPush,
}

impl Action {
    fn permitted(self, challenge: &Challenge) -> bool {
        match self {
            Action::SelectDevice => challenge.selectable(),
            Action::CheckOtp => challenge.takes_passcodes(),
            Action::CheckAssertion => challenge.state == ChallengeState::AssertionRequired,
            Action::CancelPush => challenge.state == ChallengeState::PushConfirmationRequired,
        }
    }
}

/// POST on the collection: begins a device authentication, or asks whether a browser is remembered.
pub(super) fn create(env: &mut Environment, call: &Call) -> Outcome {
    authorise(env, call, true)?;
    call.accept()?;
    if call.is_vendor("payload.check+json") {
        check_remembered(env, call)
    } else if call.media_type().eq_ignore_ascii_case("application/json") {
        initialize(env, call)
    } else {
        Err(Problem::unsupported_media_type().into())
    }
}

/// GET: looks at a device authentication.
pub(super) fn read(env: &mut Environment, call: &Call, id: Option<Uuid>) -> Outcome {
    authorise(env, call, false)?;
    with_resource(env, id, |env, resource| {
        call.accept()?;
        Ok(Reply::resource(resource.render(env)))
    })
}

/// POST on the resource: the media type says which action.
pub(super) fn act(env: &mut Environment, call: &Call, id: Option<Uuid>) -> Outcome {
    authorise(env, call, false)?;
    with_resource(env, id, |env, resource| {
        call.accept()?;
        let action = call.vendor().and_then(|name| name.parse::<Action>().ok());
        let action = action.ok_or_else(Problem::unsupported_media_type)?;
        let mut fields = Fields::parse(call.body)?;
        let (state, name) = (resource.challenge.state.name(), action_name(call));
        if !action.permitted(&resource.challenge) {
            if let Some(stage) = env.misstep.accepts(DEVICE_AUTHENTICATION, state, &name) {
                resource.force(env, stage);
                return Ok(Reply::resource(resource.render(env)));
            }
            if let Some(reply) = noticed_too_late(env, resource, action) {
                return Ok(reply);
            }
            resource.bypass |= env.faults.has(Fault::RefusalLeavesTrace);
            return Err(Problem::not_permitted_now().into());
        }
        let performed = perform(env, action, &mut fields, &mut resource.challenge);
        if performed.is_err()
            && let Some(stage) = env.misstep.miscounts(DEVICE_AUTHENTICATION, state, &name, &mut resource.trail)
        {
            resource.force(env, stage);
            return Ok(Reply::resource(resource.render(env)));
        }
        performed?;
        if matches!(action, Action::CheckOtp) {
            resource.proved_at = Some(Instant::now());
        }
        resource.follow(env);
        let otp_misleads = matches!(action, Action::CheckOtp) && env.faults.has(Fault::IllegalTransition);
        let misled = env.misstep.misleads(DEVICE_AUTHENTICATION, state, &name, &mut resource.trail);
        if let Some(stage) = misled.or(otp_misleads.then_some(Stage::DeviceSelectionRequired)) {
            resource.force(env, stage);
        }
        resource.updated_at = env.now();
        let reply = Reply::resource(resource.render(env));
        let teapot = matches!(action, Action::CheckOtp) && env.faults.has(Fault::UndocumentedStatus);
        Ok(if teapot { reply.with_status(StatusCode::IM_A_TEAPOT) } else { reply })
    })
}

/// What an action is answered that came at once with another, after which it may not be done any more, if a fault has it so.
fn noticed_too_late(env: &Environment, resource: &mut DeviceAuthentication, action: Action) -> Option<Reply> {
    match action {
        Action::CheckOtp => {
            env.races(Fault::RacingPasscode, resource.proved_at).then(|| Reply::resource(resource.render(env)))
        }
        Action::CancelPush => env.races(Fault::RacingPush, resource.answered_at).then(|| {
            let state = std::mem::replace(&mut resource.challenge.state, ChallengeState::DeviceSelectionRequired);
            let reply = Reply::resource(resource.render(env));
            resource.challenge.state = state;
            reply
        }),
        Action::SelectDevice | Action::CheckAssertion => None,
    }
}

/// The name of the action that a request asks for.
fn action_name(call: &Call) -> String {
    call.vendor().unwrap_or_default().trim_end_matches("+json").to_owned()
}

/// Takes the resource out of the store while it is worked on; what has expired stays out.
fn with_resource(
    env: &mut Environment,
    id: Option<Uuid>,
    work: impl FnOnce(&mut Environment, &mut DeviceAuthentication) -> Outcome,
) -> Outcome {
    let now = env.now();
    let found = id.and_then(|id| env.device_authentications.remove(&id)).filter(|found| !found.expired(now));
    let mut resource = found.ok_or_else(Problem::not_found)?;
    resource.used_at = now;
    if resource.challenge.elapse(now) {
        resource.pass(now);
        resource.updated_at = now;
    }
    let outcome = work(env, &mut resource);
    env.device_authentications.insert(resource.id, resource);
    outcome
}

/// Wants a worker's token; a user's own is good only for beginning.
fn authorise(env: &Environment, call: &Call, users_too: bool) -> Result<(), Problem> {
    let given = call.credentials("Bearer");
    let good = match given.map(|text| (text, env.tokens.get(text))) {
        None => env.faults.has(without_token(call)),
        Some((text, None)) => {
            let strangers = env.strangers.as_ref().is_some_and(|others| others.worker_token == text);
            env.faults.has(Fault::UnknownTokenAccepted) || (strangers && env.faults.has(Fault::OtherWorkerAccepted))
        }
        Some((_, Some(token))) => {
            let in_time = env.now() < token.valid_until || env.faults.has(Fault::ExpiredTokenAccepted);
            in_time && (users_too || token.user.is_none() || env.faults.has(Fault::UserTokenAccepted))
        }
    };
    if good { Ok(()) } else { Err(Problem::invalid_token()) }
}

/// The fault that lets a request in without a token.
fn without_token(call: &Call) -> Fault {
    if call.parts.method == Method::GET { Fault::TokenFreeReading } else { Fault::NoTokenAccepted }
}

fn perform(
    env: &mut Environment,
    action: Action,
    fields: &mut Fields,
    challenge: &mut Challenge,
) -> Result<(), Problem> {
    match action {
        Action::SelectDevice => select_device(env, fields, challenge),
        Action::CheckOtp => check_otp(env, fields, challenge),
        Action::CheckAssertion => check_assertion(env, fields, challenge),
        Action::CancelPush => cancel_push(fields, challenge),
    }
}

/// `device.select`, here and in flows.
pub(super) fn select_device(
    env: &mut Environment,
    fields: &mut Fields,
    challenge: &mut Challenge,
) -> Result<(), Problem> {
    let device = fields.uuid("device.id");
    fields.optional_one_of("compatibility", &COMPATIBILITY);
    fields.check()?;
    challenge.select(env, device)
}

/// `otp.check`, here and in flows.
pub(super) fn check_otp(env: &mut Environment, fields: &mut Fields, challenge: &mut Challenge) -> Result<(), Problem> {
    let otp = fields.text("otp");
    fields.check()?;
    challenge.check_otp(env, &otp)?;
    if env.faults.has(Fault::IllegalTransition) {
        challenge.state = ChallengeState::DeviceSelectionRequired;
    }
    Ok(())
}

/// `assertion.check`, here and in flows.
pub(super) fn check_assertion(
    env: &mut Environment,
    fields: &mut Fields,
    challenge: &mut Challenge,
) -> Result<(), Problem> {
    let assertion = fields.text("assertion");
    let origin = fields.text("origin");
    fields.optional_one_of("compatibility", &COMPATIBILITY);
    fields.check()?;
    challenge.check_assertion(env, &assertion, &origin)
}

/// `cancel.push.authentication`, here and in flows.
pub(super) fn cancel_push(fields: &mut Fields, challenge: &mut Challenge) -> Result<(), Problem> {
    // What is not a documented reason counts as DEFAULT.
    fields.text("reason");
    fields.check()?;
    challenge.cancel_push();
    Ok(())
}

const COMPATIBILITY: [&str; 3] = ["FULL", "SECURITY_KEY_ONLY", "NONE"];

/// Begins a device authentication.
fn initialize(env: &mut Environment, call: &Call) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let request = Initialization::read(&mut fields);
    fields.check()?;
    let policy = chosen_policy(env, request.policy)?;
    let test_mode = request.test_mode;
    let challenge = match request.user {
        Some(user) => challenge_user(env, usable_user(env, user)?, policy, request)?,
        None => Challenge::begin_without_user(env, policy),
    };
    let mut resource = begin(env, challenge);
    resource.test_mode = test_mode;
    let created = if env.faults.has(Fault::WrongStatus) { StatusCode::OK } else { StatusCode::CREATED };
    Ok(keep(env, resource).with_status(created))
}

fn challenge_user(
    env: &mut Environment,
    user: Uuid,
    policy: Policy,
    request: Initialization,
) -> Result<Challenge, Problem> {
    let selected = request.selected.map(|selected| owned(env, user, selected)).transpose()?;
    match (request.otp, selected) {
        (Some(otp), Some(Selected::Device(device))) => {
            Challenge::begin_with_passcode(env, user, policy, Some(device), &otp)
        }
        (Some(otp), _) => Challenge::begin_with_passcode(env, user, policy, None, &otp),
        (None, Some(selected)) => Ok(Challenge::begin_with(env, user, policy, selected)),
        (None, None) => Ok(Challenge::begin(env, user, policy)),
    }
}

/// What the body of an initialization says.
struct Initialization {
    /// None where a passkey is to tell.
    user: Option<Uuid>,
    policy: Option<Uuid>,
    selected: Option<Selected>,
    /// A passcode given at once.
    otp: Option<String>,
    test_mode: bool,
}

impl Initialization {
    fn read(fields: &mut Fields) -> Self {
        fields.object("notification");
        if fields.optional_text("mobilePayload").is_some() {
            fields.uuid("application.id");
        }
        let usernameless = !fields.has("user") && fields.has("rp");
        if usernameless {
            fields.one_of("rp.id", &[RELYING_PARTY]);
        }
        Self {
            user: (!usernameless).then(|| fields.uuid("user.id")),
            policy: fields.optional_reference("policy", "policy.id"),
            otp: fields.optional_text("selectedDevice.otp"),
            selected: read_selection(fields),
            test_mode: fields.optional_flag("selectedDevice.oneTime.testMode"),
        }
    }
}

fn read_selection(fields: &mut Fields) -> Option<Selected> {
    if fields.has("selectedDevice.otp") && !fields.has("selectedDevice.id") {
        return None;
    }
    if !fields.has("selectedDevice.oneTime") {
        return fields.optional_reference("selectedDevice", "selectedDevice.id").map(Selected::Device);
    }
    let kind = match fields.one_of("selectedDevice.oneTime.type", &["EMAIL", "SMS", "VOICE", "WHATSAPP"]) {
        "EMAIL" => Kind::Email,
        "SMS" => Kind::Sms,
        "VOICE" => Kind::Voice,
        "WHATSAPP" => Kind::Whatsapp,
        _ => return None,
    };
    let contact = match kind {
        Kind::Email => fields.email("selectedDevice.oneTime.email"),
        _ => fields.phone("selectedDevice.oneTime.phone"),
    };
    Some(Selected::OneTime { kind, contact })
}

/// Asks whether a browser is remembered; answered at once, one way or the other.
fn check_remembered(env: &mut Environment, call: &Call) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let (user, policy) = (fields.uuid("user.id"), fields.uuid("policy.id"));
    fields.one_of("payload.type", &["BROWSER"]);
    let payload = fields.text("payload.value");
    fields.optional_text("deviceSession.id");
    fields.check()?;
    let user = usable_user(env, user)?;
    let policy = chosen_policy(env, Some(policy))?;
    let remembered = env.user(user).and_then(|user| user.remembered);
    let known = remembered.is_some_and(|(value, cookie)| {
        payload == value.to_string() && call.cookie("RD") == Some(cookie.to_string().as_str())
    });
    let challenge = Challenge::remembered(env, user, policy, known);
    let mut resource = begin(env, challenge);
    resource.browser = Some((env.random.uuid(), payload));
    Ok(keep(env, resource))
}

fn begin(env: &mut Environment, challenge: Challenge) -> DeviceAuthentication {
    let mut resource = DeviceAuthentication::new(env.random.uuid(), env.now(), challenge);
    resource.begin_path(env);
    resource
}

fn keep(env: &mut Environment, resource: DeviceAuthentication) -> Reply {
    let reply = Reply::resource(resource.render(env));
    env.insert_device_authentication(resource);
    reply
}

fn usable_user(env: &Environment, id: Uuid) -> Result<Uuid, Problem> {
    match env.user(id) {
        None => Err(Detail::invalid_value("user.id", "There is no such user.").into()),
        Some(user) if user.standing == Standing::Disabled => {
            Err(Detail::new("ACCOUNT_NOT_USABLE", "user.id", "The account cannot be used.").into())
        }
        Some(user) => Ok(user.id),
    }
}

fn chosen_policy(env: &Environment, id: Option<Uuid>) -> Result<Policy, Problem> {
    let unknown = || Detail::invalid_value("policy.id", "There is no such policy.").into();
    id.map_or_else(|| Ok(env.policies[0].clone()), |id| env.policy(id).ok_or_else(unknown))
}

fn owned(env: &Environment, user: Uuid, selected: Selected) -> Result<Selected, Problem> {
    match selected {
        Selected::Device(device) if env.user(user).and_then(|user| user.device(device)).is_none() => {
            Err(Detail::invalid_value("selectedDevice.id", "The user has no such device.").into())
        }
        selected => Ok(selected),
    }
}
