//! Looks through a running program's memory for texts that should be gone: every mapping that can be read, in every form
//! that a text has in this program.
//!
//! A hardened program's memory is root's to read, so the search runs as root: here, or through `sudo`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::Finder;

use super::again::case;

/// How much is read at once. What crosses a border is found because every read begins [`OVERLAP`] before the last one's end.
const CHUNK: usize = 4 * 1024 * 1024;
const OVERLAP: usize = 256;
const PAGE: usize = 4096;

/// A part of a text as long as this is as bad as the whole.
pub const PART: usize = 16;

/// What must not be found, and what to call it: the text itself is never printed.
#[derive(Clone, Debug)]
pub struct Marker {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Marker {
    pub fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        assert!(bytes.len() >= PART, "{name} is too short to tell from chance");
        Self { name: name.to_owned(), bytes }
    }
}

/// How often each form of each marker was found; forms that were not found are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(Vec<(String, String, usize)>);

impl Found {
    /// How many copies of `marker`, in all forms and parts.
    pub fn of(&self, marker: &Marker) -> usize {
        self.0.iter().filter(|(name, ..)| *name == marker.name).map(|(.., count)| count).sum()
    }

    /// Panics with what was found, if anything was.
    #[track_caller]
    pub fn is_nothing(&self, when: &str) {
        assert!(self.0.is_empty(), "{when}, the memory still holds:\n{self}");
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(marker, form, count)| writeln!(f, "  {count} × {marker} {form}"))
    }
}

/// Searches the memory of `process`.
pub fn memory(process: u32, markers: &[Marker]) -> Found {
    if rustix::process::geteuid().is_root() {
        return search(process, markers);
    }
    // The markers go through a pipe: in an argument they would be in everybody's list of processes.
    let mut again = Command::new("sudo");
    let inner = case("memory::cases::search_as_root");
    again.arg("-n").args(inner.get_envs().filter_map(|(name, value)| Some(joined(name, value?))));
    again.arg(inner.get_program()).args(inner.get_args());
    let mut running = again.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sudo starts");
    let mut input = running.stdin.take().unwrap();
    writeln!(input, "{process}").unwrap();
    for marker in markers {
        writeln!(input, "{} {}", STANDARD_NO_PAD.encode(&marker.bytes), marker.name).unwrap();
    }
    drop(input);
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "reading the memory of a hardened program needs root, or sudo without a password");
    let said = String::from_utf8(output.stdout).unwrap();
    let found = said.lines().filter_map(|line| line.strip_prefix("found\t")).map(|line| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        (next(), next(), next().parse().unwrap())
    });
    Found(found.collect())
}

/// The other side of [`memory`], in the process that `sudo` started: takes the question from standard input, and
/// returns what to say.
pub fn answer_as_root() -> String {
    let lines = std::io::read_to_string(std::io::stdin()).unwrap();
    let (process, markers) = lines.split_once('\n').unwrap();
    let markers = markers.lines().map(|line| {
        let (bytes, name) = line.split_once(' ').unwrap();
        Marker { name: name.to_owned(), bytes: STANDARD_NO_PAD.decode(bytes).unwrap() }
    });
    let found = search(process.parse().unwrap(), &markers.collect::<Vec<_>>());
    found.0.into_iter().map(|(marker, form, count)| format!("\nfound\t{marker}\t{form}\t{count}\n")).collect()
}

fn search(process: u32, markers: &[Marker]) -> Found {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("the program is running");
    let memory = File::open(format!("/proc/{process}/mem")).expect("its memory can be read");
    let forms: Vec<(&Marker, String, Vec<u8>)> = markers.iter().flat_map(forms).collect();
    let finders: Vec<Finder<'_>> = forms.iter().map(|(.., bytes)| Finder::new(bytes)).collect();
    let mut counts = vec![BTreeMap::new(); forms.len()];
    let mut buffer = vec![0; CHUNK];
    let mut searched = 0_u64;
    for (start, end, name) in maps.lines().filter_map(readable) {
        let mut place = start;
        while place < end {
            let wanted = usize::try_from(end - place).unwrap_or(CHUNK).min(CHUNK);
            // What was unmapped since, or belongs to a device, can't be read: page by page, what can be is not missed.
            let read = match memory.read_at(&mut buffer[..wanted], place) {
                Ok(read) if read > 0 => read,
                _ => {
                    place += PAGE as u64 - place % PAGE as u64;
                    continue;
                }
            };
            for (count, finder) in counts.iter_mut().zip(&finders) {
                // Those that begin in the overlap are counted with the next chunk.
                let last = place + read as u64 >= end;
                let begins = if last { read } else { read.saturating_sub(OVERLAP).max(1) };
                let found = finder.find_iter(&buffer[..read]).filter(|at| *at < begins).count();
                if found > 0 {
                    *count.entry(name.clone()).or_insert(0_usize) += found;
                }
            }
            searched += read as u64;
            let step = if place + read as u64 >= end { read } else { read.saturating_sub(OVERLAP).max(1) };
            place += step as u64;
        }
    }
    assert!(searched > 1024 * 1024, "only {searched} bytes could be read");
    let found = forms.into_iter().zip(counts).flat_map(|((marker, form, _), counts)| {
        counts.into_iter().map(move |(place, count)| (marker.name.clone(), format!("{form} in {place}"), count))
    });
    Found(found.collect())
}

/// A mapping's borders, if it can be read, and what it is: a thread's stack has no name, and two megabytes.
fn readable(line: &str) -> Option<(u64, u64, String)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let rights = words.next()?;
    let name = words.nth(3).unwrap_or_default();
    let ours = rights.starts_with('r') && !name.starts_with("[vv") && !name.starts_with("[vsyscall");
    let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    let place = if name.is_empty() { format!("{} KiB without a name", (end - start) / 1024) } else { name.to_owned() };
    ours.then_some((start, end, place))
}

/// What to look for: the parts of the marker, each in UTF-8, UTF-16 and, at any place in a longer text, base64.
fn forms(marker: &Marker) -> impl Iterator<Item = (&Marker, String, Vec<u8>)> {
    let parts = [
        ("begin", &marker.bytes[..PART]),
        ("middle", &marker.bytes[(marker.bytes.len() - PART) / 2..][..PART]),
        ("end", &marker.bytes[marker.bytes.len() - PART..]),
    ];
    let parts = parts.into_iter().flat_map(|(part, bytes)| {
        let wide: Vec<u8> = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
        let mut forms = vec![("bytes".to_owned(), bytes.to_vec()), ("UTF-16".to_owned(), wide)];
        forms.extend((0..3).map(|before| (format!("base64+{before}"), base64_inside(bytes, before))));
        forms.into_iter().map(move |(form, bytes)| (format!("({part}, {form})"), bytes))
    });
    let mut parts: Vec<_> = parts.collect();
    // A short marker's parts are the same bytes.
    parts.sort_by(|one, two| one.1.cmp(&two.1));
    parts.dedup_by(|one, two| one.1 == two.1);
    parts.into_iter().map(move |(form, bytes)| (marker, form, bytes))
}

/// The characters that `bytes` become wherever they stand `before` bytes after a multiple of three: those that their
/// neighbours have no part in.
fn base64_inside(bytes: &[u8], before: usize) -> Vec<u8> {
    let padded: Vec<u8> = vec![0; before].into_iter().chain(bytes.iter().copied()).collect();
    let begin = (before * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    STANDARD_NO_PAD.encode(&padded).into_bytes()[begin..end].to_vec()
}

fn joined(name: &std::ffi::OsStr, value: &std::ffi::OsStr) -> std::ffi::OsString {
    let mut text = name.to_owned();
    text.push("=");
    text.push(value);
    text
}
