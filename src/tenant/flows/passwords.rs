//! Signing on with a password, and what to do when it is forgotten, expired or has to be changed.
//!
//! Whether a password is right or good enough is for `users` to say.

use chrono::TimeDelta;
use uuid::Uuid;

use super::flow::Flow;
use super::status::Status;
use crate::tenant::{
    environment::Environment,
    errors::{Detail, Problem},
    fields::Fields,
    mailbox::MessageKind,
    users::{check_strength, weak, wrong_credentials},
};

/// How long a recovery code can be used.
const RECOVERY_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// `usernamePassword.check`
pub(super) fn check(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let (username, password) = (fields.text("username"), fields.text("password"));
    fields.check()?;
    let now = env.now();
    let user = env.user_named(&username).ok_or_else(wrong_credentials)?;
    if flow.user.is_some_and(|bound| bound != user.id) {
        return Err(wrong_credentials());
    }
    user.authenticate(&password, now)?;
    let id = user.id;
    flow.authenticate(env, id);
    Ok(())
}

/// `password.forgot`
pub(super) fn forgot(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let username = fields.text("username");
    fields.check()?;
    let unknown = || Problem::from(Detail::invalid_value("username", "There is no such user."));
    let user = env.user_named(&username).map(|user| user.id);
    let user = user.filter(|id| flow.user.is_none_or(|bound| bound == *id));
    flow.user = Some(user.ok_or_else(unknown)?);
    flow.status = Status::RecoveryCodeRequired;
    send_recovery_code(env, flow)
}

/// `password.sendRecoveryCode`
pub(super) fn send_recovery_code(env: &mut Environment, flow: &mut Flow) -> Result<(), Problem> {
    let user = flow.user.unwrap_or(Uuid::nil());
    flow.send_code(env, user, MessageKind::RecoveryCode);
    Ok(())
}

/// `password.recover`
pub(super) fn recover(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let (code, password) = (fields.text("recoveryCode"), fields.text("newPassword"));
    fields.check()?;
    let now = env.now();
    let good = flow.code.as_ref().is_some_and(|(sent, at)| *sent == code && now - *at < RECOVERY_LIFETIME);
    if !good {
        return Err(Detail::invalid_value("recoveryCode", "The code is not valid, or has expired.").into());
    }
    replace(env, flow, password)
}

/// `password.reset`
pub(super) fn reset(env: &mut Environment, flow: &mut Flow, fields: &mut Fields) -> Result<(), Problem> {
    let (current, password) = (fields.text("currentPassword"), fields.text("newPassword"));
    fields.check()?;
    let now = env.now();
    if let Some(user) = flow.user.and_then(|user| env.user_mut(user)) {
        user.confirm_password(&current, now)?;
    }
    if current == password {
        return Err(weak("newPassword", &["history"]));
    }
    replace(env, flow, password)
}

fn replace(env: &mut Environment, flow: &mut Flow, password: String) -> Result<(), Problem> {
    check_strength("newPassword", &password)?;
    let user = flow.user.unwrap_or(Uuid::nil());
    // A persona stays as it was asked for.
    if let Some(user) = env.user_mut(user).filter(|_| flow.script.is_none()) {
        user.set_password(password);
    }
    flow.authenticate(env, user);
    Ok(())
}
