//! the operating system: keyring, settings, clipboard, hardening, IPC.
