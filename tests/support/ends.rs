//! A program that ends with the test that started it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus};

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

    pub fn await_end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
