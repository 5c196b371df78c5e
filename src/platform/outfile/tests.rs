use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;

type Begin = fn(&OwnedFd) -> rustix::io::Result<(File, Temporary)>;

/// Both ways to keep an unfinished file: every rule must hold for either.
const WAYS: [Begin; 2] = [Temporary::nameless, Temporary::named];

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn begin(path: &Path, replace: Replace, way: Begin, content: &[u8]) -> OutFile {
    let mut out = OutFile::create_by(path, replace, way).unwrap();
    out.write_all(content).unwrap();
    out
}

#[test]
fn appears_whole_and_private_at_commit_and_not_before() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let out = begin(&path, Replace::No, way, b"content");
        assert!(!path.exists());
        out.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"content");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(names_in(folder.path()), ["out"]);
    }
}

#[test]
fn a_drop_without_commit_leaves_nothing() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        drop(begin(&folder.path().join("out"), Replace::No, way, b"half"));
        assert!(names_in(folder.path()).is_empty());
    }
}

#[test]
fn an_existing_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    std::fs::write(&path, "theirs").unwrap();
    assert!(matches!(OutFile::create(&path, Replace::No), Err(OutError::Exists(p)) if p == path));
}

#[test]
fn a_file_that_appears_meanwhile_is_not_overwritten() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let out = begin(&path, Replace::No, way, b"ours");
        std::fs::write(&path, "theirs").unwrap();
        assert!(matches!(out.commit(), Err(OutError::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(names_in(folder.path()), ["out"]);
    }
}

#[test]
fn replacing_is_one_step_and_leaves_the_old_file_until_then() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        std::fs::write(&path, "old").unwrap();
        drop(begin(&path, Replace::Yes, way, b"given up"));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        begin(&path, Replace::Yes, way, b"new").commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names_in(folder.path()), ["out"]);
    }
}

#[test]
fn a_symbolic_link_is_replaced_and_never_followed() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("out"));
        std::fs::write(&target, "precious").unwrap();
        symlink(&target, &path).unwrap();
        assert!(matches!(OutFile::create(&path, Replace::No), Err(OutError::Exists(_))));
        begin(&path, Replace::Yes, way, b"new").commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"precious");
        assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
    }
}

#[test]
fn a_dangling_link_that_appears_meanwhile_is_not_followed() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("out"));
        let out = begin(&path, Replace::No, way, b"ours");
        symlink(&target, &path).unwrap();
        assert!(matches!(out.commit(), Err(OutError::Exists(_))));
        assert!(!target.exists());
    }
}

#[test]
fn folders_devices_and_nameless_paths_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| OutFile::create(&folder.path().join(name), Replace::Yes);
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(matches!(at("folder"), Err(OutError::IsFolder(_))));
    assert!(matches!(at("folder/"), Err(OutError::NoName(_))));
    assert!(matches!(at("folder/.."), Err(OutError::NoName(_))));
    assert!(matches!(at("nowhere/out"), Err(OutError::NoFolder(_))));
    assert!(matches!(at(&"n".repeat(300)), Err(OutError::NameTooLong(_))));
    assert!(matches!(OutFile::create(Path::new("/dev/null"), Replace::Yes), Err(OutError::NotAFile(_))));
}

#[test]
fn a_file_in_the_place_of_a_folder_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(OutFile::create(&folder.path().join("file/out"), Replace::No), Err(OutError::NoFolder(_))));
    symlink("loop", folder.path().join("loop")).unwrap();
    assert!(OutFile::create(&folder.path().join("loop/out"), Replace::No).is_err());
}

#[test]
fn a_pipe_is_neither_replaced_nor_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert!(matches!(OutFile::create(&path, Replace::No), Err(OutError::Exists(_))));
    assert!(matches!(OutFile::create(&path, Replace::Yes), Err(OutError::NotAFile(_))));
}

#[test]
fn odd_names_and_linked_folders_are_as_good_as_others() {
    use std::os::unix::ffi::OsStrExt;
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        symlink("real", folder.path().join("link")).unwrap();
        for name in [&b"\xff\xfe"[..], b"a\nb", b"-rf", b" ", b"...", &[b'n'; 255]] {
            let name = OsStr::from_bytes(name);
            begin(&folder.path().join("link").join(name), Replace::No, way, b"x").commit().unwrap();
            assert_eq!(std::fs::read(folder.path().join("real").join(name)).unwrap(), b"x");
        }
    }
}

#[test]
fn a_folder_that_takes_no_files_is_named_as_such() {
    // The system's own: it refuses whoever asks, root too, wherever it is mounted.
    for folder in ["/sys", "/sys/kernel"] {
        let error = OutFile::create(&Path::new(folder).join("sealkeep-out"), Replace::Yes).unwrap_err();
        assert!(matches!(error, OutError::ReadOnly(_)), "{error:?}");
        assert!(error.hint().contains("may write"));
    }
}

#[test]
fn a_folder_that_took_the_name_meanwhile_is_refused() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let out = begin(&path, Replace::Yes, way, b"ours");
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(out.commit(), Err(OutError::IsFolder(_))));
        assert_eq!(names_in(folder.path()), ["out"]);
    }
}

#[test]
fn a_bare_name_goes_to_the_current_folder() {
    let out = OutFile::create(Path::new("sealkeep-never-committed"), Replace::No).unwrap();
    let here = std::fs::metadata(".").unwrap().ino();
    assert_eq!(rustix::fs::fstat(&out.folder).unwrap().st_ino, here);
}

#[test]
fn a_full_disk_is_named_as_such() {
    // /dev/full answers every write with ENOSPC.
    let error = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
    assert!(matches!(OutError::explain(Path::new("out"), error), OutError::NoSpace { missing: None, .. }));

    let folder = tempfile::tempdir().unwrap();
    let out = OutFile::create(&folder.path().join("out"), Replace::No).unwrap();
    out.expect(1).unwrap();
    assert!(matches!(out.expect(u64::MAX), Err(OutError::NoSpace { missing: Some(1..), .. })));
}

#[test]
fn a_read_only_folder_or_disk_is_named_as_such() {
    for errno in [rustix::io::Errno::ROFS, rustix::io::Errno::ACCESS, rustix::io::Errno::PERM] {
        assert!(matches!(OutError::explain(Path::new("out"), errno.into()), OutError::ReadOnly(_)));
    }
}

#[test]
fn large_files_arrive_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut out = OutFile::create(&path, Replace::No).unwrap();
    for byte in 0..40u8 {
        out.write_all(&vec![byte; 1 << 20]).unwrap();
    }
    assert_eq!(out.written(), 40 << 20);
    out.commit().unwrap();
    let read = std::fs::read(&path).unwrap();
    assert!(read.chunks(1 << 20).zip(0..40u8).all(|(chunk, byte)| chunk.iter().all(|b| *b == byte)));
    assert_eq!(read.len(), 40 << 20);
}
