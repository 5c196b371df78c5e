//! What the window's passes cost with few and with many items, and what a keystroke's search does.

use std::path::Path;
use std::time::Duration;

use memchr::memmem::Finder;

use super::Extent;
use super::entries::{Entry, entries};
use super::people::Person;
use super::sample::Sample;
use super::script::{Desk, Doing, processor, script};

/// How many items the small vault has.
const SMALL: usize = 100;
/// A rare word, two words, a letter that nearly every item has.
const QUERIES: [&str; 3] = ["zeppelin", "bank garden", "e"];

/// Some passes: what they are called, and which they are.
type Passes = (&'static str, fn(Doing) -> bool);

pub fn measure(_: &Person, _: &Path, extent: Extent) -> String {
    let mut desks = [Desk::open(SMALL), Desk::open(extent.items)];
    let passes = script();
    // How long each kind of pass takes in most cases. A search goes through all items, and is told by itself.
    let kinds: [Passes; 7] = [
        ("scrolling", |doing| doing == Doing::Scrolling),
        ("walking through the list", |doing| doing == Doing::Selecting),
        ("opening an item", |doing| doing == Doing::Opening),
        ("nothing", |doing| doing == Doing::Nothing),
        ("all of these", |doing| doing != Doing::Typing),
        ("typing into the search, and deleting it", |doing| doing == Doing::Typing),
        ("typing, and all the others", |_| true),
    ];
    let mut most: [Vec<Sample>; 2] = [0, 1].map(|_| kinds.iter().map(|_| Sample::default()).collect());
    for _ in 0..extent.passes {
        for (desk, most) in desks.iter_mut().zip(&mut most) {
            let times: Vec<(Doing, Duration)> =
                passes.iter().map(|(doing, events)| (*doing, desk.pass(events.clone()))).collect();
            for ((_, kind), most) in kinds.iter().zip(most) {
                let of_kind = times.iter().filter(|(doing, _)| kind(*doing));
                most.add(percentile_95(of_kind.map(|(_, time)| *time).collect()));
            }
        }
    }
    let opened = desks.each_ref().map(|desk| desk.opened);
    assert!(opened[0] == opened[1] && opened[0] >= extent.passes * 20, "items were opened: {opened:?}");
    let [small, large] = &most;
    let line = |((name, _), (small, large)): (&Passes, (&Sample, &Sample))| {
        let (ratio, small, large) = (large.median() / small.median(), small.in_milliseconds(), large.in_milliseconds());
        format!("| {name} | {small} | {large} | {ratio:.2} × |\n")
    };
    let lines: String = kinds.iter().zip(small.iter().zip(large)).map(line).collect();
    let count = extent.items;
    format!(
        "The processor time of the window's passes, from the input to what is to be painted, with a screen reader's tree: the 95th \
         percentile of a script of {} passes, {} runs with each vault, in turns.\n\n\
         | in a pass | {SMALL} items | {count} items | |\n|---|---|---|---|\n{lines}\n{}",
        passes.len(),
        extent.passes,
        keystrokes(&mut desks, extent)
    )
}

fn percentile_95(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 95 / 100]
}

/// What is searched of all items, in lower case, one after the other, and nothing else.
struct Texts(Vec<u8>);

impl Texts {
    fn of(count: usize) -> Self {
        let text = |Entry { title, username, tag, .. }: Entry| format!("{title}\0{username}\0{tag}\n").to_lowercase();
        Self(entries(count).map(text).collect::<String>().into_bytes())
    }

    /// One pass for each word, from item to item: how many have it.
    fn search(&self, query: &str) -> Duration {
        let before = processor();
        for word in query.split_whitespace() {
            let (finder, mut from, mut found) = (Finder::new(word), 0, 0);
            while let Some(at) = finder.find(&self.0[from..]) {
                found += 1;
                let end = memchr::memchr(b'\n', &self.0[from + at..]);
                from += at + end.unwrap_or_default() + 1;
            }
            std::hint::black_box(found);
        }
        processor() - before
    }
}

/// One query's keystrokes.
#[derive(Default)]
struct Keystrokes {
    /// Those of all letters together, typed.
    typed: Sample,
    /// The longest of them.
    longest: Sample,
    /// The same passes with few items: what a keystroke costs but for the search.
    without: Sample,
    bare: Sample,
}

fn keystrokes(desks: &mut [Desk; 2], extent: Extent) -> String {
    let texts = Texts::of(extent.items);
    let mut measured: [Keystrokes; QUERIES.len()] = Default::default();
    for _ in 0..extent.passes {
        for (query, keystrokes) in QUERIES.iter().zip(&mut measured) {
            let [small, large] = desks.each_mut().map(|desk| type_all(desk, query));
            if *query == QUERIES[0] {
                assert!(desks.iter_mut().all(|desk| desk.shows_only("Zeppelin")), "the search was searched for");
            }
            let prefixes = query.char_indices().map(|(at, letter)| &query[..at + letter.len_utf8()]);
            let bare: Vec<Duration> = prefixes.map(|prefix| texts.search(prefix)).collect();
            let search = large.iter().zip(&small).map(|(large, small)| large.saturating_sub(*small));
            keystrokes.longest.add(search.max().unwrap());
            keystrokes.typed.add(large.iter().sum());
            keystrokes.without.add(small.iter().sum());
            keystrokes.bare.add(bare.iter().sum());
        }
    }
    let line = |(query, keystrokes): (&&str, &Keystrokes)| {
        let Keystrokes { typed, longest, without, bare } = keystrokes;
        let (all, ratio) = (typed.median() - without.median(), |time: f64| time / bare.median());
        format!(
            "| {query} | {} | {} | {:.2} ms | {} | {} | {:.1} × |\n",
            typed.in_milliseconds(),
            without.in_milliseconds(),
            all * 1000.0,
            longest.in_milliseconds(),
            bare.in_milliseconds(),
            ratio(all)
        )
    };
    let lines: String = QUERIES.iter().zip(&measured).map(line).collect();
    format!(
        "What each keystroke of a search costs among {count} items, added up over the query's letters. What the same passes take with \
         {SMALL} items is not the search. The bare pass looks with `memchr::memmem` through one piece of memory that holds the same \
         texts, once for every letter and word.\n\n\
         | typed | passes | with {SMALL} items | the search | its longest | bare | search to bare |\n|---|---|---|---|---|---|---|\n{lines}",
        count = extent.items
    )
}

/// What the pass that takes in each letter of `query` takes.
fn type_all(desk: &mut Desk, query: &str) -> Vec<Duration> {
    desk.search();
    query.chars().map(|letter| desk.type_letter(letter)).collect()
}
