//! Opening a person's file to read it, whatever stands behind its name.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens `path` for reading without waiting: a pipe with nobody at its other end would hold whoever opens it, before it can be
/// refused. A terminal does not become this process's own.
///
/// # Errors
/// The system's.
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, symlink};

    use rustix::fs::{CWD, FileType, Mode};

    use super::*;

    #[test]
    fn a_pipe_without_a_writer_is_opened_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let opened = open_without_waiting(&path).unwrap();
        assert!(opened.metadata().unwrap().file_type().is_fifo());
    }

    #[test]
    fn files_are_read_through_links_and_what_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "content").unwrap();
        symlink(&file, &link).unwrap();
        let mut content = String::new();
        open_without_waiting(&link).unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");
        assert!(open_without_waiting(folder.path()).unwrap().metadata().unwrap().is_dir());
        std::fs::remove_file(&file).unwrap();
        assert_eq!(open_without_waiting(&link).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
