//! SQLite rows, migrations and body files; sees ciphertext only.
