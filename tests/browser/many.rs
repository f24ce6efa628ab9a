//! Ten thousand scenarios: few of them are elements, and all can be found.
//!
//! How long that takes is printed and held to no limit; `docs/report-html.md` has the figures.

use serde_json::Value;

use super::driver::{Scripts, open_as};
use super::pages;

const COUNT: usize = 10_000;

/// Milliseconds that a change of the filter takes, with all that it makes the browser lay out: the best of three.
const CHANGE: &str = "
    const field = document.getElementById('search'), took = [];
    for (const words of ['', arguments[0], '', arguments[0], '', arguments[0]]) {
        const begun = performance.now();
        field.value = words;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        document.body.getBoundingClientRect();
        if (words) took.push(performance.now() - begun);
    }
    return Math.min(...took)";

#[test]
fn ten_thousand_scenarios_are_few_elements_and_each_is_found() {
    let last = format!("#s-round-{}_mfa_otp_correct-value", COUNT - 2);
    open_as(&pages::many(COUNT), &last, Scripts::Run, async |page| {
        page.until(&format!("document.activeElement === document.querySelector('{last} > summary')")).await;
        let mut interactive = f64::INFINITY;
        for _ in 0..3 {
            let took = page.eval("return performance.getEntriesByType('navigation')[0].domInteractive").await;
            interactive = interactive.min(took.as_f64().expect("milliseconds"));
            page.driver.refresh().await.expect("it opens again");
        }
        let elements = page.eval("return document.querySelectorAll('*').length").await;
        assert!(elements.as_u64() < Some(6_000), "{elements} elements");
        let mut changes = Vec::new();
        for words in ["number 4321", "round-77", "emailed", "correct-value 9"] {
            let took = page.driver.execute(CHANGE, vec![words.into()]).await.expect("it is measured");
            changes.push(took.json().as_f64().expect("milliseconds"));
        }
        println!(
            "{COUNT} scenarios, {elements} elements: interactive after {interactive} ms, a change takes {changes:.0?} ms"
        );
        assert_eq!(page.eval("return document.querySelectorAll('.case').length <= 200").await, Value::Bool(true));
        let found = "const field = document.getElementById('search'); field.value = 'number 4321'; field.dispatchEvent(new Event('input', { bubbles: true }))";
        page.eval(found).await;
        assert_eq!(page.shown().await.len(), 1);
    });
}
