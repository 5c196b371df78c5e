//! Work that blocks, on a thread of its own.

use super::Problem;
use crate::platform::give_way;
use crate::vault::{self, ThreadError};

/// Does `work` on a new thread that gives way to the window's. Whoever drops this future lets the work go on; its result is
/// then wiped there, and a lock waits for that.
///
/// # Errors
/// [`Problem::Crashed`] where the work panicked, [`Problem::Other`] where no thread could be started.
pub(super) async fn on_thread<T: Send + 'static>(
    part: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    vault::on_thread(&format!("sealkeep {part}"), politely(work)).await.map_err(|error| explain(part, &error))
}

/// The same for work that has nothing of a vault, which a lock does not wait for.
///
/// # Errors
/// Those of [`on_thread`].
pub(super) async fn on_thread_without_keys<T: Send + 'static>(
    part: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = vault::on_thread_without_keys(&format!("sealkeep {part}"), politely(work)).await;
    done.map_err(|error| explain(part, &error))
}

fn politely<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    move || {
        give_way();
        work()
    }
}

fn explain(part: &'static str, error: &ThreadError) -> Problem {
    match error {
        ThreadError::EndedEarly => Problem::Crashed { part },
        ThreadError::NotStarted(_) => Problem::other(error),
    }
}

/// Polls `work` to its end, on a thread that has nothing else to do. For what computes and waits for nobody.
///
/// # Errors
/// [`Problem::Other`] where there is no runtime to be had.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| Problem::other(&error))?;
    Ok(runtime.block_on(work))
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
