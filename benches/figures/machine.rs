//! What it was measured on and with.

use std::process::Command;

use super::Extent;

pub fn describe(extent: Extent) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let commit = said("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let processor = first_line_of("/proc/cpuinfo", "model name");
    let memory = first_line_of("/proc/meminfo", "MemTotal");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = first_line_of("/etc/os-release", "PRETTY_NAME").replace('"', "");
    let release = said("uname", &["-r"]);
    let kernel = release.split('-').next().unwrap_or_default();
    let age = said("age", &["--version"]);
    let keepass = said("keepassxc-cli", &["--version"]);
    format!(
        "# Figures\n\n\
         Written by `make bench`: Sealkeep {version} ({commit}), release build, on {day}, in one run. Medians of \
         {rounds}, with the least and the most; what is compared is done in turns. Times differ from machine to machine, \
         ratios less.\n\n\
         {processor}, {cores} cores, {memory} of memory; {system}, Linux {kernel}. age {age}, KeePassXC \
         {keepass}.\n",
        rounds = extent.rounds
    )
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn first_line_of(path: &str, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_once([':', '=']).map_or("unknown", |(_, value)| value.trim()).to_owned()
}
