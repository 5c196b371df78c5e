//! The items of an open vault, ordered and counted.
//!
//! Owns: both orders, the counts and the tags. May not touch: what is filtered or searched. Invariant: after any changes it is
//! what it would be if it were made anew. Making it takes as long as sorting; a change takes a few copies of pointers, so
//! that the window only ever applies changes.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::format::v1::ItemId;
use crate::secret::SecretString;

use super::{ItemSummary, Kind};

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

impl Order {
    /// Which of two different items comes first: they are never equal.
    fn compare(self, one: &ItemSummary, two: &ItemSummary) -> Ordering {
        let first = match self {
            Self::Name => one.compare_titles(two),
            Self::Newest => two.modified.cmp(&one.modified),
        };
        first.then(one.id.cmp(&two.id))
    }

    /// Where an item is among `items`, which are in this order.
    pub fn place_of(self, items: &[Arc<ItemSummary>], item: &ItemSummary) -> Option<usize> {
        items.binary_search_by(|other| self.compare(other, item)).ok()
    }

    /// Takes `old` out of `items`, which are in this order, and puts `new` into it. What is in neither stays untouched.
    pub fn splice(self, items: &mut Vec<Arc<ItemSummary>>, old: &[Arc<ItemSummary>], mut new: Vec<Arc<ItemSummary>>) {
        let mut gone: Vec<usize> = old.iter().filter_map(|item| self.place_of(items, item)).collect();
        gone.sort_unstable();
        let mut gone = gone.into_iter().peekable();
        if gone.peek().is_some() {
            let mut index = 0;
            items.retain(|_| {
                let stays = gone.next_if_eq(&index).is_none();
                index += 1;
                stays
            });
        }
        if new.is_empty() {
            return;
        }
        new.sort_unstable_by(|one, two| self.compare(one, two));
        let before = |item: &ItemSummary| items.partition_point(|other| self.compare(other, item).is_lt());
        let places: Vec<usize> = new.iter().map(|item| before(item)).collect();
        let mut merged = Vec::with_capacity(items.len() + new.len());
        let mut rest = std::mem::take(items).into_iter();
        let mut taken = 0;
        for (item, place) in new.into_iter().zip(places) {
            merged.extend(rest.by_ref().take(place - taken));
            taken = place;
            merged.push(item);
        }
        merged.extend(rest);
        *items = merged;
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
    fn count(&mut self, item: &ItemSummary, step: impl Fn(&mut usize)) {
        if item.trashed {
            return step(&mut self.trash);
        }
        step(&mut self.all);
        if item.favourite {
            step(&mut self.favourites);
        }
        match item.kind {
            Kind::Document => step(&mut self.documents),
            Kind::Login => step(&mut self.logins),
            Kind::Note => step(&mut self.notes),
            Kind::Other(_) => {}
        }
    }
}

/// What a change took out of a [`Listing`], and what it put into it.
#[derive(Debug, Default)]
pub struct Changed {
    /// The items as they were.
    pub old: Vec<Arc<ItemSummary>>,
    /// The items as they are.
    pub new: Vec<Arc<ItemSummary>>,
}

/// The items of a vault, trashed ones too.
#[derive(Debug, Default)]
pub struct Listing {
    items: HashMap<ItemId, Arc<ItemSummary>>,
    by_name: Vec<Arc<ItemSummary>>,
    newest: Vec<Arc<ItemSummary>>,
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

    /// Takes in changes; the last one of an item counts.
    pub fn change(&mut self, changes: Vec<ItemChange>) -> Changed {
        let changes: BTreeMap<_, _> = changes.into_iter().collect();
        let mut changed = Changed::default();
        for (id, item) in changes {
            let old = match item {
                Some(item) => {
                    self.counts.count(&item, |count| *count += 1);
                    self.add_tags(&item);
                    changed.new.push(Arc::clone(&item));
                    self.items.insert(id, item)
                }
                None => self.items.remove(&id),
            };
            if let Some(old) = old {
                self.counts.count(&old, |count| *count -= 1);
                self.remove_tags(&old);
                changed.old.push(old);
            }
        }
        Order::Name.splice(&mut self.by_name, &changed.old, changed.new.clone());
        Order::Newest.splice(&mut self.newest, &changed.old, changed.new.clone());
        changed
    }

    /// The items in an order.
    pub fn in_order(&self, order: Order) -> &[Arc<ItemSummary>] {
        match order {
            Order::Name => &self.by_name,
            Order::Newest => &self.newest,
        }
    }

    /// An item.
    pub fn find(&self, item: ItemId) -> Option<&Arc<ItemSummary>> {
        self.items.get(&item)
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are of each sort.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The tags in use, and how many items outside the trash have each.
    pub fn tags(&self) -> &[(SecretString, usize)] {
        &self.tags
    }

    fn place_of(&self, tag: &SecretString) -> Result<usize, usize> {
        // EXPOSE: compared.
        self.tags.binary_search_by(|(known, _)| known.expose().cmp(tag.expose()))
    }

    fn add_tags(&mut self, item: &ItemSummary) {
        for tag in item.tags.iter().filter(|_| !item.trashed) {
            match self.place_of(tag) {
                Ok(place) => self.tags[place].1 += 1,
                Err(place) => self.tags.insert(place, (tag.duplicate(), 1)),
            }
        }
    }

    fn remove_tags(&mut self, item: &ItemSummary) {
        for tag in item.tags.iter().filter(|_| !item.trashed) {
            let Ok(place) = self.place_of(tag) else { continue };
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
                trashed: self.below(4) == 0,
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
            let listed = listing.in_order(order);
            assert!(listed.len() == sorted.len() && listed.iter().zip(sorted).all(|(one, two)| Arc::ptr_eq(one, two)));
        }
        let live = || model.values().filter(|item| !item.trashed);
        let of = |kind: Kind| live().filter(|item| item.kind == kind).count();
        let counts = Counts {
            all: live().count(),
            favourites: live().filter(|item| item.favourite).count(),
            documents: of(Kind::Document),
            logins: of(Kind::Login),
            notes: of(Kind::Note),
            trash: model.values().filter(|item| item.trashed).count(),
        };
        assert_eq!((listing.counts(), listing.len()), (counts, model.len()));
        let mut tags = BTreeMap::<&str, usize>::new();
        live().flat_map(|item| &item.tags).for_each(|tag| *tags.entry(tag.expose()).or_default() += 1);
        assert!(listing.tags().iter().map(|(tag, count)| (tag.expose(), *count)).eq(tags));
        assert!(model.values().all(|item| listing.find(item.id).is_some_and(|found| Arc::ptr_eq(found, item))));
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
