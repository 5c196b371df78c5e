//! The window without a screen, and a worker that says only what a test tells it to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use jiff::tz::TimeZone;
use sealkeep::format::v1::SummaryRecord;
use sealkeep::secret::SecretString;
use sealkeep::ui::{App, Port};
use sealkeep::vault::{CollectionId, Field, Fields, ItemId, ItemSummary, Listing, Retention, VaultId};
use sealkeep::worker::{
    Command, Event, KeyDescription, OpenedVault, ProfileEntry, RecentVault, RequestId, Settings, Trust, VaultView,
    What, WindowSize,
};

/// What the window asked of the worker.
#[derive(Default)]
pub struct Asked {
    commands: VecDeque<(RequestId, Command)>,
    events: VecDeque<Event>,
    next: u64,
    /// How often it was told to lock.
    pub locks: usize,
    /// How often it was told that somebody is there.
    pub still_here: usize,
    /// The sizes that it was told to remember.
    pub sizes: Vec<WindowSize>,
    /// The commands that it was told to cancel.
    pub cancelled: Vec<RequestId>,
}

/// The worker's place, taken by a test.
#[derive(Clone, Default)]
pub struct Fake(Rc<RefCell<Asked>>);

impl Port for Fake {
    fn send(&mut self, command: Command) -> RequestId {
        let mut asked = self.0.borrow_mut();
        asked.next += 1;
        asked.still_here += usize::from(matches!(command, Command::StillHere));
        if let Command::RememberSize(size) = command {
            asked.sizes.push(size);
        }
        let request = RequestId::from(asked.next);
        asked.commands.push_back((request, command));
        request
    }

    fn cancel(&mut self, request: RequestId) {
        self.0.borrow_mut().cancelled.push(request);
    }

    fn lock_now(&mut self) {
        self.0.borrow_mut().locks += 1;
    }

    fn next_event(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }
}

/// The window and the worker's place.
pub struct Screen {
    /// The window.
    pub window: Harness<'static, App>,
    fake: Fake,
}

pub const FAMILY: &str = "/home/anna/Family.sealkeep";
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

impl Screen {
    /// A window that was just opened, before the worker is ready.
    pub fn open() -> Self {
        let fake = Fake::default();
        let port = fake.clone();
        let window = Harness::builder()
            .with_size([1180.0, 760.0])
            .with_max_steps(40)
            .build_eframe(move |creation| App::new(&creation.egui_ctx, Box::new(port), TimeZone::UTC));
        let mut screen = Self { window, fake };
        screen.step();
        screen
    }

    /// A window whose worker has read these settings.
    pub fn with(settings: Settings) -> Self {
        let mut screen = Self::open();
        let (request, command) = screen.command();
        assert!(matches!(command, Command::Start));
        let vaults_folder = Some(PathBuf::from("/home/anna/Documents"));
        screen.answer(request, What::Started { settings, set_aside: None, vaults_folder });
        screen
    }

    /// A window with an open vault that holds `items`.
    pub fn unlocked(items: Vec<Arc<ItemSummary>>) -> Self {
        Self::unlocked_as(opened(items))
    }

    /// A window with this vault open.
    pub fn unlocked_as(vault: OpenedVault) -> Self {
        let mut screen = Self::with(settings_with(&[FAMILY]));
        let (request, _) = screen.command();
        screen.answer(request, What::Inspected(vault_with(vec![sealkeep::worker::KeyView::Passphrase], Trust::Known)));
        screen.write("Passphrase", "correct horse");
        screen.press("Unlock");
        let (request, command) = screen.command();
        assert!(matches!(command, Command::Unlock { .. }));
        screen.answer(request, What::Unlocked(vault));
        screen
    }

    /// Lets the window draw until nothing changes.
    pub fn step(&mut self) {
        self.window.run_steps(4);
    }

    /// The next thing that the window asked for.
    pub fn command(&mut self) -> (RequestId, Command) {
        self.try_command().expect("the window asked for something")
    }

    /// The next thing that the window asked for, if there is one.
    pub fn try_command(&mut self) -> Option<(RequestId, Command)> {
        loop {
            let (request, command) = self.fake.0.borrow_mut().commands.pop_front()?;
            if !matches!(command, Command::StillHere | Command::RememberSize(_)) {
                return Some((request, command));
            }
        }
    }

    /// Answers a command.
    pub fn answer(&mut self, request: RequestId, what: What) {
        self.answer_in_time(request, what);
        self.step();
    }

    /// Answers a command; the window hears of it when it draws next.
    pub fn answer_in_time(&mut self, request: RequestId, what: What) {
        self.fake.0.borrow_mut().events.push_back(Event { request: Some(request), epoch: 0, what });
    }

    /// Says something that nobody asked for.
    pub fn tell(&mut self, what: What) {
        self.fake.0.borrow_mut().events.push_back(Event { request: None, epoch: 0, what });
        self.step();
    }

    /// Presses what has this name.
    pub fn press(&mut self, name: &str) {
        assert_eq!(self.named(name).count(), 1, "things to press that are called {name}");
        self.press_last(name);
    }

    /// Types into the field of this name; the last one where there are several.
    pub fn write(&mut self, name: &str, text: &str) {
        self.field(name).focus();
        self.step();
        self.field(name).type_text(text);
        self.step();
    }

    /// Presses the last thing of this name: the one on top.
    pub fn press_last(&mut self, name: &str) {
        self.named(name).last().expect("there is one").scroll_to_me();
        self.step();
        self.named(name).last().expect("there is one").click();
        self.step();
    }

    /// The field of this name; the last one where there are several.
    pub fn field<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.named(name).filter(is_field).last().unwrap_or_else(|| panic!("no field is called {name}"))
    }

    /// What has this name, but the words that only name something else.
    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Node<'a>> + 'a {
        self.window.query_all_by_label(name).filter(|node| node.accesskit_node().role() != Role::Label)
    }

    /// When the window wants its next frame.
    pub fn next_frame(&self) -> std::time::Duration {
        self.window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
    }

    /// Presses a key.
    pub fn key(&mut self, key: egui::Key) {
        self.window.key_press(key);
        self.step();
    }

    /// Presses Ctrl and a key.
    pub fn ctrl(&mut self, key: egui::Key) {
        self.window.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::CTRL, key);
        self.step();
    }

    /// Whether something on the screen has this name.
    pub fn shows(&self, name: &str) -> bool {
        self.window.query_all_by_label(name).next().is_some() || self.window.query_all_by_value(name).next().is_some()
    }

    /// Whether something on the screen has this in its name.
    pub fn mentions(&self, part: &str) -> bool {
        self.window.query_all_by_label_contains(part).next().is_some()
    }

    /// Everything that a screen reader can get.
    pub fn tree(&self) -> String {
        let mut tree = String::new();
        for node in self.window.root().children_recursive() {
            let node = node.accesskit_node();
            let parts = [node.label(), node.value(), node.description(), node.placeholder().map(str::to_owned)];
            tree.push_str(&format!(
                "{:?} {}\n",
                node.role(),
                parts.into_iter().flatten().collect::<Vec<_>>().join(" | ")
            ));
        }
        assert!(tree.lines().count() > 3, "the tree is there");
        tree
    }

    /// How often the worker was told to lock.
    pub fn locks(&self) -> usize {
        self.fake.0.borrow().locks
    }

    /// How often the worker was told that somebody is there.
    pub fn still_here(&self) -> usize {
        self.fake.0.borrow().still_here
    }

    /// The sizes that the worker was told to remember.
    pub fn sizes(&self) -> Vec<WindowSize> {
        self.fake.0.borrow().sizes.clone()
    }

    /// Which commands the worker was told to cancel.
    pub fn cancelled(&self) -> Vec<RequestId> {
        self.fake.0.borrow().cancelled.clone()
    }
}

fn is_field(node: &Node<'_>) -> bool {
    use Role::{MultilineTextInput, PasswordInput, SearchInput, TextInput};
    [MultilineTextInput, PasswordInput, SearchInput, TextInput].contains(&node.accesskit_node().role())
}

/// Settings that know these vaults, and one AWS profile.
pub fn settings_with(vaults: &[&str]) -> Settings {
    let recent = |path: &&str| RecentVault { path: PathBuf::from(path), other: serde_json::Map::new() };
    Settings {
        recent_vaults: vaults.iter().map(recent).collect(),
        profiles: vec![profile("work")],
        ..Settings::default()
    }
}

pub fn profile(name: &str) -> ProfileEntry {
    ProfileEntry::new(name, "eu-west-1", "static")
}

/// A locked vault.
pub fn vault_with(keys: Vec<sealkeep::worker::KeyView>, trust: Trust) -> VaultView {
    VaultView {
        folder: PathBuf::from(FAMILY),
        name: "Family".to_owned(),
        id: VaultId([7; 16]),
        keys,
        trust,
        profile: None,
        items: 3,
        bytes: 1_234_567,
    }
}

/// When vaults are opened here: two days after what is in the trash went there.
pub const NOW: i64 = 1_778_600_000 + 2 * 86_400;

/// An open vault.
pub fn opened(items: Vec<Arc<ItemSummary>>) -> OpenedVault {
    OpenedVault {
        folder: PathBuf::from(FAMILY),
        name: "Family".to_owned(),
        id: VaultId([7; 16]),
        key: KeyDescription::Passphrase,
        collections: Vec::new(),
        items: Box::new(Listing::new(items)),
        doubts: Vec::new(),
        warnings: Vec::new(),
        retention: Retention::default(),
        now: jiff::Timestamp::from_second(NOW).unwrap(),
        overdue: Vec::new(),
    }
}

/// What the worker says when these were saved.
pub fn changed(items: Vec<Arc<ItemSummary>>) -> What {
    What::Items(items.into_iter().map(|item| (item.id, Some(item))).collect())
}

/// An item of a list.
pub fn item(number: u8, kind: &str, title: &str) -> Arc<ItemSummary> {
    described(number, kind, title, false)
}

/// An item of a list, or of the trash.
pub fn described(number: u8, kind: &str, title: &str, trashed: bool) -> Arc<ItemSummary> {
    numbered(ItemId([number; 16]), kind, title, trashed)
}

/// The item with this id.
pub fn numbered(id: ItemId, kind: &str, title: &str, trashed: bool) -> Arc<ItemSummary> {
    let login = kind == "login";
    let record = SummaryRecord {
        kind: kind.to_owned(),
        title: SecretString::copy_of(title),
        tags: if login { vec![SecretString::copy_of("work")] } else { Vec::new() },
        subtitle: SecretString::copy_of(if login { "anna@example.org" } else { "" }),
        media_type: if kind == "document" { "text/plain".to_owned() } else { String::new() },
        size: if kind == "document" { 1_200_000 } else { 0 },
        favourite: id == ItemId([1; 16]),
        trashed: trashed.then_some(1_778_600_000),
        created: 1_760_000_000,
        modified: 1_778_600_000 + i64::from(id.0[0]),
        revision: 1,
    };
    Arc::new(ItemSummary::from_record(id, CollectionId([0; 16]), record))
}

/// The three items that most tests begin with.
pub fn items() -> Vec<Arc<ItemSummary>> {
    vec![item(1, "login", "GitHub"), item(2, "document", "Passport.txt"), item(3, "note", "Door codes")]
}

/// A login's fields.
pub fn login(user: &str, password: &str) -> Fields {
    let field =
        |name: &str, value: &str, hidden| Field { name: name.to_owned(), value: SecretString::copy_of(value), hidden };
    Fields(vec![field("username", user, false), field("password", password, true)])
}
