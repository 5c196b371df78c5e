//! What a list shows of an item.

use crate::secret::{SecretBytes, SecretString};

use super::codec::{Reader, Writer};
use super::{MAX_SUBTITLE, MAX_TAG, MAX_TAGS, MAX_TITLE, Malformed};

const WHAT: &str = "summary";
const FAVOURITE: u8 = 1;
const NOT_TRASHED: i64 = 0;

/// A summary's content: plaintext.
#[derive(Debug)]
pub struct SummaryRecord {
    /// `login`, `note`, `document`, or what a later version calls it.
    pub kind: String,
    /// The title.
    pub title: SecretString,
    /// The tags.
    pub tags: Vec<SecretString>,
    /// A login's user name.
    pub subtitle: SecretString,
    /// A document's media type, else empty.
    pub media_type: String,
    /// A document's length in bytes, else 0.
    pub size: u64,
    /// Marked by the person.
    pub favourite: bool,
    /// When it went into the trash, in seconds since 1970, if it is there.
    pub trashed: Option<i64>,
    /// When the item was made, in seconds since 1970.
    pub created: i64,
    /// When its title, its tags or its content was last changed, in seconds since 1970.
    pub modified: i64,
    /// Which body belongs to it.
    pub revision: u32,
}

impl SummaryRecord {
    /// The record's bytes.
    ///
    /// # Errors
    /// [`Malformed`], naming the part, where one is longer than its limit.
    pub fn to_bytes(&self) -> Result<SecretBytes, Malformed> {
        check(self.title.len() <= MAX_TITLE, "title")?;
        check(self.tags.len() <= MAX_TAGS && self.tags.iter().all(|tag| tag.len() <= MAX_TAG), "tags")?;
        check(self.subtitle.len() <= MAX_SUBTITLE && self.media_type.len() <= MAX_SUBTITLE, "subtitle")?;
        let mut writer = Writer::default();
        writer.u8(1).lp16(self.kind.as_bytes(), "kind")?;
        // EXPOSE: encoded into a secret, which is then sealed.
        writer.lp16(self.title.expose().as_bytes(), "title")?.count16(self.tags.len(), "tags")?;
        for tag in &self.tags {
            // EXPOSE: as above.
            writer.lp16(tag.expose().as_bytes(), "tags")?;
        }
        // EXPOSE: as above.
        writer.lp16(self.subtitle.expose().as_bytes(), "subtitle")?;
        writer.lp16(self.media_type.as_bytes(), "media type")?;
        let flags = if self.favourite { FAVOURITE } else { 0 };
        writer.u64(self.size).u8(flags).i64(self.created).i64(self.modified);
        // 0 stands for none, also where a clock said so.
        writer.i64(self.trashed.map_or(NOT_TRASHED, |when| when.max(1))).u32(self.revision);
        Ok(writer.finish())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn from_bytes(bytes: &SecretBytes) -> Result<Self, Malformed> {
        // EXPOSE: decoded into secrets.
        let mut reader = Reader::new(bytes.expose(), WHAT);
        reader.version_1()?;
        let kind = reader.lp16().and_then(|kind| reader.plain_text(kind))?;
        let title = reader.lp16().and_then(|title| reader.text(title))?;
        let count = reader.u16()?;
        check(count <= MAX_TAGS, WHAT)?;
        let mut tags = Vec::with_capacity(count);
        for _ in 0..count {
            tags.push(reader.lp16().and_then(|tag| reader.text(tag))?);
        }
        let subtitle = reader.lp16().and_then(|subtitle| reader.text(subtitle))?;
        let media_type = reader.lp16().and_then(|media_type| reader.plain_text(media_type))?;
        let size = reader.u64()?;
        let flags = reader.u8()?;
        check(flags & !FAVOURITE == 0, WHAT)?;
        let (created, modified) = (reader.i64()?, reader.i64()?);
        let trashed = reader.i64()?;
        check(trashed >= NOT_TRASHED, WHAT)?;
        let record = Self {
            kind,
            title,
            tags,
            subtitle,
            media_type,
            size,
            favourite: flags & FAVOURITE != 0,
            trashed: (trashed != NOT_TRASHED).then_some(trashed),
            created,
            modified,
            revision: reader.u32()?,
        };
        reader.end()?;
        Ok(record)
    }
}

fn check(holds: bool, what: &'static str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> SummaryRecord {
        SummaryRecord {
            kind: "login".to_owned(),
            title: SecretString::copy_of("GitHub"),
            tags: vec![SecretString::copy_of("work")],
            subtitle: SecretString::copy_of("anna"),
            media_type: String::new(),
            size: 0,
            favourite: true,
            trashed: None,
            created: 1,
            modified: 2,
            revision: 3,
        }
    }

    #[test]
    fn is_read_back_as_written_and_no_cut_is() {
        let bytes = record().to_bytes().unwrap();
        let read = SummaryRecord::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes().unwrap().expose(), bytes.expose());
        assert_eq!((read.title.expose(), read.favourite, read.trashed, read.revision), ("GitHub", true, None, 3));
        for cut in 0..bytes.len() {
            assert!(SummaryRecord::from_bytes(&SecretBytes::copy_of(&bytes.expose()[..cut])).is_err());
        }
    }

    #[test]
    fn knows_when_it_went_into_the_trash() {
        for (written, read) in [(Some(1_778_600_000), Some(1_778_600_000)), (None, None), (Some(0), Some(1))] {
            let bytes = SummaryRecord { trashed: written, ..record() }.to_bytes().unwrap();
            assert_eq!(SummaryRecord::from_bytes(&bytes).unwrap().trashed, read);
        }
    }

    #[test]
    fn refuses_what_is_too_long() {
        let long = SummaryRecord { title: SecretString::new("x".repeat(MAX_TITLE + 1)), ..record() };
        assert_eq!(long.to_bytes().unwrap_err(), Malformed("title"));
    }
}
