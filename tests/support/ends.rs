//! A program that ends with the test that started it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::time::Instant;

use super::accessibility::PATIENCE;

/// Ends when dropped.
pub struct Ends {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
}

impl Ends {
    pub fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let output = child.stdout.take().map(BufReader::new);
        Self { child, output }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says; its standard output is a pipe.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.as_mut().expect("standard output is a pipe").read_line(&mut line).unwrap();
        assert!(read > 0, "the program has ended");
        line.trim_end().to_owned()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended by itself.
    pub fn await_end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        while self.is_running() {
            assert!(begun.elapsed() < PATIENCE, "the program does not end");
            std::thread::yield_now();
        }
        self.child.wait().unwrap()
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
