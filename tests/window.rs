//! The real window: started as on a desktop, driven by real clicks, keys and drops.

mod first_vault;
mod import;
mod kms;
mod new_keys;
mod reading;
mod salvage;
mod screenshots;
mod sign_in_pictures;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small picture with something on it.
pub fn write_picture(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let picture = image::RgbImage::from_fn(240, 160, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 128]));
    picture.save_with_format(&path, image::ImageFormat::Png).unwrap();
    path
}

/// Runs `sealkeep-cli`; its standard input is `input`.
fn run_cli(command: &mut Command, input: &str) {
    use std::io::Write;
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn cli() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sealkeep-cli"))
}
