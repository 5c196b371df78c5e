//! The editor of logins, notes, and a document's title and tags.
//!
//! Owns: the draft, until it is saved or dropped.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::tags::Tags;
use crate::secret::SecretString;
use crate::ui::action::{Actions, Purpose};
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, SecretEdit, card, choice, text};
use crate::ui::wording::{Fix, keeping};
use crate::vault::{Field, FieldSpec, Fields, ItemId, ItemSummary, Kind, Retention, SummaryEdit, fields_of};
use crate::worker::{Command, Draft, Generate, Problem};

/// What is being edited.
#[derive(Debug)]
pub struct Editor {
    item: Option<ItemId>,
    kind: Kind,
    title: SecretEdit,
    tags: Tags,
    rows: Vec<Row>,
    /// What was typed for the other kind of a new item, until it is saved.
    spare: Vec<Row>,
    /// Fields of the item that its kind does not know: kept as they are.
    others: Vec<Field>,
    changed: Changed,
    saving: bool,
    problem: Option<Problem>,
    fresh: bool,
    recipe: Generate,
    /// The vault's limit, and the versions that the item has, oldest first.
    limit: Option<(Retention, Vec<u32>)>,
}

#[derive(Debug)]
struct Row {
    spec: &'static FieldSpec,
    edit: SecretEdit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Changed {
    summary: bool,
    fields: bool,
}

/// How the editor's frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditorEnd {
    /// It goes on.
    Open,
    /// The person wants to leave it.
    Leave,
}

const RECIPES: &[(Generate, &str)] = &[
    (Generate::Password(20), "20 characters"),
    (Generate::Password(32), "32 characters"),
    (Generate::Words(5), "5 words"),
    (Generate::Words(7), "7 words"),
];

impl Editor {
    /// A new item.
    pub fn new(kind: Kind) -> Self {
        Self {
            item: None,
            rows: rows_of(&kind),
            spare: rows_of(&other(&kind)),
            kind,
            title: SecretEdit::default(),
            tags: Tags::default(),
            others: Vec::new(),
            changed: Changed::default(),
            saving: false,
            problem: None,
            fresh: true,
            recipe: Generate::Password(20),
            limit: None,
        }
    }

    /// An item that exists; a document has no fields.
    pub fn of(item: &ItemSummary, fields: Fields) -> Self {
        let mut editor = Self::new(item.kind.clone());
        editor.item = Some(item.id);
        editor.title = SecretEdit::of(item.title.duplicate());
        editor.tags = Tags::of(&item.tags);
        for field in fields.0 {
            match editor.rows.iter_mut().find(|row| row.spec.name == field.name) {
                Some(row) => row.edit = SecretEdit::of(field.value),
                None => editor.others.push(field),
            }
        }
        editor
    }

    /// The item that is edited; `None` for a new one.
    pub fn item(&self) -> Option<ItemId> {
        self.item
    }

    /// The vault keeps so many versions, and the item has these, oldest first.
    pub fn limited(&mut self, retention: Retention, versions: Vec<u32>) {
        self.limit = Some((retention, versions));
    }

    /// The versions that a save of this draft removes, as far as was heard.
    pub fn removed(&self) -> &[u32] {
        match &self.limit {
            Some((retention, versions)) if self.changed.fields => {
                let goes = retention.goes_with_the_next(&self.kind, versions.len());
                versions.get(..goes).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Whether something would be lost.
    pub fn is_changed(&self) -> bool {
        self.changed != Changed::default()
    }

    /// It was not saved.
    pub fn failed(&mut self, problem: Problem) {
        self.saving = false;
        self.problem = Some(problem);
    }

    /// A fresh password.
    pub fn generated(&mut self, secret: SecretString) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.spec.name == "password") {
            row.edit.set(secret);
            row.edit.revealed = true;
            self.changed.fields = true;
        }
    }

    /// Draws it; `known` are the vault's tags, and how many items have each.
    pub fn show(&mut self, ui: &mut Ui, known: &[(SecretString, usize)], out: &mut Actions) -> EditorEnd {
        let mut end = EditorEnd::Open;
        self.head(ui, known, &mut end, out);
        if let Some((retention, versions)) = self.limit.as_ref().filter(|_| self.changed.fields) {
            text::small(ui, keeping::limit(*retention, &self.kind, versions));
        }
        if let Some(problem) = &self.problem {
            ui.add_space(space::S);
            let fix = parts::problem(ui, problem);
            if parts::apply(fix, out) == Some(Fix::TryAgain) {
                self.save(known, out);
            }
        }
        ui.add_space(space::M);
        let area = egui::ScrollArea::vertical().auto_shrink(false);
        let submitted = card::scroll(ui, area, size::GUTTER, |ui| self.form(ui, known, out));
        if submitted {
            self.save(known, out);
        }
        end
    }

    /// Every field in the order in which a person fills them in; what takes many lines comes last.
    fn form(&mut self, ui: &mut Ui, known: &[(SecretString, usize)], out: &mut Actions) -> bool {
        let fresh = std::mem::take(&mut self.fresh);
        let title = parts::field(ui, "Title", &mut self.title, |f| f.large().focus(fresh));
        self.changed.summary |= title.changed;
        let mut submitted = title.submitted;
        submitted |= self.fields(ui, out, |spec| !spec.multiline && !is_short(spec));
        ui.columns(if self.rows.iter().any(|row| is_short(row.spec)) { 2 } else { 1 }, |columns| {
            if let Some(ui) = columns.first_mut() {
                let tags = self.tags.show(ui, known);
                self.changed.summary |= tags.changed;
                submitted |= tags.submitted;
            }
            if let Some(ui) = columns.get_mut(1) {
                submitted |= self.fields(ui, out, is_short);
            }
        });
        submitted |= self.fields(ui, out, |spec| spec.multiline);
        ui.add_space(space::L);
        submitted
    }

    fn head(&mut self, ui: &mut Ui, known: &[(SecretString, usize)], end: &mut EditorEnd, out: &mut Actions) {
        ui.horizontal(|ui| {
            ui.set_min_height(44.0);
            let words = match (&self.item, &self.kind) {
                (None, Kind::Note) => "New note",
                (None, _) => "New login",
                (Some(_), Kind::Document) => "Title and tags",
                (Some(_), Kind::Note) => "Edit note",
                (Some(_), _) => "Edit login",
            };
            text::title(ui, words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let words = if self.saving { "Saving…" } else { "Save" };
                let save = Button::primary(words).tip("Ctrl+S").enabled(self.can_save());
                if save.show(ui).clicked() {
                    self.save(known, out);
                }
                if Button::quiet("Cancel").tip("Esc").show(ui).clicked() {
                    *end = EditorEnd::Leave;
                }
            });
        });
        if self.item.is_none() {
            ui.add_space(space::S);
            let kinds = [(0_u8, "Login"), (1, "Note")];
            let now = u8::from(self.kind == Kind::Note);
            if choice::bar(ui, "Kind", now, &kinds).is_some() {
                self.kind = other(&self.kind);
                std::mem::swap(&mut self.rows, &mut self.spare);
                self.fresh = true;
            }
        }
    }

    fn fields(&mut self, ui: &mut Ui, out: &mut Actions, which: impl Fn(&FieldSpec) -> bool) -> bool {
        let mut submitted = false;
        let mut generate = false;
        // As many lines as there is room for, below the label.
        let room = ((ui.available_height() - 40.0) / 21.0).max(0.0) as usize;
        for row in self.rows.iter_mut().filter(|row| which(row.spec)) {
            let spec = row.spec;
            let field = parts::field(ui, spec.label, &mut row.edit, |field| match (spec.multiline, spec.hidden) {
                (true, _) if self.kind == Kind::Note => field.lines(room.clamp(6, 24), room.clamp(14, 24)),
                (true, _) => field.lines(room.clamp(3, 8), 14),
                (false, true) => field.hidden().mono(),
                (false, false) => field,
            });
            self.changed.fields |= field.changed;
            submitted |= field.submitted;
            if spec.name == "password" {
                ui.horizontal_wrapped(|ui| {
                    ui.set_min_height(size::CONTROL);
                    generate = Button::new("Generate").small().icon(Icon::Dices).show(ui).clicked();
                    if let Some(recipe) = choice::bar(ui, "Generate", self.recipe, RECIPES) {
                        self.recipe = recipe;
                    }
                });
                ui.add_space(space::M);
            }
        }
        if generate {
            out.send(Command::Generate(self.recipe), Purpose::Generate);
        }
        submitted
    }

    /// Whether there is something to save, and a title to save it under.
    pub fn can_save(&self) -> bool {
        // EXPOSE: looked at for something other than blanks.
        !self.saving && !self.title.text().expose().trim().is_empty() && (self.item.is_none() || self.is_changed())
    }

    /// Sends the draft, whose tags are written as in `known`; it stays here until it is on the disk.
    pub fn save(&mut self, known: &[(SecretString, usize)], out: &mut Actions) {
        if !self.can_save() {
            return;
        }
        self.saving = true;
        self.problem = None;
        // EXPOSE: copied into a secret without blanks around it.
        let title = SecretString::copy_of(self.title.text().expose().trim());
        let tags = self.tags.all(known);
        let command = match self.item {
            Some(item) if !self.changed.fields => {
                let edit = SummaryEdit { title: Some(title), tags: Some(tags), ..SummaryEdit::default() };
                Command::Describe { edits: vec![(item, edit)] }
            }
            item => {
                Command::SaveItem { item, draft: Draft { kind: self.kind.clone(), title, tags, fields: self.draft() } }
            }
        };
        out.send(command, Purpose::Save);
    }

    fn draft(&self) -> Fields {
        let filled = self.rows.iter().filter(|row| !row.edit.is_empty());
        let field = |name: &str, value: &SecretString, hidden| Field {
            name: name.to_owned(),
            value: value.duplicate(),
            hidden,
        };
        let mut fields: Vec<_> = filled.map(|row| field(row.spec.name, row.edit.text(), row.spec.hidden)).collect();
        fields.extend(self.others.iter().map(|other| field(&other.name, &other.value, other.hidden)));
        Fields(fields)
    }
}

/// What shares its line with the tags.
fn is_short(spec: &FieldSpec) -> bool {
    spec.name == "totp"
}

fn rows_of(kind: &Kind) -> Vec<Row> {
    fields_of(kind).iter().map(|spec| Row { spec, edit: SecretEdit::default() }).collect()
}

/// The other kind that a new item can be of.
fn other(kind: &Kind) -> Kind {
    if *kind == Kind::Note { Kind::Login } else { Kind::Note }
}
