//! Journal → bytes: every report is a pure projection of a [`Journal`].
//!
//! All renderers have one shape, [`Renderer`], and stand in one list, [`RENDERERS`]. They are handed one scenario's record
//! at a time, each once, so that memory does not grow with the run. [`console`] renders text for people who watch;
//! [`mod@write`] is the only place that touches files.
//!
//! Deliberately not here: judging, clocks, and anything that is not in the journal.

use crate::record::journal::Journal;

mod again;
mod allure;
mod attempt;
pub mod console;
pub(crate) mod ctrf;
mod curl;
pub(crate) mod digest;
mod elsewhere;
mod gathered;
pub mod github;
pub(crate) mod gitlab;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod leftovers;
pub mod markdown;
pub(crate) mod otlp;
mod outcome;
mod problems;
mod reading;
mod renderer;
pub(crate) mod sarif;
mod spool;
pub(crate) mod tap;
pub(crate) mod text;
mod why;
pub mod write;

pub use curl::curl;
pub use elsewhere::Elsewhere;
pub use gathered::Gathered;
pub use outcome::Outcome;
pub use reading::{Reading, RecordRead};
pub use renderer::{RenderError, Renderer};

/// All renderers, in the order in which they are listed.
pub const RENDERERS: &[Renderer] = &[
    html::RENDERER,
    junit::RENDERER,
    json::RENDERER,
    markdown::RENDERER,
    sarif::RENDERER,
    gitlab::RENDERER,
    tap::RENDERER,
    ctrf::RENDERER,
    otlp::RENDERER,
];

/// Those that are written where nobody chooses.
pub const USUAL: &[Renderer] = &[html::RENDERER, junit::RENDERER, json::RENDERER];

/// The chosen renderers, and the list of what was left behind where a journal knows of something.
pub fn with_leftovers(journal: &Journal, chosen: &[Renderer]) -> Vec<Renderer> {
    let left = journal.entries().iter().any(|entry| entry.left_something);
    chosen.iter().chain(left.then_some(&leftovers::RENDERER)).copied().collect()
}

/// The renderer of that name.
pub fn renderer(name: &str) -> Option<&'static Renderer> {
    RENDERERS.iter().find(|renderer| renderer.name == name)
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_renderer_has_a_name_and_a_file_of_its_own() {
        for (index, one) in RENDERERS.iter().enumerate() {
            assert_eq!(renderer(one.name).map(|found| found.file), Some(one.file));
            assert!(RENDERERS[..index].iter().all(|other| other.name != one.name && other.file != one.file));
        }
    }
}
