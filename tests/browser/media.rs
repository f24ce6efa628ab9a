//! Dark, printed, and as wide as a phone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::driver::open;
use super::pages;

const GROUND: &str = "return getComputedStyle(document.body).backgroundColor";

#[test]
fn the_page_is_dark_where_the_system_is_or_the_reader_wants_it() {
    open(&pages::sample(), async |page| {
        let light = page.eval(GROUND).await;
        page.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] }),
        )
        .await;
        let dark = page.eval(GROUND).await;
        assert_ne!(light, dark);
        for (name, ground) in [("light", &light), ("dark", &dark), ("system", &dark)] {
            let button = page.find("#theme").await;
            button.click().await.expect("it can be clicked");
            assert_eq!(button.text().await.expect("a text"), format!("Theme: {name}"));
            assert_eq!(&page.eval(GROUND).await, ground, "{name}");
        }
        page.find("#theme").await.click().await.expect("it can be clicked");
        page.driver.refresh().await.expect("it opens again");
        assert_eq!(page.texts("#theme").await, ["Theme: light"], "the choice is kept");
    });
}

#[test]
fn nothing_is_wider_than_a_phone() {
    open(&pages::sample(), async |page| {
        for width in [320, 390] {
            let metrics = json!({ "width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true });
            page.command("Emulation.setDeviceMetricsOverride", metrics).await;
            page.eval("for (const one of document.querySelectorAll('details')) one.open = true").await;
            let wide = page.eval("return [document.documentElement.scrollWidth, visualViewport.width]").await;
            assert!(wide[0].as_f64() <= Some(f64::from(width)) && wide[1].as_f64() >= Some(f64::from(width)), "{wide}");
        }
    });
}

#[test]
fn a_print_shows_what_broke_whatever_was_closed_on_the_screen() {
    open(&pages::sample(), async |page| {
        page.eval("for (const one of document.querySelectorAll('details')) one.open = false").await;
        page.command("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        let read = "return [...document.querySelectorAll('#s-mfa_otp_wrong-value .finding, #s-mfa_otp_wrong-value .exchange.broken .body, h1, .notice, .matrix tr.failed, .case.failed > summary')].filter((one) => !one.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: false })).map((one) => one.outerHTML.slice(0, 80))";
        assert_eq!(page.eval(read).await, json!([]));
        assert_eq!(page.eval("return document.getElementById('filter').checkVisibility()").await, false);
        let printed = page.command("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 })).await;
        let printed = printed["data"].as_str().unwrap_or_default();
        assert!(printed.starts_with("JVBERi0") && printed.len() > 50_000, "{} characters of base64", printed.len());
        assert_eq!(page.eval("return document.documentElement.scrollWidth <= innerWidth").await, Value::Bool(true));
    });
}

#[test]
fn a_print_of_a_run_in_which_very_much_failed_has_at_most_12_pages() {
    open(&pages::failing(195), async |page| {
        let printed = page
            .command("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": true }))
            .await;
        let printed = STANDARD.decode(printed["data"].as_str().unwrap_or_default()).expect("base64");
        let pages = regex::bytes::Regex::new(r"/Type\s*/Page\b").expect("a pattern").find_iter(&printed).count();
        assert!((2..=12).contains(&pages), "{pages} pages");
    });
}

#[test]
fn the_bars_of_latencies_have_a_colour_in_the_dark() {
    open(&pages::sample(), async |page| {
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        page.command("Emulation.setEmulatedMedia", dark).await;
        let fill = page.eval("return getComputedStyle(document.querySelector('.bars rect')).fill").await;
        assert_eq!(fill, json!("rgb(134, 177, 230)"), "that of the other bars");
    });
}
