//! What a service manager is told by systemd's protocol (`sd_notify(3)`): that the server serves, that it stops, and
//! that it is not stuck.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::net::UnixDatagram;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::http::listener::Pulse;

/// How long a message may wait for room in the service manager's socket.
const DEADLINE: Duration = Duration::from_secs(1);

/// The service manager that has started this process, if it wants to be told how the process is.
pub(super) struct Supervisor {
    socket: Option<UnixDatagram>,
    /// How often to say that the server is not stuck, if the service manager asks for that.
    every: Option<Duration>,
}

impl Supervisor {
    /// The one that the environment names. Needs a runtime of tokio.
    pub(super) fn of_environment() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()).and_then(|name| {
            connect(&name)
                .inspect_err(
                    |error| tracing::warn!(%error, "NOTIFY_SOCKET: the service manager cannot be told anything"),
                )
                .ok()
        });
        let number = |name| env::var(name).ok()?.parse().ok();
        let every = watch_interval(number("WATCHDOG_USEC"), number("WATCHDOG_PID"), std::process::id().into());
        Self { socket, every }
    }

    /// The server serves.
    pub(super) async fn ready(&self) {
        self.tell("READY=1").await;
    }

    /// The server reads something again, until it is ready.
    pub(super) async fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let microseconds = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}")).await;
    }

    /// The server is stopping.
    pub(super) async fn stopping(&self) {
        self.tell("STOPPING=1").await;
    }

    /// Says again and again that the server is not stuck, as long as every thread that serves has just answered: a thread
    /// that hangs, or has ended, is why the service manager then starts the server anew. Never ends.
    pub(super) async fn watch(&self, listeners: Vec<Pulse>) {
        let Some(every) = self.every else { return std::future::pending().await };
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let mut alive = true;
            for listener in &listeners {
                alive &= listener.beats().await;
            }
            if alive {
                self.tell("WATCHDOG=1").await;
            } else {
                tracing::error!("a thread that serves has ended; the service manager is told no more that all is well");
            }
        }
    }

    async fn tell(&self, message: &str) {
        let Some(socket) = &self.socket else { return };
        let sent = timeout(DEADLINE, socket.send(message.as_bytes())).await.unwrap_or_else(|late| Err(late.into()));
        if let Err(error) = sent {
            tracing::warn!(%error, message, "the service manager was not told");
        }
    }
}

/// Connects to a socket by its path, or by a name behind `@` that is no file's.
fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    UnixDatagram::from_std(socket)
}

/// Half of the time after which a process counts as stuck, as `sd_watchdog_enabled(3)` advises; none if nobody watches,
/// or another process is meant.
fn watch_interval(microseconds: Option<u64>, meant: Option<u64>, own: u64) -> Option<Duration> {
    let watched = microseconds.filter(|time| *time > 0 && meant.is_none_or(|id| id == own))?;
    Some(Duration::from_micros(watched.div_ceil(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_is_watched_reports() {
        let half = Some(Duration::from_secs(15));
        assert_eq!(watch_interval(Some(30_000_000), None, 7), half);
        assert_eq!(watch_interval(Some(30_000_000), Some(7), 7), half);
        assert_eq!(watch_interval(Some(30_000_000), Some(1), 7), None);
        assert_eq!(watch_interval(Some(0), None, 7), None);
        assert_eq!(watch_interval(None, Some(7), 7), None);
    }
}
