//! How hard a passphrase is to guess, where somebody chooses one.

use sealkeep::secret::SecretString;
use zxcvbn::Score;

/// What to say about a passphrase that is easy to guess.
pub fn warning(passphrase: &SecretString) -> Option<String> {
    // EXPOSE: weighed; what the weighing copies is wiped when it is freed.
    let weighed = zxcvbn::zxcvbn(passphrase.expose(), &["sealkeep"]);
    if weighed.score() >= Score::Three {
        return None;
    }
    Some("This passphrase is easy to guess. Make a better one: sealkeep-cli generate --words 6.".to_owned())
}
