//! The states of a flow and what each permits. Links follow from the same table.
//!
//! Which state comes next is decided in `flows`.

use super::super::{
    applications::{Registration, Settings, Start},
    challenge::{Challenge, State},
};

/// Where a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Status {
    UsernamePasswordRequired,
    SignOnRequired,
    PasswordRequired,
    PasswordExpired,
    MustChangePassword,
    RecoveryCodeRequired,
    VerificationCodeRequired,
    /// As the challenge stands.
    Mfa,
    AccountLinkingRequired,
    AccountConfirmationRequired,
    ExternalAuthenticationRequired,
    ProfileDataRequired,
    AgreementConsentRequired,
    DagUserCodeRequired,
    DagConsentRequired,
    Completed,
    Failed,
}

/// What a POST on a flow may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Action {
    ResetSession,
    CheckUsernamePassword,
    LookUpUser,
    ForgotPassword,
    SendRecoveryCode,
    RecoverPassword,
    ResetPassword,
    RegisterUser,
    VerifyUser,
    SendVerificationCode,
    SelectDevice,
    CheckOtp,
    CheckAssertion,
    UpdateUser,
    ConfirmUser,
    ConsentToAgreement,
    LookUpKerberosUser,
    ConfirmUserCode,
    ConsentToDeviceGrant,
    CancelPush,
    AcceptInvite,
}

use Action::*;

/// Actions and the names of their media types, which are those of their links, too.
const NAMES: [(Action, &str); 21] = [
    (ResetSession, "session.reset"),
    (CheckUsernamePassword, "usernamePassword.check"),
    (LookUpUser, "user.lookup"),
    (ForgotPassword, "password.forgot"),
    (SendRecoveryCode, "password.sendRecoveryCode"),
    (RecoverPassword, "password.recover"),
    (ResetPassword, "password.reset"),
    (RegisterUser, "user.register"),
    (VerifyUser, "user.verify"),
    (SendVerificationCode, "user.sendVerificationCode"),
    (SelectDevice, "device.select"),
    (CheckOtp, "otp.check"),
    (CheckAssertion, "assertion.check"),
    (UpdateUser, "user.update"),
    (ConfirmUser, "user.confirm"),
    (ConsentToAgreement, "user.consent"),
    (LookUpKerberosUser, "kerberos.lookup"),
    (ConfirmUserCode, "deviceAuthGrant.userCode.verify"),
    (ConsentToDeviceGrant, "deviceAuthGrant.consent"),
    (CancelPush, "cancel.push.authentication"),
    (AcceptInvite, "user.acceptInvite"),
];

impl Action {
    /// Finds the action of a media type, given without `application/vnd.pingidentity.`.
    pub(super) fn of(subtype: &str) -> Option<Self> {
        let name = match subtype.strip_suffix("+json") {
            Some(name) => name,
            // The one media type that the documentation also writes without its suffix.
            None if subtype.eq_ignore_ascii_case("password.sendRecoveryCode") => subtype,
            None => return None,
        };
        NAMES.iter().find(|(_, found)| found.eq_ignore_ascii_case(name)).map(|(action, _)| *action)
    }

    pub(super) fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// Whether the action says everything without a body.
    pub(super) fn needs_no_body(self) -> bool {
        matches!(self, ResetSession | SendRecoveryCode | SendVerificationCode | LookUpKerberosUser)
    }
}

impl Status {
    pub(super) fn name(self, challenge: Option<&Challenge>) -> &'static str {
        match self {
            Status::UsernamePasswordRequired => "USERNAME_PASSWORD_REQUIRED",
            Status::SignOnRequired => "SIGN_ON_REQUIRED",
            Status::PasswordRequired => "PASSWORD_REQUIRED",
            Status::PasswordExpired => "PASSWORD_EXPIRED",
            Status::MustChangePassword => "MUST_CHANGE_PASSWORD",
            Status::RecoveryCodeRequired => "RECOVERY_CODE_REQUIRED",
            Status::VerificationCodeRequired => "VERIFICATION_CODE_REQUIRED",
            Status::Mfa => challenge.map_or("FAILED", |challenge| challenge.state.name()),
            Status::AccountLinkingRequired => "ACCOUNT_LINKING_REQUIRED",
            Status::AccountConfirmationRequired => "ACCOUNT_CONFIRMATION_REQUIRED",
            Status::ExternalAuthenticationRequired => "EXTERNAL_AUTHENTICATION_REQUIRED",
            Status::ProfileDataRequired => "PROFILE_DATA_REQUIRED",
            Status::AgreementConsentRequired => "AGREEMENT_CONSENT_REQUIRED",
            Status::DagUserCodeRequired => "DAG_USER_CODE_REQUIRED",
            Status::DagConsentRequired => "DAG_CONSENT_REQUIRED",
            Status::Completed => "COMPLETED",
            Status::Failed => "FAILED",
        }
    }

    pub(super) fn is_final(self) -> bool {
        matches!(self, Status::Completed | Status::Failed)
    }

    /// Whether resetting is offered as a link; it is always permitted before the end.
    pub(super) fn links_reset(self, challenge: Option<&Challenge>) -> bool {
        let otp = self == Status::Mfa && challenge.is_some_and(|challenge| challenge.state == State::OtpRequired);
        // The published samples of these two lack the link.
        !(self.is_final() || otp || self == Status::DagConsentRequired)
    }

    /// The actions that lead on from here.
    pub(super) fn permits(self, settings: &Settings, challenge: Option<&Challenge>) -> &'static [Action] {
        match self {
            Status::UsernamePasswordRequired => at_sign_on(settings),
            Status::SignOnRequired if settings.registration == Registration::Closed => {
                &[LookUpUser, LookUpKerberosUser]
            }
            Status::SignOnRequired => &[LookUpUser, RegisterUser, LookUpKerberosUser],
            Status::PasswordRequired => &[CheckUsernamePassword, ForgotPassword],
            Status::PasswordExpired | Status::MustChangePassword => &[ResetPassword],
            Status::RecoveryCodeRequired => &[RecoverPassword, SendRecoveryCode],
            Status::VerificationCodeRequired => &[VerifyUser, SendVerificationCode],
            Status::Mfa => challenge.map_or(&[], |challenge| in_challenge(challenge.state)),
            Status::AccountLinkingRequired => &[RegisterUser],
            Status::AccountConfirmationRequired => &[ConfirmUser],
            Status::ProfileDataRequired => &[UpdateUser],
            Status::AgreementConsentRequired => &[ConsentToAgreement],
            Status::DagUserCodeRequired => &[ConfirmUserCode],
            Status::DagConsentRequired => &[ConsentToDeviceGrant],
            Status::ExternalAuthenticationRequired | Status::Completed | Status::Failed => &[],
        }
    }
}

fn at_sign_on(settings: &Settings) -> &'static [Action] {
    match settings.start {
        Start::Invitation => &[CheckUsernamePassword, ForgotPassword, AcceptInvite],
        _ if settings.registration == Registration::Closed => &[CheckUsernamePassword, ForgotPassword],
        _ => &[CheckUsernamePassword, ForgotPassword, RegisterUser],
    }
}

fn in_challenge(state: State) -> &'static [Action] {
    match state {
        State::DeviceSelectionRequired => &[SelectDevice],
        State::OtpRequired => &[CheckOtp, SelectDevice],
        State::AssertionRequired => &[CheckAssertion, SelectDevice],
        State::PushConfirmationRequired => &[SelectDevice, CheckOtp, CancelPush],
        State::PushConfirmationTimedOut => &[SelectDevice, CheckOtp],
        State::Completed | State::Failed => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_named_at_its_own_place() {
        for (index, (action, name)) in NAMES.iter().enumerate() {
            assert_eq!(*action as usize, index);
            assert_eq!(Action::of(&format!("{name}+json")), Some(*action));
        }
    }
}
