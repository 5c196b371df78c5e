//! A model of a disk that loses what was not made durable: what a POSIX file system may leave of a run when the power goes.
//!
//! Content and permissions of a file are durable once that file is flushed, names in a folder once that folder is: each alone, as
//! POSIX has it, and less than any file system of today promises. Until then every write of a sector, every change of a length and
//! every name that was given or taken may be there or not, whatever came before or after it.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Disks write sectors whole, or not at all.
pub const SECTOR: u64 = 512;

/// A file or a folder, whatever it is called.
pub type Node = usize;

/// The folder that everything stands in.
pub const ROOT: Node = 0;

/// One step of a run.
#[derive(Clone, Debug)]
pub enum Step {
    Write {
        file: Node,
        at: u64,
        bytes: Arc<[u8]>,
    },
    Resize {
        file: Node,
        length: u64,
    },
    Mode {
        file: Node,
        mode: u32,
    },
    Link {
        folder: Node,
        name: OsString,
        node: Node,
    },
    Unlink {
        folder: Node,
        name: OsString,
    },
    Rename {
        from: (Node, OsString),
        to: (Node, OsString),
        node: Node,
    },
    /// A flush, of a file or of a folder.
    Flush(Node),
    /// A flush that failed. What it was to make durable never is: a kernel may forget it then, and report the next flush as done.
    FailedFlush(Node),
    /// The program printed a result: what it did is acknowledged.
    Said,
}

#[derive(Clone, Debug)]
pub enum Content {
    File { bytes: Arc<Vec<u8>>, mode: u32 },
    Folder(BTreeMap<OsString, Node>),
}

impl Content {
    pub fn file(mode: u32) -> Self {
        Self::File { bytes: Arc::default(), mode }
    }
}

/// What is in every file and folder at one moment.
#[derive(Clone, Debug)]
pub struct View(Vec<Content>);

/// The files of a folder: path, permissions, content. `None` is a folder.
pub type Tree = BTreeMap<PathBuf, Option<(u32, Arc<Vec<u8>>)>>;

impl View {
    /// What stands in `folder` now.
    pub fn of(folder: &Path) -> Self {
        let mut view = Self(vec![Content::Folder(BTreeMap::new())]);
        view.read(ROOT, folder);
        view
    }

    fn read(&mut self, into: Node, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            let node = if kind.is_dir() {
                let node = self.make(Content::Folder(BTreeMap::new()));
                self.read(node, &entry.path());
                node
            } else if kind.is_file() {
                let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
                self.make(Content::File { bytes: Arc::new(fs::read(entry.path()).unwrap()), mode })
            } else {
                continue;
            };
            self.apply(&Step::Link { folder: into, name: entry.file_name(), node });
        }
    }

    /// A file or folder without a name.
    pub fn make(&mut self, content: Content) -> Node {
        self.0.push(content);
        self.0.len() - 1
    }

    pub fn names(&self, folder: Node) -> &BTreeMap<OsString, Node> {
        let Content::Folder(names) = &self.0[folder] else { panic!("not a folder") };
        names
    }

    pub fn is_folder(&self, node: Node) -> bool {
        matches!(self.0[node], Content::Folder(_))
    }

    pub fn length(&self, file: Node) -> u64 {
        let Content::File { bytes, .. } = &self.0[file] else { panic!("not a file") };
        bytes.len() as u64
    }

    fn names_mut(&mut self, folder: Node) -> &mut BTreeMap<OsString, Node> {
        let Content::Folder(names) = &mut self.0[folder] else { panic!("not a folder") };
        names
    }

    pub fn apply(&mut self, step: &Step) {
        match step {
            Step::Write { file, at, bytes } => self.write(*file, *at, bytes),
            Step::Resize { file, length } => {
                let Content::File { bytes, .. } = &mut self.0[*file] else { panic!("not a file") };
                Arc::make_mut(bytes).resize(*length as usize, 0);
            }
            Step::Mode { file, mode: new } => {
                if let Content::File { mode, .. } = &mut self.0[*file] {
                    *mode = *new;
                }
            }
            Step::Link { folder, name, node } => drop(self.names_mut(*folder).insert(name.clone(), *node)),
            Step::Unlink { folder, name } => drop(self.names_mut(*folder).remove(name)),
            Step::Rename { from, to, node } => {
                self.names_mut(from.0).remove(&from.1);
                self.names_mut(to.0).insert(to.1.clone(), *node);
            }
            Step::Flush(_) | Step::FailedFlush(_) | Step::Said => {}
        }
    }

    /// Writes, as far as the file goes: what was between its end and the write reads as zeros.
    pub fn write(&mut self, file: Node, at: u64, new: &[u8]) {
        let Content::File { bytes, .. } = &mut self.0[file] else { panic!("not a file") };
        let (bytes, at) = (Arc::make_mut(bytes), at as usize);
        if bytes.len() < at + new.len() {
            bytes.resize(at + new.len(), 0);
        }
        bytes[at..at + new.len()].copy_from_slice(new);
    }

    /// Everything that can be reached from the top.
    pub fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        self.walk(ROOT, Path::new(""), &mut tree, &mut HashSet::new());
        tree
    }

    fn walk(&self, folder: Node, path: &Path, tree: &mut Tree, above: &mut HashSet<Node>) {
        // A folder whose new name is durable and whose old one still stands would be seen twice: once is enough.
        if !above.insert(folder) {
            return;
        }
        for (name, node) in self.names(folder) {
            let path = path.join(name);
            match &self.0[*node] {
                Content::File { bytes, mode } => drop(tree.insert(path, Some((*mode, Arc::clone(bytes))))),
                Content::Folder(_) => {
                    tree.insert(path.clone(), None);
                    self.walk(*node, &path, tree, above);
                }
            }
        }
    }
}

/// A run, step by step, on what was there before it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was durable before.
    pub before: View,
    pub steps: Vec<Step>,
}

/// A moment at which the power may go.
pub struct Point<'a> {
    pub steps: &'a [Step],
    /// What is surely there: all that became durable before the first flush that failed.
    pub durable: View,
    /// Which of the steps became durable since. What a failed flush has left open may be there below them, never above: nothing that
    /// was written over comes back.
    pub settled: Vec<usize>,
    /// Which of the steps before may be there, or not.
    pub pending: Vec<usize>,
}

impl Run {
    /// Every moment between two steps, with its number: before the first, and after each that changes anything.
    pub fn points(&self) -> impl Iterator<Item = (usize, Point<'_>)> {
        let mut durable = self.before.clone();
        let (mut pending, mut settled): (Vec<usize>, Vec<usize>) = Default::default();
        let mut forgotten: HashSet<usize> = HashSet::new();
        (0..=self.steps.len()).filter_map(move |number| {
            if let Some(at) = number.checked_sub(1) {
                match &self.steps[at] {
                    Step::Flush(node) => pending.retain(|step| {
                        let flushed = self.steps[*step].waits_for(*node) && !forgotten.contains(step);
                        match flushed {
                            true if forgotten.is_empty() => durable.apply(&self.steps[*step]),
                            true => settled.push(*step),
                            false => {}
                        }
                        !flushed
                    }),
                    Step::FailedFlush(node) => {
                        forgotten.extend(pending.iter().filter(|step| self.steps[**step].waits_for(*node)));
                    }
                    Step::Said => return None,
                    _ => pending.push(at),
                }
            }
            let (durable, settled, pending) = (durable.clone(), settled.clone(), pending.clone());
            let point = Point { steps: &self.steps, durable, settled, pending };
            Some((number, point))
        })
    }
}

impl Step {
    /// Whether flushing `node` makes it durable.
    fn waits_for(&self, node: Node) -> bool {
        match self {
            Self::Write { file, .. } | Self::Resize { file, .. } | Self::Mode { file, .. } => *file == node,
            Self::Link { folder, .. } | Self::Unlink { folder, .. } => *folder == node,
            Self::Rename { from, to, .. } => {
                assert_eq!(from.0, to.0, "a rename between two folders is durable when both are: not modelled");
                from.0 == node
            }
            Self::Flush(_) | Self::FailedFlush(_) | Self::Said => false,
        }
    }

    fn is_of_names(&self) -> bool {
        matches!(self, Self::Link { .. } | Self::Unlink { .. } | Self::Rename { .. })
    }
}

/// How much of what may be there is tried at each moment.
#[derive(Clone, Copy, Debug)]
pub struct Thoroughness {
    /// As many steps are each the only one that is lost, and each the only one that is kept.
    pub single: usize,
    /// As many places at which the last write is torn, at sectors, and as many at any byte.
    pub torn: usize,
    /// As many times each step, and each sector of a write, is kept or lost by chance.
    pub chance: usize,
}

impl Point<'_> {
    /// What may be on the disk after the power went at this moment.
    pub fn states(&self, how: Thoroughness, chance: &mut Chance) -> Vec<View> {
        let keep = |kept: &dyn Fn(usize, &Step) -> bool| {
            let mut view = self.durable.clone();
            for (step, number) in self.in_order() {
                if number.is_none_or(|number| kept(number, step)) {
                    view.apply(step);
                }
            }
            view
        };
        let mut states = vec![keep(&|_, _| true)];
        let count = self.pending.len();
        if count == 0 {
            return states;
        }
        states.push(keep(&|_, _| false));
        states.push(keep(&|_, step| step.is_of_names()));
        states.push(keep(&|_, step| !step.is_of_names()));
        for turn in 0..how.single.min(count) {
            // The last ones are what this moment is about; of the others, any.
            let one = if turn < how.single.div_ceil(2) { count - 1 - turn } else { chance.below(count) };
            states.push(keep(&|number, _| number != one));
            states.push(keep(&|number, _| number == one));
        }
        // What was written later, and is durable, may lie over it.
        let last = self.pending.last().filter(|last| self.settled.last() < Some(*last));
        if let Some(Step::Write { file, at, bytes }) = last.map(|last| &self.steps[*last]) {
            let begin = keep(&|number, _| number + 1 < count);
            for turn in 0..2 * how.torn {
                let to = match turn % 2 {
                    0 => (at / SECTOR + 1 + chance.below(bytes.len() / SECTOR as usize + 1) as u64) * SECTOR - at,
                    _ => chance.below(bytes.len()) as u64,
                };
                let (first, rest) = bytes.split_at((to as usize).min(bytes.len()));
                for (at, part) in [(*at, first), (at + first.len() as u64, rest)] {
                    let mut view = begin.clone();
                    if !part.is_empty() {
                        view.write(*file, at, part);
                    }
                    states.push(view);
                }
            }
        }
        for _ in 0..how.chance {
            states.push(self.by_chance(chance));
        }
        states
    }

    /// Every step that is not in `durable` yet, one after the other; with its number among the pending where it is one of those.
    fn in_order(&self) -> impl Iterator<Item = (&Step, Option<usize>)> {
        let settled = self.settled.iter().map(|step| (*step, None));
        let pending = self.pending.iter().enumerate().map(|(number, step)| (*step, Some(number)));
        let mut all: Vec<_> = settled.chain(pending).collect();
        all.sort_by_key(|(step, _)| *step);
        all.into_iter().map(|(step, number)| (&self.steps[step], number))
    }

    fn by_chance(&self, chance: &mut Chance) -> View {
        let mut view = self.durable.clone();
        let quarters = 1 + chance.below(3);
        for (step, number) in self.in_order() {
            match step {
                settled if number.is_none() => view.apply(settled),
                Step::Write { file, at, bytes } => {
                    let (mut from, end) = (*at, at + bytes.len() as u64);
                    while from < end {
                        let to = ((from / SECTOR + 1) * SECTOR).min(end);
                        if chance.below(4) < quarters {
                            view.write(*file, from, &bytes[(from - at) as usize..(to - at) as usize]);
                        }
                        from = to;
                    }
                }
                step if chance.below(4) < quarters => view.apply(step),
                _ => {}
            }
        }
        view
    }
}

/// Chance that comes out the same each time.
pub struct Chance(pub u64);

impl Chance {
    /// Any number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        // xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled".
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

/// Puts `tree` into `folder`, which is empty.
pub fn lay_out(tree: &Tree, folder: &Path) {
    for (path, content) in tree {
        let path = folder.join(path);
        match content {
            None => fs::create_dir(&path).unwrap(),
            Some((mode, bytes)) => {
                fs::write(&path, bytes.as_slice()).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
        }
    }
}
