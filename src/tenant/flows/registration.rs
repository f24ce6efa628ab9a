//! New users: registration, the verification of an address, the acceptance of an invitation.
//!
//! Keeps no more of a user than signing on needs.

use uuid::Uuid;

use super::flow::Flow;
use crate::tenant::{
    applications::Registration,
    environment::Environment,
    errors::{Detail, Problem},
    fields::{Fields, is_email},
    users::{Standing, User, check_strength},
};

/// `user.register`
pub(super) fn register(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let (username, email, password) = (fields.text("username"), fields.text("email"), fields.text("password"));
    fields.object("name");
    fields.check()?;
    if !is_email(&email) {
        let detail = Detail::invalid_value("email", "must be a well-formed email address");
        return Err(Problem::from(detail).saying("Validation Error : [email must be a well-formed email address]"));
    }
    check_strength("password", &password)?;
    if env.users.iter().any(|user| user.username == username) {
        return Err(Detail::new("UNIQUENESS_VIOLATION", "username", "The username is taken.").into());
    }
    let mut user = User::new(env.random.uuid(), username.into(), email.into());
    user.password = Some(password.into());
    if flow.settings.registration != Registration::Unverified {
        user.standing = Standing::Unverified;
    }
    user.population = flow.settings.population.unwrap_or_default();
    user.created_at = env.now();
    // Whom a persona's flow knows already stays whom it is about.
    let id = flow.user.filter(|_| flow.script.is_some()).unwrap_or(user.id);
    env.users.push(user);
    flow.authenticate(env, id);
    Ok(())
}

/// `user.verify`
pub(super) fn verify(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let code = fields.text("verificationCode");
    fields.check()?;
    if flow.code.as_ref().is_none_or(|(sent, _)| *sent != code) {
        return Err(Detail::invalid_value("verificationCode", "The code is not the right one.").into());
    }
    flow.code = None;
    if let Some(user) = flow.user.and_then(|user| env.user_mut(user)) {
        user.standing = Standing::Usual;
    }
    flow.proceed(env);
    Ok(())
}

/// `user.sendVerificationCode`: the page shows a code in the body, real clients send `{}`; either is taken.
pub(super) fn send_verification_code(
    env: &mut Environment,
    flow: &mut Flow,
    fields: &mut Fields,
) -> Result<(), Problem> {
    fields.optional_text("verificationCode");
    fields.check()?;
    let status = flow.status;
    flow.ask_for_verification(env, flow.user.unwrap_or(Uuid::nil()));
    flow.status = status;
    Ok(())
}

/// `user.acceptInvite`
pub(super) fn accept_invite(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let (code, password) = (fields.text("inviteCode"), fields.text("password"));
    if !fields.is_true("accept") {
        fields.one_of("accept", &["true"]);
    }
    fields.check()?;
    let persona = env.persona.as_ref().filter(|_| flow.script.is_some()).map(|persona| persona.user);
    let is_invited = |user: &User| user.standing == Standing::Invited || Some(user.id) == persona;
    let mut users = env.users.iter_mut();
    let invited = users.find(|user| is_invited(user) && user.ticket.as_deref() == Some(code.as_str()));
    let wrong = || Problem::from(Detail::invalid_value("inviteCode", "The code is not the right one."));
    let user = invited.ok_or_else(wrong)?;
    check_strength("password", &password)?;
    if Some(user.id) != persona {
        user.set_password(password);
        user.standing = Standing::Usual;
    }
    let id = user.id;
    flow.authenticate(env, id);
    Ok(())
}
