//! The process as the system sees it, named as Prometheus' own client libraries name it.

use std::fmt;
use std::fs;
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::domain::Timestamp;
use crate::telemetry::Watched;

/// Shows build, start, processor time, memory and file descriptors. What the system does not tell is not there.
pub(super) fn register(page: &mut Registry, started: Timestamp) {
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    page.register("bimgate_build", "Always 1; the label says what runs", build);
    let started = ConstGauge::new(Duration::from_millis(started.millis()).as_secs_f64());
    page.register("process_start_time_seconds", "When the process started, in seconds since 1970", started);
    page.register("process_cpu_seconds", "Processor time of all threads, of user and system", CpuSeconds);
    let resident = Watched(|| status_bytes("VmRSS:"));
    page.register("process_resident_memory_bytes", "Resident memory", resident);
    page.register("process_virtual_memory_bytes", "Virtual memory", Watched(|| status_bytes("VmSize:")));
    page.register("process_open_fds", "Open file descriptors", Watched(open_descriptors));
    let most = Watched(|| getrlimit(Resource::Nofile).current);
    page.register("process_max_fds", "How many file descriptors may be open", most);
}

/// A number of the process's status file.
fn status_bytes(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Newer kernels tell it as the folder's size (Linux 6.2), so that a scrape does not read thousands of names.
fn open_descriptors() -> Option<u64> {
    let folder = "/proc/self/fd";
    match fs::metadata(folder).ok()?.len() {
        0 => u64::try_from(fs::read_dir(folder).ok()?.count()).ok(),
        count => Some(count),
    }
}

#[derive(Debug)]
struct CpuSeconds;

impl EncodeMetric for CpuSeconds {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let taken = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
        encoder.encode_counter::<NoLabelSet, f64, f64>(&taken.as_secs_f64(), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
