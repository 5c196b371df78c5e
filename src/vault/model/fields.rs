//! The fields of an item, and which fields each kind has.

use crate::secret::SecretString;

use super::Kind;

/// One field's name, and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The name, as it is stored and as the command line has it.
    pub name: &'static str,
    /// What the window calls it.
    pub label: &'static str,
    /// Whether it is shown only when it is asked for.
    pub hidden: bool,
    /// Whether it may have several lines.
    pub multiline: bool,
}

const fn field(name: &'static str, label: &'static str, hidden: bool, multiline: bool) -> FieldSpec {
    FieldSpec { name, label, hidden, multiline }
}

const LOGIN: &[FieldSpec] = &[
    field("username", "User name", false, false),
    field("password", "Password", true, false),
    field("url", "Website", false, false),
    field("notes", "Notes", false, true),
    field("totp", "One-time code secret", true, false),
];

const NOTE: &[FieldSpec] = &[field("text", "Text", false, true)];

/// The fields of a kind, in the order they are shown; none for documents and kinds that are not known.
pub fn fields_of(kind: &Kind) -> &'static [FieldSpec] {
    match kind {
        Kind::Login => LOGIN,
        Kind::Note => NOTE,
        Kind::Document | Kind::Other(_) => &[],
    }
}

/// One field of an item: plaintext.
#[derive(Debug)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its value.
    pub value: SecretString,
    /// Whether it is shown only when it is asked for.
    pub hidden: bool,
}

/// An item's fields, as they were saved.
#[derive(Debug, Default)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// The value of the field `name`, if it was saved.
    pub fn value(&self, name: &str) -> Option<&SecretString> {
        self.0.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// Puts `value` in the field `name`: replaces it, or adds it as the kind's list of fields has it.
    pub fn set(&mut self, kind: &Kind, name: &str, value: SecretString) {
        if let Some(field) = self.0.iter_mut().find(|field| field.name == name) {
            field.value = value;
            return;
        }
        let hidden = fields_of(kind).iter().any(|spec| spec.name == name && spec.hidden);
        self.0.push(Field { name: name.to_owned(), value, hidden });
    }

    /// What a list shows below the title: a login's user name.
    pub fn subtitle(&self, kind: &Kind) -> SecretString {
        match kind {
            Kind::Login => self.value("username").map(SecretString::duplicate).unwrap_or_default(),
            _ => SecretString::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_replaces_or_adds_as_the_kind_has_it() {
        let mut fields = Fields::default();
        fields.set(&Kind::Login, "password", SecretString::copy_of("one"));
        fields.set(&Kind::Login, "password", SecretString::copy_of("two"));
        fields.set(&Kind::Login, "username", SecretString::copy_of("anna"));
        assert_eq!(fields.0.len(), 2);
        assert!(fields.0[0].hidden && !fields.0[1].hidden);
        assert_eq!(fields.value("password").map(|value| value.expose() == "two"), Some(true));
        assert_eq!(fields.subtitle(&Kind::Login).expose(), "anna");
        assert!(fields.subtitle(&Kind::Note).is_empty());
    }
}
