//! The items of an open vault, ordered, counted and searched.
//!
//! Owns: an item's number, both orders, the counts, the tags and what is searched. May not touch: what is shown. Invariant:
//! after any changes it is what it would be if it were made anew. Making it takes as long as sorting; a change takes one pass
//! over numbers, so that the window only ever applies changes. Orders are of numbers, and what filters ask of an item stands
//! beside them: 100,000 of both stay in the processor's caches, which the items don't.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::format::v1::ItemId;
use crate::secret::SecretString;

use super::texts::{Numbers, Texts};
use super::{ItemSummary, Kind, LowerQuery};

/// So many items are ordered in a moment, and between them it can be given up.
const AT_ONCE: usize = 16 * 1024;

/// An item as it is now; `None` where there is none any more.
pub type ItemChange = (ItemId, Option<Arc<ItemSummary>>);

/// An order of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By title.
    #[default]
    Name,
    /// The ones changed last first.
    Newest,
}

/// What filters ask of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(u8);

impl Mark {
    const TRASHED: u8 = 1;
    const FAVOURITE: u8 = 2;
    const DOCUMENT: u8 = 4;
    const LOGIN: u8 = 8;
    const NOTE: u8 = 16;

    fn of(item: &ItemSummary) -> Self {
        let kind = match item.kind {
            Kind::Document => Self::DOCUMENT,
            Kind::Login => Self::LOGIN,
            Kind::Note => Self::NOTE,
            Kind::Other(_) => 0,
        };
        let when = |is: bool, bit: u8| if is { bit } else { 0 };
        Self(kind | when(item.is_trashed(), Self::TRASHED) | when(item.favourite, Self::FAVOURITE))
    }

    /// In the trash.
    pub fn is_trashed(self) -> bool {
        self.0 & Self::TRASHED != 0
    }

    /// Marked by the person.
    pub fn is_favourite(self) -> bool {
        self.0 & Self::FAVOURITE != 0
    }

    /// The item's kind; `None` for one that a later version wrote.
    pub fn kind(self) -> Option<Kind> {
        match self.0 & (Self::DOCUMENT | Self::LOGIN | Self::NOTE) {
            Self::DOCUMENT => Some(Kind::Document),
            Self::LOGIN => Some(Kind::Login),
            Self::NOTE => Some(Kind::Note),
            _ => None,
        }
    }
}

/// How many items there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not in the trash.
    pub all: usize,
    /// Marked.
    pub favourites: usize,
    /// Documents.
    pub documents: usize,
    /// Logins.
    pub logins: usize,
    /// Notes.
    pub notes: usize,
    /// In the trash.
    pub trash: usize,
}

impl Counts {
    /// Counts an item with `step`, which adds one or takes one away.
    fn count(&mut self, mark: Mark, step: impl Fn(&mut usize)) {
        if mark.is_trashed() {
            return step(&mut self.trash);
        }
        step(&mut self.all);
        if mark.is_favourite() {
            step(&mut self.favourites);
        }
        match mark.kind() {
            Some(Kind::Document) => step(&mut self.documents),
            Some(Kind::Login) => step(&mut self.logins),
            Some(Kind::Note) => step(&mut self.notes),
            Some(Kind::Other(_)) | None => {}
        }
    }
}

/// What a change touched in a [`Listing`].
#[derive(Debug, Default)]
pub struct Changed {
    /// The numbers whose items are others now, or gone.
    touched: Numbers,
    /// Whether there is any.
    any: bool,
    /// Those that there are now.
    put: Vec<u32>,
}

/// The items of a vault, trashed ones too, each by a number that it keeps as long as it is there.
#[derive(Debug, Default)]
pub struct Listing {
    items: Vec<Option<Arc<ItemSummary>>>,
    marks: Vec<Mark>,
    numbers: HashMap<ItemId, u32>,
    /// Numbers that are given again.
    free: Vec<u32>,
    texts: Texts,
    by_name: Vec<u32>,
    newest: Vec<u32>,
    counts: Counts,
    /// In the order of their letters.
    tags: Vec<(SecretString, usize)>,
}

impl Listing {
    /// Orders and counts `items`: for 100,000 of them this is no work for a thread that draws.
    pub fn new(items: Vec<Arc<ItemSummary>>) -> Self {
        let mut listing = Self::default();
        listing.change(items.into_iter().map(|item| (item.id, Some(item))).collect());
        listing
    }

    /// The same, but that it is given up once `is_over` says so.
    pub fn make_unless(is_over: impl Fn() -> bool, items: Vec<Arc<ItemSummary>>) -> Option<Self> {
        let mut listing = Self::default();
        for some in items.chunks(AT_ONCE) {
            if is_over() {
                return None;
            }
            listing.change(some.iter().map(|item| (item.id, Some(Arc::clone(item)))).collect());
        }
        Some(listing)
    }

    /// Takes in changes; the last one of an item counts.
    pub fn change(&mut self, changes: Vec<ItemChange>) -> Changed {
        let changes: BTreeMap<_, _> = changes.into_iter().collect();
        let mut changed = Changed::default();
        for (id, item) in changes {
            let known = self.numbers.get(&id).copied();
            if let Some(number) = known {
                changed.touched.insert(number);
                changed.any = true;
                self.take_out(number);
            }
            let Some(item) = item else {
                if known.is_some() {
                    self.numbers.remove(&id);
                    self.free.extend(known);
                }
                continue;
            };
            let number = known.or_else(|| self.free.pop()).unwrap_or_else(|| self.add_number());
            self.numbers.insert(id, number);
            self.put_in(number, item);
            changed.put.push(number);
        }
        for order in [Order::Name, Order::Newest] {
            let mut sorted = std::mem::take(self.sorted(order));
            self.splice(order, &mut sorted, &changed, |_| true);
            *self.sorted(order) = sorted;
        }
        changed
    }

    fn add_number(&mut self) -> u32 {
        self.items.push(None);
        self.marks.push(Mark::default());
        // So many items would not fit into memory.
        u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
    }

    fn sorted(&mut self, order: Order) -> &mut Vec<u32> {
        match order {
            Order::Name => &mut self.by_name,
            Order::Newest => &mut self.newest,
        }
    }

    fn take_out(&mut self, number: u32) {
        let Some(old) = self.items.get_mut(number as usize).and_then(Option::take) else { return };
        self.counts.count(self.marks[number as usize], |count| *count -= 1);
        self.remove_tags(&old);
        self.texts.remove(number);
    }

    fn put_in(&mut self, number: u32, item: Arc<ItemSummary>) {
        let mark = Mark::of(&item);
        self.counts.count(mark, |count| *count += 1);
        self.add_tags(&item);
        // EXPOSE: copied into the wiping buffer that is searched.
        self.texts.put(number, item.title.expose(), item.searched_parts());
        self.marks[number as usize] = mark;
        self.items[number as usize] = Some(item);
    }

    /// Brings `numbers`, some of this listing in `order`, up to what it has after `changed`: what was touched goes, and what is
    /// there now comes where `wanted` says so.
    pub fn splice(&self, order: Order, numbers: &mut Vec<u32>, changed: &Changed, wanted: impl Fn(u32) -> bool) {
        if changed.any {
            numbers.retain(|number| !changed.touched.has(*number));
        }
        let mut new: Vec<u32> = changed.put.iter().copied().filter(|number| wanted(*number)).collect();
        match order {
            Order::Name => new.sort_unstable_by(|one, two| self.compare(order, *one, *two)),
            Order::Newest => new.sort_by_cached_key(|number| self.newest_key(*number)),
        }
        let before = |new: u32| numbers.partition_point(|other| self.compare(order, *other, new).is_lt());
        let places: Vec<usize> = new.iter().map(|number| before(*number)).collect();
        if let ([number], [place]) = (new.as_slice(), places.as_slice()) {
            numbers.insert(*place, *number);
        } else if !new.is_empty() {
            let mut merged = Vec::with_capacity(numbers.len() + new.len());
            let mut taken = 0;
            for (number, place) in new.into_iter().zip(places) {
                merged.extend_from_slice(&numbers[taken..place]);
                taken = place;
                merged.push(number);
            }
            merged.extend_from_slice(&numbers[taken..]);
            *numbers = merged;
        }
    }

    /// Which of two different items comes first: they are never equal.
    fn compare(&self, order: Order, one: u32, two: u32) -> Ordering {
        match order {
            Order::Name => {
                let titles = self.texts.title(one).cmp(self.texts.title(two));
                titles.then_with(|| self.id_of(one).cmp(&self.id_of(two)))
            }
            Order::Newest => self.newest_key(one).cmp(&self.newest_key(two)),
        }
    }

    fn newest_key(&self, number: u32) -> impl Ord + use<> {
        self.item(number).map(|item| (Reverse(item.modified), item.id))
    }

    fn id_of(&self, number: u32) -> Option<ItemId> {
        self.item(number).map(|item| item.id)
    }

    /// All numbers, in an order.
    pub fn in_order(&self, order: Order) -> &[u32] {
        match order {
            Order::Name => &self.by_name,
            Order::Newest => &self.newest,
        }
    }

    /// Where an item is among `numbers`, some of this listing in `order`.
    pub fn place_of(&self, order: Order, numbers: &[u32], item: ItemId) -> Option<usize> {
        let number = self.numbers.get(&item).copied()?;
        numbers.binary_search_by(|other| self.compare(order, *other, number)).ok()
    }

    /// The item of a number.
    pub fn item(&self, number: u32) -> Option<&Arc<ItemSummary>> {
        self.items.get(number as usize)?.as_ref()
    }

    /// What filters ask of the item of a number.
    pub fn mark(&self, number: u32) -> Mark {
        self.marks.get(number as usize).copied().unwrap_or_default()
    }

    /// An item.
    pub fn find(&self, item: ItemId) -> Option<&Arc<ItemSummary>> {
        self.item(*self.numbers.get(&item)?)
    }

    /// The items in which every word of `query` is found; `None` where it has none, and all are.
    pub fn search(&self, query: &LowerQuery) -> Option<Numbers> {
        self.texts.find(query)
    }

    /// Whether every word of `query` is found in the item of a number.
    pub fn is_found(&self, number: u32, query: &LowerQuery) -> bool {
        self.texts.has(number, query)
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// How many there are of each sort.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The tags in use, and how many items outside the trash have each.
    pub fn tags(&self) -> &[(SecretString, usize)] {
        &self.tags
    }

    fn place_of_tag(&self, tag: &SecretString) -> Result<usize, usize> {
        // EXPOSE: compared.
        self.tags.binary_search_by(|(known, _)| known.expose().cmp(tag.expose()))
    }

    fn add_tags(&mut self, item: &ItemSummary) {
        for tag in item.tags.iter().filter(|_| !item.is_trashed()) {
            match self.place_of_tag(tag) {
                Ok(place) => self.tags[place].1 += 1,
                Err(place) => self.tags.insert(place, (tag.duplicate(), 1)),
            }
        }
    }

    fn remove_tags(&mut self, item: &ItemSummary) {
        for tag in item.tags.iter().filter(|_| !item.is_trashed()) {
            let Ok(place) = self.place_of_tag(tag) else { continue };
            self.tags[place].1 -= 1;
            if self.tags[place].1 == 0 {
                self.tags.remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::{CollectionId, SummaryRecord};

    /// A sequence that looks random and is the same each time (SplitMix64).
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (mixed ^ (mixed >> 31)) % end
        }

        fn item(&mut self, id: u8) -> Arc<ItemSummary> {
            let titles = ["bank", "Bank", "Größe", "GRÖSSE", "passport", "Pass", ""];
            let tags = ["work", "Travel", "work", "home"];
            let record = SummaryRecord {
                kind: ["login", "note", "document", "card"][self.below(4) as usize].to_owned(),
                title: SecretString::copy_of(titles[self.below(7) as usize]),
                tags: (0..self.below(3)).map(|_| SecretString::copy_of(tags[self.below(4) as usize])).collect(),
                subtitle: SecretString::default(),
                media_type: String::new(),
                size: 0,
                favourite: self.below(2) == 0,
                trashed: (self.below(4) == 0).then_some(1),
                created: 0,
                modified: i64::try_from(self.below(5)).unwrap(),
                revision: 1,
            };
            Arc::new(ItemSummary::from_record(ItemId([id; 16]), CollectionId([0; 16]), record))
        }
    }

    /// Counted and sorted from the items alone.
    fn holds(listing: &Listing, model: &BTreeMap<u8, Arc<ItemSummary>>) {
        for order in [Order::Name, Order::Newest] {
            let mut sorted: Vec<_> = model.values().collect();
            sorted.sort_by(|one, two| match order {
                Order::Name => {
                    let key = |item: &ItemSummary| (item.title.expose().to_lowercase(), item.id);
                    key(one).cmp(&key(two))
                }
                Order::Newest => two.modified.cmp(&one.modified).then(one.id.cmp(&two.id)),
            });
            let listed: Vec<_> = listing.in_order(order).iter().filter_map(|number| listing.item(*number)).collect();
            assert!(listed.len() == sorted.len() && listed.iter().zip(sorted).all(|(one, two)| Arc::ptr_eq(one, two)));
        }
        let live = || model.values().filter(|item| !item.is_trashed());
        let of = |kind: Kind| live().filter(|item| item.kind == kind).count();
        let counts = Counts {
            all: live().count(),
            favourites: live().filter(|item| item.favourite).count(),
            documents: of(Kind::Document),
            logins: of(Kind::Login),
            notes: of(Kind::Note),
            trash: model.values().filter(|item| item.is_trashed()).count(),
        };
        assert_eq!((listing.counts(), listing.len()), (counts, model.len()));
        let mut tags = BTreeMap::<&str, usize>::new();
        live().flat_map(|item| &item.tags).for_each(|tag| *tags.entry(tag.expose()).or_default() += 1);
        assert!(listing.tags().iter().map(|(tag, count)| (tag.expose(), *count)).eq(tags));
        assert!(model.values().all(|item| listing.find(item.id).is_some_and(|found| Arc::ptr_eq(found, item))));
        for typed in ["a", "pass", "größe", "work pa"] {
            let query = LowerQuery::new(&SecretString::copy_of(typed));
            let found = listing.search(&query).unwrap();
            let all = listing.in_order(Order::Name).iter();
            assert!(all.clone().all(|number| found.has(*number) == listing.item(*number).unwrap().matches(&query)));
            assert!(all.clone().all(|number| found.has(*number) == listing.is_found(*number, &query)), "{typed}");
        }
    }

    #[test]
    fn after_any_changes_it_is_what_it_would_be_made_anew() {
        for seed in 0..40 {
            let mut random = Seeded(seed);
            let mut model: BTreeMap<u8, _> = (0..30).map(|id| (id, random.item(id))).collect();
            let mut listing = Listing::new(model.values().cloned().collect());
            holds(&listing, &model);
            for _ in 0..60 {
                let mut changes = Vec::new();
                for _ in 0..random.below(6) {
                    let id = random.below(50) as u8;
                    let item = (random.below(3) > 0).then(|| random.item(id));
                    match &item {
                        Some(item) => model.insert(id, Arc::clone(item)),
                        None => model.remove(&id),
                    };
                    changes.push((ItemId([id; 16]), item));
                }
                listing.change(changes);
                holds(&listing, &model);
            }
        }
    }
}
