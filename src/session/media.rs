//! What a file's bytes are, by its name.

use std::ffi::OsStr;
use std::path::Path;

/// Names' endings, in lower case, and what they stand for. Only what a viewer, or a person reading a list, makes use of.
const TYPES: &[(&str, &str)] = &[
    ("bmp", "image/bmp"),
    ("conf", "text/plain"),
    ("crt", "application/x-x509-ca-cert"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("html", "text/html"),
    ("ini", "text/plain"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("key", "application/octet-stream"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("pem", "application/x-pem-file"),
    ("png", "image/png"),
    ("py", "text/x-python"),
    ("rs", "text/rust"),
    ("sh", "text/x-shellscript"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tiff", "image/tiff"),
    ("toml", "application/toml"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// The media type that a file called `name` has; `application/octet-stream` where its ending says nothing. A guess to show it
/// by, never to trust.
pub fn media_type_of(name: &OsStr) -> &'static str {
    let ending = Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let known = ending.and_then(|ending| TYPES.binary_search_by_key(&ending.as_str(), |(known, _)| known).ok());
    known.and_then(|at| TYPES.get(at)).map_or("application/octet-stream", |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_is() {
        assert!(TYPES.is_sorted());
        for (name, media_type) in [
            ("Passport.PDF", "application/pdf"),
            ("photo.of.me.jpeg", "image/jpeg"),
            ("notes.md", "text/markdown"),
            ("Makefile", "application/octet-stream"),
            (".png", "application/octet-stream"),
            ("x.", "application/octet-stream"),
        ] {
            assert_eq!(media_type_of(OsStr::new(name)), media_type, "{name}");
        }
    }
}
