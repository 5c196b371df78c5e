//! The folders that Sealkeep keeps its own things in: settings, state, and the sockets of running windows.
//!
//! Owns: where they are, and that nobody else can look in. There is no cache folder, because nothing is cached.
//! Invariant: a path handed out here is a folder that exists, with mode 0700.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::PlatformError;

/// Replaces the configuration and state folders by `config` and `state` in the folder it names.
const OVERRIDE: &str = "SEALKEEP_HOME";

/// Where Sealkeep's own files are.
#[derive(Clone, Debug)]
pub struct Folders {
    config: PathBuf,
    state: PathBuf,
    /// The user's folder for sockets, which the system empties at logout; `None` where there is none.
    session: Option<PathBuf>,
    /// Where a process with another environment may have put its socket.
    elsewhere: Vec<PathBuf>,
}

impl Folders {
    /// This user's folders: `$SEALKEEP_HOME/{config,state}`, else the platform's (`~/.config/sealkeep`,
    /// `~/.local/state/sealkeep`). Sockets are in `$XDG_RUNTIME_DIR/sealkeep` in either case, so that a request to lock
    /// reaches every window of this user.
    ///
    /// # Errors
    /// `NoHome`, or `Folder` where one can't be made.
    pub fn of_user() -> Result<Self, PlatformError> {
        Self::resolve(&|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// Folders inside `home`, sockets included: for a second, separate installation and for tests.
    ///
    /// # Errors
    /// `Folder` where one can't be made.
    pub fn under(home: &Path) -> Result<Self, PlatformError> {
        let home = std::path::absolute(home).map_err(|source| folder_error(home, source))?;
        Self { config: home.join("config"), state: home.join("state"), session: None, elsewhere: Vec::new() }.prepare()
    }

    /// The settings' folder.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The folder of what is remembered without being asked: pins, the device id.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder of sockets, made now if need be, and refused unless it is this user's alone.
    ///
    /// # Errors
    /// `NotOurs`, `Folder`.
    pub fn sockets(&self) -> Result<PathBuf, PlatformError> {
        let path = match &self.session {
            Some(session) => session.join("sealkeep"),
            None => self.state.join("run"),
        };
        make_private(&path)?;
        if is_ours(&path)? { Ok(path) } else { Err(PlatformError::NotOurs(path)) }
    }

    /// Every folder where a process of this user may have its socket; [`Folders::sockets`] first.
    pub(super) fn all_sockets(&self) -> Result<Vec<PathBuf>, PlatformError> {
        let mut found = vec![self.sockets()?];
        for other in self.elsewhere.iter().map(|path| path.join("sealkeep")).chain([self.state.join("run")]) {
            if !found.contains(&other) && other.is_dir() && is_ours(&other)? {
                found.push(other);
            }
        }
        Ok(found)
    }

    fn resolve(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, PlatformError> {
        let session = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_dir());
        // A command from `cron` or `su` has no session, and still must reach the windows of the one that there is.
        let elsewhere = vec![PathBuf::from(format!("/run/user/{}", rustix::process::geteuid().as_raw()))];
        let folders = match variable(OVERRIDE) {
            Some(home) => {
                let home = PathBuf::from(home);
                let home = std::path::absolute(&home).map_err(|source| folder_error(&home, source))?;
                Self { config: home.join("config"), state: home.join("state"), session, elsewhere }
            }
            None => {
                let standard = directories::ProjectDirs::from("", "", "Sealkeep").ok_or(PlatformError::NoHome)?;
                let state = standard.state_dir().unwrap_or(standard.data_local_dir());
                Self { config: standard.config_dir().to_owned(), state: state.to_owned(), session, elsewhere }
            }
        };
        folders.prepare()
    }

    fn prepare(self) -> Result<Self, PlatformError> {
        make_private(&self.config)?;
        make_private(&self.state)?;
        Ok(self)
    }
}

/// Where a new vault is made, unless the person says otherwise: `$SEALKEEP_HOME/vaults`, else the user's documents, else their
/// home; `None` where there is none of them. It need not exist yet.
pub fn vaults_folder() -> Option<PathBuf> {
    if let Some(home) = env::var_os(OVERRIDE).filter(|value| !value.is_empty()) {
        return std::path::absolute(Path::new(&home).join("vaults")).ok();
    }
    let user = directories::UserDirs::new()?;
    Some(user.document_dir().filter(|folder| folder.is_dir()).unwrap_or(user.home_dir()).to_owned())
}

/// Makes `path`, and what is missing above it, for this user alone; an existing folder of ours is closed to others.
pub(super) fn make_private(path: &Path) -> Result<(), PlatformError> {
    let is_missing = |folder: &&Path| fs::symlink_metadata(folder).is_err();
    let missing = path.ancestors().take_while(is_missing).count();
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| folder_error(path, source))?;
    // A folder's name is durable when the folder that has it is: whatever is flushed inside would be lost with it. Some file
    // systems have no flush for folders; theirs are as durable as they get.
    for parent in path.ancestors().skip(1).take(missing).filter(|parent| !parent.as_os_str().is_empty()) {
        let _ = fs::File::open(parent).and_then(|parent| parent.sync_all());
    }
    let found = fs::metadata(path).map_err(|source| folder_error(path, source))?;
    if found.mode() & 0o077 != 0 && found.uid() == rustix::process::geteuid().as_raw() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|source| folder_error(path, source))?;
    }
    Ok(())
}

fn is_ours(path: &Path) -> Result<bool, PlatformError> {
    let found = fs::symlink_metadata(path).map_err(|source| folder_error(path, source))?;
    Ok(found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

fn folder_error(path: &Path, source: io::Error) -> PlatformError {
    PlatformError::Folder { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn folders_are_made_private() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(&home.path().join("new")).unwrap();
        for path in [folders.config(), folders.state(), &folders.sockets().unwrap()] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
    }

    #[test]
    fn an_open_folder_of_ours_is_closed() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config");
        fs::create_dir(&config).unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o755)).unwrap();
        Folders::under(home.path()).unwrap();
        assert_eq!(mode(&config), 0o700);
    }

    #[test]
    fn the_override_moves_config_and_state_and_leaves_the_sockets() {
        let home = tempfile::tempdir().unwrap();
        let session = home.path().join("session");
        fs::create_dir(&session).unwrap();
        let folders = Folders::resolve(&|name| match name {
            "SEALKEEP_HOME" => Some(home.path().join("own").into()),
            "XDG_RUNTIME_DIR" => Some(session.clone().into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(folders.config(), home.path().join("own/config"));
        assert_eq!(folders.state(), home.path().join("own/state"));
        assert_eq!(folders.sockets().unwrap(), session.join("sealkeep"));
    }

    #[test]
    fn sockets_go_to_the_state_folder_where_the_system_has_no_place() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::resolve(&|name| match name {
            "SEALKEEP_HOME" => Some(home.path().into()),
            "XDG_RUNTIME_DIR" => Some("/nowhere/at/all".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(folders.sockets().unwrap(), home.path().join("state/run"));
    }

    #[test]
    fn a_linked_socket_folder_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path()).unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, folders.state().join("run")).unwrap();
        assert!(matches!(folders.sockets(), Err(PlatformError::NotOurs(_))));
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("state"), "").unwrap();
        assert!(matches!(Folders::under(home.path()), Err(PlatformError::Folder { .. })));
    }
}
