//! opens a vault for somebody; shared by the window and the CLI.
