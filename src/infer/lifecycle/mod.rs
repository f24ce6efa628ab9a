//! The lifecycle of a resource, from recordings in which resources show the states that they are in.
//!
//! * [`recordings`]: all of them, schema by schema
//! * [`evidence`]: what each exchange shows of a resource
//! * [`property`]: which of its properties are its identity and its state
//! * [`walk`]: what was done in which state, and which state followed
//! * [`mod@overlay`]: all of it as an OpenAPI Overlay, with counts, for a person to review
//!
//! What was not seen is not known: a state without an action may permit it, and an outcome that is missing may be possible. Deliberately
//! not here: what a lifecycle promises (see `contract`), and judging by it.

mod evidence;
mod found;
mod overlay;
mod property;
mod recordings;
mod walk;

pub(crate) use self::found::FoundLifecycle;
pub(crate) use self::overlay::overlay;
pub(crate) use self::recordings::Recordings;
