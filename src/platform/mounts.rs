//! Whether a folder is where a vault should not be: on a network share, or in a folder that a file-sync program copies.
//!
//! Owns: the signs to go by. It warns, it never refuses; a sign can be wrong.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Where a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a disk of this machine, as far as can be seen.
    Local,
    /// On a file system that other machines write to; holds its type, such as `nfs4`.
    Network(String),
    /// In a folder that a program keeps in step with other machines; holds the program's name.
    Synced(&'static str),
}

/// Looks at `path`, which need not exist yet. Unknown means local.
pub fn place_of(path: &Path) -> Place {
    let path = resolve(path);
    if let Some(program) = sync_program(&path) {
        return Place::Synced(program);
    }
    let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
    match filesystem_of(&path, &mounts) {
        Some(kind) if is_network(&kind) => Place::Network(kind),
        _ => Place::Local,
    }
}

/// Follows links as far as the path exists.
fn resolve(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|above| fs::canonicalize(above).ok().map(|real| (above, real)));
    match existing {
        Some((above, real)) => path.strip_prefix(above).map_or(path.clone(), |rest| real.join(rest)),
        None => path,
    }
}

/// What the program leaves in a folder that it keeps in step.
const MARKS: &[(&str, &str)] = &[
    (".stfolder", "Syncthing"),
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".sync_journal.db", "Nextcloud"),
    (".nextcloudsync.log", "Nextcloud"),
    (".owncloudsync.log", "ownCloud"),
    (".seafile-data", "Seafile"),
    (".tresorit", "Tresorit"),
    (".odopen", "OneDrive"),
];

/// What such folders are called, where the program leaves nothing in them.
const NAMES: &[(&str, &str)] = &[
    ("Dropbox", "Dropbox"),
    ("OneDrive", "OneDrive"),
    ("Nextcloud", "Nextcloud"),
    ("ownCloud", "ownCloud"),
    ("Google Drive", "Google Drive"),
    ("GoogleDrive", "Google Drive"),
    ("MEGA", "MEGA"),
    ("MEGAsync", "MEGA"),
    ("pCloudDrive", "pCloud"),
    ("Seafile", "Seafile"),
];

fn sync_program(path: &Path) -> Option<&'static str> {
    let marked = path.ancestors().find_map(|folder| MARKS.iter().find(|(mark, _)| is_marked(folder, mark)));
    if let Some((_, program)) = marked {
        return Some(program);
    }
    path.components()
        .find_map(|part| {
            let Component::Normal(part) = part else { return None };
            let part = part.to_str()?;
            // "OneDrive - Company" is the name of a business account's folder.
            NAMES
                .iter()
                .find(|(name, _)| part == *name || part.strip_prefix(name).is_some_and(|r| r.starts_with(" - ")))
        })
        .map(|(_, program)| *program)
}

fn is_marked(folder: &Path, mark: &str) -> bool {
    // In a home folder, `.dropbox` is the folder of the program's own settings; in a synced folder it is a file.
    fs::symlink_metadata(folder.join(mark)).is_ok_and(|found| mark != ".dropbox" || found.is_file())
}

fn is_network(kind: &str) -> bool {
    const KINDS: &[&str] = &[
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    ];
    const FUSE: &[&str] = &[
        "sshfs",
        "rclone",
        "gvfsd-fuse",
        "s3fs",
        "goofys",
        "mount-s3",
        "davfs",
        "davfs2",
        "glusterfs",
        "ceph-fuse",
        "google-drive-ocamlfuse",
        "onedriver",
        "pcloud",
        "curlftpfs",
        "juicefs",
        "vmhgfs-fuse",
        "kio-fuse",
    ];
    KINDS.contains(&kind) || kind.strip_prefix("fuse.").is_some_and(|name| FUSE.contains(&name))
}

/// The type of the file system that `path` is on, by the longest mount point above it (the later one where two are the same).
/// Lines: `id parent major:minor root MOUNT-POINT options [fields]… - TYPE source options`.
fn filesystem_of(path: &Path, mountinfo: &[u8]) -> Option<String> {
    let mut best: Option<(usize, &[u8])> = None;
    for line in mountinfo.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b' ');
        let Some(point) = fields.nth(4).map(unescape) else { continue };
        let Some(kind) = fields.skip_while(|field| *field != b"-").nth(1) else { continue };
        if path.starts_with(&point) && best.is_none_or(|(length, _)| point.as_os_str().len() >= length) {
            best = Some((point.as_os_str().len(), kind));
        }
    }
    best.map(|(_, kind)| String::from_utf8_lossy(kind).into_owned())
}

/// Mount points have their blanks and backslashes as `\040`.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let code = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(std::ffi::OsStr::from_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = b"\
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /mnt/team\\040share rw - cifs //server/share rw
31 22 0:41 / /mnt/far rw shared:9 master:2 - fuse.sshfs host: rw
32 22 0:42 / /mnt/sealed rw - fuse.gocryptfs /x rw
33 22 0:43 / /mnt/nfs rw - nfs4 server:/ rw
34 33 0:44 / /mnt/nfs/local rw - tmpfs tmpfs rw
35 22 0:45 / /mnt/over rw - ext4 /dev/vdb rw
36 22 0:46 / /mnt/over rw - nfs server:/ rw
";

    fn kind(path: &str) -> (String, bool) {
        let kind = filesystem_of(Path::new(path), MOUNTS).unwrap();
        let network = is_network(&kind);
        (kind, network)
    }

    #[test]
    fn the_nearest_mount_decides() {
        assert_eq!(kind("/home/anna/v"), ("ext4".to_owned(), false));
        assert_eq!(kind("/mnt/team share/v"), ("cifs".to_owned(), true));
        assert_eq!(kind("/mnt/team sharex/v"), ("ext4".to_owned(), false));
        assert_eq!(kind("/mnt/far"), ("fuse.sshfs".to_owned(), true));
        assert_eq!(kind("/mnt/sealed/v"), ("fuse.gocryptfs".to_owned(), false));
        assert_eq!(kind("/mnt/nfs/v"), ("nfs4".to_owned(), true));
        assert_eq!(kind("/mnt/nfs/local/v"), ("tmpfs".to_owned(), false));
        assert_eq!(kind("/mnt/over/v"), ("nfs".to_owned(), true), "the one on top");
    }

    #[test]
    fn a_sync_folder_is_known_by_its_mark() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("things");
        fs::create_dir_all(folder.join(".stfolder")).unwrap();
        assert_eq!(place_of(&folder.join("deep/new.sealkeep")), Place::Synced("Syncthing"));
        assert_eq!(place_of(home.path()), Place::Local);
    }

    #[test]
    fn a_sync_folder_is_known_by_its_name() {
        for (path, program) in [
            ("/h/Dropbox/v", "Dropbox"),
            ("/h/OneDrive - Example Ltd/v", "OneDrive"),
            ("/h/Nextcloud", "Nextcloud"),
            ("/h/Google Drive/My Drive/v", "Google Drive"),
        ] {
            assert_eq!(sync_program(Path::new(path)), Some(program), "{path}");
        }
        assert_eq!(sync_program(Path::new("/h/Dropbox-archive/v")), None);
    }

    #[test]
    fn the_dropbox_programs_own_settings_mean_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".dropbox")).unwrap();
        fs::create_dir(home.path().join("Box")).unwrap();
        fs::write(home.path().join("Box/.dropbox"), "").unwrap();
        assert_eq!(place_of(&home.path().join("v.sealkeep")), Place::Local);
        assert_eq!(place_of(&home.path().join("Box/v.sealkeep")), Place::Synced("Dropbox"));
    }
}
