//! A moto server: AWS on this machine, for the tests that it is right about.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::tools::tool;

/// Serves on a free port until its standard input closes: whatever way the tests end, the server ends with them.
const SERVE: &str = "\
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";

/// What a server for templates of infrastructure learns first.
const LEARN: &str = "\
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import moto_resources
";

/// The variables that make an AWS tool talk to the server with made-up credentials, and look nowhere else for any.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("AWS_ACCESS_KEY_ID", "testing"),
    ("AWS_SECRET_ACCESS_KEY", "testing"),
    ("AWS_DEFAULT_REGION", Moto::REGION),
    ("AWS_REGION", Moto::REGION),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// A running moto server.
pub struct Moto {
    endpoint: String,
    _server: Child,
}

impl Moto {
    /// The region of everything in it.
    pub const REGION: &str = "eu-central-1";

    /// The server that all tests share; started by the first one that asks.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Moto> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(SERVE))
    }

    /// Another, shared too, that deploys CloudFormation templates: it takes longer to start.
    pub fn for_templates() -> &'static Self {
        static SHARED: OnceLock<Moto> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&format!("{LEARN}{SERVE}")))
    }

    fn start(program: &str) -> Self {
        let mut server = Command::new(tool("moto/bin/python"))
            .args(["-c", program, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/infrastructure")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto starts");
        let mut said = BufReader::new(server.stderr.take().expect("stderr is piped")).lines();
        let line = said
            .by_ref()
            .map(|line| line.expect("moto says something readable"))
            .find(|line| line.contains("Running on http://"))
            .expect("moto says where it listens");
        let endpoint = line[line.find("http://").expect("an address")..].trim().to_owned();
        // It logs every request; nobody reading would block it once the pipe is full.
        std::thread::spawn(move || said.for_each(drop));
        Self { endpoint, _server: server }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A new symmetric key's ARN.
    pub fn make_key(&self) -> String {
        let mut python = Command::new(tool("moto/bin/python"));
        python.args(["-c", "import boto3; print(boto3.client('kms').create_key()['KeyMetadata']['Arn'])"]);
        let output = self.point(&mut python).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// `command`, talking to this server.
    pub fn point<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(ENVIRONMENT).env("AWS_ENDPOINT_URL", &self.endpoint)
    }
}
