//! The settings' file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Settings;
use crate::platform::outfile::{move_to_free_name, replace_file};
use crate::platform::{Folders, OutError, PlatformError, lockfile};

/// `settings.json` in the configuration folder.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
    lock: PathBuf,
}

/// What [`SettingsFile::load`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedSettings {
    /// The settings; the defaults where there was no file, or a damaged one.
    pub settings: Settings,
    /// Where a damaged file was put, to be told to the person: it is kept, not overwritten.
    pub set_aside: Option<PathBuf>,
}

impl SettingsFile {
    /// The file in `folders`.
    pub fn in_folders(folders: &Folders) -> Self {
        Self { path: folders.config().join("settings.json"), lock: folders.state().join("settings.lock") }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the settings. A file that can't be understood is renamed, and the defaults are used.
    ///
    /// # Errors
    /// `Read` where the file is there but can't be read, or a damaged one can't be moved; `Busy`.
    pub fn load(&self) -> Result<LoadedSettings, PlatformError> {
        if let Some(settings) = self.read()? {
            return Ok(LoadedSettings { settings, set_aside: None });
        }
        let _lock = lockfile::lock(&self.lock)?;
        self.load_locked()
    }

    /// Changes the settings as they are on the disk now, and returns them. A damaged file is set aside first.
    ///
    /// # Errors
    /// `Read`, `Write`, `Encode`, `Busy`.
    pub fn update(&self, change: impl FnOnce(&mut Settings)) -> Result<LoadedSettings, PlatformError> {
        let _lock = lockfile::lock(&self.lock)?;
        let mut loaded = self.load_locked()?;
        change(&mut loaded.settings);
        let text = serde_json::to_vec_pretty(&loaded.settings).map_err(PlatformError::Encode)?;
        // A link to a file elsewhere is somebody's arrangement: write the file it leads to.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        replace_file(&path, &text)?;
        Ok(loaded)
    }

    fn load_locked(&self) -> Result<LoadedSettings, PlatformError> {
        match self.read()? {
            Some(settings) => Ok(LoadedSettings { settings, set_aside: None }),
            None => Ok(LoadedSettings { settings: Settings::default(), set_aside: Some(self.set_aside()?) }),
        }
    }

    /// `None` where the file is damaged.
    fn read(&self) -> Result<Option<Settings>, PlatformError> {
        match fs::read(&self.path) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok().map(Settings::within_limits)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Settings::default())),
            Err(source) => Err(PlatformError::Read { path: self.path.clone(), source }),
        }
    }

    fn set_aside(&self) -> Result<PathBuf, PlatformError> {
        let mut number = 1;
        loop {
            let path = self.path.with_extension(format!("json.damaged-{number}"));
            match move_to_free_name(&self.path, path.file_name().unwrap_or_default()) {
                Ok(()) => return Ok(path),
                Err(OutError::Exists(_)) if number < 1000 => number += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::thread;

    use super::*;
    use crate::platform::{ProfileEntry, Theme, WindowSize};

    fn file() -> (tempfile::TempDir, SettingsFile) {
        let home = tempfile::tempdir().unwrap();
        let file = SettingsFile::in_folders(&Folders::under(home.path()).unwrap());
        (home, file)
    }

    #[test]
    fn without_a_file_there_are_defaults_and_reading_makes_none() {
        let (_home, file) = file();
        assert_eq!(file.load().unwrap(), LoadedSettings { settings: Settings::default(), set_aside: None });
        assert!(!file.path().exists());
    }

    #[test]
    fn changes_are_there_at_the_next_start_and_private() {
        let (_home, file) = file();
        let odd = Path::new(OsStr::from_bytes(b"/v/\xff.sealkeep"));
        let changed = file.update(|settings| {
            settings.theme = Theme::Dark;
            settings.remember_profile(ProfileEntry::new("work", "eu-west-1", "static"));
            settings.remember_vault(odd);
        });
        let loaded = file.load().unwrap();
        assert_eq!(loaded, changed.unwrap());
        assert_eq!(loaded.settings.last_vault(), Some(odd), "a path that is not text");
        assert_eq!(fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_newer_version_wrote_is_kept() {
        let (_home, file) = file();
        let newer = r#"{"theme":"light","sync":{"bucket":"b"},"profiles":[{"name":"n","region":"r","mfa":true}]}"#;
        fs::write(file.path(), newer).unwrap();
        file.update(|settings| settings.idle_lock_minutes = 9).unwrap();
        let text: serde_json::Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
        assert_eq!(text["sync"]["bucket"], "b");
        assert_eq!(text["profiles"][0]["mfa"], true);
        assert_eq!(text["theme"], "light");
        assert_eq!(text["idle_lock_minutes"], 9);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_told() {
        let (_home, file) = file();
        for attempt in 1..=2 {
            fs::write(file.path(), format!("{{ damaged {attempt}")).unwrap();
            let loaded = file.load().unwrap();
            assert_eq!(loaded.settings, Settings::default());
            let kept = loaded.set_aside.unwrap();
            assert_eq!(fs::read_to_string(&kept).unwrap(), format!("{{ damaged {attempt}"));
            assert!(kept.ends_with(format!("settings.json.damaged-{attempt}")));
            assert!(!file.path().exists());
        }
        fs::write(file.path(), "[]").unwrap();
        assert!(file.update(|settings| settings.scale_percent = 120).unwrap().set_aside.is_some());
        assert_eq!(file.load().unwrap().settings.scale_percent, 120);
    }

    #[test]
    fn what_is_set_aside_replaces_nothing() {
        let (home, file) = file();
        let elsewhere = home.path().join("dotfiles.json");
        fs::write(&elsewhere, "damaged").unwrap();
        symlink(&elsewhere, file.path()).unwrap();
        let aside = |number: u32| home.path().join(format!("config/settings.json.damaged-{number}"));
        fs::create_dir(aside(1)).unwrap();
        symlink("nowhere", aside(2)).unwrap();
        assert_eq!(file.load().unwrap().set_aside, Some(aside(3)));
        assert_eq!(fs::read_to_string(aside(3)).unwrap(), "damaged");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "damaged", "what a link leads to stays");
    }

    #[test]
    fn values_outside_their_limits_are_brought_back() {
        let (_home, file) = file();
        let odd = r#"{"idle_lock_minutes":4294967295,"clipboard_clear_seconds":999999,"scale_percent":0,
            "window":{"width":1e38,"height":-3.0}}"#;
        fs::write(file.path(), odd).unwrap();
        let loaded = file.load().unwrap();
        assert_eq!(loaded.set_aside, None);
        let settings = loaded.settings;
        assert_eq!((settings.idle_lock_minutes, settings.clipboard_clear_seconds), (1440, 3600));
        assert_eq!((settings.scale_percent, settings.window), (50, None));
        let never = r#"{"idle_lock_minutes":0,"clipboard_clear_seconds":0,"window":{"width":900.0,"height":600.0}}"#;
        fs::write(file.path(), never).unwrap();
        let settings = file.load().unwrap().settings;
        assert_eq!((settings.idle_lock_minutes, settings.clipboard_clear_seconds), (0, 0));
        assert_eq!(settings.window, Some(WindowSize { width: 900.0, height: 600.0 }));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_stays() {
        let (_home, file) = file();
        fs::create_dir(file.path()).unwrap();
        assert!(matches!(file.load(), Err(PlatformError::Read { .. })));
        assert!(matches!(file.update(|_| ()), Err(PlatformError::Read { .. })));
        assert!(file.path().is_dir());
    }

    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let (home, file) = file();
        let elsewhere = home.path().join("dotfiles.json");
        fs::write(&elsewhere, "{}").unwrap();
        symlink(&elsewhere, file.path()).unwrap();
        file.update(|settings| settings.scale_percent = 150).unwrap();
        assert!(fs::symlink_metadata(file.path()).unwrap().is_symlink());
        assert!(fs::read_to_string(&elsewhere).unwrap().contains("150"));
    }

    #[test]
    fn no_change_is_lost_between_writers() {
        let (_home, file) = file();
        thread::scope(|scope| {
            for writer in 0..4 {
                let file = &file;
                scope.spawn(move || {
                    for step in 0..5 {
                        file.update(|settings| {
                            settings.remember_profile(ProfileEntry::new(&format!("{writer}-{step}"), "r", "static"))
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(file.load().unwrap().settings.profiles.len(), 20);
    }
}
