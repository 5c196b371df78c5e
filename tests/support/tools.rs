//! The Python tools that `make test` installs: `moto`, the official `aws-encryption-cli`, and `infra`, which reads templates.

use std::path::PathBuf;

/// The path of `program`, relative to the tools folder: `$SEALKEEP_TOOLS`, else `target/tools`.
pub fn tool(program: &str) -> PathBuf {
    let folder = std::env::var_os("SEALKEEP_TOOLS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools")), PathBuf::from);
    let path = folder.join(program);
    assert!(path.exists(), "{} is missing: run `make test`, which installs it", path.display());
    path
}
