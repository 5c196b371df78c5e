//! The emergency sheet: what a person prints and keeps with their passport.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use sealkeep::secret::SecretString;
use sealkeep::vault::{SlotId, VaultId};

use crate::error::CliError;

/// What stands on a sheet.
pub struct Sheet<'a> {
    pub vault: VaultId,
    pub name: String,
    pub slot: SlotId,
    /// The code, in groups.
    pub code: &'a SecretString,
}

impl Sheet<'_> {
    /// The sheet as text, the code as a picture in it.
    pub fn to_text(&self) -> Result<SecretString, CliError> {
        // EXPOSE: drawn as a QR code; what the crate copied is wiped as it is freed.
        let picture = QrCode::with_error_correction_level(self.code.expose(), EcLevel::Q)
            .map_err(|_| CliError::input("The code can't be drawn.", "Copy it by hand."))?;
        let picture = picture.render::<Dense1x2>().build();
        let text = format!(
            "SEALKEEP EMERGENCY SHEET\n\n\
             Vault          {name}\n\
             Its id         {vault}\n\
             Slot           {slot}\n\n\
             RECOVERY CODE\n\n    {code}\n\n{picture}\n\n\
             With this code and a copy of the vault's folder anybody can open it, without AWS and without a passphrase.\n\
             Keep it on paper, where you keep what must not be lost.\n\n\
             To use it: sealkeep-cli --vault {name}.sealkeep --passphrase-file - ls, then type the code; case, spaces and\n\
             hyphens don't matter. To take it back: sealkeep-cli slot rm {short}\n",
            name = crate::text::visible(&self.name),
            vault = self.vault,
            slot = self.slot,
            // EXPOSE: printed.
            code = self.code.expose(),
            short = &self.slot.to_string()[..8],
        );
        Ok(SecretString::new(text))
    }
}
