//! Chromium through chromedriver: one of each for a test, both ended by the test.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, WebDriver};

/// What only a test takes that hangs.
const HANGS: Duration = Duration::from_secs(600);

/// Whether the browser is there. Where it must be, leaving it out is an error.
///
/// It writes past the test harness, which would keep the words of a test that passes to itself.
pub(crate) fn is_there() -> bool {
    let found = ["chromedriver", "chromium"].iter().all(|program| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    if !found {
        let required = std::env::var("FLOWPROOF_TEST_BROWSER").is_ok_and(|word| word == "required");
        assert!(
            !required,
            "Chromium is missing, and FLOWPROOF_TEST_BROWSER=required; install chromium and chromium-driver"
        );
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let words =
            format!("\nLEFT OUT: {test}, which needs Chromium; Debian has it in chromium and chromium-driver\n");
        std::io::stderr().write_all(words.as_bytes()).expect("standard error");
    }
    found
}

/// How the browser is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    Run,
    Blocked,
}

/// chromedriver, ended with its browser when it is dropped.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        let mut child = command.arg("--port=0").stdout(Stdio::piped()).spawn().expect("chromedriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let port = lines.find_map(|line| port(&line.ok()?)).expect("chromedriver says where it listens");
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }
}

/// `ChromeDriver was started successfully on port 43211.`
fn port(line: &str) -> Option<u16> {
    line.rsplit_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().expect("chromedriver is ours to end");
        self.child.wait().expect("chromedriver ends");
    }
}

/// A report that is open in the browser.
pub(crate) struct Page {
    pub driver: WebDriver,
    pub url: String,
}

/// Opens a report and does something with it; nothing where there is no browser.
pub(crate) fn open<F: Future<Output = ()>>(report: &Path, read: impl FnOnce(Arc<Page>) -> F) {
    open_as(report, "", Scripts::Run, read);
}

/// Opens a report at a fragment.
pub(crate) fn open_as<F: Future<Output = ()>>(
    report: &Path,
    fragment: &str,
    scripts: Scripts,
    read: impl FnOnce(Arc<Page>) -> F,
) {
    if !is_there() {
        return;
    }
    // The client that the driver's crate builds asks for a provider although it speaks plain HTTP on loopback.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Driver::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let address = format!("http://127.0.0.1:{}", server.port);
        let driver = WebDriver::new(address, capabilities(scripts)).await.expect("Chromium starts");
        let url = format!("file://{}", report.display());
        driver.goto(format!("{url}{fragment}")).await.expect("the report opens");
        let page = Arc::new(Page { driver, url });
        let ended = tokio::task::LocalSet::new().run_until(guarded(read(Arc::clone(&page)))).await;
        let quiet = if ended.is_ok() { Some(page.noise().await) } else { None };
        page.driver.clone().quit().await.expect("Chromium ends");
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
        assert_eq!(quiet, Some(Vec::new()), "the page complains about nothing and asks nobody for anything");
    });
}

/// Lets the browser end before a test that failed does.
async fn guarded(reading: impl Future<Output = ()>) -> std::thread::Result<()> {
    let mut reading = Box::pin(reading);
    std::future::poll_fn(move |context| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reading.as_mut().poll(context)));
        match polled {
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Ok(std::task::Poll::Ready(())) => std::task::Poll::Ready(Ok(())),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn capabilities(scripts: Scripts) -> Capabilities {
    let javascript = if scripts == Scripts::Run { 1 } else { 2 };
    let capabilities = json!({
        "browserName": "chrome",
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            // Containers have neither the name spaces that the sandbox needs nor a large /dev/shm.
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900", "--hide-scrollbars"],
            "prefs": { "profile.managed_default_content_settings.javascript": javascript },
        },
    });
    serde_json::from_value(capabilities).expect("they are an object")
}

impl Page {
    /// What a script in the page says.
    pub(crate) async fn eval(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What a CSS selector finds first.
    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.driver.find(By::Css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// The texts of all that a selector finds, as a reader sees them.
    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.driver.find_all(By::Css(selector)).await.expect("a selector") {
            texts.push(element.text().await.expect("it is still there"));
        }
        texts
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) async fn command(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            let chain = self.driver.action_chain().key_down(key.clone()).key_up(key);
            chain.perform().await.expect("a key can be pressed");
        }
    }

    /// Waits until a script says yes.
    pub(crate) async fn until(&self, script: &str) {
        let begun = Instant::now();
        while self.eval(&format!("return {script}")).await != Value::Bool(true) {
            assert!(begun.elapsed() < HANGS, "never true: {script}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The names of the scenarios that are shown, in order.
    pub(crate) async fn shown(&self) -> Vec<String> {
        let names = self.eval("return [...document.querySelectorAll('.case')].filter((one) => one.checkVisibility()).map((one) => one.querySelector('.title code').textContent)");
        serde_json::from_value(names.await).expect("names")
    }

    /// Complaints of the console, and requests for anything but the report.
    async fn noise(&self) -> Vec<String> {
        let console = self.driver.get_log("browser").await.expect("a log").into_iter().map(|entry| entry.message);
        let mut noise: Vec<String> = console.collect();
        for entry in self.driver.get_log("performance").await.expect("a log") {
            let event: Value = serde_json::from_str(&entry.message).expect("JSON");
            let event = &event["message"];
            let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
            let report = url.split('#').next() == Some(&self.url) || url == "data:," || url.starts_with("chrome:");
            if event["method"] == "Network.requestWillBeSent" && !report {
                noise.push(format!("a request for {url}"));
            }
        }
        noise
    }
}
