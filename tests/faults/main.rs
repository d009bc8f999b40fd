//! Bad days: crashes, power cuts, outages, full disks, races, clients that mean ill; and what must stand nonetheless.

#[path = "../support/mod.rs"]
mod support;

// Below the service: the store alone, on a disk that fails as told.
mod disk;
mod disk_full;
mod given;
mod opening;
mod power_cut;
mod power_cut_directory;

// The running program.
mod bad_clients;
mod clock;
mod connections;
mod directory_ledger;
mod directory_load;
mod full_volume;
mod kill9;
mod kill9_directory;
mod ledger;
mod load;
mod outage;
mod redis_gone;
mod slow_line;
mod soak;
mod stop;
mod swap_race;
mod volume;

/// What a test ends in: `Err` is one that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
