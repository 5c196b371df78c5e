//! The worker's loop: what overtakes comes first, then what has ended, then the next command; and the clock in between.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc as queue;
use tokio::task::{Id, JoinError, JoinSet, LocalSet};

use super::deadline::{Clock, Deadline};
use super::desk::Desk;
use super::handle::{Asker, Control, Sent, WorkerOptions};
use super::idle::{IdleClock, Look};
use super::lock::Locking;
use super::ops;
use super::outbox::{Epoch, Outbox, Reply};
use super::stop::{Stop, StopReason};
use super::{Command, LockReason, Problem, RequestId, What};
use crate::platform::{Alarm, EndRequest, on_end_request};
use crate::vault::Threads;

/// The worker's side of the channels.
pub(super) struct Ports {
    pub(super) commands: queue::Receiver<Sent>,
    pub(super) controlled: queue::UnboundedReceiver<Control>,
    /// For those who ask for a lock from elsewhere.
    pub(super) controls: queue::UnboundedSender<Control>,
    pub(super) outbox: Outbox,
    pub(super) epoch: Epoch,
}

/// Runs until the window is gone. The session is dropped before this returns, even by a panic.
pub(super) fn run(options: WorkerOptions, ports: Ports) {
    let crash = TellCrash { outbox: ports.outbox.clone(), epoch: ports.epoch.clone() };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ports.outbox.tell(What::Failed(Problem::other(&error))),
    };
    if options.end_on_signals {
        listen_to_signals(&ports);
    }
    let worker = Worker::new(Desk::new(options.home, options.program, ports.outbox.clone()), options.clock, ports);
    LocalSet::new().block_on(&runtime, worker.work());
    // Whatever still runs holds nothing of a vault: a name that is being resolved, say.
    runtime.shutdown_background();
    drop(crash);
}

/// Says that the vault is locked where the worker itself crashed: everything it had is dropped by then.
struct TellCrash {
    outbox: Outbox,
    epoch: Epoch,
}

impl Drop for TellCrash {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.epoch.advance();
            self.outbox.tell(What::Locking(LockReason::Crashed));
            self.outbox.tell(What::Locked(LockReason::Crashed));
        }
    }
}

fn listen_to_signals(ports: &Ports) {
    let (epoch, controls) = (ports.epoch.clone(), ports.controls.clone());
    let listening = on_end_request(move |request| {
        epoch.advance();
        if let Err(gone) = controls.send(Control::Lock(LockReason::Requested, Asker::System(request)))
            && let Control::Lock(_, Asker::System(request)) = gone.0
        {
            request.end();
        }
    });
    if let Err(error) = listening {
        ports.outbox.tell(What::Failed(error.into()));
    }
}

/// The worker's state between two events.
pub(super) struct Worker {
    pub(super) desk: Rc<Desk>,
    clock: Clock,
    /// Sees to it that a lock comes in time, with an alarm of its own, whatever this thread does.
    idle: Deadline,
    /// Rings when this thread is to look at the clock again: the window is to show another number, or what was typed is to go.
    alarm: Option<Alarm>,
    ports: Ports,
    pub(super) tasks: JoinSet<()>,
    pub(super) running: HashMap<Id, Running>,
    /// The last command that was begun, and those that were cancelled before their turn.
    last: RequestId,
    cancelled: HashSet<RequestId>,
    pub(super) locking: Option<Locking>,
    /// Those who wait to end this process, once everything is on the disk.
    pub(super) to_end: Vec<EndRequest>,
    /// What was begun on threads, here and by what runs here.
    pub(super) threads: Threads,
    /// Whether a vault was open when the clock was looked at last, and no lock has begun since.
    pub(super) was_open: bool,
    /// Whether somebody was at the window since the clock was last at its end: what they typed may still stand there, also
    /// where no vault is open.
    attended: bool,
}

/// A command that is under way.
pub(super) struct Running {
    pub(super) reply: Reply,
    pub(super) stop: Stop,
    /// Whether a lock stops it.
    pub(super) ends_with_the_lock: bool,
    /// Whether it has something that a lock waits for.
    pub(super) holds: Rc<Cell<bool>>,
    opens: bool,
    /// Whether it goes on while nobody is there, as long as no vault is open.
    needs_nobody: bool,
}

impl Running {
    /// Whether a lock waits for it.
    pub(super) fn is_waited_for(&self) -> bool {
        self.ends_with_the_lock && self.holds.get()
    }
}

impl Worker {
    fn new(desk: Rc<Desk>, clock: Clock, ports: Ports) -> Self {
        let (epoch, controls) = (ports.epoch.clone(), ports.controls.clone());
        let up = move || {
            // Whatever this thread is reading ends with the epoch; then it looks at the clock.
            epoch.advance();
            let _ = controls.send(Control::Rang);
        };
        let (idle, watched) = Deadline::start(IdleClock::new(clock(), desk.idle_minutes()), Arc::clone(&clock), up);
        let controls = ports.controls.clone();
        let threads = Threads::default();
        threads.count_here();
        let ring = move || {
            let _ = controls.send(Control::Rang);
            None
        };
        let alarm = Alarm::start(ring);
        for error in watched.err().iter().chain(alarm.as_ref().err()) {
            // Then the clock is looked at when something happens, and only then.
            desk.outbox.tell(What::Failed(Problem::other(error)));
        }
        Self {
            desk,
            clock,
            idle,
            alarm: alarm.ok(),
            ports,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            last: RequestId(0),
            cancelled: HashSet::new(),
            locking: None,
            to_end: Vec::new(),
            threads,
            was_open: false,
            attended: false,
        }
    }

    async fn work(mut self) {
        let mut shut = false;
        // What has let go of everything is on its way to the disk, and is waited for.
        while !(shut && self.locking.is_none() && !self.is_writing()) {
            self.look_at_clock();
            tokio::select! {
                biased;
                control = self.ports.controlled.recv(), if !shut => match control {
                    Some(Control::Lock(reason, asker)) => self.begin_lock(reason, asker),
                    Some(Control::Cancel(request)) => self.cancel(request),
                    // The clock is looked at after every event.
                    Some(Control::Rang) => {}
                    Some(Control::Shut) | None => {
                        shut = true;
                        self.begin_lock(LockReason::Asked, Asker::Nobody);
                    }
                },
                Some(ended) = self.tasks.join_next_with_id() => self.end(ended),
                Some(sent) = self.ports.commands.recv(), if self.locking.is_none() && !shut => self.take(sent),
            }
            self.finish_lock();
        }
        self.desk.close_clipboard();
    }

    /// Whether something that a lock does not wait for is on its way to the disk.
    pub(super) fn is_writing(&self) -> bool {
        self.running.values().any(|running| !running.holds.get())
    }

    /// Locks where it is time, tells what the window should show, and sets the alarm for the next look.
    fn look_at_clock(&mut self) {
        let is_open = self.desk.seat.is_taken() && self.locking.is_none();
        if self.was_open && !is_open && self.locking.is_none() {
            self.tell_loss();
        }
        if is_open && !self.was_open {
            self.idle.begin_vault((self.clock)());
        } else if !is_open {
            self.idle.end_vault();
        }
        self.was_open = is_open;
        self.idle.set_minutes(self.desk.idle_minutes());
        if !is_open {
            return self.look_whether_to_forget();
        }
        match self.idle.look((self.clock)()) {
            Look::Due => {
                self.set_alarm(None);
                self.lock_idle();
            }
            Look::Wait(next, shows) => {
                if let Some(shows) = shows {
                    self.desk.outbox.tell(What::LocksIn(shows));
                }
                self.set_alarm(next);
            }
        }
    }

    /// Without a vault there is nothing to lock, and still something may have been typed for one.
    fn look_whether_to_forget(&mut self) {
        let now = (self.clock)();
        let waits = self.attended && self.locking.is_none();
        if waits && self.running.values().any(|running| running.needs_nobody) {
            self.idle.begin(now);
        }
        match self.idle.left(now).filter(|_| waits) {
            Some(Duration::ZERO) => {
                self.set_alarm(None);
                self.lock_idle();
            }
            left => self.set_alarm(left),
        }
    }

    fn set_alarm(&self, time: Option<Duration>) {
        if let Some(alarm) = &self.alarm {
            alarm.set(time);
        }
    }

    /// What is on its way to the window from now on belongs to what was locked.
    pub(super) fn begin_epoch(&self) {
        self.ports.epoch.advance();
    }

    fn lock_idle(&mut self) {
        // Nothing is typed until somebody says that they are here.
        self.attended = false;
        self.idle.end_vault();
        self.begin_epoch();
        self.begin_lock(LockReason::Idle, Asker::Nobody);
    }

    fn take(&mut self, sent: Sent) {
        let Sent { request, epoch, command } = sent;
        self.last = request;
        let reply = self.desk.outbox.reply(request, epoch);
        self.notice(&command);
        if self.cancelled.remove(&request) {
            return reply.fail(Problem::Cancelled);
        }
        if command.ends_with_the_lock() && reply.is_late() {
            return reply.fail(Problem::Locked);
        }
        match command {
            command if command.opens() && self.desk.seat.is_taken() => {
                self.begin_epoch();
                self.begin_lock(LockReason::Switching, Asker::Nobody);
                match &mut self.locking {
                    Some(locking) => locking.then = Some((reply, command)),
                    None => self.start(reply.renewed(), command),
                }
            }
            command => self.start(reply, command),
        }
    }

    /// Whoever sends a command is there, unless that was too late.
    fn notice(&mut self, command: &Command) {
        let now = (self.clock)();
        let counts = self.was_open || self.attended;
        if counts && !matches!(command, Command::Start) && !self.idle.still_here(now) {
            self.lock_idle();
        }
        // Only this one is a hand on the keyboard: a locked window asks for things by itself, and then waits for nobody.
        if matches!(command, Command::StillHere) {
            if !self.was_open && !self.attended {
                self.idle.begin(now);
            }
            self.attended = true;
        }
    }

    /// Begins a command's work.
    pub(super) fn start(&mut self, reply: Reply, command: Command) {
        let opens = command.opens();
        if opens {
            // The vault that was asked for last is the one that is wanted.
            self.running.values().filter(|other| other.opens).for_each(|other| other.stop.stop(StopReason::Cancelled));
        }
        let stop = Stop::default();
        let holds = Rc::new(Cell::new(true));
        let ends_with_the_lock = command.ends_with_the_lock();
        let needs_nobody = command.needs_nobody();
        let work = ops::answer(
            ops::Asked {
                desk: Rc::clone(&self.desk),
                reply: reply.clone(),
                stop: stop.clone(),
                controls: self.ports.controls.clone(),
                epoch: self.ports.epoch.clone(),
                holds: Rc::clone(&holds),
            },
            command,
        );
        let id = self.tasks.spawn_local(work).id();
        self.running.insert(id, Running { reply, stop, ends_with_the_lock, holds, opens, needs_nobody });
    }

    fn cancel(&mut self, request: RequestId) {
        if request > self.last {
            self.cancelled.insert(request);
        }
        if let Some(locking) = &mut self.locking {
            locking.cancel(request);
        }
        let running = self.running.values().find(|running| running.reply.request() == request);
        if let Some(running) = running {
            running.stop.stop(StopReason::Cancelled);
        }
    }

    fn end(&mut self, ended: Result<(Id, ()), JoinError>) {
        let (id, crashed) = match ended {
            Ok((id, ())) => (id, false),
            Err(error) => (error.id(), true),
        };
        let running = self.running.remove(&id);
        if let Some(locking) = &mut self.locking {
            locking.task_ended(id);
        }
        if !self.is_writing() {
            self.to_end.drain(..).for_each(|request| self.desk.end(request));
        }
        if crashed {
            if let Some(running) = running {
                running.reply.fail(Problem::Crashed { part: "worker" });
            }
            self.begin_epoch();
            self.begin_lock(LockReason::Crashed, Asker::Nobody);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::super::Event;
    use super::super::thread::on_thread;
    use super::*;
    use crate::platform::Now;

    /// What a worker without a loop does: each step by hand.
    struct ByHand {
        worker: Worker,
        events: mpsc::Receiver<Event>,
        _home: tempfile::TempDir,
    }

    impl ByHand {
        fn run<T>(steps: impl AsyncFnOnce(Self) -> T) -> T {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            LocalSet::new().block_on(&runtime, async {
                let home = tempfile::tempdir().unwrap();
                let (send, events) = mpsc::channel();
                let epoch = Epoch::default();
                let outbox = Outbox::new(send, epoch.clone(), Arc::new(|| ()));
                let (_, commands) = queue::channel(1);
                let (controls, controlled) = queue::unbounded_channel();
                let ports = Ports { commands, controlled, controls, outbox: outbox.clone(), epoch };
                let desk = Desk::new(Some(home.path().to_owned()), "none".into(), outbox);
                let worker = Worker::new(desk, Arc::new(Now::read), ports);
                steps(Self { worker, events, _home: home }).await
            })
        }

        /// Whether the window was told that it is locked.
        fn is_locked(&mut self) -> bool {
            self.worker.finish_lock();
            self.events.try_iter().any(|event| matches!(event.what, What::Locked(_)))
        }

        async fn until_locked(&mut self) {
            while self.worker.locking.is_some() {
                let ended = self.worker.tasks.join_next_with_id().await.unwrap();
                self.worker.end(ended);
                self.worker.finish_lock();
            }
        }

        fn running(&mut self, holds: bool) -> Id {
            let running = Running {
                reply: self.worker.desk.outbox.reply(RequestId(1), 0),
                stop: Stop::default(),
                ends_with_the_lock: true,
                holds: Rc::new(Cell::new(holds)),
                opens: false,
                needs_nobody: false,
            };
            let id = self.worker.tasks.spawn_local(std::future::pending()).id();
            self.worker.running.insert(id, running);
            id
        }
    }

    #[test]
    fn a_lock_is_told_when_no_thread_has_anything_also_where_nobody_waits_for_that_thread_any_more() {
        ByHand::run(async |mut by_hand| {
            // As Argon2 does for somebody who cancelled.
            let (end, wait) = mpsc::channel::<()>();
            {
                let mut left = Box::pin(on_thread("test", move || wait.recv()));
                assert!(matches!(left.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
            }
            by_hand.worker.begin_lock(LockReason::Asked, Asker::Nobody);
            tokio::task::yield_now().await;
            assert!(!by_hand.is_locked() && by_hand.worker.locking.is_some());
            drop(end);
            by_hand.until_locked().await;
            assert!(by_hand.is_locked());
        });
    }

    #[test]
    fn a_lock_waits_for_what_holds_something_and_not_for_what_is_on_its_way_to_the_disk() {
        ByHand::run(async |mut by_hand| {
            let held = by_hand.running(true);
            by_hand.running(false);
            by_hand.worker.begin_lock(LockReason::Asked, Asker::Nobody);
            tokio::task::yield_now().await;
            assert!(!by_hand.is_locked());
            assert!(by_hand.worker.running.values().all(|running| running.stop.reason() == Some(StopReason::Locked)));
            by_hand.worker.running.remove(&held);
            by_hand.until_locked().await;
            assert!(by_hand.is_locked() && by_hand.worker.is_writing());
        });
    }
}
