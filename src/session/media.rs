//! What a file is, by its first bytes and then by its name: enough to choose how to show it, and never believed further.

use std::ffi::OsStr;
use std::path::Path;

/// What is said of a file that says nothing about itself.
const UNKNOWN: &str = "application/octet-stream";

/// How many bytes of the beginning decide.
pub(super) const LOOK_AT: usize = 512;

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

/// The media type of the file that is called `name` and begins with `begin`.
pub(super) fn media_type_of(name: &OsStr, begin: &[u8]) -> &'static str {
    by_content(begin).unwrap_or_else(|| match by_name(name) {
        // A name alone does not make bytes text.
        kind if kind.starts_with("text/") && !is_text(begin) => UNKNOWN,
        UNKNOWN if is_text(begin) && !begin.is_empty() => "text/plain",
        // The bytes would have said so.
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "application/pdf" => UNKNOWN,
        kind => kind,
    })
}

/// What the name's ending says.
fn by_name(name: &OsStr) -> &'static str {
    let ending = Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let known = ending.and_then(|ending| TYPES.binary_search_by_key(&ending.as_str(), |(known, _)| known).ok());
    known.and_then(|at| TYPES.get(at)).map_or(UNKNOWN, |(_, media_type)| media_type)
}

fn by_content(begin: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| begin.starts_with(magic);
    let has_at = |at: usize, magic: &[u8]| begin.get(at..).is_some_and(|rest| rest.starts_with(magic));
    match () {
        () if starts(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if starts(b"\xff\xd8\xff") => Some("image/jpeg"),
        () if starts(b"GIF87a") || starts(b"GIF89a") => Some("image/gif"),
        () if starts(b"RIFF") && has_at(8, b"WEBP") => Some("image/webp"),
        () if starts(b"BM") && begin.len() > 18 && has_at(6, &[0, 0, 0, 0]) => Some("image/bmp"),
        () if starts(b"%PDF-") => Some("application/pdf"),
        () if starts(b"\x1f\x8b") => Some("application/gzip"),
        _ => None,
    }
}

/// Whether these can be the first bytes of UTF-8 text, cut off anywhere.
fn is_text(begin: &[u8]) -> bool {
    let valid = match std::str::from_utf8(begin) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid && !begin.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
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
            ("Makefile", UNKNOWN),
            (".png", UNKNOWN),
            ("x.", UNKNOWN),
        ] {
            assert_eq!(by_name(OsStr::new(name)), media_type, "{name}");
        }
    }

    #[test]
    fn content_counts_more_than_the_name() {
        let of = |name: &str, begin: &[u8]| media_type_of(OsStr::new(name), begin);
        assert_eq!(of("a.txt", b"\x89PNG\r\n\x1a\n...."), "image/png");
        assert_eq!(of("a.png", b"hello"), "application/octet-stream");
        assert_eq!(of("a.txt", "grüße".as_bytes()), "text/plain");
        assert_eq!(of("a.txt", &"grü".as_bytes()[..3]), "text/plain", "cut off inside a character");
        assert_eq!(of("a.txt", b"\0\x01\x02"), "application/octet-stream");
        assert_eq!(of("a.MD", b"# Title"), "text/markdown");
        assert_eq!(of("a.json", b"{}"), "application/json");
        assert_eq!(of("a", b"plain"), "text/plain");
        assert_eq!(of("a", b""), "application/octet-stream");
        assert_eq!(of("a.pdf", b"%PDF-1.7"), "application/pdf");
    }
}
