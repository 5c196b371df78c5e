//! The items of an open vault: which are shown, in which order, and how many there are of each.
//!
//! Owns: the order, the filter and the search. Invariant: what is shown follows from items, filter and search alone; nothing
//! is searched but what the list shows anyway.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::secret::SecretString;
use crate::ui::widgets::SecretEdit;
use crate::vault::{ItemId, ItemSummary, Kind, LowerQuery};

/// Which items are shown, before the search.
#[derive(Debug, Default)]
pub enum Filter {
    /// All that are not in the trash.
    #[default]
    All,
    /// The marked ones.
    Favourites,
    /// Those of a kind.
    Kind(Kind),
    /// Those with a tag.
    Tag(SecretString),
    /// The trash.
    Trash,
}

impl Filter {
    /// Whether it is the same one.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All) | (Self::Favourites, Self::Favourites) | (Self::Trash, Self::Trash) => true,
            (Self::Kind(one), Self::Kind(two)) => one == two,
            (Self::Tag(one), Self::Tag(two)) => one.same_as(two),
            _ => false,
        }
    }

    fn takes(&self, item: &ItemSummary) -> bool {
        match self {
            Self::Trash => item.trashed,
            _ if item.trashed => false,
            Self::All => true,
            Self::Favourites => item.favourite,
            Self::Kind(kind) => item.kind == *kind,
            Self::Tag(tag) => item.tags.iter().any(|own| own.same_as(tag)),
        }
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By title.
    #[default]
    Name,
    /// The ones changed last first.
    Newest,
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

/// The items, and which are shown.
#[derive(Debug, Default)]
pub struct Catalogue {
    items: Vec<Arc<ItemSummary>>,
    shown: Vec<usize>,
    counts: Counts,
    tags: Vec<(SecretString, usize)>,
    filter: Filter,
    order: Order,
    /// What was typed into the search field; call [`Catalogue::searched`] when it changed.
    pub search: SecretEdit,
}

impl Catalogue {
    /// The items of a vault, trashed ones too.
    pub fn new(items: Vec<Arc<ItemSummary>>) -> Self {
        let mut catalogue = Self::default();
        catalogue.replace(items);
        catalogue
    }

    /// Takes the items anew; filter, search and order stay.
    pub fn replace(&mut self, items: Vec<Arc<ItemSummary>>) {
        self.items = items;
        self.count();
        self.sort();
    }

    /// Changes the filter.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.searched();
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Changes the order.
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.sort();
    }

    /// The order.
    pub fn order(&self) -> Order {
        self.order
    }

    /// How many there are of each sort.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The tags in use, and how many items have each.
    pub fn tags(&self) -> &[(SecretString, usize)] {
        &self.tags
    }

    /// How many are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The item in a row.
    pub fn row(&self, row: usize) -> Option<&Arc<ItemSummary>> {
        self.shown.get(row).and_then(|index| self.items.get(*index))
    }

    /// The row of an item.
    pub fn row_of(&self, item: ItemId) -> Option<usize> {
        self.shown.iter().position(|index| self.items.get(*index).is_some_and(|summary| summary.id == item))
    }

    /// An item, shown or not.
    pub fn find(&self, item: ItemId) -> Option<&Arc<ItemSummary>> {
        self.items.iter().find(|summary| summary.id == item)
    }

    /// The items in the trash.
    pub fn trashed(&self) -> Vec<ItemId> {
        self.items.iter().filter(|item| item.trashed).map(|item| item.id).collect()
    }

    /// The search or the filter has changed.
    pub fn searched(&mut self) {
        let query = LowerQuery::new(self.search.text());
        let searching = !self.search.is_empty();
        self.shown.clear();
        for (index, item) in self.items.iter().enumerate() {
            if self.filter.takes(item) && (!searching || item.matches(&query)) {
                self.shown.push(index);
            }
        }
    }

    fn count(&mut self) {
        let mut counts = Counts::default();
        let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
        for item in &self.items {
            if item.trashed {
                counts.trash += 1;
                continue;
            }
            counts.all += 1;
            counts.favourites += usize::from(item.favourite);
            match item.kind {
                Kind::Document => counts.documents += 1,
                Kind::Login => counts.logins += 1,
                Kind::Note => counts.notes += 1,
                Kind::Other(_) => {}
            }
            for tag in &item.tags {
                // EXPOSE: compared while they are counted.
                *tags.entry(tag.expose()).or_default() += 1;
            }
        }
        let tags = tags.into_iter().map(|(tag, count)| (SecretString::copy_of(tag), count)).collect();
        self.counts = counts;
        self.tags = tags;
    }

    fn sort(&mut self) {
        match self.order {
            Order::Newest => self.items.sort_by(|one, two| two.modified.cmp(&one.modified).then(one.id.cmp(&two.id))),
            Order::Name => {
                let items = std::mem::take(&mut self.items);
                let lower = |item: &Arc<ItemSummary>| {
                    // EXPOSE: in lower case, for the time of the sort; wiped after it.
                    SecretString::new(item.title.expose().to_lowercase())
                };
                let mut named: Vec<_> = items.into_iter().map(|item| (lower(&item), item)).collect();
                // EXPOSE: compared.
                named.sort_by(|(one, a), (two, b)| one.expose().cmp(two.expose()).then(a.id.cmp(&b.id)));
                self.items = named.into_iter().map(|(_, item)| item).collect();
            }
        }
        self.searched();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::SummaryRecord;
    use crate::vault::CollectionId;

    fn item(number: u8, title: &str, kind: &str, trashed: bool) -> Arc<ItemSummary> {
        let record = SummaryRecord {
            kind: kind.to_owned(),
            title: SecretString::copy_of(title),
            tags: if kind == "login" { vec![SecretString::copy_of("work")] } else { Vec::new() },
            subtitle: SecretString::default(),
            media_type: String::new(),
            size: 0,
            favourite: number == 1,
            trashed,
            created: 0,
            modified: i64::from(number),
            revision: 1,
        };
        Arc::new(ItemSummary::from_record(ItemId([number; 16]), CollectionId([0; 16]), record))
    }

    fn catalogue() -> Catalogue {
        Catalogue::new(vec![
            item(1, "github", "login", false),
            item(2, "Passport.pdf", "document", false),
            item(3, "Door codes", "note", false),
            item(4, "Old bank", "login", true),
        ])
    }

    fn titles(catalogue: &Catalogue) -> Vec<String> {
        (0..catalogue.len()).filter_map(|row| catalogue.row(row)).map(|item| item.title.expose().to_owned()).collect()
    }

    #[test]
    fn the_trash_is_apart_and_the_counts_agree() {
        let mut catalogue = catalogue();
        assert_eq!(titles(&catalogue), ["Door codes", "github", "Passport.pdf"]);
        let counts = Counts { all: 3, favourites: 1, documents: 1, logins: 1, notes: 1, trash: 1 };
        assert_eq!(catalogue.counts(), counts);
        assert_eq!(catalogue.tags().len(), 1);
        catalogue.set_filter(Filter::Trash);
        assert_eq!(titles(&catalogue), ["Old bank"]);
    }

    #[test]
    fn search_and_filter_and_order_work_together() {
        let mut catalogue = catalogue();
        catalogue.search.set(SecretString::copy_of("PASS"));
        catalogue.searched();
        assert_eq!(titles(&catalogue), ["Passport.pdf"]);
        catalogue.set_filter(Filter::Kind(Kind::Login));
        assert!(catalogue.is_empty());
        catalogue.search.take();
        catalogue.set_filter(Filter::All);
        catalogue.set_order(Order::Newest);
        assert_eq!(titles(&catalogue), ["Door codes", "Passport.pdf", "github"]);
        assert_eq!(catalogue.row_of(ItemId([2; 16])), Some(1));
        assert_eq!(catalogue.row_of(ItemId([4; 16])), None);
    }
}
