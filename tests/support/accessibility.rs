//! What a screen reader gets: the accessibility bus, and what a window says on it. Tests find buttons and texts by it, as a
//! person does who does not see them.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::zvariant::OwnedObjectPath;

use super::secret_service::SecretService;

/// For a machine that is busy with other tests; nothing takes that long.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// A window that says nothing is asked again after this.
const SILENCE: Duration = Duration::from_millis(100);

/// What is not answered after this is asked again: a call whose answer was missed would wait for ever.
const ANSWER: Duration = Duration::from_secs(15);

const ROOT: &str = "/org/a11y/atspi/accessible/root";

/// An object and the program that has it.
type Reference = (String, OwnedObjectPath);
/// `org.a11y.atspi.Cache`'s row: object, program, parent, index, children, interfaces, name, role, description, states.
type Row = (Reference, Reference, Reference, i32, i32, Vec<String>, String, u32, String, Vec<u32>);

/// What something is, as far as tests tell things apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Field,
    PasswordField,
    /// Text to be read, with rows and places.
    Document,
    Control,
    Frame,
    Other(u32),
}

/// One thing in the window.
#[derive(Clone, Debug)]
pub struct Node {
    pub role: Role,
    pub name: String,
    /// Whether it can be used now.
    pub enabled: bool,
    /// Whether what it holds can be changed.
    pub editable: bool,
    /// Whether it has the keyboard.
    pub focused: bool,
    has_text: bool,
    object: Reference,
}

/// A rectangle on the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Area {
    pub fn middle(self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

/// The accessibility bus of a session; ends when dropped.
pub struct Accessibility {
    launcher: Child,
    bus: Connection,
    signals: Receiver<()>,
}

impl Accessibility {
    /// Starts it in `session`, switched on, as a screen reader would.
    pub fn start(session: &SecretService) -> Self {
        let mut command = Command::new("/usr/libexec/at-spi-bus-launcher");
        command.args(["--launch-immediately", "--a11y=1"]);
        let launcher = session
            .enter(&mut command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("at-spi-bus-launcher is installed (Debian: at-spi2-core)");
        let desktop = connect(session.address());
        await_name(&desktop, "org.a11y.Bus");
        let launched = Proxy::new(&desktop, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").unwrap();
        let address: String = launched.call("GetAddress", &()).unwrap();
        let bus = connect(&address);
        let signals = forward_signals(&bus);
        let started = Self { launcher, bus, signals };
        // The call starts the registry: a program that finds none does not look again.
        assert_eq!(started.programs().expect("the registry of programs starts").len(), 0);
        started
    }

    /// Everything in the window of the only program on the bus, top to bottom; nothing while there is none.
    pub fn nodes(&self) -> Vec<Node> {
        let Some(program) = self.program() else { return Vec::new() };
        let cache = Proxy::new(&self.bus, program, "/org/a11y/atspi/cache", "org.a11y.atspi.Cache").unwrap();
        cache.call::<_, _, Vec<Row>>("GetItems", &()).unwrap_or_default().into_iter().map(Node::from).collect()
    }

    /// Where `node` is; `None` where it has gone.
    pub fn area(&self, node: &Node) -> Option<Area> {
        let (program, path) = node.object.clone();
        let component = Proxy::new(&self.bus, program, path, "org.a11y.atspi.Component").unwrap();
        const SCREEN: u32 = 0;
        let ((x, y, width, height),): ((i32, i32, i32, i32),) = component.call("GetExtents", &SCREEN).ok()?;
        Some(Area { x, y, width, height })
    }

    /// What a screen reader would read of a field's content.
    pub fn text(&self, node: &Node) -> Option<String> {
        if !node.has_text {
            return None;
        }
        let (program, path) = node.object.clone();
        let text = Proxy::new(&self.bus, program, path, "org.a11y.atspi.Text").unwrap();
        text.call("GetText", &(0, -1)).ok()
    }

    /// Asks `question` whenever something has changed, until it has an answer. Panics with what the window shows instead.
    pub fn until<T>(&self, what: &str, mut question: impl FnMut(&Self, &[Node]) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            while self.signals.try_recv().is_ok() {}
            let nodes = self.nodes();
            if let Some(answer) = question(self, &nodes) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: not seen. The window shows:\n{}", self.describe(&nodes));
            let _ = self.signals.recv_timeout(SILENCE);
        }
    }

    /// Whether a program comes to the bus within `patience`.
    pub fn is_there_a_program(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        while self.nodes().is_empty() {
            if begun.elapsed() > patience {
                return false;
            }
            let _ = self.signals.recv_timeout(SILENCE);
        }
        true
    }

    /// The window in words, for a person who looks for the reason of a failure.
    pub fn describe(&self, nodes: &[Node]) -> String {
        let line = |node: &Node| {
            let text = self.text(node).filter(|text| *text != node.name).map(|text| format!(" = {text:?}"));
            let off = if node.enabled { "" } else { " (off)" };
            format!("  {:?} {:?}{}{off} {:?}\n", node.role, node.name, text.unwrap_or_default(), self.area(node))
        };
        nodes.iter().map(line).collect()
    }

    fn program(&self) -> Option<String> {
        self.programs().ok()?.into_iter().next().map(|(name, _)| name)
    }

    fn programs(&self) -> zbus::Result<Vec<Reference>> {
        let registry = Proxy::new(&self.bus, "org.a11y.atspi.Registry", ROOT, "org.a11y.atspi.Accessible")?;
        registry.call("GetChildren", &())
    }
}

impl Drop for Accessibility {
    fn drop(&mut self) {
        // Asked, and not killed: it ends the bus that it has started.
        let launcher = rustix::process::Pid::from_child(&self.launcher);
        let _ = rustix::process::kill_process(launcher, rustix::process::Signal::TERM);
        let _ = self.launcher.wait();
    }
}

impl From<Row> for Node {
    fn from((object, _, _, _, _, interfaces, name, role, _, states): Row) -> Self {
        // AT-SPI's numbers of states are bits.
        let state = |bit: u32| states.get(bit as usize / 32).is_some_and(|word| word & (1 << (bit % 32)) != 0);
        let has = |interface: &str| interfaces.iter().any(|had| had.ends_with(interface));
        let role = match role {
            23 => Role::Frame,
            40 => Role::PasswordField,
            61 | 79 => Role::Field,
            82 => Role::Document,
            // Rows and choices are pressed as buttons are.
            32 | 43 | 44 => Role::Control,
            _ if has(".Action") => Role::Control,
            other => Role::Other(other),
        };
        Self { role, name, enabled: state(8), editable: state(7), focused: state(12), has_text: has(".Text"), object }
    }
}

/// A line for each signal on the bus: something in the window has changed.
fn forward_signals(bus: &Connection) -> Receiver<()> {
    let rule = zbus::MatchRule::builder().msg_type(zbus::message::Type::Signal).build();
    let signals = MessageIterator::for_match_rule(rule, bus, Some(1024)).unwrap();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || for_each_signal(signals, &send));
    receive
}

fn for_each_signal(signals: MessageIterator, send: &mpsc::Sender<()>) {
    for signal in signals {
        if signal.is_err() || send.send(()).is_err() {
            return;
        }
    }
}

fn connect(address: &str) -> Connection {
    let builder = zbus::blocking::connection::Builder::address(address).unwrap();
    builder.method_timeout(ANSWER).build().unwrap()
}

fn await_name(bus: &Connection, name: &'static str) {
    let names = zbus::blocking::fdo::DBusProxy::new(bus).unwrap();
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, name)]).unwrap();
    while !names.name_has_owner(name.try_into().unwrap()).unwrap() {
        changes.next().unwrap();
    }
}
