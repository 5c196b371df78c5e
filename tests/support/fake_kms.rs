//! AWS KMS as the tests want it: real cryptography behind the real protocol, in this process, on loopback. It says who somebody
//! is as well, as AWS STS does.
//!
//! moto is right about much and wrong about states of keys, policies and exact contexts, and never fails on the wire. This one
//! checks signatures, contexts, permissions and states as AWS does, writes down every call, and fails in the ways that a test
//! scripts ([`Fault`]). Everything is per server: a test starts its own.

mod answer;
mod fault;
mod http;
mod key_policy;
mod keys;
mod manage;
mod operations;
mod server;
mod sign_in;
mod signature;
mod state;
mod sts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use sealkeep::providers::{AwsProfile, KeyArn, Network, NetworkFields, ProfileKind};
use sealkeep::secret::SecretString;
use sealkeep::session::profiles::NewProfile;

pub use fault::Fault;
pub use sign_in::{PortalAnswer, Role};
pub use state::{Call, Denial};

use keys::Key;
use state::{Principal, Shared, State};

/// A running server; ends when dropped.
pub struct FakeKms {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

impl FakeKms {
    /// The region of everything in it.
    pub const REGION: &str = "eu-central-1";

    /// The account of everything in it.
    pub const ACCOUNT: &str = "111122223333";

    /// Somebody who may do everything from the start.
    pub const ACCESS_KEY_ID: &str = "AKIAFAKEADMIN0000001";

    /// What they sign with.
    pub const SECRET_ACCESS_KEY: &str = "fake/secret+access+key+of+the+first+person";

    /// A server without keys.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let (address, accepting) = server::start(Arc::clone(&shared));
        let fake = Self { shared, address, accepting: Some(accepting) };
        fake.add_principal(Self::ACCESS_KEY_ID, Self::SECRET_ACCESS_KEY, None);
        fake
    }

    /// A server with one enabled key.
    pub fn with_key() -> (Self, KeyArn) {
        let fake = Self::start();
        let key = fake.make_key();
        (fake, key)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, for a relay in front of it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The profile `name` of the one who may do everything.
    pub fn profile(&self, name: &str) -> AwsProfile {
        self.profile_of(name, Self::ACCESS_KEY_ID, Self::SECRET_ACCESS_KEY, None)
    }

    /// The credentials of the one who may do everything.
    pub fn admin() -> ProfileKind {
        ProfileKind::Static {
            access_key_id: Self::ACCESS_KEY_ID.to_owned(),
            secret_access_key: SecretString::copy_of(Self::SECRET_ACCESS_KEY),
            session_token: None,
        }
    }

    /// The same, as somebody types it in.
    pub fn new_profile(&self, name: &str) -> NewProfile {
        NewProfile {
            name: name.to_owned(),
            region: Self::REGION.to_owned(),
            network: NetworkFields { endpoint_url: Some(self.endpoint()), ..NetworkFields::default() },
            kind: ProfileKind::Static {
                access_key_id: Self::ACCESS_KEY_ID.to_owned(),
                secret_access_key: SecretString::copy_of(Self::SECRET_ACCESS_KEY),
                session_token: None,
            },
            protect: None,
        }
    }

    /// The profile `name` with these credentials, known here or not.
    pub fn profile_of(&self, name: &str, access_key_id: &str, secret: &str, token: Option<&str>) -> AwsProfile {
        let kind = ProfileKind::Static {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: SecretString::copy_of(secret),
            session_token: token.map(SecretString::copy_of),
        };
        AwsProfile::new(name, Self::REGION, Network::at(&self.endpoint()).unwrap(), kind).unwrap()
    }

    // Who there is, and what they may do.

    /// Lets somebody in; `token` makes the credentials temporary ones.
    pub fn add_principal(&self, access_key_id: &str, secret: &str, token: Option<&str>) {
        let principal =
            Principal { secret: secret.to_owned(), token: token.map(str::to_owned), expired: false, session: None };
        self.change(|state| state.principals.insert(access_key_id.to_owned(), principal));
    }

    /// Ends temporary credentials.
    pub fn expire(&self, access_key_id: &str) {
        self.change(|state| state.principals.get_mut(access_key_id).expect("somebody known").expired = true);
    }

    /// Makes somebody known a session of the role `path`, `role` or `division/role`.
    pub fn assume(&self, access_key_id: &str, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let session = format!("arn:aws:sts::{}:assumed-role/{name}/somebody", Self::ACCOUNT);
        let role = format!("arn:aws:iam::{}:role/{path}", Self::ACCOUNT);
        self.change(|state| {
            state.principals.get_mut(access_key_id).expect("somebody known").session = Some((session, role));
        });
    }

    /// Withdraws `action`, as in `Decrypt`, from somebody: none of their own policies allows it.
    pub fn deny(&self, access_key_id: &str, action: &str) {
        self.deny_by(access_key_id, action, Denial::NoIdentityPolicy);
    }

    /// The same, and who says no.
    pub fn deny_by(&self, access_key_id: &str, action: &str, by: Denial) {
        self.change(|state| state.denied.insert((access_key_id.to_owned(), action.to_owned()), by));
    }

    /// Takes what IAM allows from somebody: what is left is what a key policy gives to them by name.
    pub fn withdraw_iam(&self, access_key_id: &str) {
        self.change(|state| state.without_iam.push(access_key_id.to_owned()));
    }

    /// Gives it back.
    pub fn allow(&self, access_key_id: &str, action: &str) {
        self.change(|state| state.denied.remove(&(access_key_id.to_owned(), action.to_owned())));
    }

    // Keys.

    /// A new enabled symmetric key.
    pub fn make_key(&self) -> KeyArn {
        let key = Key::make();
        let arn = key.arn();
        self.change(|state| state.keys.push(key));
        arn.parse().unwrap()
    }

    /// A new key of another account, which lets this one use it, or not.
    pub fn make_key_of(&self, account: &str, shared: bool) -> KeyArn {
        let key = Key { account: account.to_owned(), shared, ..Key::make() };
        let arn = key.arn();
        self.change(|state| state.keys.push(key));
        arn.parse().unwrap()
    }

    /// Schedules its deletion in so many days, a minute more: as somebody did in the console.
    pub fn schedule_deletion(&self, key: &KeyArn, days: i64) {
        self.change(|state| {
            let key = state.key_mut(key.id()).expect("a key of this server");
            key.state = "PendingDeletion";
            key.deletion = Some(Timestamp::now().as_second() + days * 86_400 + 60);
        });
    }

    /// Every rotation that there was, on demand: so many.
    pub fn set_rotations_on_demand(&self, key: &KeyArn, count: usize) {
        self.change(|state| {
            let key = state.key_mut(key.id()).expect("a key of this server");
            key.rotation.past = vec![(key.made, "ON_DEMAND"); count];
        });
    }

    /// Rotations on demand take a while, from now on: each until [`FakeKms::end_rotation`].
    pub fn let_rotations_go_on(&self) {
        self.change(|state| state.rotations_go_on = true);
    }

    /// The rotation on demand that goes on is done.
    pub fn end_rotation(&self, key: &KeyArn) {
        self.change(|state| manage::end_rotation(state.key_mut(key.id()).expect("a key of this server")));
    }

    /// The key policy, as it was sent.
    pub fn policy_of(&self, key: &KeyArn) -> Option<serde_json::Value> {
        self.shared.lock().key(key.id())?.policy.clone()
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.shared.lock().keys.len()
    }

    /// Points the alias `alias/…` at `key`, wherever it pointed before.
    pub fn point_alias(&self, name: &str, key: &KeyArn) {
        self.change(|state| state.aliases.insert(name.to_owned(), key.id().to_owned()));
    }

    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, …
    pub fn set_key_state(&self, key: &KeyArn, key_state: &'static str) {
        self.change(|state| state.key_mut(key.id()).expect("a key of this server").state = key_state);
    }

    /// What the key is for and of which kind: `("SIGN_VERIFY", "ECC_NIST_P256")`.
    pub fn set_key_kind(&self, key: &KeyArn, usage: &'static str, spec: &'static str) {
        self.change(|state| {
            let key = state.key_mut(key.id()).expect("a key of this server");
            (key.usage, key.spec) = (usage, spec);
        });
    }

    /// As after the waiting time of a deletion: nobody knows it.
    pub fn delete_key(&self, key: &KeyArn) {
        self.change(|state| state.keys.retain(|known| known.id != key.id()));
    }

    /// How much lists give at once.
    pub fn set_page_size(&self, entries: usize) {
        self.change(|state| state.page_size = entries);
    }

    // What goes wrong.

    /// The next calls of `action` meet these, one each; then all is well again.
    pub fn fail_next(&self, action: &str, faults: impl IntoIterator<Item = Fault>) {
        self.change(|state| state.script.entry(action.to_owned()).or_default().extend(faults));
    }

    /// Every call of `action` meets this, until [`FakeKms::heal`].
    pub fn fail_always(&self, action: &str, fault: Fault) {
        self.change(|state| state.always.insert(action.to_owned(), fault));
    }

    /// Every answer takes so long, from now on.
    pub fn set_delay(&self, delay: Duration) {
        self.change(|state| state.load.delay = delay);
    }

    /// Refuses with `ThrottlingException` whatever comes while so many others wait, or after so many in a second.
    pub fn throttle(&self, at_once: Option<usize>, a_second: Option<usize>) {
        self.change(|state| (state.load.most_at_once, state.load.most_a_second) = (at_once, a_second));
    }

    /// The most calls that waited for their answers at once since this was last asked, and how many were refused for being too
    /// many.
    pub fn take_high_water(&self) -> (usize, u64) {
        self.change(|state| (std::mem::take(&mut state.load.high_water), std::mem::take(&mut state.load.throttled)))
    }

    /// Nobody answers: connections are reset as soon as they are made, and those that are open are cut.
    pub fn go_away(&self) {
        self.change(|state| state.away = true);
        self.shared.cut_connections();
    }

    /// Connections that are open now go dead without a word, as after a sleep of the machine; new ones work.
    pub fn kill_open_connections(&self) {
        self.change(|state| state.dead_before = state.next_connection);
    }

    /// Ends everything that goes wrong; calls that hang stay so.
    pub fn heal(&self) {
        self.change(|state| {
            state.script.clear();
            state.always.clear();
            (state.away, state.clock_ahead, state.date_ahead) = (false, 0, 0);
            (state.load.most_at_once, state.load.most_a_second) = (None, None);
            state.load.delay = Duration::ZERO;
        });
    }

    /// Answers the calls that hang now, as if nothing had been.
    pub fn release(&self) {
        self.change(|state| state.releases += 1);
    }

    /// How far the server's clock is ahead of this machine's, in seconds.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.change(|state| state.clock_ahead = seconds);
    }

    /// How far the time that its answers give is ahead of its own clock, in seconds: what stands between has another clock.
    pub fn set_date_ahead(&self, seconds: i64) {
        self.change(|state| state.date_ahead = seconds);
    }

    // What was seen.

    /// Every call at the wire so far, tries again included, in the order of their arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// The actions of [`FakeKms::calls`].
    pub fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.action).collect()
    }

    /// How many calls of `action` there were.
    pub fn count(&self, action: &str) -> usize {
        self.calls().iter().filter(|call| call.action == action).count()
    }

    /// Begins to count anew.
    pub fn forget_calls(&self) {
        self.change(|state| state.calls.clear());
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.shared.lock().next_connection
    }

    /// Returns once `count` calls of `action` have arrived.
    pub fn await_calls(&self, action: &str, count: usize) {
        let arrived = |state: &State| state.calls.iter().filter(|call| call.action == action).count() >= count;
        self.await_state(arrived, || format!("{count} calls of {action}"));
    }

    /// Returns once `count` callers have hung up on a call that hangs.
    pub fn await_hang_ups(&self, count: u64) {
        self.await_state(|state| state.hang_ups >= count, || format!("{count} callers who hang up"));
    }

    fn await_state(&self, reached: impl Fn(&State) -> bool, what: impl Fn() -> String) {
        // For a test that would wait for ever; none waits this long for what it is about.
        const LONGEST: Duration = Duration::from_secs(60);
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, LONGEST, |state| !reached(state)).unwrap();
        assert!(!waited.1.timed_out(), "still no {}", what());
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.shared.change(change)
    }
}

impl Drop for FakeKms {
    fn drop(&mut self) {
        server::stop(&self.shared, self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}
