//! Texts with `{{…}}` in them: a closed grammar, checked when the file is read, rendered when values are known.
//!
//! There are two forms: `{{path.to.value}}` and `{{helper argument}}`. A text that is exactly one of them keeps the JSON type of
//! the value; in any other text the parts are joined as they stand. What is inserted is data: never escaped, never rendered again.
//!
//! Deliberately not here: where values come from. Passcodes and the like are fetched by the engine, which reads
//! [`Template::placeholders`] and fills [`Values::helpers`] before it renders.

mod instead;
mod parser;
mod path;
mod placeholder;
mod text;

pub use instead::Instead;
pub use path::{ROW, appended, follow, is_name, root, segments};
pub use placeholder::{Helper, HelperArgument, HelperCall, Placeholder, PlaceholderKind};
pub use text::{Facts, Template, TemplateError, Values};

pub use crate::base::facts::FACTS;

/// The parameters of a fragment by the name written, with the name they have in the scenario that uses it.
pub type ParameterScope = std::collections::HashMap<String, String>;
