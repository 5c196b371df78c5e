//! What blocks (Argon2, the keyring) runs on a thread of its own, so that whoever awaits it can go on with other things.

use std::thread;

use tokio::sync::oneshot;

use super::SessionError;

/// Runs `work` on a new thread named `name`. Where this future is dropped, the work goes on and its result is wiped.
///
/// # Errors
/// [`SessionError::Thread`] where the thread can't be started, or panicked.
pub(super) async fn off_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SessionError> {
    let (give, take) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        // Nobody waits any more where giving fails; the result is dropped here, which wipes it.
        .spawn(move || drop(give.send(work())))
        .map_err(|_| SessionError::Thread)?;
    take.await.map_err(|_| SessionError::Thread)
}
