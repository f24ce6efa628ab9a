//! Values that try to become more than text. A dialog fails a test by itself: the driver refuses to go on while one is open.

use serde_json::{Value, json};

use super::driver::open;
use super::pages::{self, naughty_strings};

/// Whatever runs, loads or leads out of the page.
const ACTIVE: &str = "
    const found = [];
    for (const one of document.querySelectorAll('*')) {
        for (const { name, value } of one.attributes) {
            if (/^on/i.test(name) || name === 'style' || name === 'src' || name === 'srcdoc') found.push(one.tagName + ' ' + name);
            if (/href$/i.test(name) && !/^(#|https:\\/\\/apidocs\\.pingidentity\\.com\\/)/.test(value)) found.push(value);
        }
        if (/^(img|iframe|object|embed|link|base|form|video|audio|marquee|template)$/i.test(one.tagName)) found.push(one.outerHTML);
        if (one.tagName === 'SCRIPT' && one.type === '' && one !== document.scripts[document.scripts.length - 1]) found.push(one.text.slice(0, 80));
    }
    return found;";

/// Opens every scenario, so that what is packed is there too.
const OPEN_ALL: &str = "document.getElementById('more').hidden || document.getElementById('more').click();
    for (const one of document.querySelectorAll('.case')) one.open = true;";

#[test]
fn r15_r16_r17_r19_the_hostile_values_of_the_sample_are_text() {
    open(&pages::sample(), async |page| {
        page.eval(OPEN_ALL).await;
        page.until("document.querySelectorAll('.case > .core').length === 0").await;
        assert_eq!(page.eval(ACTIVE).await, json!([]));
        let text = page.eval("return document.body.textContent").await;
        let text = text.as_str().expect("a text");
        for shown in
            ["</script><script>alert(1)</script><img src=x onerror=alert(1)>", "{{raw}}", "U+202E", "U+FFFE", "\\x1b"]
        {
            assert!(text.contains(shown), "{shown}");
        }
        assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{fffe}', '\u{2028}']));
    });
}

#[test]
fn r15_r16_every_string_of_the_naughty_list_is_text_wherever_it_stands() {
    open(&pages::naughty(), async |page| {
        for _ in 0..3 {
            page.eval(OPEN_ALL).await;
        }
        page.until("document.querySelectorAll('.case > .core').length === 0").await;
        assert_eq!(page.eval(ACTIVE).await, json!([]));
        let titles = page.eval("return [...document.querySelectorAll('.case')].map((one) => one.querySelector('.title').firstChild.textContent)").await;
        let titles: Vec<String> = serde_json::from_value(titles).expect("texts");
        let plain = |text: &&String| text.chars().all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
        let strings = naughty_strings();
        let plain: Vec<&String> = strings.iter().filter(plain).collect();
        assert!(plain.len() > 200, "{}", plain.len());
        for text in plain {
            assert!(titles.iter().any(|title| title.trim() == text.trim()), "{text}");
        }
        page.eval("const field = document.getElementById('search'); field.value = '<script>alert'; field.dispatchEvent(new Event('input', { bubbles: true }))").await;
        assert!(!page.shown().await.is_empty(), "and it can be looked for");
        assert_eq!(page.eval("return window.ran ?? null").await, Value::Null);
    });
}
