//! A line to Redis on which every answer takes its time.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Passes on what arrives, answers late. Its threads end with its connections.
pub struct SlowLine {
    pub address: SocketAddr,
    millis: Arc<AtomicU64>,
}

impl SlowLine {
    /// A line that is quick at first.
    pub fn to(redis: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let millis = Arc::new(AtomicU64::new(0));
        let delay = Arc::clone(&millis);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(redis)) else { return };
                let (from, mut to) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                thread::spawn(move || {
                    let _ = std::io::copy(&mut &from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let delay = Arc::clone(&delay);
                thread::spawn(move || answers(&server, &client, &delay));
            }
        });
        Self { address, millis }
    }

    /// From now on every answer takes so long.
    pub fn delay(&self, by: Duration) {
        self.millis.store(u64::try_from(by.as_millis()).expect("short"), Ordering::SeqCst);
    }
}

fn answers(mut from: &TcpStream, mut to: &TcpStream, delay: &AtomicU64) {
    let mut some = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut some) {
        let due = Instant::now() + Duration::from_millis(delay.load(Ordering::SeqCst));
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            thread::park_timeout(left);
        }
        if to.write_all(&some[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
