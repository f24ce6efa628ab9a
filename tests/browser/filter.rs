//! Filtering by verdict, tag, operation, requirement and text, alone and together.

use std::sync::Arc;

use super::driver::{Page, open};
use super::pages;

/// Chooses in a list as a reader does, by the words of the option.
async fn choose(page: &Arc<Page>, list: &str, option: &str) {
    let script = format!(
        "const list = document.getElementById('{list}'); list.value = [...list.options].find((one) => one.text === '{option}').value;
         list.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    page.eval(&script).await;
}

async fn search(page: &Arc<Page>, words: &str) {
    let field = page.find("#search").await;
    field.clear().await.expect("it can be emptied");
    field.send_keys(words).await.expect("it can be written into");
}

#[test]
fn a_verdict_is_taken_out_and_put_back() {
    open(&pages::sample(), async |page| {
        assert_eq!(page.shown().await.len(), 7);
        page.find("[name=verdict][value=failed]").await.click().await.expect("a box");
        let left = page.shown().await;
        assert!(left.len() == 5 && !left.contains(&"mfa/otp/wrong-value".to_owned()), "{left:?}");
        assert!(!page.find("#failed").await.is_displayed().await.expect("it is there"), "no heading without scenarios");
        assert_eq!(page.texts("#shown").await, ["5 of 7 scenarios"]);
        page.find("[name=verdict][value=failed]").await.click().await.expect("a box");
        assert_eq!(page.shown().await.len(), 7);
    });
}

#[test]
fn tag_operation_and_requirement_narrow_the_list_together() {
    open(&pages::sample(), async |page| {
        choose(&page, "tag", "push").await;
        assert_eq!(page.shown().await, ["mfa/push/times-out"]);
        choose(&page, "operation", "requestToken").await;
        assert!(page.shown().await.is_empty());
        assert_eq!(page.texts("#empty").await, ["No scenario matches the filter."]);
        choose(&page, "tag", "all").await;
        assert_eq!(page.shown().await, ["oauth/token/client-credentials"]);
        choose(&page, "operation", "all").await;
        choose(&page, "requirement", "MFA-OTP-2").await;
        assert!(page.shown().await.contains(&"mfa/otp/wrong-value".to_owned()));
        assert!(!page.shown().await.contains(&"mfa/push/times-out".to_owned()));
    });
}

#[test]
fn text_is_found_in_titles_names_reasons_and_checks_in_any_case_and_order() {
    open(&pages::sample(), async |page| {
        for (words, found) in [
            ("Refused WRONG", "mfa/otp/wrong-value"),
            ("times-out", "mfa/push/times-out"),
            ("header block", "mfa/push/times-out"),
            ("lifecycle-transition", "mfa/otp/wrong-value"),
            ("requesttoken", "oauth/token/client-credentials"),
        ] {
            search(&page, words).await;
            assert!(page.shown().await.contains(&found.to_owned()), "{words}: {:?}", page.shown().await);
            assert!(page.shown().await.len() < 7, "{words}");
        }
        search(&page, "nothing has this").await;
        assert!(page.shown().await.is_empty());
    });
}
