//! Small bodies: fields, and documents that stay in the database.

use crate::secret::{SecretBytes, SecretString};

use super::codec::{Reader, Writer};
use super::{MAX_FIELD, MAX_FIELDS, Malformed};

const WHAT: &str = "body";
const FIELDS: u8 = 1;
const DOCUMENT: u8 = 2;

/// One field of an item: plaintext.
#[derive(Debug)]
pub struct FieldRecord {
    /// The field's name, as the kind's list of fields has it.
    pub name: String,
    /// Whether it is shown only when it is asked for.
    pub hidden: bool,
    /// The value.
    pub value: SecretString,
}

/// A body of layout 1, before padding.
#[derive(Debug)]
pub enum Body {
    /// A login's or a note's fields.
    Fields(Vec<FieldRecord>),
    /// A document's bytes.
    Document(SecretBytes),
}

impl Body {
    /// The body's bytes, unpadded.
    ///
    /// # Errors
    /// [`Malformed`] for more fields, or a longer one, than the limits allow.
    pub fn to_bytes(&self) -> Result<SecretBytes, Malformed> {
        let mut writer = Writer::default();
        writer.u8(1);
        match self {
            Self::Fields(fields) => {
                if fields.len() > MAX_FIELDS {
                    return Err(Malformed("too many fields"));
                }
                writer.u8(FIELDS).count16(fields.len(), WHAT)?;
                for field in fields {
                    if field.value.len() > MAX_FIELD {
                        return Err(Malformed("field too long"));
                    }
                    writer.lp16(field.name.as_bytes(), WHAT)?.u8(u8::from(field.hidden));
                    // EXPOSE: encoded into a secret, which is then sealed.
                    writer.lp32(field.value.expose().as_bytes(), WHAT)?;
                }
            }
            Self::Document(bytes) => {
                // EXPOSE: as above.
                writer.u8(DOCUMENT).bytes(bytes.expose());
            }
        }
        Ok(writer.finish())
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn from_bytes(bytes: &SecretBytes) -> Result<Self, Malformed> {
        // EXPOSE: decoded into secrets.
        let bytes = bytes.expose();
        let mut reader = Reader::new(bytes, WHAT);
        reader.version_1()?;
        match reader.u8()? {
            FIELDS => {
                let count = reader.u16()?;
                if count > MAX_FIELDS {
                    return Err(reader.malformed());
                }
                let mut fields = Vec::with_capacity(count);
                for _ in 0..count {
                    let name = reader.lp16().and_then(|name| reader.plain_text(name))?;
                    let hidden = match reader.u8()? {
                        0 => false,
                        1 => true,
                        _ => return Err(reader.malformed()),
                    };
                    let value = reader.lp32().and_then(|value| reader.text(value))?;
                    fields.push(FieldRecord { name, hidden, value });
                }
                reader.end()?;
                Ok(Self::Fields(fields))
            }
            DOCUMENT => Ok(Self::Document(SecretBytes::copy_of(&bytes[2..]))),
            _ => Err(reader.malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_back_as_written_and_no_cut_is() {
        let field = |name: &str, hidden, value| FieldRecord {
            name: name.to_owned(),
            hidden,
            value: SecretString::copy_of(value),
        };
        let body = Body::Fields(vec![field("username", false, "anna"), field("password", true, "hunter2")]);
        let bytes = body.to_bytes().unwrap();
        let Body::Fields(read) = Body::from_bytes(&bytes).unwrap() else { panic!("fields") };
        assert_eq!((read[1].name.as_str(), read[1].hidden, read[1].value.expose()), ("password", true, "hunter2"));
        for cut in 0..bytes.len() {
            assert!(Body::from_bytes(&SecretBytes::copy_of(&bytes.expose()[..cut])).is_err());
        }
    }

    #[test]
    fn a_document_is_its_bytes() {
        let bytes = Body::Document(SecretBytes::copy_of(b"%PDF")).to_bytes().unwrap();
        assert_eq!(bytes.expose(), b"\x01\x02%PDF");
        assert!(matches!(Body::from_bytes(&bytes), Ok(Body::Document(read)) if read.expose() == b"%PDF"));
    }
}
