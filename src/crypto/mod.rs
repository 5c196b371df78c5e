//! data keys, sealing and opening, streaming frames. No files, SQL or runtime.
