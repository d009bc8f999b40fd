//! Somebody's front end: a page of another origin that sends people to log in, and asks the server who came back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// A running front end, stopped when dropped.
pub struct FrontEnd {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl FrontEnd {
    /// Starts one on a port that the system chooses.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let stopping = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stopping);
        let serving = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stops.load(Ordering::Relaxed) {
                    break;
                }
                // Browsers open connections that they may never use.
                thread::spawn(move || serve(&stream));
            }
        });
        Self { address, stopping, serving: Some(serving) }
    }

    /// `http://…`, without a slash at its end: what browsers send as `Origin`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where people come back to. Its heading then says who they are, or why not.
    pub fn url(&self) -> String {
        format!("{}/back", self.origin())
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The thread waits for someone to come.
        let _ = TcpStream::connect(self.address);
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

/// Answers one request with the page, whatever it is. One that a browser opened for later use has none.
fn serve(stream: &TcpStream) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    if lines.by_ref().take_while(|line| !line.is_empty()).count() == 0 {
        return;
    }
    let page = include_str!("front_end.html");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
    let _ = write!(&mut &*stream, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
}
