//! What came of a salvage, as the window is told of it.

use std::path::PathBuf;

use crate::vault::SalvageReport;

/// What came of a salvage.
#[derive(Debug)]
pub struct Salvaged {
    /// The damaged vault's folder.
    pub from: PathBuf,
    /// The new vault's folder.
    pub into: PathBuf,
    /// What was copied, and what was not.
    pub report: SalvageReport,
}
