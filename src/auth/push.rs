//! What is done on a real user's phone: a program pairs its application, and approves or rejects the pushes that wait there.
//!
//! Deliberately not here: when a scenario wants an answer (`engine`), and how a program reaches a device.

use secrecy::{ExposeSecret, SecretString};

use super::passcode::{Command, CommandError, Recipient, person};

impl Command {
    /// Has the application on a recipient's phone paired by this code.
    ///
    /// # Errors
    /// When the program fails or does not end, with the first line of its complaint.
    pub async fn pair(&self, recipient: &Recipient, code: &SecretString) -> Result<(), CommandError> {
        let mut environment = person(recipient);
        environment.push(("FLOWPROOF_PAIRING_KEY", code.expose_secret().to_owned()));
        self.execute(environment).await
    }

    /// Has the pending push of a recipient answered with `approve` or `reject`; `waiting` is the id of what it was sent for.
    ///
    /// # Errors
    /// When the program fails or does not end, with the first line of its complaint.
    pub async fn answer_push(
        &self,
        recipient: &Recipient,
        answer: &'static str,
        waiting: Option<&str>,
    ) -> Result<(), CommandError> {
        let mut environment = person(recipient);
        environment.push(("FLOWPROOF_PUSH", answer.to_owned()));
        environment.push(("FLOWPROOF_PUSH_ID", waiting.unwrap_or_default().to_owned()));
        self.execute(environment).await
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn answered(script: &str, answer: &'static str) -> Result<(), CommandError> {
        let program = Command::new("sh", vec!["-c".into(), script.into()], Duration::from_secs(2));
        let anna = Recipient { username: Some("anna".into()), ..Recipient::default() };
        program.answer_push(&anna, answer, Some("7")).await
    }

    #[tokio::test]
    async fn a_program_learns_whose_push_it_is_and_what_to_answer() {
        let script = r#"test "$FLOWPROOF_PUSH" = reject -a "$FLOWPROOF_USERNAME" = anna -a -z "$FLOWPROOF_EMAIL" -a "$FLOWPROOF_PUSH_ID" = 7"#;
        assert!(answered(script, "reject").await.is_ok());
        assert!(answered(script, "approve").await.is_err());
    }

    #[tokio::test]
    async fn a_program_that_fails_or_does_not_end_is_an_error_with_its_own_words() {
        let failed = answered("echo no phone here >&2; exit 3", "approve").await;
        assert!(
            failed
                .is_err_and(|why| why.to_string().contains("`sh` failed") && why.to_string().contains("no phone here"))
        );
        assert!(
            answered("sleep 30", "approve").await.is_err_and(|why| why.to_string().contains("did not end within 2 s"))
        );
    }
}
