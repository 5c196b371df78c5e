//! Names that came from a file or over the network, made fit to be shown: they can hold anything.

/// `bytes` in at most about 200 letters, none of which controls a terminal or turns the line around.
pub(super) fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text: String =
        bytes.iter().take(LONGEST).copied().flat_map(std::ascii::escape_default).map(char::from).collect();
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => text[..cut].to_owned() + "…",
        None if bytes.len() > LONGEST => text + "…",
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_holds_no_control_characters_and_is_short() {
        assert_eq!(shown(b"\x1b[2Ja\xff"), "\\x1b[2Ja\\xff");
        assert_eq!(shown("\u{202e}".as_bytes()), "\\xe2\\x80\\xae");
        for long in [[b'a'; 300], [0; 300]] {
            assert_eq!(shown(&long).chars().count(), 201);
        }
        assert_eq!(shown(&[b'a'; 200]), "a".repeat(200));
    }
}
