//! The request to lock: `sealkeep-cli lock` asks every running Sealkeep of this user, and waits until each has locked.
//!
//! Owns: one socket per running process in the private socket folder. The request carries nothing and answers with nothing
//! but "locked".
//! Invariant: only this user is heard, and "locked" is said only by the one who locked.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::net::Shutdown;

use super::{Folders, PlatformError};

const REQUEST: &[u8] = b"lock\n";
const ANSWER: &[u8] = b"locked\n";

/// A window locks within 50 ms; this is for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Our own clients write at once.
const REQUEST_PATIENCE: Duration = Duration::from_secs(1);

/// Hears requests to lock until dropped.
#[derive(Debug)]
pub struct LockListener {
    path: PathBuf,
    socket: Arc<UnixListener>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Somebody's request to lock, waiting for its answer. Dropped unanswered, the other side hears that nothing was locked.
#[derive(Debug)]
pub struct LockRequest(UnixStream);

/// What came of asking everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedAll {
    /// How many said that they have locked.
    pub locked: usize,
    /// The process ids of those that did not say so in time.
    pub unanswered: Vec<u32>,
}

impl LockListener {
    /// Begins to listen; `on_request` is called on the listener's thread, and should pass the request on and return.
    ///
    /// # Errors
    /// `Listen`; `NotOurs` and `Folder` for the socket folder.
    pub fn start(
        folders: &Folders,
        on_request: impl FnMut(LockRequest) + Send + 'static,
    ) -> Result<Self, PlatformError> {
        let folder = folders.sockets()?;
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|_| PlatformError::Random)?;
        let name = format!("{}-{:08x}", std::process::id(), u32::from_ne_bytes(random));
        let path = folder.join(format!("{name}.sock"));
        let failed = |source| PlatformError::Listen { path: path.clone(), source };
        // It gets its name once it answers: a client takes a socket that refuses for one that a dead process left.
        let unnamed = folder.join(format!("{name}.new"));
        let socket = Arc::new(with_short_path(&unnamed, |path| UnixListener::bind(path)).map_err(failed)?);
        fs::rename(&unnamed, &path).map_err(failed)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new().name("lock requests".to_owned()).spawn({
            let (socket, stopping) = (Arc::clone(&socket), Arc::clone(&stopping));
            move || listen(&socket, &stopping, on_request)
        });
        Ok(Self { socket, stopping, thread: Some(thread.map_err(failed)?), path })
    }
}

impl Drop for LockListener {
    fn drop(&mut self) {
        // Nothing can be done about a failure here; a client removes the socket of a process that is gone.
        let _ = fs::remove_file(&self.path);
        self.stopping.store(true, Ordering::Relaxed);
        let _ = rustix::net::shutdown(self.socket.as_fd(), Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl LockRequest {
    /// Says that everything is locked.
    pub fn locked(mut self) {
        // The asker may have given up; locked is locked.
        let _ = self.0.write_all(ANSWER);
    }
}

/// Asks every running Sealkeep of this user to lock, and waits up to 10 seconds for their answers. Sockets of processes that
/// are gone are removed.
///
/// # Errors
/// `NotOurs` where the socket folder belongs to somebody else; `Folder`, `Read`.
pub fn request_lock_all(folders: &Folders) -> Result<LockedAll, PlatformError> {
    request_lock_within(folders, PATIENCE)
}

fn request_lock_within(folders: &Folders, patience: Duration) -> Result<LockedAll, PlatformError> {
    let mut asked = Vec::new();
    let mut result = LockedAll::default();
    for folder in folders.all_sockets()? {
        for (process, path) in sockets_in(&folder)? {
            match ask(&path) {
                Ok(Some(stream)) => asked.push((process, stream)),
                Ok(None) => {}
                Err(_) => result.unanswered.push(process),
            }
        }
    }
    // All were asked before the first is waited for.
    let deadline = std::time::Instant::now() + patience;
    for (process, stream) in asked {
        let left = deadline.saturating_duration_since(std::time::Instant::now()).max(Duration::from_millis(1));
        match await_answer(stream, left) {
            Ok(()) => result.locked += 1,
            Err(_) => result.unanswered.push(process),
        }
    }
    Ok(result)
}

fn listen(socket: &UnixListener, stopping: &AtomicBool, mut on_request: impl FnMut(LockRequest)) {
    loop {
        let accepted = socket.accept();
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        match accepted {
            Ok((mut stream, _)) => {
                if is_ours(&stream) && read_exactly(&mut stream, REQUEST, REQUEST_PATIENCE).is_ok() {
                    on_request(LockRequest(stream));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Out of descriptors, say: try again, but do not spin.
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// `None` where nobody is there any more.
fn ask(path: &Path) -> io::Result<Option<UnixStream>> {
    let mut stream = match with_short_path(path, |path| UnixStream::connect(path)) {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            let _ = fs::remove_file(path);
            return Ok(None);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !is_ours(&stream) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    stream.set_write_timeout(Some(REQUEST_PATIENCE))?;
    stream.write_all(REQUEST)?;
    Ok(Some(stream))
}

fn await_answer(mut stream: UnixStream, patience: Duration) -> io::Result<()> {
    read_exactly(&mut stream, ANSWER, patience)
}

fn read_exactly(stream: &mut UnixStream, expected: &[u8], patience: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(patience))?;
    let mut found = vec![0; expected.len()];
    stream.read_exact(&mut found)?;
    if found == expected { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn is_ours(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

fn sockets_in(folder: &Path) -> Result<Vec<(u32, PathBuf)>, PlatformError> {
    let failed = |source| PlatformError::Read { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".sock"));
        if let Some(process) = name.and_then(|name| name.split('-').next()).and_then(|id| id.parse().ok()) {
            found.push((process, path));
        }
    }
    Ok(found)
}

/// A socket's address holds about 100 bytes, a path may be longer: go through the folder's descriptor.
fn with_short_path<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return act(path) };
    if path.as_os_str().len() < 100 {
        return act(path);
    }
    let folder: OwnedFd =
        rustix::fs::openat(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&folder)));
    act(&short.join(name))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path()).unwrap();
        (home, folders)
    }

    fn sockets(folders: &Folders) -> usize {
        fs::read_dir(folders.sockets().unwrap()).unwrap().count()
    }

    #[test]
    fn everybody_is_asked_and_has_locked() {
        let (_home, folders) = folders();
        assert_eq!(request_lock_all(&folders).unwrap(), LockedAll::default(), "nothing runs");
        let (locked, heard) = mpsc::channel();
        let listen = |name: &'static str| {
            let locked = locked.clone();
            LockListener::start(&folders, move |request| {
                locked.send(name).unwrap();
                request.locked();
            })
            .unwrap()
        };
        let running = [listen("one"), listen("two")];
        for _ in 0..2 {
            assert_eq!(request_lock_all(&folders).unwrap(), LockedAll { locked: 2, unanswered: vec![] });
        }
        drop(running);
        drop(locked);
        let mut heard: Vec<_> = heard.iter().collect();
        heard.sort_unstable();
        assert_eq!(heard, ["one", "one", "two", "two"]);
        assert_eq!(sockets(&folders), 0, "a listener removes its socket");
    }

    #[test]
    fn the_answer_waits_for_the_lock() {
        let (_home, folders) = folders();
        let (passed_on, requests) = mpsc::channel();
        let _running = LockListener::start(&folders, move |request| passed_on.send(request).unwrap()).unwrap();
        thread::scope(|scope| {
            let asking = scope.spawn(|| request_lock_all(&folders).unwrap());
            let request = requests.recv().unwrap();
            assert!(!asking.is_finished());
            request.locked();
            assert_eq!(asking.join().unwrap().locked, 1);
        });
    }

    #[test]
    fn one_that_cannot_lock_is_named() {
        let (_home, folders) = folders();
        let _refusing = LockListener::start(&folders, drop).unwrap();
        let (keep, kept) = mpsc::channel();
        let _hanging = LockListener::start(&folders, move |request| keep.send(request).unwrap()).unwrap();
        let result = request_lock_within(&folders, Duration::from_millis(50)).unwrap();
        assert_eq!(result, LockedAll { locked: 0, unanswered: vec![std::process::id(); 2] });
        drop(kept);
    }

    #[test]
    fn what_a_dead_process_left_is_removed() {
        let (_home, folders) = folders();
        let left = folders.sockets().unwrap().join("4000000-0badcafe.sock");
        drop(UnixListener::bind(&left).unwrap());
        fs::write(folders.sockets().unwrap().join("notes.txt"), "").unwrap();
        assert_eq!(request_lock_all(&folders).unwrap(), LockedAll::default());
        assert!(!left.exists());
    }

    #[test]
    fn other_requests_are_not_heard() {
        let (_home, folders) = folders();
        let (heard, hears) = mpsc::channel();
        let running = LockListener::start(&folders, move |_| heard.send(()).unwrap()).unwrap();
        let mut stream = UnixStream::connect(&running.path).unwrap();
        stream.write_all(b"open\n").unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0, "hung up");
        drop(running);
        assert!(hears.recv().is_err());
    }

    #[test]
    fn a_long_path_is_no_obstacle() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(&home.path().join("l".repeat(200))).unwrap();
        let _running = LockListener::start(&folders, LockRequest::locked).unwrap();
        assert_eq!(request_lock_all(&folders).unwrap().locked, 1);
    }
}
