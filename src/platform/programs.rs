//! Where a program of this installation is found: by its name alone, or beside the running one.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Whether whoever runs `name` gets a program by it, as this process's `PATH` is. A `PATH` entry that is no absolute path is passed
/// over: what it names depends on where one stands.
pub fn is_on_path(name: &str) -> bool {
    is_on(&env::var_os("PATH").unwrap_or_default(), name)
}

fn is_on(path: &OsStr, name: &str) -> bool {
    env::split_paths(path).any(|folder| folder.is_absolute() && is_program(&folder.join(name)))
}

/// The program `name` in the folder of the running one; `None` where there is none.
pub fn beside_this(name: &str) -> Option<PathBuf> {
    let found = env::current_exe().ok()?.parent()?.join(name);
    is_program(&found).then_some(found)
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_file_that_can_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        assert!(!is_program(&file) && !is_program(folder.path()));
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(!is_program(&file));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_program(&file));
    }

    #[test]
    fn a_folder_that_depends_on_where_one_stands_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let root: PathBuf = env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
        let relative = root.join(folder.path().strip_prefix("/").unwrap());
        assert!(relative.is_relative() && is_program(&relative.join("program")), "it is found from here");
        assert!(!is_on(relative.as_os_str(), "program") && !is_on(OsStr::new(""), "program"));
        let both = env::join_paths([relative.as_path(), folder.path()]).unwrap();
        assert!(is_on(&both, "program") && !is_on(&both, "another"));
    }

    #[test]
    fn beside_the_running_program_is_what_stands_in_its_folder() {
        let own = env::current_exe().unwrap();
        let name = own.file_name().unwrap().to_str().unwrap();
        assert_eq!(beside_this(name), Some(own.clone()));
        assert_eq!(beside_this("no-such-program"), None);
        assert!(is_on_path("sh") && !is_on_path("no-such-program"));
    }
}
