//! What was found wrong with a vault, in people's words.

use super::{Words, sentence, words};
use crate::ui::show;
use crate::vault::Finding;

/// How much is wrong with a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// It is not the copy that was seen here last.
    pub history: Option<History>,
    /// How many items are not as they were written.
    pub items: usize,
    /// How many other things are not.
    pub rest: usize,
}

/// How a vault's history differs from the one that was seen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// It ends earlier: so many changes are missing.
    Older(u64),
    /// It went another way.
    Other,
}

impl Extent {
    /// Takes in how the history differs; the worst is told.
    pub fn see(&mut self, history: History) {
        self.history = Some(match (self.history, history) {
            (Some(History::Older(one)), History::Older(two)) => History::Older(one.max(two)),
            (Some(older @ History::Older(_)), _) | (_, older) => older,
        });
    }

    fn is_damaged(&self) -> bool {
        self.items + self.rest > 0
    }

    /// What stands above the vault.
    pub fn told(&self) -> Words {
        let stays = "What is intact still opens. Nothing is saved until you decide.";
        match self.history {
            Some(history) if self.is_damaged() => words(history.words(), format!("{} {stays}", self.damage()), None),
            Some(history) => words(history.words(), "You can read it. Nothing is saved until you decide.", None),
            None => words(self.damage(), stays, None),
        }
    }

    fn damage(&self) -> String {
        let who = match (self.items, self.rest) {
            (0, _) => return "Parts of this vault were changed outside Sealkeep and can't be trusted.".to_owned(),
            (1, 0) => return "1 item was changed outside Sealkeep and can't be trusted.".to_owned(),
            (items, 0) => show::count(items as u64, "item"),
            (items, _) => format!("{} and other parts of this vault", show::count(items as u64, "item")),
        };
        format!("{who} were changed outside Sealkeep and can't be trusted.")
    }

    /// What the button says that takes the vault as it is.
    pub fn go_on(&self) -> &'static str {
        if self.history.is_some() { "Restore was intended" } else { "Save anyway" }
    }

    /// The question before that: its title, what it means, and what the answer does.
    pub fn question(&self) -> (&'static str, String, &'static str) {
        let from_now_on = "From now on Sealkeep takes this copy as the true one on this computer, and saves to it.";
        let lost = match self.history {
            Some(History::Older(1)) => "The missing change stays missing. ".to_owned(),
            Some(History::Older(missing)) => format!("The {} missing changes stay missing. ", show::grouped(missing)),
            Some(History::Other) => "What only the other copy has stays missing. ".to_owned(),
            None => String::new(),
        };
        let damaged = if self.is_damaged() {
            "What was changed stays marked and untrusted, and what is gone stays gone. "
        } else {
            ""
        };
        let meaning = format!("{lost}{damaged}{from_now_on}");
        match self.history {
            Some(_) => ("Go on with this copy?", meaning, "Go on with this copy"),
            None => ("Save to this vault as it is?", meaning, "Save anyway"),
        }
    }

    /// What is said once it was taken as it is.
    pub fn accepted(&self) -> &'static str {
        if self.history.is_some() {
            "This copy counts from now on. It can be saved to again."
        } else {
            "The vault can be saved to again. What was changed stays marked."
        }
    }
}

impl History {
    fn words(self) -> String {
        match self {
            Self::Older(missing) => {
                let missing = match missing {
                    1 => "1 change is missing".to_owned(),
                    many => format!("{} changes are missing", show::grouped(many)),
                };
                format!("This vault is older than the one you opened here ({missing}).")
            }
            Self::Other => "This vault is another copy than the one you opened here, and has other changes.".to_owned(),
        }
    }
}

/// How a finding tells of the vault's history, if it does.
pub fn history_of(what: &Finding) -> Option<History> {
    match what {
        Finding::OlderCopy { missing } => Some(History::Older(*missing)),
        Finding::OtherHistory => Some(History::Other),
        _ => None,
    }
}

/// A finding in a sentence, below the name of what it is about.
pub fn finding(what: &Finding) -> String {
    let version = |number: &u32, how: &str| format!("Version {number} {how}.");
    match what {
        Finding::OlderCopy { .. } | Finding::OtherHistory => {
            history_of(what).map_or_else(String::new, |history| history.words())
        }
        Finding::OtherIndexKey => {
            "Its own key is not the one that was seen here: somebody else can have made all of it.".to_owned()
        }
        Finding::NewIndexKey => {
            "Its list has a newer key than was seen here: it got new keys on another machine, or somebody else made all of this. Ask who did it."
                .to_owned()
        }
        Finding::CollectionMissing => "A part that was here before is missing.".to_owned(),
        Finding::CollectionAdded => "A part was added that was never seen here.".to_owned(),
        Finding::Slots => "What opens it was changed outside Sealkeep.".to_owned(),
        Finding::Head => "The head of its list was changed.".to_owned(),
        Finding::IndexKey => "The key of its list can't be unwrapped.".to_owned(),
        Finding::ItemUnreadable(_) => "It is there and can't be read.".to_owned(),
        Finding::BodyUnreadable { number, .. } => version(number, "can't be read"),
        Finding::Name => "Its inner name was changed.".to_owned(),
        Finding::IndexWraps => "The wrapped keys of its list were changed.".to_owned(),
        Finding::PageMissing(number) => format!("Page {number} of its list is missing."),
        Finding::PageChanged(number) => format!("Page {number} of its list was changed."),
        Finding::PageAdded(number) => format!("Page {number} was added to its list."),
        Finding::PageUnreadable { page, .. } => format!("The items on page {page} of its list can't be read."),
        Finding::ItemMissing => "It is missing.".to_owned(),
        Finding::ItemAdded => "It was added outside Sealkeep, or brought back after it was deleted.".to_owned(),
        Finding::SummaryMissing(_) => "A title that it has or had is missing.".to_owned(),
        Finding::SummaryChanged(_) => "A title that it has or had was changed.".to_owned(),
        Finding::SummaryAdded(_) => "A title was added to it.".to_owned(),
        Finding::RevisionMissing(number) => version(number, "is missing"),
        Finding::RevisionChanged(number) => version(number, "was changed"),
        Finding::RevisionAdded(number) => version(number, "was added"),
        Finding::WrapsChanged(number) => format!("The wrapped key of version {number} was changed."),
        Finding::BodyMissing(number) => format!("The file of version {number} is missing."),
        Finding::BodyChanged(number) => version(number, "was changed or cut short"),
        Finding::BodyLocked { number, .. } => version(number, "can't be opened any more"),
        Finding::RowsAdded { count, .. } => {
            format!("{} added that Sealkeep never saved.", if *count == 1 { "An entry was" } else { "Entries were" })
        }
        Finding::Structure(what) => sentence(&format!("the database is damaged: {what}")),
        Finding::Stranger(path) => {
            format!("“{}” lies among its documents and is none.", show::file_name(path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_copy_says_how_much_is_missing() {
        let older = Extent { history: Some(History::Older(2)), ..Extent::default() };
        assert_eq!(older.told().happened, "This vault is older than the one you opened here (2 changes are missing).");
        let (_, meaning, _) = older.question();
        assert!(meaning.starts_with("The 2 missing changes stay missing.") && meaning.contains("the true one"));
        assert!(!meaning.contains("marked"), "nothing in it is damaged: {meaning}");
    }

    #[test]
    fn damage_says_how_many_items_it_is_about() {
        let told = |items, rest| Extent { history: None, items, rest }.told().happened;
        assert_eq!(told(3, 0), "3 items were changed outside Sealkeep and can't be trusted.");
        assert_eq!(told(1, 0), "1 item was changed outside Sealkeep and can't be trusted.");
        assert!(told(1, 2).starts_with("1 item and other parts of this vault were changed"));
        assert!(told(0, 1).starts_with("Parts of this vault were changed"));
    }

    #[test]
    fn damage_in_an_older_copy_is_told_too() {
        let both = Extent { history: Some(History::Other), items: 2, rest: 0 };
        assert!(both.told().to_do.starts_with("2 items were changed outside Sealkeep"));
        assert!(both.question().1.contains("stays missing") && both.question().1.contains("stays marked"));
    }
}
