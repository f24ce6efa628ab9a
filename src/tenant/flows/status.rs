//! The states of a flow and what each permits. Links follow from the same table.
//!
//! Which state comes next is decided in `flows`.

use strum::{EnumString, IntoStaticStr};

use super::super::{
    applications::{ApplicationSettings, Registration, Start},
    challenge::{Challenge, ChallengeState},
};

/// Where a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(in super::super) enum Status {
    UsernamePasswordRequired,
    SignOnRequired,
    PasswordRequired,
    PasswordExpired,
    MustChangePassword,
    RecoveryCodeRequired,
    VerificationCodeRequired,
    /// The other name of it, which only a persona meets.
    VerificationRequired,
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

/// What a POST on a flow may do, by the name of its media type, which is also that of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(ascii_case_insensitive)]
pub(in super::super) enum Action {
    #[strum(serialize = "session.reset")]
    ResetSession,
    #[strum(serialize = "usernamePassword.check")]
    CheckUsernamePassword,
    #[strum(serialize = "user.lookup")]
    LookUpUser,
    #[strum(serialize = "password.forgot")]
    ForgotPassword,
    #[strum(serialize = "password.sendRecoveryCode")]
    SendRecoveryCode,
    #[strum(serialize = "password.recover")]
    RecoverPassword,
    #[strum(serialize = "password.reset")]
    ResetPassword,
    #[strum(serialize = "user.register")]
    RegisterUser,
    #[strum(serialize = "user.verify")]
    VerifyUser,
    #[strum(serialize = "user.sendVerificationCode")]
    SendVerificationCode,
    #[strum(serialize = "device.select")]
    SelectDevice,
    #[strum(serialize = "otp.check")]
    CheckOtp,
    #[strum(serialize = "assertion.check")]
    CheckAssertion,
    #[strum(serialize = "user.update")]
    UpdateUser,
    #[strum(serialize = "user.confirm")]
    ConfirmUser,
    #[strum(serialize = "user.consent")]
    ConsentToAgreement,
    #[strum(serialize = "kerberos.lookup")]
    LookUpKerberosUser,
    #[strum(serialize = "deviceAuthGrant.userCode.verify")]
    ConfirmUserCode,
    #[strum(serialize = "deviceAuthGrant.consent")]
    ConsentToDeviceGrant,
    #[strum(serialize = "cancel.push.authentication")]
    CancelPush,
    #[strum(serialize = "user.acceptInvite")]
    AcceptInvite,
}

use Action::*;

impl Action {
    /// Finds the action of a media type, given without `application/vnd.pingidentity.`.
    pub(super) fn of(subtype: &str) -> Option<Self> {
        let name = match subtype.strip_suffix("+json") {
            Some(name) => name,
            // The one media type that the documentation also writes without its suffix.
            None if subtype.eq_ignore_ascii_case("password.sendRecoveryCode") => subtype,
            None => return None,
        };
        name.parse().ok()
    }

    pub(super) fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the action says everything without a body.
    pub(super) fn needs_no_body(self) -> bool {
        matches!(self, ResetSession | SendRecoveryCode | SendVerificationCode | LookUpKerberosUser)
    }
}

impl Status {
    pub(super) fn name(self, challenge: Option<&Challenge>) -> &'static str {
        match self {
            Status::Mfa => challenge.map_or("FAILED", |challenge| challenge.state.name()),
            _ => self.into(),
        }
    }

    pub(super) fn is_final(self) -> bool {
        matches!(self, Status::Completed | Status::Failed)
    }

    /// Whether resetting is offered as a link; it is always permitted before the end.
    pub(super) fn links_reset(self, challenge: Option<&Challenge>) -> bool {
        let otp =
            self == Status::Mfa && challenge.is_some_and(|challenge| challenge.state == ChallengeState::OtpRequired);
        // The published samples of these two lack the link.
        !(self.is_final() || otp || self == Status::DagConsentRequired)
    }

    /// The actions that lead on from here.
    pub(super) fn permits(self, settings: &ApplicationSettings, challenge: Option<&Challenge>) -> &'static [Action] {
        match self {
            Status::UsernamePasswordRequired => at_sign_on(settings),
            Status::SignOnRequired if settings.start == Start::AsAskedFor => {
                &[LookUpUser, RegisterUser, LookUpKerberosUser, AcceptInvite]
            }
            Status::SignOnRequired if settings.registration == Registration::Closed => {
                &[LookUpUser, LookUpKerberosUser]
            }
            Status::SignOnRequired => &[LookUpUser, RegisterUser, LookUpKerberosUser],
            Status::PasswordRequired => &[CheckUsernamePassword, ForgotPassword],
            Status::PasswordExpired | Status::MustChangePassword => &[ResetPassword],
            Status::RecoveryCodeRequired => &[RecoverPassword, SendRecoveryCode],
            Status::VerificationCodeRequired | Status::VerificationRequired => &[VerifyUser, SendVerificationCode],
            Status::Mfa => challenge.map_or(&[], |challenge| in_challenge(challenge.state)),
            Status::AccountLinkingRequired => &[RegisterUser, CheckUsernamePassword],
            Status::AccountConfirmationRequired => &[ConfirmUser],
            Status::ProfileDataRequired => &[UpdateUser],
            Status::AgreementConsentRequired => &[ConsentToAgreement],
            Status::DagUserCodeRequired => &[ConfirmUserCode],
            Status::DagConsentRequired => &[ConsentToDeviceGrant],
            Status::ExternalAuthenticationRequired | Status::Completed | Status::Failed => &[],
        }
    }
}

fn at_sign_on(settings: &ApplicationSettings) -> &'static [Action] {
    match settings.start {
        Start::Invitation => &[CheckUsernamePassword, ForgotPassword, AcceptInvite],
        Start::AsAskedFor => &[CheckUsernamePassword, ForgotPassword, RegisterUser, AcceptInvite],
        _ if settings.registration == Registration::Closed => &[CheckUsernamePassword, ForgotPassword],
        _ => &[CheckUsernamePassword, ForgotPassword, RegisterUser],
    }
}

fn in_challenge(state: ChallengeState) -> &'static [Action] {
    match state {
        ChallengeState::DeviceSelectionRequired => &[SelectDevice],
        ChallengeState::OtpRequired => &[CheckOtp, SelectDevice],
        ChallengeState::AssertionRequired => &[CheckAssertion, SelectDevice],
        ChallengeState::PushConfirmationRequired => &[SelectDevice, CheckOtp, CancelPush],
        ChallengeState::PushConfirmationTimedOut => &[SelectDevice, CheckOtp],
        ChallengeState::Completed | ChallengeState::Failed => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_by_its_media_type_in_any_case() {
        assert_eq!(Action::of("usernamePassword.CHECK+json"), Some(CheckUsernamePassword));
        assert_eq!(Action::of("deviceAuthGrant.userCode.verify+json"), Some(ConfirmUserCode));
        assert_eq!((Action::of("otp.check"), Action::of("otp.checks+json")), (None, None));
        assert_eq!(Action::of("password.sendRecoveryCode"), Some(SendRecoveryCode));
    }
}
