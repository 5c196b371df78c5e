//! Paths in JSON: text where they are text, `{"base64": "…"}` where they are not. No path is lost.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Bytes { base64: String },
}

pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    let form = match path.to_str() {
        Some(text) => Form::Text(text.to_owned()),
        None => Form::Bytes { base64: BASE64_STANDARD.encode(path.as_os_str().as_bytes()) },
    };
    form.serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    match Form::deserialize(from)? {
        Form::Text(text) => Ok(PathBuf::from(text)),
        Form::Bytes { base64 } => {
            let bytes = BASE64_STANDARD.decode(base64).map_err(de::Error::custom)?;
            Ok(PathBuf::from(OsString::from_vec(bytes)))
        }
    }
}
