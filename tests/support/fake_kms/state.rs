//! What the server knows, and what its connections share.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::Fault;
use super::keys::Key;
use super::sign_in::SignIns;

/// One call, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GenerateDataKey`, `Decrypt`, …
    pub action: String,
    /// Who signed it: the access key's id.
    pub caller: String,
    /// The key that the request names, if it names one; of `ReEncrypt` the one that it comes from.
    pub key: Option<String>,
    /// The key that `ReEncrypt` goes to.
    pub destination: Option<String>,
    /// The encryption context; empty where there is none. Of `ReEncrypt` the one that it comes with.
    pub context: BTreeMap<String, String>,
    /// The one that `ReEncrypt` goes with.
    pub destination_context: BTreeMap<String, String>,
    /// The connection it came on; they count from 0.
    pub connection: u64,
    /// When it came.
    pub at: Instant,
}

pub(super) struct Principal {
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) expired: bool,
    /// Who it is, where that is not a user of the access key's name: the ARN of a session, and the one of its role.
    pub(super) session: Option<(String, String)>,
}

/// Who says no, in the words that AWS has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Nothing of the principal's own policies allows it.
    NoIdentityPolicy,
    /// Nothing of the key policy allows it.
    NoKeyPolicy,
    /// A statement of the principal's own policies denies it.
    IdentityDeny,
    /// A statement of the key policy denies it.
    KeyDeny,
    /// A service control policy denies it.
    ServiceControlDeny,
    /// No service control policy allows it.
    NoServiceControlPolicy,
    /// The permissions boundary does not allow it.
    NoBoundary,
    /// AWS does not say whether there is such a key at all.
    Hidden,
}

impl Denial {
    /// What AWS writes after who may not do what.
    pub(super) fn because(self, action: &str) -> String {
        match self {
            Self::NoIdentityPolicy => format!(" because no identity-based policy allows the kms:{action} action"),
            Self::NoKeyPolicy => format!(" because no resource-based policy allows the kms:{action} action"),
            Self::NoServiceControlPolicy => {
                format!(" because no service control policy allows the kms:{action} action")
            }
            Self::NoBoundary => format!(" because no permissions boundary allows the kms:{action} action"),
            Self::IdentityDeny => " with an explicit deny in an identity-based policy".to_owned(),
            Self::KeyDeny => " with an explicit deny in a resource-based policy".to_owned(),
            Self::ServiceControlDeny => " with an explicit deny in a service control policy".to_owned(),
            Self::Hidden => String::new(),
        }
    }
}

/// How long answers take, how many calls wait for theirs, and how many may.
#[derive(Default)]
pub(super) struct Load {
    pub(super) delay: Duration,
    pub(super) most_at_once: Option<usize>,
    pub(super) most_a_second: Option<usize>,
    /// When the last second's calls came.
    lately: VecDeque<Instant>,
    in_flight: usize,
    pub(super) high_water: usize,
    pub(super) throttled: u64,
}

impl Load {
    /// A call arrives; whether it is one too many.
    pub(super) fn arrive(&mut self, now: Instant) -> bool {
        self.in_flight += 1;
        self.high_water = self.high_water.max(self.in_flight);
        while self.lately.front().is_some_and(|then| now - *then >= Duration::from_secs(1)) {
            self.lately.pop_front();
        }
        let refused = self.most_at_once.is_some_and(|most| self.in_flight > most)
            || self.most_a_second.is_some_and(|most| self.lately.len() >= most);
        if refused {
            self.throttled += 1;
        } else if self.most_a_second.is_some() {
            self.lately.push_back(now);
        }
        refused
    }

    pub(super) fn leave(&mut self) {
        self.in_flight -= 1;
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) keys: Vec<Key>,
    /// Alias to key id.
    pub(super) aliases: BTreeMap<String, String>,
    pub(super) principals: HashMap<String, Principal>,
    /// Access key id and action.
    pub(super) denied: HashMap<(String, String), Denial>,
    /// Whom IAM allows nothing.
    pub(super) without_iam: Vec<String>,
    pub(super) page_size: usize,
    /// Whether a rotation on demand takes a while, as AWS's do.
    pub(super) rotations_go_on: bool,
    pub(super) sign_ins: SignIns,

    pub(super) script: HashMap<String, VecDeque<Fault>>,
    pub(super) always: HashMap<String, Fault>,
    pub(super) away: bool,
    pub(super) load: Load,
    pub(super) clock_ahead: i64,
    /// How far what answers say of the time is off the server's own clock.
    pub(super) date_ahead: i64,
    /// Connections with a smaller number are dead.
    pub(super) dead_before: u64,
    pub(super) releases: u64,

    pub(super) calls: Vec<Call>,
    /// Connections whose caller waits for an answer that does not come, and how many releases there had been by then.
    pub(super) hanging: HashMap<u64, u64>,
    pub(super) hang_ups: u64,
    pub(super) next_connection: u64,
    pub(super) closing: bool,
    open: HashMap<u64, TcpStream>,
}

impl State {
    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(super) fn key_mut(&mut self, id: &str) -> Option<&mut Key> {
        self.keys.iter_mut().find(|key| key.id == id)
    }

    /// From now on the caller on `connection` waits; always true.
    pub(super) fn begin_to_hang(&mut self, connection: u64) -> bool {
        self.hanging.insert(connection, self.releases);
        true
    }

    /// The fault that the next call of `action` meets.
    pub(super) fn take_fault(&mut self, action: &str) -> Option<Fault> {
        let scripted = self.script.get_mut(action).and_then(VecDeque::pop_front);
        scripted.or_else(|| self.always.get(action).cloned())
    }
}

#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    pub(super) fn opened(&self, connection: u64, stream: TcpStream) {
        self.change(|state| state.open.insert(connection, stream));
    }

    pub(super) fn closed(&self, connection: u64) {
        self.change(|state| state.open.remove(&connection));
    }

    /// Ends what every open connection waits for.
    pub(super) fn cut_connections(&self) {
        for stream in self.lock().open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
