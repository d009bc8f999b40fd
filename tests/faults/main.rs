//! Bad days: power cuts, full disks, damaged files, and what must stand nonetheless.

mod disk;
mod disk_full;
mod given;
mod opening;
mod power_cut;

/// What a test ends in: `Err` is one that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
