//! A line to Redis that can be cut after a command has arrived and before its answer comes back, or keep a command from
//! arriving for a while.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::oneshot;

/// Passes on what comes, until it is cut; then connections can be made through it anew.
pub struct CutLine {
    pub address: SocketAddr,
    armed: Armed,
}

type Armed = Arc<Mutex<Option<Knife>>>;

/// What to cut after, or to hold back, and how to tell.
struct Knife {
    parts_of_command: Vec<String>,
    holds: bool,
    arrived: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

/// A cut to come.
pub struct Cut {
    /// The command has taken effect, its answer is swallowed.
    pub arrived: oneshot::Receiver<()>,
    /// The line stays silent until this is told, then it breaks.
    pub go_on: oneshot::Sender<()>,
}

impl CutLine {
    pub async fn to(redis: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, armed) = (listener.local_addr()?, Armed::default());
        let knife = armed.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let knife = knife.clone();
                tokio::spawn(async move { pass(client, TcpStream::connect(redis).await?, &knife).await });
            }
        });
        Ok(Self { address, armed })
    }

    /// Cuts the line after the next command that has one of these in it.
    pub fn cut_after(&self, parts_of_command: Vec<String>) -> Cut {
        self.arm(parts_of_command, false)
    }

    /// Holds the next command back that has one of these in it: it has not taken effect when `arrived` is told, and is passed
    /// on when `go_on` is.
    pub fn hold(&self, parts_of_command: Vec<String>) -> Cut {
        self.arm(parts_of_command, true)
    }

    fn arm(&self, parts_of_command: Vec<String>, holds: bool) -> Cut {
        let ((tell, arrived), (go_on, told)) = (oneshot::channel(), oneshot::channel());
        let knife = Knife { parts_of_command, holds, arrived: tell, go_on: told };
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(knife);
        Cut { arrived, go_on }
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, armed: &Armed) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                if asked.is_empty() {
                    return Ok(());
                }
                let command = String::from_utf8_lossy(asked);
                let found = |knife: &mut Knife| knife.parts_of_command.iter().any(|part| command.contains(part));
                let mut knife = armed.lock().unwrap_or_else(PoisonError::into_inner).take_if(found);
                if let Some(knife) = knife.take_if(|knife| knife.holds) {
                    let _ = knife.arrived.send(());
                    let _ = knife.go_on.await;
                }
                server.write_all(asked).await?;
                if let Some(knife) = knife {
                    assert!(server.read(&mut answered).await? > 0, "an answer to swallow");
                    let _ = knife.arrived.send(());
                    let _ = knife.go_on.await;
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => {
                let answered = &answered[..read?];
                if answered.is_empty() {
                    return Ok(());
                }
                client.write_all(answered).await?;
            }
        }
    }
}
