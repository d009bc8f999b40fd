//! Load, made by wrk.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// Requests a second that were answered, over `seconds`: the script makes the requests out of the lines of the file.
pub fn requests_a_second(to: SocketAddr, connections: usize, seconds: u64, script: &str, lines: &Path) -> f64 {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/speed");
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"])
        .arg(scripts.join(script))
        .arg(format!("http://{to}"))
        .arg(lines)
        .env("LUA_PATH", format!("{}/?.lua;;", scripts.display()))
        .output()
        .expect("wrk is installed (Debian: apt-get install wrk)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for bad in ["Non-2xx", "Socket errors"] {
        assert!(!text.contains(bad), "{text}");
    }
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    rate.and_then(|rate| rate.trim().parse().ok()).unwrap_or_else(|| panic!("no rate in: {text}"))
}
