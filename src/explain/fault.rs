//! Explains a fault: how it breaks the stand-in, and which check catches it.
//!
//! Deliberately not here: the faults themselves, which the caller knows from the stand-in.

use super::explanation::{Explanation, IdKind, section};

/// A way to break the stand-in on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFault {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the stand-in then does wrong, as a clause.
    pub about: &'static str,
    /// The check that catches it.
    pub check: &'static str,
    /// The command by which it is found, where the suite does not find it.
    pub found_by: Option<&'static str>,
}

/// Says what a fault breaks.
pub(super) fn explain(fault: &KnownFault) -> Explanation {
    let KnownFault { name, about, check, found_by } = fault;
    let command = found_by.unwrap_or("run");
    let sections = [
        section("Breaks", [format!("with `--fault {name}`, {about}")]),
        section("Caught by", [format!("the check {check}; `flowproof explain {check}` describes it")]),
        section("Try it", [format!("flowproof {command} --fault {name}")]),
    ];
    Explanation::new(IdKind::Fault, *name, sections)
}
