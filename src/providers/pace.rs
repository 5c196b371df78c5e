//! How many calls are on their way to AWS KMS at once: many, and fewer as soon as it asks for patience.
//!
//! Invariant: what was refused for being too much is tried again, so that nothing is lost by it; and a call whose future is
//! dropped gives its turn back.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::crypto::random;

use super::ProviderError;

/// As many are on their way from the start. KMS's own quota is thousands a second.
const FIRST: usize = 16;
/// And never more.
const MOST: usize = 64;
/// How long nobody asks after the first refusal; twice as long after the next one.
const REST: Duration = Duration::from_millis(100);
/// And at most.
const LONGEST_REST: Duration = Duration::from_secs(5);
/// Where nothing at all was answered for so long, it is given up.
const HOPELESS: Duration = Duration::from_secs(60);
/// So often is one call tried that nobody answers.
const TRIES: u32 = 3;

/// Paces the calls of one long piece of work. Adds one to those on their way for each time that as many were answered; halves
/// them, and rests for a random while, when AWS KMS limits requests. Needs a tokio runtime with time.
#[derive(Debug)]
pub struct Pace {
    state: Mutex<State>,
    given_back: Notify,
}

/// What a pace has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paced {
    /// The most calls that were on their way at once.
    pub most_in_flight: usize,
    /// How many calls were refused for being too many, and made again.
    pub throttled: u64,
}

#[derive(Debug)]
struct State {
    limit: usize,
    in_flight: usize,
    answered: usize,
    /// Counts the times that the limit was halved: what was sent before the last one says nothing new.
    halved: u64,
    /// How often in a row, with no answer in between.
    in_a_row: u32,
    rests_until: Option<Instant>,
    last_answer: Instant,
    seen: Paced,
}

impl Default for Pace {
    fn default() -> Self {
        let state = State {
            limit: FIRST,
            in_flight: 0,
            answered: 0,
            halved: 0,
            in_a_row: 0,
            rests_until: None,
            last_answer: Instant::now(),
            seen: Paced::default(),
        };
        Self { state: Mutex::new(state), given_back: Notify::new() }
    }
}

/// One call on its way.
struct Turn<'a> {
    pace: &'a Pace,
    halved: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pace.state().in_flight -= 1;
        self.pace.given_back.notify_one();
    }
}

impl Pace {
    /// How many futures to poll at once, so that a pace is never short of them.
    pub const MOST_IN_FLIGHT: usize = MOST;

    /// Makes `call` when it is its turn, and again where AWS KMS limits requests, or a few times where nobody answers.
    ///
    /// # Errors
    /// Those of `call`; [`ProviderError::Throttled`] only where nothing was answered to anybody for a minute.
    pub async fn run<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut tries = 0;
        loop {
            let turn = self.turn().await;
            let halved = turn.halved;
            let outcome = call().await;
            drop(turn);
            match outcome {
                Err(ProviderError::Throttled) if !self.is_hopeless() => self.slow_down(halved),
                Err(ProviderError::Unreachable { .. }) if tries + 1 < TRIES => {
                    tries += 1;
                    sleep(with_jitter(REST * 2_u32.pow(tries))).await;
                }
                Ok(answer) => {
                    self.speed_up();
                    return Ok(answer);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What was seen so far.
    pub fn seen(&self) -> Paced {
        self.state().seen
    }

    async fn turn(&self) -> Turn<'_> {
        loop {
            let given_back = self.given_back.notified();
            let rests_until = {
                let mut state = self.state();
                let rests_until = state.rests_until.filter(|until| *until > Instant::now());
                if rests_until.is_none() && state.in_flight < state.limit {
                    if state.in_flight == 0 && state.answered == 0 && state.in_a_row == 0 {
                        // The wait begins with the first call, and not when this was made.
                        state.last_answer = Instant::now();
                    }
                    state.in_flight += 1;
                    state.seen.most_in_flight = state.seen.most_in_flight.max(state.in_flight);
                    return Turn { pace: self, halved: state.halved };
                }
                rests_until
            };
            match rests_until {
                Some(until) => sleep_until(until).await,
                None => given_back.await,
            }
        }
    }

    fn slow_down(&self, halved: u64) {
        let mut state = self.state();
        state.seen.throttled += 1;
        if state.halved != halved {
            return;
        }
        state.halved += 1;
        state.limit = (state.limit / 2).max(1);
        state.answered = 0;
        let rest = REST.saturating_mul(2_u32.saturating_pow(state.in_a_row)).min(LONGEST_REST);
        state.in_a_row += 1;
        state.rests_until = Some(Instant::now() + with_jitter(rest));
    }

    fn speed_up(&self) {
        let mut state = self.state();
        (state.in_a_row, state.last_answer) = (0, Instant::now());
        state.answered += 1;
        if state.answered >= state.limit && state.limit < MOST {
            (state.limit, state.answered) = (state.limit + 1, 0);
            drop(state);
            // One more than those that are given back.
            self.given_back.notify_one();
        }
    }

    fn is_hopeless(&self) -> bool {
        self.state().last_answer.elapsed() > HOPELESS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between half and all of `rest`, so that not everybody comes back at once.
fn with_jitter(rest: Duration) -> Duration {
    // Without random bytes everybody waits the longest.
    let share = random::make_bytes::<1>().map_or(255, |[byte]| u32::from(byte));
    rest / 2 + rest / 2 * share / 255
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(future)
    }

    /// A service that takes so many at once, and refuses the others after a moment.
    struct Service {
        capacity: usize,
        now: AtomicUsize,
        refused: AtomicUsize,
    }

    impl Service {
        fn of(capacity: usize) -> Self {
            Self { capacity, now: AtomicUsize::new(0), refused: AtomicUsize::new(0) }
        }

        async fn ask(&self) -> Result<(), ProviderError> {
            let at_once = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            sleep(Duration::from_millis(2)).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            if at_once > self.capacity {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Err(ProviderError::Throttled);
            }
            Ok(())
        }
    }

    #[test]
    fn begins_with_sixteen_grows_while_all_is_well_and_loses_nothing() {
        let (pace, service) = (Pace::default(), Service::of(usize::MAX));
        let done = run(join_all((0..2000).map(|_| pace.run(|| service.ask()))));
        assert!(done.iter().all(Result::is_ok));
        let seen = pace.seen();
        assert!((FIRST + 1..=MOST).contains(&seen.most_in_flight), "{seen:?}");
        assert_eq!(seen.throttled, 0);
    }

    #[test]
    fn gives_way_where_it_is_too_much_and_every_call_is_answered_in_the_end() {
        let (pace, service) = (Pace::default(), Service::of(5));
        let done = run(join_all((0..300).map(|_| pace.run(|| service.ask()))));
        assert!(done.iter().all(Result::is_ok));
        let refused = service.refused.load(Ordering::Relaxed);
        assert_eq!(pace.seen().throttled, refused as u64);
        assert!(refused > 0 && refused < 150, "{refused} of 300 were refused: it adapts");
        assert!(pace.state().limit < FIRST);
    }

    #[test]
    fn what_is_dropped_gives_its_turn_back_and_other_failures_are_told_at_once() {
        let pace = Pace::default();
        run(async {
            for _ in 0..3 * FIRST {
                let never = pace.run(std::future::pending::<Result<(), ProviderError>>);
                assert!(tokio::time::timeout(Duration::from_millis(1), never).await.is_err());
            }
            assert_eq!(pace.state().in_flight, 0);
            let calls = AtomicUsize::new(0);
            let denied = || {
                calls.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Err::<(), _>(ProviderError::NotAuthentic))
            };
            assert_eq!(pace.run(denied).await, Err(ProviderError::NotAuthentic));
            assert_eq!(calls.load(Ordering::Relaxed), 1);
            let away = || {
                calls.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Err::<(), _>(ProviderError::Unreachable { reason: String::new() }))
            };
            assert!(matches!(pace.run(away).await, Err(ProviderError::Unreachable { .. })));
            assert_eq!(calls.load(Ordering::Relaxed), 1 + TRIES as usize);
        });
    }
}
