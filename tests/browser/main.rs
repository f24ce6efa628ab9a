//! The HTML report in a real browser: headless Chromium, driven through chromedriver.
//!
//! Without Chromium these tests are left out, and say so; `FLOWPROOF_TEST_BROWSER=required` makes that an error. Every test
//! ends by holding the page to have complained about nothing and to have asked the network for nothing. Deliberately not
//! here: the page's markup, whose goldens are in `reports/html.rs`, and its figures for long runs, which are in
//! `docs/report-html.md`.
#![cfg(unix)]

#[path = "../it/reports/sample.rs"]
mod sample;

mod driver;
mod filter;
mod hostile;
mod many;
mod media;
mod pages;
mod reading;
