//! Work that blocks, on a thread of its own.

use std::thread;

use tokio::sync::oneshot;

use super::Problem;
use crate::platform::give_way;

/// Does `work` on a new thread that gives way to the window's. Whoever drops this future lets the work go on; its result is
/// then wiped there.
///
/// # Errors
/// [`Problem::Crashed`] where the work panicked, [`Problem::Other`] where no thread could be started.
pub(super) async fn on_thread<T: Send + 'static>(
    part: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let (give, take) = oneshot::channel();
    let polite = move || {
        give_way();
        drop(give.send(work()));
    };
    thread::Builder::new()
        .name(format!("sealkeep {part}"))
        .spawn(polite)
        .map_err(|error| Problem::Other { text: format!("no thread could be started: {error}") })?;
    take.await.map_err(|_| Problem::Crashed { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(on_thread("test", work))
    }

    #[test]
    fn gives_what_the_work_gave() {
        assert_eq!(run(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_is_a_problem_and_no_hang() {
        assert_eq!(run(|| -> u8 { panic!("expected") }), Err(Problem::Crashed { part: "test" }));
    }
}
