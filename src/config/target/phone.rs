//! The phones with an application that users of a target may have: `[targets.NAME.phone]`.
//!
//! One program does all that is done on a phone. With it `flowproof provision` gives users such a device.
//!
//! Deliberately not here: what the program is told (`auth`).

use crate::auth::passcode::Command;
use crate::config::passcode;
use crate::config::table::TomlTable;

/// How long the program may take unless the table says otherwise, in seconds.
const DEADLINE: f64 = 60.0;

/// Where phones with an application are.
#[derive(Debug, Clone)]
pub struct PhoneConfig {
    /// What pairs them, answers their pushes and prints their passcodes.
    pub(crate) program: Command,
    /// The application that is paired, where PingOne has to be told which.
    pub(crate) application: Option<String>,
}

pub(super) fn phone(table: TomlTable<'_>) -> Option<PhoneConfig> {
    let program = passcode::program(&table, DEADLINE);
    let application = table.text("application").map(|id| id.value);
    table.end();
    Some(PhoneConfig { program: program?, application })
}
