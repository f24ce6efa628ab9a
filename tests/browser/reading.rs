//! Opening, reading, following links, the diagrams, the keyboard, and no script at all.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::driver::{Scripts, open, open_as};
use super::pages;

const WRONG: &str = "#s-mfa_otp_wrong-value";

#[test]
fn the_verdict_is_the_first_thing_to_read() {
    open(&pages::sample(), async |page| {
        let heading = page.find("h1").await.text().await.expect("a text");
        assert!(heading.ends_with("The contract is broken"), "{heading}");
        assert_eq!(page.eval("return document.querySelector('h1').getBoundingClientRect().bottom < 200").await, true);
        assert_eq!(page.driver.title().await.expect("a title"), "The contract is broken: stand-in");
        let counts = page.texts(".counts dt").await.into_iter().zip(page.texts(".counts dd").await);
        let counts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
        assert_eq!(counts, ["2 failed", "1 errored", "1 flaky", "1 skipped", "2 passed"]);
    });
}

#[test]
fn r07_a_run_that_was_killed_is_never_green() {
    open(&pages::interrupted(), async |page| {
        let banner = page.find("header").await.text().await.expect("a text");
        assert!(banner.contains("The run did not finish"), "{banner}");
        assert_eq!(page.eval("return document.querySelector('.banner').classList.contains('kept')").await, false);
    });
}

#[test]
fn a_link_leads_into_an_exchange_that_is_open_and_has_the_focus() {
    open(&pages::sample(), async |page| {
        let link = page.find(&format!("#broken a.go[href='{WRONG}__x1']")).await;
        link.click().await.expect("it can be clicked");
        page.until(&format!("document.activeElement === document.querySelector('{WRONG}__x1 > summary')")).await;
        assert_eq!(page.eval(&format!("return document.querySelector('{WRONG}__x1').open")).await, true);
        let marked = page.texts(&format!("{WRONG}__x1 mark")).await;
        assert!(marked.iter().any(|line| line.contains("\"status\": \"COMPLETED\"")), "{marked:?}");
    });
}

#[test]
fn an_address_opens_an_exchange_whose_account_was_packed() {
    let fragment = "#s-oauth_token_client-credentials__x0";
    open_as(&pages::sample(), fragment, Scripts::Run, async |page| {
        page.until(&format!("document.activeElement === document.querySelector('{fragment} > summary')")).await;
        page.until(&format!("(() => {{ const at = document.querySelector('{fragment}').getBoundingClientRect(); return at.top >= 0 && at.bottom > 0 && at.top < innerHeight; }})()")).await;
        let text = page.find(fragment).await.text().await.expect("a text");
        assert!(text.contains("Request") && text.contains("Response") && text.contains("curl"), "{text}");
    });
}

#[test]
fn a_diagram_tells_in_names_and_numbers_what_was_taken_and_leads_to_the_scenarios() {
    open(&pages::sample(), async |page| {
        let states = page.texts(".diagram:first-of-type .node text").await;
        assert!(states.iter().any(|text| text == "OTP_REQUIRED"), "{states:?}");
        let tree = page.command("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().expect("a tree");
        let names: Vec<&str> = nodes
            .iter()
            .filter(|node| node["role"]["value"] == "link")
            .filter_map(|node| node["name"]["value"].as_str())
            .collect();
        let line = names
            .iter()
            .find(|name| name.starts_with("OTP_REQUIRED → COMPLETED: taken"))
            .expect("a line is a link with a name");
        assert!(line.contains("in breach of the contract") && line.contains("validateOtp"), "{line}");
        assert!(names.iter().any(|name| name.starts_with("OTP_REQUIRED") && name.contains("Entered")), "{names:?}");
        assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");

        page.eval("document.querySelector('.diagram a.edge.violated').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))").await;
        assert!(page.shown().await.contains(&"mfa/otp/wrong-value".to_owned()));
        assert!(!page.shown().await.contains(&"oauth/token/client-credentials".to_owned()));
        assert!(page.find("#touching").await.text().await.expect("a text").contains("OTP_REQUIRED → COMPLETED"));
        page.find("#touching").await.click().await.expect("it can be clicked");
        assert_eq!(page.shown().await.len(), 7);
    });
}

#[test]
fn the_keyboard_alone_reaches_and_opens_everything() {
    open(&pages::sample(), async |page| {
        page.press([Key::Tab]).await;
        assert_eq!(page.eval("return document.activeElement.className").await, "skip");
        page.press([Key::Enter]).await;
        page.until("document.activeElement.id === 'main'").await;
        let mut seen = Vec::new();
        for _ in 0..120 {
            page.press([Key::Tab]).await;
            let at = page.eval("const at = document.activeElement; return [at.id || at.closest('.case')?.id || '', at.tagName, at.matches(':focus-visible')]").await;
            assert_eq!(at[2], true, "the focus is seen: {at}");
            seen.push(at.clone());
            if at[0] == "s-mfa_push_times-out" && at[1] == "SUMMARY" {
                break;
            }
        }
        let reached = |id: &str| seen.iter().any(|at| at[0] == id);
        for id in
            ["search", "operation", "requirement", "tag", "toggle", "s-mfa_otp_wrong-value", "s-mfa_push_times-out"]
        {
            assert!(reached(id), "{id} in {seen:?}");
        }
        let open = "return document.activeElement.parentElement.open";
        let before = page.eval(open).await;
        page.press([Key::Enter]).await;
        assert_ne!(page.eval(open).await, before);
        page.driver.action_chain().send_keys("/").perform().await.expect("a key");
        page.until("document.activeElement.id === 'search'").await;
    });
}

#[test]
fn without_its_script_everything_can_be_read() {
    open_as(&pages::sample(), "", Scripts::Blocked, async |page| {
        assert_eq!(page.eval("return document.documentElement.classList.contains('scripted')").await, false);
        assert_eq!(page.shown().await.len(), 7);
        assert_eq!(page.eval("return document.getElementById('filter').checkVisibility()").await, false);
        let failed = page.find(WRONG).await.text().await.expect("a text");
        assert!(failed.contains("the status is 200 where the scenario expects 400") && failed.contains("Invalid OTP"));
        page.eval("document.querySelector('#s-oauth_token_client-credentials > summary').click()").await;
        let passed = page.find("#s-oauth_token_client-credentials").await.text().await.expect("a text");
        assert!(passed.contains("requestToken 200"), "{passed}");
    });
}

#[test]
fn without_its_script_the_rows_of_a_long_list_are_there_too() {
    open_as(&pages::many(400), "#s-round-399_mfa_otp_correct-value", Scripts::Blocked, async |page| {
        assert_eq!(page.shown().await.len(), 400);
    });
}

#[test]
fn r24_whatever_gets_into_the_page_cannot_ask_the_network_for_anything() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it can wait for nobody");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    if !super::driver::is_there() {
        return;
    }
    let script = format!(
        "window.refused = 0; addEventListener('securitypolicyviolation', () => window.refused++);
         document.body.insertAdjacentHTML('beforeend', '<img src={address}/i><iframe src={address}/f></iframe><link rel=stylesheet href={address}/l><div style=\"background:url({address}/s)\">x</div><img src=x onerror=\"window.ran = 1\">');
         fetch('{address}/x').catch(() => 0); document.body.append(Object.assign(document.createElement('script'), {{ text: 'window.ran = 1' }}));"
    );
    let refused = std::panic::catch_unwind(|| {
        open(&pages::sample(), async |page| {
            page.eval(&script).await;
            page.until("window.refused >= 7").await;
            assert_eq!(page.eval("return window.ran ?? null").await, Value::Null);
        });
    });
    // The browser tells of every refusal, which any other test takes for a complaint.
    let told = refused.expect_err("the refusals are told");
    let told = told.downcast_ref::<String>().expect("a message");
    assert!(told.contains("Content Security Policy") && told.contains("asks nobody"), "{told}");
    // Chromium may open a connection ahead of a request that the policy refuses; nothing may be asked on it.
    let came = listener.accept().map(|(mut stream, _)| {
        let mut text = [0; 200];
        let _ = stream.set_read_timeout(Some(std::time::Duration::from_secs(2)));
        let read = std::io::Read::read(&mut stream, &mut text).unwrap_or_default();
        String::from_utf8_lossy(&text[..read]).into_owned()
    });
    assert!(came.as_ref().map_or(true, String::is_empty), "somebody asked: {came:?}");
}
