//! The command's end of the socket.

use std::io::{
    self,
    ErrorKind::{ConnectionRefused, NotADirectory, NotFound, PermissionDenied},
};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::socket::{self, Address};
use super::{AdminError, Request, Response};

/// How long a connection may take to be accepted, and a request to be taken.
const SEND_DEADLINE: Duration = Duration::from_secs(10);
/// How long an answer may take: a large batch on a slow disk.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// A running server, through the socket in its data folder.
pub struct Client {
    folder: PathBuf,
}

impl Client {
    /// The server that listens in `folder`; `None` if there is none, or if the folder is missing or belongs to another
    /// user: opening the store in it then says what is wrong.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`] if it is unknown whether there is one.
    pub async fn reach(folder: &Path) -> Result<Option<Self>, AdminError> {
        let client = Self { folder: folder.to_owned() };
        match client.connect().await {
            Ok(_) => Ok(Some(client)),
            Err(error) => match error.kind() {
                NotFound | ConnectionRefused | PermissionDenied | NotADirectory => Ok(None),
                _ => Err(client.unavailable(&error)),
            },
        }
    }

    /// Sends a request to the server and waits for the answer.
    ///
    /// # Errors
    /// The server's error, and [`AdminError::Unavailable`] if it does not answer in time.
    pub async fn call(&self, request: &Request) -> Response {
        let conversation = async {
            let mut stream = self.connect().await?;
            socket::write(&mut stream, request, SEND_DEADLINE).await?;
            socket::read::<Response>(&mut stream, ANSWER_DEADLINE).await
        };
        match conversation.await {
            Ok(Some(response)) => response,
            Ok(None) => Err(self.unavailable(&"it closed the connection without an answer")),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    async fn connect(&self) -> io::Result<UnixStream> {
        let address = Address::of(&self.folder)?;
        timeout(SEND_DEADLINE, UnixStream::connect(address.path())).await?
    }

    fn unavailable(&self, cause: &dyn std::fmt::Display) -> AdminError {
        let socket = self.folder.join(socket::NAME);
        AdminError::Unavailable(format!("the server behind {} does not answer: {cause}", socket.display()))
    }
}
