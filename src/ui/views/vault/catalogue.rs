//! The items of an open vault: which are shown, in which order, and how many there are of each.
//!
//! Owns: the order, the filter and the search. Invariant: what is shown follows from items, filter and search alone; nothing
//! is searched but what the list shows anyway.

use std::sync::Arc;

use jiff::Timestamp;

use crate::secret::SecretString;
use crate::ui::widgets::SecretEdit;
use crate::vault::{Counts, ItemChange, ItemId, ItemSummary, Kind, Listing, LowerQuery, Order};

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

    fn takes(&self, items: &Listing, number: u32) -> bool {
        let mark = items.mark(number);
        let is = |asked: &dyn Fn(&ItemSummary) -> bool| items.item(number).is_some_and(|item| asked(item));
        match self {
            Self::Trash => mark.is_trashed(),
            _ if mark.is_trashed() => false,
            Self::All => true,
            Self::Favourites => mark.is_favourite(),
            Self::Kind(kind) => mark.kind().map_or_else(|| is(&|item| item.kind == *kind), |own| own == *kind),
            Self::Tag(tag) => is(&|item| item.tags.iter().any(|own| own.same_as(tag))),
        }
    }
}

/// The items, and which are shown.
#[derive(Debug, Default)]
pub struct Catalogue {
    items: Listing,
    /// Numbers of `items`, in the order of the list.
    shown: Vec<u32>,
    filter: Filter,
    order: Order,
    /// What is shown was searched for this.
    query: LowerQuery,
    /// What was typed into the search field; call [`Catalogue::searched`] when it changed.
    pub search: SecretEdit,
}

impl Catalogue {
    /// The items of a vault, trashed ones too.
    pub fn new(items: Listing) -> Self {
        let mut catalogue = Self { items, ..Self::default() };
        catalogue.show_anew();
        catalogue
    }

    /// Takes in changes of items; filter, search and order stay.
    pub fn change(&mut self, changes: Vec<ItemChange>) {
        let changed = self.items.change(changes);
        let (items, filter, query) = (&self.items, &self.filter, &self.query);
        let wanted = |number| filter.takes(items, number) && items.is_found(number, query);
        items.splice(self.order, &mut self.shown, &changed, wanted);
    }

    /// Changes the filter.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.query = LowerQuery::new(self.search.text());
        self.show_anew();
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Changes the order.
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.show_anew();
    }

    /// The order.
    pub fn order(&self) -> Order {
        self.order
    }

    /// How many there are of each sort.
    pub fn counts(&self) -> Counts {
        self.items.counts()
    }

    /// The tags in use, and how many items have each.
    pub fn tags(&self) -> &[(SecretString, usize)] {
        self.items.tags()
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
        self.shown.get(row).and_then(|number| self.items.item(*number))
    }

    /// Those that are shown.
    pub fn listed(&self) -> Vec<ItemId> {
        (0..self.len()).filter_map(|row| self.row(row)).map(|item| item.id).collect()
    }

    /// Whether a search or a filter leaves some out.
    pub fn is_narrowed(&self) -> bool {
        !self.search.is_empty() || !self.filter.is(&Filter::All)
    }

    /// The row of an item.
    pub fn row_of(&self, item: ItemId) -> Option<usize> {
        self.items.place_of(self.order, &self.shown, item)
    }

    /// An item, shown or not.
    pub fn find(&self, item: ItemId) -> Option<&Arc<ItemSummary>> {
        self.items.find(item)
    }

    /// The items in the trash.
    pub fn trashed(&self) -> Vec<(ItemId, Option<Timestamp>)> {
        let trashed = self.items.in_order(self.order).iter().filter(|number| self.items.mark(**number).is_trashed());
        trashed.filter_map(|number| self.items.item(*number)).map(|item| (item.id, item.trashed)).collect()
    }

    /// The search has changed.
    pub fn searched(&mut self) {
        self.query = LowerQuery::new(self.search.text());
        self.show_anew();
    }

    fn show_anew(&mut self) {
        let found = self.items.search(&self.query);
        let is_found = |number| found.as_ref().is_none_or(|found| found.has(number));
        let (items, filter) = (&self.items, &self.filter);
        self.shown.clear();
        let all = items.in_order(self.order).iter().copied();
        self.shown.extend(all.filter(|number| is_found(*number) && filter.takes(items, *number)));
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
            trashed: trashed.then_some(1),
            created: 0,
            modified: i64::from(number),
            revision: 1,
        };
        Arc::new(ItemSummary::from_record(ItemId([number; 16]), CollectionId([0; 16]), record))
    }

    fn catalogue() -> Catalogue {
        Catalogue::new(Listing::new(vec![
            item(1, "github", "login", false),
            item(2, "Passport.pdf", "document", false),
            item(3, "Door codes", "note", false),
            item(4, "Old bank", "login", true),
        ]))
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

    #[test]
    fn what_is_shown_after_typing_and_changes_is_what_a_new_list_shows() {
        let titles = ["Bank", "bank card", "Passport", "passbook", "Door", "ban pass"];
        let kinds = ["login", "note", "document"];
        let make = |id: u8, turn: usize| item(id, titles[turn % 6], kinds[turn % 3], turn.is_multiple_of(5));
        let mut items: Vec<_> = (0..60).map(|id| make(id, usize::from(id) * 7 + 3)).collect();
        let mut catalogue = Catalogue::new(Listing::new(items.clone()));
        let typed = ["p", "pa", "pas", "pass", "pass b", "pass ba", "pass", "b", "ba", "an ba", "x", "", " d", "do"];
        for turn in 0..200 {
            catalogue.search.set(SecretString::copy_of(typed[turn % typed.len()]));
            catalogue.searched();
            let id = (turn * 11 % 60) as u8;
            let changed = make(id, turn * 13 + turn / 6);
            items[usize::from(id)] = Arc::clone(&changed);
            catalogue.change(vec![(changed.id, Some(changed))]);
            if turn % 17 == 0 {
                catalogue.set_order(if turn % 2 == 0 { Order::Newest } else { Order::Name });
            }
            if turn % 23 == 0 {
                catalogue.set_filter(if turn % 2 == 0 { Filter::Kind(Kind::Note) } else { Filter::All });
            }
            let mut anew = Catalogue::new(Listing::new(items.clone()));
            anew.order = catalogue.order;
            anew.search.set(SecretString::copy_of(typed[turn % typed.len()]));
            anew.set_filter(match catalogue.filter() {
                Filter::Kind(kind) => Filter::Kind(kind.clone()),
                _ => Filter::All,
            });
            let ids =
                |of: &Catalogue| (0..of.len()).filter_map(|row| of.row(row)).map(|item| item.id).collect::<Vec<_>>();
            assert_eq!(ids(&anew), ids(&catalogue), "turn {turn}");
            let rows = ids(&anew).into_iter().map(|item| catalogue.row_of(item));
            assert!(rows.eq((0..anew.len()).map(Some)), "turn {turn}");
        }
    }
}
