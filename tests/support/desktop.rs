//! The real window on a display of its own, with a window manager, a keyring and an accessibility bus: everything that it
//! has on a desktop, and nothing of the person's own. Driven as a person does: clicks, keys and drops through the X server.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::accessibility::{Accessibility, Area, Node, Role};
use super::display::Display;
use super::ends::Ends;
use super::portal::Portal;
use super::scan::{self, Found, Marker};
use super::secret_service::SecretService;

const DRAG_SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/drag-source");
/// A drag is a drag by its motion: the pointer goes in steps, not in a jump.
const STEPS: i32 = 20;
/// So near to the window's lower edge nothing of a page is clicked, in pixels: the status bar lies there.
const EDGE: i32 = 44;
/// The same for a field: the buttons at the foot of a page may stand before it.
const FOOT: i32 = 80;
/// After so many turns of the wheel that did not move it, what stands so near is the status bar's own.
const STILL: usize = 2;
/// Of the mouse's wheel, to the end of the longest page.
const MOST_TURNS: usize = 40;
/// How often the program is started, until it is on the accessibility bus, and how long each time is waited for that.
const STARTS: usize = 4;
const APPEARING: Duration = Duration::from_secs(20);
/// What is closed is wiped by the frames that follow. This is for a machine that is busy; a search alone takes a second.
const WIPING: Duration = Duration::from_secs(10);

/// The screen with everything on it but the program.
pub struct Desktop {
    accessibility: Accessibility,
    _manager: Ends,
    display: Display,
    portal: Portal,
    session: SecretService,
    folder: tempfile::TempDir,
}

/// Sealkeep, running; ends when dropped.
pub struct Window {
    program: Ends,
    desktop: Desktop,
}

/// Files that a person holds over the window.
pub struct Hover<'a> {
    window: &'a Window,
    source: Ends,
    inside: (i32, i32),
}

impl Hover<'_> {
    /// Lets them go over what is called `target`.
    pub fn drop_on(mut self, target: &str) {
        let over = self.window.await_area(target, |node| node.name.starts_with(target)).middle();
        self.window.desktop.drag(self.inside, over);
        self.window.desktop.xdotool(&["mouseup", "1"]);
        assert_eq!(self.source.line(), "dropped", "the window took the drop");
    }
}

impl Desktop {
    pub fn start() -> Self {
        let session = SecretService::start();
        let display = Display::start();
        let mut manager = Command::new("openbox");
        // It says so once it manages windows; without it nothing has the keyboard.
        manager.args(["--sm-disable", "--startup", "echo ready"]).stdout(Stdio::piped()).stderr(Stdio::null());
        session.enter(&mut manager);
        let mut manager = Ends::start(display.enter(&mut manager));
        while manager.line() != "ready" {}
        let accessibility = Accessibility::start(&session);
        let portal = Portal::start(session.address());
        let folder = tempfile::Builder::new().prefix("sealkeep-window-").tempdir().unwrap();
        Self { accessibility, _manager: manager, display, portal, session, folder }
    }

    /// A folder for the test's own files. Sealkeep's settings and state are in `sealkeep` in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The person's home folder.
    pub fn home(&self) -> &Path {
        self.session.home()
    }

    /// Lets `command` run here, as this person.
    pub fn enter<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        self.session.enter(command).env("SEALKEEP_HOME", self.folder().join("sealkeep"));
        self.display.enter(command)
    }

    /// Opens Sealkeep, and waits until it shows something.
    ///
    /// A program looks for the registry of accessible programs once, when it starts. On a busy machine it can miss it, and is
    /// then on the screen and not on the bus: so a program that runs and is not seen there is started again.
    pub fn open(self, arguments: &[&std::ffi::OsStr]) -> Window {
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
            // The system's programs, and not what this build or its person has beside them.
            let command = self.enter(command.args(arguments)).env("PATH", "/usr/bin:/bin");
            Ends::start(command.stdin(Stdio::null()))
        };
        let mut program = start();
        for _ in 1..STARTS {
            if self.accessibility.is_there_a_program(APPEARING) {
                break;
            }
            assert!(program.is_running(), "the program ended instead of opening a window");
            drop(program);
            program = start();
        }
        let window = Window { program, desktop: self };
        window.await_node("a window", |node| node.role == Role::Control);
        window
    }

    /// Moves the pointer, with whatever it holds.
    fn drag(&self, from: (i32, i32), to: (i32, i32)) {
        let between = |from: i32, to: i32, step: i32| (from + (to - from) * step / STEPS).to_string();
        for step in 1..=STEPS {
            self.xdotool(&["mousemove", &between(from.0, to.0, step), &between(from.1, to.1, step)]);
        }
    }

    fn xdotool(&self, arguments: &[&str]) {
        let mut command = Command::new("xdotool");
        let output = self.enter(command.args(arguments)).output().expect("xdotool is installed (Debian: xdotool)");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Window {
    /// A new desktop with the window on it, used for the first time.
    pub fn first_run() -> Self {
        Desktop::start().open(&[])
    }

    pub fn process(&self) -> u32 {
        self.program.process()
    }

    pub fn folder(&self) -> &Path {
        self.desktop.folder()
    }

    /// Clicks what is called `name`.
    pub fn click(&self, name: &str) {
        self.click_node(name, EDGE, |node| node.role == Role::Control && node.enabled && node.name == name);
    }

    /// Clicks everything that is called `name`, until nothing is.
    pub fn click_all(&self, name: &str) {
        let bus = &self.desktop.accessibility;
        let count = || bus.nodes().iter().filter(|node| node.role == Role::Control && node.name == name).count();
        loop {
            let before = count();
            if before == 0 {
                return;
            }
            self.click(name);
            bus.until(&format!("one {name:?} less"), |_, _| (count() < before).then_some(()));
        }
    }

    /// Clicks the field called `name`, and types.
    pub fn fill(&self, name: &str, text: &str) {
        self.click_node(name, FOOT, |node| is_field(node) && node.name == name);
        self.await_node(name, |node| is_field(node) && node.name == name && node.focused);
        self.type_text(text);
    }

    /// Types into whatever has the keyboard.
    pub fn type_text(&self, text: &str) {
        self.desktop.xdotool(&["type", "--delay", "12", "--", text]);
    }

    /// Takes back the last characters of what has the keyboard.
    pub fn erase(&self, characters: usize) {
        self.desktop.xdotool(&["key", "--delay", "12", "--repeat", &characters.to_string(), "BackSpace"]);
    }

    /// Presses keys together, such as `ctrl+l`.
    pub fn press(&self, keys: &str) {
        self.desktop.xdotool(&["key", "--", keys]);
    }

    /// Waits until `text` is part of a name or of a field's content.
    pub fn sees(&self, text: &str) {
        self.desktop.accessibility.until(text, |bus, nodes| shows(bus, nodes, text).then_some(()));
    }

    /// Waits until there is something to press that is called `name`.
    pub fn sees_control(&self, name: &str) {
        self.await_node(name, |node| node.role == Role::Control && node.name == name);
    }

    /// Whether `text` is there now.
    pub fn shows(&self, text: &str) -> bool {
        let bus = &self.desktop.accessibility;
        shows(bus, &bus.nodes(), text)
    }

    /// What the person picks in the next file dialog.
    pub fn will_pick(&self, path: &Path) {
        self.desktop.portal.will_answer(&[&format!("file://{}", path.display())]);
    }

    /// The only vault that this person has.
    pub fn vault(&self) -> PathBuf {
        let found = vaults_in(self.desktop.session.home()).into_iter().chain(vaults_in(self.folder()));
        let found: Vec<PathBuf> = found.collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    /// Lets `command` run here, as this person.
    pub fn enter<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        self.desktop.enter(command)
    }

    /// Waits for a file.
    pub fn await_file(&self, path: &Path) {
        let what = format!("the file {}", path.display());
        self.desktop.accessibility.until(&what, |_, _| path.exists().then_some(()));
    }

    /// Drags `files` from another program over the window and lets them go over what is called `target`.
    pub fn drop_files(&self, files: &[&Path], target: &str) {
        self.hover_files(files).drop_on(target);
    }

    /// Drags `files` from another program over the window, and holds them there.
    pub fn hover_files(&self, files: &[&Path]) -> Hover<'_> {
        let mut command = Command::new("/usr/bin/python3");
        let mut source = Ends::start(self.enter(command.arg(DRAG_SOURCE).args(files)).stdout(Stdio::piped()));
        let place = source.line();
        let (x, y) = place.split_once(' ').expect("the drag source says where it is");
        let held = (x.parse().unwrap(), y.parse().unwrap());
        self.desktop.xdotool(&["mousemove", x, y, "mousedown", "1"]);
        let inside = self.await_area("a control", |node| node.role == Role::Control).middle();
        self.desktop.drag(held, inside);
        Hover { window: self, source, inside }
    }

    /// Panics unless `marker` is in the program's memory: the control of [`Window::has_wiped`].
    #[track_caller]
    pub fn has_in_memory(&self, marker: &Marker) {
        let found = scan::memory(self.process(), std::slice::from_ref(marker));
        assert!(found.of(marker) > 0, "{} is on the screen, and was not found in memory", marker.name);
    }

    /// Waits until the program's memory holds none of these, which takes the window a few frames.
    #[track_caller]
    pub fn has_wiped(&self, markers: &[&Marker], when: &str) {
        let markers: Vec<Marker> = markers.iter().map(|marker| (*marker).clone()).collect();
        let mut found = scan::memory(self.process(), &markers);
        let begun = Instant::now();
        while found != Found::default() && begun.elapsed() < WIPING {
            found = scan::memory(self.process(), &markers);
        }
        found.is_nothing(when);
    }

    /// Puts the window out of sight, as its title bar's button does.
    pub fn minimise(&self) {
        self.desktop.xdotool(&["windowminimize", &self.window_id()]);
    }

    /// Waits until the window draws nothing new: what fades in has faded in.
    pub fn comes_to_rest(&self) {
        let process = self.process();
        let path = format!("/proc/{process}/task/{process}/schedstat");
        let runs = || std::fs::read_to_string(&path).unwrap();
        let mut before = String::new();
        self.desktop
            .accessibility
            .until("rest", |_, _| (std::mem::replace(&mut before, runs()) == runs()).then_some(()));
    }

    /// Saves what the window shows as a small picture.
    pub fn picture(&self, path: &Path) {
        let mut command = Command::new("import");
        command.args(["-window", &self.window_id(), "-strip", "+dither", "-colors", "256"]);
        // With a palette, at 8 bits: a quarter of what it takes otherwise.
        command.arg(format!("PNG8:{}", path.display()));
        let output = self.enter(&mut command).output();
        assert!(output.expect("import is installed (Debian: imagemagick)").status.success());
    }

    /// Gives the window another size.
    pub fn resize(&self, width: u32, height: u32) {
        self.desktop.xdotool(&["windowsize", "--sync", &self.window_id(), &width.to_string(), &height.to_string()]);
    }

    /// Closes the window as its title bar's button does, and waits for the end of the program.
    pub fn close(mut self) -> (Desktop, ExitStatus) {
        self.press("alt+F4");
        let status = self.program.await_end();
        (self.desktop, status)
    }

    fn window_id(&self) -> String {
        let mut command = Command::new("xdotool");
        let search = ["search", "--onlyvisible", "--pid", &self.process().to_string()];
        let output = self.desktop.enter(command.args(search)).output().unwrap();
        let ids = String::from_utf8(output.stdout).unwrap();
        ids.lines().last().expect("the window is on the screen").to_owned()
    }

    /// What a screen reader would read of a node's content.
    pub fn text(&self, node: &Node) -> Option<String> {
        self.desktop.accessibility.text(node)
    }

    /// Waits for the node that `is_it`.
    pub fn await_node(&self, what: &str, is_it: impl Fn(&Node) -> bool) -> Node {
        self.desktop.accessibility.until(what, |_, nodes| nodes.iter().rfind(|node| is_it(node)).cloned())
    }

    /// Where it is, once it stays there: what slides or fades in would be missed. What comes last lies on top.
    fn await_area(&self, what: &str, is_it: impl Fn(&Node) -> bool) -> Area {
        let mut before = None;
        self.desktop.accessibility.until(what, |bus, nodes| {
            let now = nodes.iter().rfind(|node| is_it(node)).and_then(|node| bus.area(node));
            let stays = now.filter(|area| area.width > 0 && before == Some(*area));
            before = now;
            stays
        })
    }

    fn click_node(&self, what: &str, edge: i32, is_it: impl Fn(&Node) -> bool) {
        let frame = self.await_area("the window's frame", |node| node.role == Role::Frame);
        let mut area = self.await_area(what, &is_it);
        // What does not fit into the window is brought into it with the wheel.
        let (mut still, mut turned, lower) = (0, false, frame.y + frame.height);
        for _ in 0..MOST_TURNS {
            let turn = match area.middle().1 {
                y if y < lower && still == STILL => break,
                y if y + edge > lower => "5",
                y if y < frame.y => "4",
                _ => break,
            };
            let (x, y) = frame.middle();
            self.desktop.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", turn]);
            let before = std::mem::replace(&mut area, self.await_area(what, &is_it));
            still = if before == area { still + 1 } else { 0 };
            turned = true;
        }
        if turned {
            // The wheel's last turn may still move it.
            self.comes_to_rest();
            area = self.await_area(what, &is_it);
        }
        let (x, y) = area.middle();
        self.desktop.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }
}

fn is_field(node: &Node) -> bool {
    matches!(node.role, Role::Field | Role::PasswordField) && node.enabled
}

fn shows(bus: &Accessibility, nodes: &[Node], text: &str) -> bool {
    nodes.iter().any(|node| node.name.contains(text) || bus.text(node).is_some_and(|said| said.contains(text)))
}

/// Vaults at any depth.
fn vaults_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir()).map(|entry| entry.path());
    folders
        .flat_map(
            |path| if path.extension().is_some_and(|end| end == "sealkeep") { vec![path] } else { vaults_in(&path) },
        )
        .collect()
}
