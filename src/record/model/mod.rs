//! The data of a record: header, scenarios, exchanges, findings, verdicts, footer.

mod exchange;
mod finding;
mod footer;
mod header;
mod scenario;
pub(crate) mod skew;
mod verdict;

pub use exchange::{BodyRecord, ErrorRecord, ExchangeRecord, RequestRecord, ResponseRecord, TraceRecord};
pub(super) use finding::only_unmet;
pub use finding::{Finding, Level, Place};
pub use footer::{Bearing, ChangeRecord, ChangesRecord, Footer};
pub use header::{
    CheckText, ContractRecord, Header, LifecycleRecord, NextRecord, OperationRecord, ReplyRecord, RequirementRecord,
    ShardRecord, StateRecord, TargetRecord,
};
pub use scenario::{
    AttemptRecord, CheckRecord, LeftoverRecord, ScenarioRecord, SequenceRecord, StepOutcome, StepRecord,
};
pub use verdict::{Counts, ExitCode, Verdict};
