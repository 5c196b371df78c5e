//! The emergency sheet: what a person writes down, prints or photographs, and keeps with their passport.
//!
//! Owns: what stands on it, and its two forms: text, and a page to print. Touches no file and no window.
//! Invariants: its code, and the picture of its code, are in types that wipe themselves; a sheet opens nothing before
//! [`super::Session::add_slot`], or whoever does the same in steps, has added its slot.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use qrcode::{Color, EcLevel, QrCode};

use super::SessionError;
use crate::crypto::random;
use crate::providers::{ProviderError, RecoveryCode};
use crate::secret::{SecretBytes, SecretString};
use crate::vault::{SlotId, VaultId};

/// The white frame around a QR code, in modules: what the standard asks for.
const QUIET: usize = 4;

/// An emergency sheet: a fresh recovery code, and the slot that it is going to open.
pub struct EmergencySheet {
    vault: VaultId,
    name: String,
    slot: SlotId,
    made: Timestamp,
    code: RecoveryCode,
    picture: SheetPicture,
}

/// A QR code, module by module.
pub struct SheetPicture {
    /// 1 for a dark module, row by row.
    modules: SecretBytes,
    width: usize,
}

impl std::fmt::Debug for EmergencySheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmergencySheet").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl EmergencySheet {
    /// A sheet with a code from the operating system's random source. `name` is the vault's, as it may be shown.
    ///
    /// # Errors
    /// [`SessionError::Random`], [`SessionError::Provider`].
    pub(super) fn make(vault: VaultId, name: String, made: Timestamp) -> Result<Self, SessionError> {
        let slot = SlotId::from_random(random::make_bytes().map_err(|_| SessionError::Random)?);
        let code = RecoveryCode::make_random()?;
        let picture = SheetPicture::of(&code.in_groups())?;
        Ok(Self { vault, name, slot, made, code, picture })
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The vault.
    pub fn vault(&self) -> VaultId {
        self.vault
    }

    /// The slot that the code opens, once it was added.
    pub fn slot(&self) -> SlotId {
        self.slot
    }

    /// When it was made.
    pub fn made(&self) -> Timestamp {
        self.made
    }

    /// The code, in groups with a hyphen between them.
    pub fn code(&self) -> SecretString {
        self.code.in_groups()
    }

    pub(super) fn recovery_code(&self) -> &RecoveryCode {
        &self.code
    }

    /// How many groups the code has.
    pub fn groups(&self) -> usize {
        self.code.groups()
    }

    /// Group `number` of the code, from 0; empty where there is none.
    pub fn group(&self, number: usize) -> SecretString {
        // EXPOSE: copied into another secret.
        SecretString::copy_of(self.code().expose().split('-').nth(number).unwrap_or_default())
    }

    /// Whether somebody typed group `number`, from 0, as it stands on the sheet: as forgiving as reading a whole code.
    pub fn is_group(&self, number: usize, typed: &SecretString) -> bool {
        self.code.is_group(number, typed)
    }

    /// The code as a QR code.
    pub fn picture(&self) -> &SheetPicture {
        &self.picture
    }

    /// The sheet as text, with `name` in the vault's place.
    pub fn to_text(&self, name: &str) -> SecretString {
        let text = format!(
            "SEALKEEP EMERGENCY SHEET\n\n\
             Vault          {name}\n\
             Its id         {vault}\n\
             Slot           {slot}\n\
             Made           {made}\n\n\
             RECOVERY CODE\n\n    {code}\n\n{picture}\n\n\
             With this code and a copy of the vault's folder anybody can open it, without AWS and without a passphrase.\n\
             Keep it on paper, where you keep what must not be lost.\n\n\
             To use it: open the vault in the window and type the code where a passphrase or recovery code is asked\n\
             for, or sealkeep-cli --vault \"{name}.sealkeep\" --passphrase-file - ls, then type it.\n\
             Case, spaces and hyphens don't matter.\n\
             To take it back: Ways in, in the window, or sealkeep-cli slot rm {short}\n",
            vault = self.vault,
            slot = self.slot,
            made = self.day(),
            // EXPOSE: printed.
            code = self.code.in_groups().expose(),
            // EXPOSE: printed.
            picture = self.picture.to_text().expose(),
            short = &self.slot.to_string()[..8],
        );
        SecretString::new(text)
    }

    /// The sheet as a page to print: HTML without a script and without anything from elsewhere.
    pub fn to_page(&self) -> SecretString {
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>Sealkeep emergency sheet</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>Emergency sheet</h1>\n<p class=\"lead\">It opens the Sealkeep vault <b>{name}</b> when nothing else does.</p>\n\
             <p class=\"code\">{code}</p>\n{picture}\n\
             <p>With this code and a copy of the vault’s folder <b>anybody</b> can open it, without AWS and without a \
             passphrase. Keep it on paper, where you keep what must not be lost, and away from the computer. Delete this file \
             once it is printed.</p>\n\
             <p>To use it: open the vault in Sealkeep and type the code where a passphrase or recovery code is asked for; \
             in a vault on AWS KMS choose Recovery first. Case, spaces and hyphens don’t matter.</p>\n\
             <table>\n<tr><th>Vault</th><td>{vault}</td></tr>\n<tr><th>Slot</th><td>{slot}</td></tr>\n\
             <tr><th>Made</th><td>{made}</td></tr>\n</table>\n</body>\n</html>\n",
            name = escape(&self.name),
            // EXPOSE: printed.
            code = self.code.in_groups().expose().replace('-', "-<wbr>"),
            // EXPOSE: printed.
            picture = self.picture.to_svg().expose(),
            vault = self.vault,
            slot = self.slot,
            made = self.day(),
        );
        SecretString::new(page)
    }

    fn day(&self) -> String {
        self.made.to_zoned(TimeZone::system()).strftime("%-d %B %Y").to_string()
    }
}

const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; color: #111; background: #fff; max-width: 42em; margin: 3em auto; padding: 0 1em }\n\
h1 { font-size: 26px; margin: 0 }\n\
.lead { margin-top: .25em }\n\
.code { font: 600 22px/1.7 ui-monospace, monospace; border: 2px solid #111; border-radius: 8px; padding: .6em .8em }\n\
svg { display: block; width: 15em; height: 15em; margin: 1em 0 }\n\
table { border-collapse: collapse; font: 12px/1.6 ui-monospace, monospace; margin-top: 2em }\n\
th { text-align: left; font-weight: 600; padding-right: 1.5em }\n";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            letter if letter.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            letter => escaped.push(letter),
        }
    }
    escaped
}

impl SheetPicture {
    pub(super) fn of(code: &SecretString) -> Result<Self, SessionError> {
        // EXPOSE: drawn; what the crate copied is wiped as it is freed.
        let drawn = QrCode::with_error_correction_level(code.expose(), EcLevel::Q);
        let drawn = drawn.map_err(|error| ProviderError::Crypto(format!("the code can't be drawn: {error}")))?;
        let width = drawn.width();
        let mut modules = SecretBytes::with_capacity(width * width);
        for colour in drawn.to_colors() {
            modules.extend(&[u8::from(colour == Color::Dark)]);
        }
        Ok(Self { modules, width })
    }

    /// How many modules it has in each direction, without the white frame that belongs around it.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The runs of dark modules: row, first column, and how many.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        // EXPOSE: drawn, run by run.
        let rows = self.modules.expose().chunks(self.width.max(1)).enumerate();
        rows.flat_map(|(row, modules)| {
            let begins = move |at: &usize| modules[*at] == 1 && (*at == 0 || modules[*at - 1] == 0);
            let run =
                move |first: usize| (row, first, modules[first..].iter().take_while(|module| **module == 1).count());
            (0..modules.len()).filter(begins).map(run)
        })
    }

    fn to_svg(&self) -> SecretString {
        let whole = self.width + 2 * QUIET;
        let mut path = String::with_capacity(self.width * self.width * 8);
        for (row, first, count) in self.runs() {
            // Writing to a string does not fail.
            let _ = write!(path, "M{} {}h{count}v1h-{count}z", first + QUIET, row + QUIET);
        }
        SecretString::new(format!(
            "<svg viewBox=\"0 0 {whole} {whole}\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"The code as a QR \
             code\"><rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
        ))
    }

    fn to_text(&self) -> SecretString {
        let is_dark = |row: usize, column: usize| {
            // EXPOSE: drawn.
            let dark = |at: usize| self.modules.expose().get(at).copied() == Some(1);
            let inside = QUIET..QUIET + self.width;
            inside.contains(&row) && inside.contains(&column) && dark((row - QUIET) * self.width + column - QUIET)
        };
        let whole = self.width + 2 * QUIET;
        let mut text = String::with_capacity(whole * whole * 2);
        for row in (0..whole).step_by(2) {
            if row > 0 {
                text.push('\n');
            }
            for column in 0..whole {
                text.push(match (is_dark(row, column), is_dark(row + 1, column)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
        }
        SecretString::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str) -> EmergencySheet {
        EmergencySheet::make(VaultId([1; 16]), name.to_owned(), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn the_picture_has_every_dark_module_once_in_all_its_forms() {
        let sheet = sheet("Family");
        let picture = sheet.picture();
        // EXPOSE: counted in a test.
        let dark = picture.modules.expose().iter().filter(|module| **module == 1).count();
        assert_eq!(picture.runs().map(|(_, _, count)| count).sum::<usize>(), dark);
        let text = picture.to_text();
        // EXPOSE: counted in a test.
        let blocks: usize = text
            .expose()
            .chars()
            .map(|block| match block {
                '█' => 2,
                '▀' | '▄' => 1,
                _ => 0,
            })
            .sum();
        assert_eq!(blocks, dark);
        // The three finders of a QR code stand in its corners.
        let rows: Vec<_> = picture.runs().filter(|(row, ..)| *row == 0).collect();
        assert_eq!((rows[0].1, rows[0].2), (0, 7));
        assert_eq!(rows.last().map(|(_, first, count)| first + count), Some(picture.width()));
    }

    #[test]
    fn both_forms_have_the_code_and_what_it_is_for_and_no_name_becomes_a_command() {
        let sheet = sheet("<b>&\u{1b}");
        // EXPOSE: looked for in a test.
        let (code, page, text) = (sheet.code(), sheet.to_page(), sheet.to_text("Family"));
        assert!(page.expose().contains(&code.expose().replace('-', "-<wbr>")) && text.expose().contains(code.expose()));
        assert!(page.expose().contains("<b>&lt;b&gt;&amp;\u{fffd}</b>"), "the name is text");
        assert!(!page.expose().contains("<script") && !page.expose().contains("http"));
        for words in ["anybody", &sheet.slot().to_string()] {
            assert!(page.expose().contains(words) && text.expose().contains(words), "{words}");
        }
    }

    #[test]
    fn a_group_is_told_from_the_others() {
        let sheet = sheet("Family");
        let code = sheet.code();
        // EXPOSE: taken apart in a test.
        let groups: Vec<_> = code.expose().split('-').map(SecretString::copy_of).collect();
        assert_eq!(groups.len(), sheet.groups());
        for (number, group) in groups.iter().enumerate() {
            assert!(sheet.is_group(number, group));
            let lower = SecretString::new(format!(" {}", group.expose().to_lowercase()));
            assert!(sheet.is_group(number, &lower));
            assert!(!sheet.is_group(number, &SecretString::copy_of("UUUU")));
            assert!(!sheet.is_group(number, &SecretString::default()));
        }
        assert!(!sheet.is_group(groups.len(), &groups[0]));
    }
}
