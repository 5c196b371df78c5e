//! A proxy as companies have them: it takes HTTP's CONNECT, writes down what it was asked, and passes on what it can't read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What somebody asked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `CONNECT host:port HTTP/1.1`.
    pub line: String,
    /// What stood in `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// A running proxy.
pub struct ConnectProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ConnectProxy {
    /// Leads everything to `target`, whatever name was asked for; whom `authorization` does not let in it refuses.
    pub fn to(target: SocketAddr, authorization: Option<&'static str>) -> Self {
        Self::start(Some(target), authorization)
    }

    /// Refuses everything.
    pub fn to_nowhere() -> Self {
        Self::start(None, None)
    }

    fn start(target: Option<SocketAddr>, authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&seen));
                // Somebody who hangs up is no failure here.
                thread::spawn(move || drop(serve(stream, target, authorization, &seen)));
            }
        });
        Self { address, asked }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, with a user.
    pub fn url_of(&self, user: &str) -> String {
        format!("http://{user}@{}", self.address)
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The lines of [`ConnectProxy::asked`].
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn serve(
    stream: TcpStream,
    target: Option<SocketAddr>,
    authorization: Option<&str>,
    seen: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    // Byte by byte: what follows the head is for whoever is behind.
    let mut input = BufReader::with_capacity(1, stream.try_clone()?);
    let mut asked = Asked::default();
    input.read_line(&mut asked.line)?;
    asked.line.truncate(asked.line.trim_end().len());
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("proxy-authorization") {
            asked.authorization = Some(value.to_owned());
        }
    }
    let welcome = authorization.is_none_or(|wanted| asked.authorization.as_deref() == Some(wanted));
    seen.lock().unwrap().push(asked);
    let mut output = stream.try_clone()?;
    let Some(target) = target.filter(|_| welcome) else {
        let status = if welcome { "502 Bad Gateway" } else { "407 Proxy Authentication Required" };
        return write!(output, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    };
    let behind = TcpStream::connect(target)?;
    write!(output, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from, to) = (behind.try_clone()?, stream.try_clone()?);
    thread::spawn(move || pump(from, to));
    pump(stream, behind);
    Ok(())
}

/// Passes on until one end is gone.
pub fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
