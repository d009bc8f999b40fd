//! What a program that a test started says, line by line.

use std::io::{BufRead as _, BufReader};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// A program that is quiet for as long hangs, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a program's standard output, each waited for with a deadline.
pub struct Lines {
    program: &'static str,
    lines: Receiver<String>,
}

impl Lines {
    /// Reads them until the program ends. One that says much more than is asked for has to wait.
    pub fn of(program: &'static str, output: ChildStdout) -> Self {
        let (said, lines) = sync_channel(16);
        thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| said.send(line))
        });
        Self { program, lines }
    }

    /// The next line; none if the program has ended. Fails the test when it neither says something nor ends.
    #[track_caller]
    pub fn next(&self) -> Option<String> {
        let asked = Instant::now();
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("{} has said nothing for {:?}", self.program, asked.elapsed()),
        }
    }
}
