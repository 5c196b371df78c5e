//! What a program does to its files, recorded at the system calls, in order and with every byte: `strace` underneath the program as
//! it is, so that nothing of it is left out or assumed.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use super::disk::{Content, Node, ROOT, Run, Step, View};

/// Everything that changes files, gives or takes names, or says which file a descriptor is.
const CALLS: &str = "openat,open,openat2,creat,close,dup,dup2,dup3,fcntl,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,\
                     truncate,fallocate,fsync,fdatasync,sync,syncfs,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,\
                     link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,mmap,copy_file_range,sendfile,splice,chdir,fchdir,umask";

/// `strace`'s own way to be fast; what is killed by it in a call is not, then.
pub const QUICK: &str = "--seccomp-bpf";

/// The arguments of `strace` that record a program into `log`.
pub fn recording(log: &Path) -> Vec<String> {
    let log = log.to_str().unwrap();
    ["strace", "-f", "-qq", "-xx", "-s", "1000000000", "-e", "signal=none", "-o", log]
        .into_iter()
        .map(str::to_owned)
        .chain(["-e".to_owned(), format!("trace={CALLS}")])
        .collect()
}

/// Sees to it that there is an `strace`.
pub fn assert_installed() {
    let found = Command::new("strace").arg("--version").output();
    assert!(found.is_ok_and(|found| found.status.success()), "strace is needed: apt-get install strace");
}

/// An open file: which one, and where the next write goes.
#[derive(Clone, Copy)]
struct Open {
    node: Node,
    at: u64,
}

/// Goes through a log, on the names and lengths that there were before.
pub struct Recorder {
    root: PathBuf,
    current: PathBuf,
    before: View,
    now: View,
    steps: Vec<Step>,
    /// By descriptor; several may share one.
    descriptors: HashMap<i64, usize>,
    open: Vec<Open>,
    /// What is taken away from the permissions of new files.
    umask: u32,
}

impl Recorder {
    /// Of programs that run in `current`; files outside `root`, which is there now, are of no interest.
    pub fn new(root: &Path, current: &Path) -> Self {
        let (root, current) = (root.canonicalize().unwrap(), current.canonicalize().unwrap());
        let before = View::of(&root);
        let (now, descriptors, umask) = (before.clone(), HashMap::new(), 0);
        Self { root, current, before, now, steps: Vec::new(), descriptors, open: Vec::new(), umask }
    }

    /// What was recorded so far.
    pub fn run(&self) -> Run {
        Run { before: self.before.clone(), steps: self.steps.clone() }
    }

    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// What is there now, durable or not.
    pub fn now(&self) -> &View {
        &self.now
    }

    /// Takes in the log of one program.
    pub fn read(&mut self, log: &str) {
        self.descriptors.clear();
        self.open.clear();
        self.umask = own_umask();
        let mut unfinished: HashMap<&str, String> = HashMap::new();
        for line in log.lines() {
            let (pid, call) = line.split_once(' ').unwrap();
            let call = call.trim_start();
            // What nobody heard the end of: the program was ended in it.
            if call.ends_with("<detached ...>") {
                continue;
            }
            if let Some(begin) = call.strip_suffix("<unfinished ...>") {
                unfinished.insert(pid, begin.trim_end().to_owned());
            } else if let Some(rest) = call.strip_prefix("<... ") {
                let rest = rest.split_once(" resumed>").unwrap().1;
                self.take(&(unfinished.remove(pid).unwrap() + rest));
            } else {
                self.take(call);
            }
        }
    }

    fn take(&mut self, call: &str) {
        let Some((call, result)) = call.rsplit_once(" = ") else { panic!("{call}") };
        let result: i64 = match result.split(' ').next().unwrap().parse() {
            Ok(result) if result >= 0 => result,
            // An address that was mapped is no number of ours, and what failed did nothing.
            _ if call.starts_with("mmap(") => 0,
            _ if call.starts_with("fsync(") || call.starts_with("fdatasync(") => {
                let descriptor = call.split_once('(').unwrap().1.trim_end().strip_suffix(')').unwrap();
                let failed = self.node_of(descriptor).map(Step::FailedFlush);
                return self.steps.extend(failed);
            }
            _ => return,
        };
        let (name, args) = call.trim_end().strip_suffix(')').unwrap().split_once('(').unwrap();
        self.call(name, &args.split(", ").collect::<Vec<_>>(), result);
    }

    fn call(&mut self, name: &str, args: &[&str], result: i64) {
        match name {
            "open" => self.opened("AT_FDCWD", args[0], args[1], args.get(2).copied(), result),
            "openat" => self.opened(args[0], args[1], args[2], args.get(3).copied(), result),
            "close" => drop(self.descriptors.remove(&number(args[0]))),
            "dup" | "dup2" | "dup3" => self.duplicated(args[0], result),
            "fcntl" if args[1].starts_with("F_DUPFD") => self.duplicated(args[0], result),
            "fcntl" => {}
            "write" if args[0] == "1" => self.steps.push(Step::Said),
            "write" => {
                if let Some(open) = self.open_of(args[0]) {
                    let (at, node) = (self.open[open].at, self.open[open].node);
                    self.written(node, at, &text(args[1])[..result as usize]);
                    self.open[open].at = at + result as u64;
                }
            }
            "pwrite64" => {
                if let Some(open) = self.open_of(args[0]) {
                    let bytes = text(args[1]);
                    self.written(self.open[open].node, number(args[3]) as u64, &bytes[..result as usize]);
                }
            }
            "lseek" => {
                if let Some(open) = self.open_of(args[0]) {
                    self.open[open].at = result as u64;
                }
            }
            "ftruncate" => {
                if let Some(file) = self.node_of(args[0]) {
                    self.add(Step::Resize { file, length: number(args[1]) as u64 });
                }
            }
            "fsync" | "fdatasync" => {
                if let Some(node) = self.node_of(args[0]) {
                    self.add(Step::Flush(node));
                }
            }
            "rename" => self.renamed(("AT_FDCWD", args[0]), ("AT_FDCWD", args[1])),
            "renameat" | "renameat2" => self.renamed((args[0], args[1]), (args[2], args[3])),
            "unlink" | "rmdir" => self.unlinked("AT_FDCWD", args[0]),
            "unlinkat" => self.unlinked(args[0], args[1]),
            "mkdir" => self.made("AT_FDCWD", args[0]),
            "mkdirat" => self.made(args[0], args[1]),
            "linkat" => self.linked(args),
            "chmod" => self.mode_set("AT_FDCWD", args[0], args[1]),
            "fchmodat" => self.mode_set(args[0], args[1], args[2]),
            "fchmod" => {
                if let Some(file) = self.node_of(args[0]) {
                    self.add(Step::Mode { file, mode: octal(args[1]) });
                }
            }
            "mmap" => self.mapped(args),
            "umask" => self.umask = octal(args[0]),
            "chdir" => self.current = self.path("AT_FDCWD", args[0]),
            _ => self.assert_elsewhere(name, args),
        }
    }

    fn add(&mut self, step: Step) {
        self.now.apply(&step);
        self.steps.push(step);
    }

    fn make(&mut self, content: Content) -> Node {
        self.before.make(content.clone());
        self.now.make(content)
    }

    fn open_of(&self, descriptor: &str) -> Option<usize> {
        self.descriptors.get(&descriptor.parse().ok()?).copied()
    }

    fn node_of(&self, descriptor: &str) -> Option<Node> {
        self.open_of(descriptor).map(|open| self.open[open].node)
    }

    fn written(&mut self, file: Node, at: u64, bytes: &[u8]) {
        self.add(Step::Write { file, at, bytes: bytes.into() });
    }

    fn duplicated(&mut self, from: &str, to: i64) {
        if let Some(open) = self.open_of(from) {
            self.descriptors.insert(to, open);
        }
    }

    /// The absolute path that a call names, without `.` and `..`.
    fn path(&self, at: &str, name: &str) -> PathBuf {
        let base = match self.node_of(at) {
            // Never the root's own name: those of the folder's are enough.
            Some(node) => self.root.join(self.path_of(node).unwrap()),
            None => self.current.clone(),
        };
        let mut path = PathBuf::new();
        for component in base.join(OsStr::from_bytes(&text(name))).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(path.pop()),
                other => path.push(other),
            }
        }
        path
    }

    fn path_of(&self, folder: Node) -> Option<PathBuf> {
        self.path_below(ROOT, folder, Path::new(""))
    }

    fn path_below(&self, from: Node, wanted: Node, path: &Path) -> Option<PathBuf> {
        if from == wanted {
            return Some(path.to_owned());
        }
        let names = self.now.names(from).iter().filter(|(_, node)| self.now.is_folder(**node));
        names.into_iter().find_map(|(name, node)| self.path_below(*node, wanted, &path.join(name)))
    }

    /// The folder and the name that a call names, where it is inside.
    fn place(&self, at: &str, name: &str) -> Option<(Node, OsString)> {
        // A folder that is none of ours.
        if at != "AT_FDCWD" && self.node_of(at).is_none() && !text(name).starts_with(b"/") {
            return None;
        }
        let path = self.path(at, name);
        let inside = path.strip_prefix(&self.root).ok()?;
        let mut folder = ROOT;
        for part in inside.parent()? {
            folder = *self.now.names(folder).get(part)?;
        }
        Some((folder, inside.file_name()?.to_owned()))
    }

    fn node_at(&self, place: &(Node, OsString)) -> Option<Node> {
        self.now.names(place.0).get(&place.1).copied()
    }

    fn opened(&mut self, at: &str, name: &str, flags: &str, mode: Option<&str>, descriptor: i64) {
        self.descriptors.remove(&descriptor);
        let has = |flag: &str| flags.split('|').any(|known| known == flag);
        let inside = self.path(at, name).starts_with(&self.root) && (at == "AT_FDCWD" || self.node_of(at).is_some());
        let node = match self.place(at, name) {
            _ if has("O_TMPFILE") && inside => Some(self.make(Content::file(octal(mode.unwrap()) & !self.umask))),
            None => inside.then_some(ROOT).filter(|_| self.path(at, name) == self.root),
            Some(place) => match self.node_at(&place) {
                Some(node) => {
                    if has("O_TRUNC") && self.now.length(node) > 0 {
                        self.add(Step::Resize { file: node, length: 0 });
                    }
                    Some(node)
                }
                None if has("O_CREAT") => {
                    let node = self.make(Content::file(octal(mode.unwrap()) & !self.umask));
                    self.add(Step::Link { folder: place.0, name: place.1, node });
                    Some(node)
                }
                None => None,
            },
        };
        if let Some(node) = node {
            assert!(!has("O_APPEND"), "appending is not modelled");
            self.open.push(Open { node, at: 0 });
            self.descriptors.insert(descriptor, self.open.len() - 1);
        }
    }

    fn renamed(&mut self, from: (&str, &str), to: (&str, &str)) {
        match (self.place(from.0, from.1), self.place(to.0, to.1)) {
            (Some(from), Some(to)) => {
                let node = self.node_at(&from).unwrap();
                self.add(Step::Rename { from, to, node });
            }
            (None, None) => {}
            _ => panic!("a rename out of the folder"),
        }
    }

    fn unlinked(&mut self, at: &str, name: &str) {
        if let Some((folder, name)) = self.place(at, name) {
            self.add(Step::Unlink { folder, name });
        }
    }

    fn made(&mut self, at: &str, name: &str) {
        if let Some((folder, name)) = self.place(at, name) {
            let node = self.make(Content::Folder(Default::default()));
            self.add(Step::Link { folder, name, node });
        }
    }

    fn linked(&mut self, args: &[&str]) {
        let Some((folder, name)) = self.place(args[2], args[3]) else { return };
        let from = String::from_utf8(text(args[1])).unwrap();
        let node = match from.strip_prefix("/proc/self/fd/") {
            Some(descriptor) => self.node_of(descriptor).unwrap(),
            None => self.node_at(&self.place(args[0], args[1]).unwrap()).unwrap(),
        };
        self.add(Step::Link { folder, name, node });
    }

    fn mode_set(&mut self, at: &str, name: &str, mode: &str) {
        if let Some(file) = self.place(at, name).and_then(|place| self.node_at(&place)) {
            self.add(Step::Mode { file, mode: octal(mode) });
        }
    }

    /// What is written through memory is seen by nobody: only the index of a write-ahead log may be, which SQLite makes anew.
    fn mapped(&self, args: &[&str]) {
        let writes = args[2].contains("PROT_WRITE") && args[3].contains("MAP_SHARED");
        if let (true, Some(node)) = (writes, self.node_of(args[4])) {
            let path = self.name_of(ROOT, node).unwrap();
            assert!(path.as_bytes().ends_with(b"-shm"), "{path:?} is written through memory: not modelled");
        }
    }

    fn name_of(&self, folder: Node, wanted: Node) -> Option<OsString> {
        self.now.names(folder).iter().find_map(|(name, node)| match node {
            node if *node == wanted => Some(name.clone()),
            node if self.now.is_folder(*node) => self.name_of(*node, wanted),
            _ => None,
        })
    }

    /// A call that is not modelled must not be about our files.
    fn assert_elsewhere(&self, name: &str, args: &[&str]) {
        let ours = args.iter().any(|arg| {
            let by_name = arg.starts_with('"') && self.path("AT_FDCWD", arg).starts_with(&self.root);
            by_name || self.node_of(arg).is_some()
        });
        assert!(!ours, "{name} is not modelled: {args:?}");
    }
}

/// The bytes of `"\x61\x62"`.
fn text(quoted: &str) -> Vec<u8> {
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_else(|| panic!("{quoted}"));
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    OsString::from_vec(inside.as_bytes().chunks(4).map(|four| digit(four[2]) << 4 | digit(four[3])).collect())
        .into_vec()
}

fn own_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    octal(status.lines().find_map(|line| line.strip_prefix("Umask:")).unwrap().trim())
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn octal(text: &str) -> u32 {
    u32::from_str_radix(text, 8).unwrap_or_else(|_| panic!("{text}"))
}
