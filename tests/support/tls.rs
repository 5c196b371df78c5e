//! TLS in front of a server of the tests, under a certificate that nobody vouches for but itself.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::tools::tool;

/// Writes the certificate, says its port, then of each connection what came of it; ends with its standard input.
const RELAY: &str = "\
import datetime, ipaddress, os, socket, ssl, sys, threading
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

certificate, host, port, versions = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'sealkeep test')])
now = datetime.datetime.now(datetime.timezone.utc)
made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost'), x509.DNSName('kms.sealkeep.test'),
        x509.IPAddress(ipaddress.ip_address('0.0.0.0'))]), critical=False)
    .sign(key, hashes.SHA256()))
with open(certificate, 'wb') as out:
    out.write(made.public_bytes(serialization.Encoding.PEM))
with open(certificate + '.key', 'wb') as out:
    out.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, certificate + '.key')
if versions == 'old':
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers('ALL:@SECLEVEL=0')
elif versions == '1.2':
    context.maximum_version = ssl.TLSVersion.TLSv1_2

def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

def serve(raw):
    try:
        secure = context.wrap_socket(raw, server_side=True)
        # A caller that takes no such certificate says so after the server's part is done.
        first = secure.recv(65536)
    except OSError:
        print('refused', flush=True)
        return
    print(secure.version() if first else 'refused', flush=True)
    if first:
        behind = socket.create_connection((host, port))
        behind.sendall(first)
        threading.Thread(target=pump, args=(behind, secure), daemon=True).start()
        pump(secure, behind)

listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
while True:
    raw, _ = listener.accept()
    threading.Thread(target=serve, args=(raw,), daemon=True).start()
";

/// Which versions of TLS it speaks.
#[derive(Clone, Copy)]
pub enum Versions {
    /// 1.2 and 1.3.
    Today,
    /// 1.2 alone.
    Yesterday,
    /// 1.0 and 1.1.
    Old,
}

/// `https://localhost:PORT` in front of a server; ends when dropped.
pub struct TlsRelay {
    _relay: Child,
    said: BufReader<ChildStdout>,
    port: u16,
}

impl TlsRelay {
    /// Passes on to `behind`; the certificate is written to `certificate`.
    pub fn start(behind: SocketAddr, certificate: &Path, versions: Versions) -> Self {
        let mut relay = Command::new(tool("moto/bin/python"))
            .args(["-W", "ignore", "-c", RELAY])
            .arg(certificate)
            .args([behind.ip().to_string(), behind.port().to_string()])
            .arg(match versions {
                Versions::Today => "today",
                Versions::Yesterday => "1.2",
                Versions::Old => "old",
            })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(relay.stdout.take().unwrap());
        let port = line(&mut said).parse().unwrap();
        Self { _relay: relay, said, port }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The same, for what stands in front of it.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// What came of the next connection: the version of TLS, or `refused`.
    pub fn next_outcome(&mut self) -> String {
        line(&mut self.said)
    }
}

fn line(said: &mut impl BufRead) -> String {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    line.trim().to_owned()
}
