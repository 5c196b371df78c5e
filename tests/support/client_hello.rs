//! What a client of TLS says first, read from its bytes on the wire: RFC 8446, section 4.1.2.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::connect_proxy::pump;

/// As much of it as says how a connection will be protected.
#[derive(Debug, PartialEq, Eq)]
pub struct ClientHello {
    pub suites: Vec<u16>,
    /// The extension `supported_versions`.
    pub versions: Vec<u16>,
    /// The extension `supported_groups`.
    pub groups: Vec<u16>,
    /// The groups in the extension `key_share`, and the lengths of their shares.
    pub key_shares: Vec<(u16, usize)>,
    /// Whether a handshake is to be taken up again: the extension `pre_shared_key`.
    pub resumes: bool,
}

/// Passes TCP on to a server, and tells how each client began.
pub struct Recorder {
    address: SocketAddr,
    hellos: Receiver<ClientHello>,
}

impl Recorder {
    /// In front of `behind`.
    pub fn start(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, hellos) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let record = record(&mut stream);
                tell.send(ClientHello::parse(&record)).unwrap();
                let mut behind = TcpStream::connect(behind).unwrap();
                behind.write_all(&record).unwrap();
                let (from, to) = (behind.try_clone().unwrap(), stream.try_clone().unwrap());
                thread::spawn(move || pump(from, to));
                thread::spawn(move || pump(stream, behind));
            }
        });
        Self { address, hellos }
    }

    /// `https://localhost:PORT`.
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// How the next client began.
    pub fn next(&self) -> ClientHello {
        self.hellos.recv_timeout(Duration::from_secs(60)).unwrap()
    }
}

/// One record, with its head.
fn record(stream: &mut TcpStream) -> Vec<u8> {
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).unwrap();
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    stream.read_exact(&mut record[5..]).unwrap();
    record
}

impl ClientHello {
    fn parse(record: &[u8]) -> Self {
        assert_eq!(record[0], 22, "a record of a handshake");
        let mut record = Bytes(&record[5..]);
        assert_eq!(record.number(1), 1, "a ClientHello");
        let mut hello = record.block(3);
        // The version that everybody says, and what is random.
        hello.take(2 + 32);
        hello.block(1);
        let suites = hello.block(2).numbers();
        hello.block(1);
        let mut extensions = hello.block(2);
        let mut found = Self { suites, versions: vec![], groups: vec![], key_shares: vec![], resumes: false };
        while !extensions.0.is_empty() {
            let kind = extensions.number(2);
            let mut content = extensions.block(2);
            match kind {
                43 => found.versions = content.block(1).numbers(),
                10 => found.groups = content.block(2).numbers(),
                41 => found.resumes = true,
                51 => {
                    let mut shares = content.block(2);
                    while !shares.0.is_empty() {
                        let group = shares.number(2).try_into().unwrap();
                        found.key_shares.push((group, shares.block(2).0.len()));
                    }
                }
                _ => {}
            }
        }
        found
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn number(&mut self, length: usize) -> usize {
        self.take(length).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    /// What has its length before it.
    fn block(&mut self, length: usize) -> Self {
        let length = self.number(length);
        Self(self.take(length))
    }

    fn numbers(&self) -> Vec<u16> {
        self.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }
}
