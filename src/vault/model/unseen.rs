//! Letters that nobody sees, or that change how others are seen, in what somebody else may have written.

/// Whether nothing would be drawn for `letter`, or it turns the order of others around: controls, zero widths, directions, line and
/// paragraph separators, fillers, tags. Joiners are among them: scripts and pictures need those.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether `letter` joins those beside it, or keeps them apart.
pub fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200C}' | '\u{200D}')
}
