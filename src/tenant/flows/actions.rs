//! What each action of a flow does, in a few lines each; passwords and registration have files of their own.
//!
//! That an action is permitted has been checked before.

use uuid::Uuid;

use super::flow::{CONSENT_REFUSED, Flow};
use super::status::{Action, Status};
use super::{passwords, registration};
use crate::tenant::{
    applications::Start,
    call::Call,
    device_authentications as mfa,
    environment::Environment,
    errors::{Detail, Problem},
    fields::Fields,
    oauth::Decision,
    users::Standing,
};

pub(super) fn perform(
    env: &mut Environment,
    call: &Call,
    flow: &mut Flow,
    action: Action,
    fields: &mut Fields,
) -> Result<(), Problem> {
    match action {
        Action::ResetSession => {
            flow.reset();
            Ok(())
        }
        Action::LookUpUser => look_up_user(env, flow, fields),
        Action::LookUpKerberosUser => look_up_kerberos_user(env, call, flow),
        Action::CheckUsernamePassword => passwords::check(env, flow, fields),
        Action::ForgotPassword => passwords::forgot(env, flow, fields),
        Action::SendRecoveryCode => passwords::send_recovery_code(env, flow),
        Action::RecoverPassword => passwords::recover(env, flow, fields),
        Action::ResetPassword => passwords::reset(env, flow, fields),
        Action::RegisterUser => registration::register(env, flow, fields),
        Action::VerifyUser => registration::verify(env, flow, fields),
        Action::SendVerificationCode => registration::send_verification_code(env, flow, fields),
        Action::AcceptInvite => registration::accept_invite(env, flow, fields),
        Action::UpdateUser => update_user(env, flow, fields),
        Action::ConfirmUser => confirm_user(env, flow, fields),
        Action::ConsentToAgreement => consent_to_agreement(env, flow, fields),
        Action::ConfirmUserCode => confirm_user_code(env, flow, fields),
        Action::ConsentToDeviceGrant => consent_to_device_grant(env, flow, fields),
        Action::SelectDevice | Action::CheckOtp | Action::CheckAssertion | Action::CancelPush => {
            challenge(env, flow, action, fields)
        }
    }
}

fn challenge(env: &mut Environment, flow: &mut Flow, action: Action, fields: &mut Fields) -> Result<(), Problem> {
    let challenge = flow.challenge.as_mut().ok_or_else(Problem::not_permitted_now)?;
    match action {
        Action::SelectDevice => mfa::select_device(env, fields, challenge),
        Action::CheckOtp => mfa::check_otp(env, fields, challenge),
        Action::CheckAssertion => mfa::check_assertion(env, fields, challenge),
        _ => mfa::cancel_push(fields, challenge),
    }
}

fn look_up_user(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let username = fields.text("username");
    fields.check()?;
    let unknown = || Problem::from(Detail::invalid_value("username", "There is no such user."));
    let user = env.user_named(&username).ok_or_else(unknown)?;
    let (id, standing) = (user.id, user.standing);
    flow.user = Some(id);
    match (standing, flow.settings.start) {
        (Standing::External, _) => flow.status = Status::ExternalAuthenticationRequired,
        (_, Start::Passwordless) => flow.proceed(env),
        _ => flow.status = Status::PasswordRequired,
    }
    Ok(())
}

/// The ticket travels in `Authorization: Negotiate`.
fn look_up_kerberos_user(env: &mut Environment, call: &Call, flow: &mut Flow) -> Result<(), Problem> {
    let ticket = call.credentials("Negotiate").ok_or_else(Problem::invalid_token)?;
    let holder =
        env.users.iter().find(|user| user.standing == Standing::Usual && user.ticket.as_deref() == Some(ticket));
    let user = holder.ok_or_else(Problem::invalid_token)?.id;
    flow.authenticate(env, user);
    Ok(())
}

/// The policy of the application wants to know the user's name.
fn update_user(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    fields.text("name.given");
    fields.text("name.family");
    fields.check()?;
    flow.remember(env, |user| user.has_profile = true);
    flow.proceed(env);
    Ok(())
}

fn confirm_user(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    if fields.has("email") {
        fields.email("email");
    }
    fields.optional_text("username");
    fields.object("name");
    fields.check()?;
    flow.remember(env, |user| user.is_linked = true);
    flow.done.authenticated = true;
    flow.proceed(env);
    Ok(())
}

fn consent_to_agreement(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let accepted = fields.flag("accept");
    fields.check()?;
    if accepted {
        flow.remember(env, |user| user.has_agreed = true);
        flow.proceed(env);
    } else {
        flow.fail(CONSENT_REFUSED);
    }
    Ok(())
}

fn confirm_user_code(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let code = fields.text("userCode");
    fields.check()?;
    let now = env.now();
    let grant = env.grants.iter().find(|grant| grant.awaits(&code, now));
    let wrong = || Problem::from(Detail::invalid_value("userCode", "The code is not valid, or has expired."));
    flow.grant = Some(grant.ok_or_else(wrong)?.device_code);
    flow.proceed(env);
    Ok(())
}

fn consent_to_device_grant(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let accepted = fields.flag("accept");
    fields.check()?;
    let user = flow.user.unwrap_or(Uuid::nil());
    let decision = if accepted { Decision::Approved(user) } else { Decision::Denied };
    if let Some(grant) = env.grants.iter_mut().find(|grant| Some(grant.device_code) == flow.grant) {
        grant.decision = decision;
    }
    if accepted {
        flow.done.device_consent = true;
        flow.proceed(env);
    } else {
        flow.fail(CONSENT_REFUSED);
    }
    Ok(())
}
