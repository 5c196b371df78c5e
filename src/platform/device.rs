//! This installation's device id.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::outfile::replace_file;
use super::{Folders, PlatformError, lockfile};

const MACHINE_ID: &str = "/etc/machine-id";

#[derive(Serialize, Deserialize)]
struct DeviceFile {
    device: Uuid,
    /// A digest of the machine's id: a home folder that was copied to another machine gets a device id of its own there,
    /// because two writers with one id would count the same sequence numbers.
    machine: String,
}

/// A random id of 16 bytes for this installation on this machine, made on first use and kept in the state folder.
///
/// A file that is damaged, or came from another machine, is replaced by one with a new id: a new device is always safe.
///
/// # Errors
/// `Random`, `Read`, `Write`, `Busy`.
pub fn device_id(folders: &Folders) -> Result<[u8; 16], PlatformError> {
    let machine = fs::read_to_string(MACHINE_ID).unwrap_or_default();
    device_id_on(folders, &machine)
}

fn device_id_on(folders: &Folders, machine: &str) -> Result<[u8; 16], PlatformError> {
    let path = folders.state().join("device.json");
    let machine = digest_of(machine.trim());
    let _lock = lockfile::lock(&folders.state().join("device.lock"))?;
    match fs::read(&path) {
        Ok(content) => match serde_json::from_slice::<DeviceFile>(&content) {
            Ok(kept) if kept.machine == machine => return Ok(kept.device.into_bytes()),
            _ => {}
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(PlatformError::Read { path, source }),
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| PlatformError::Random)?;
    let device = uuid::Builder::from_random_bytes(random).into_uuid();
    let content = serde_json::to_vec(&DeviceFile { device, machine }).map_err(PlatformError::Encode)?;
    replace_file(&path, &content)?;
    Ok(device.into_bytes())
}

fn digest_of(machine: &str) -> String {
    let digest = Sha256::new_with_prefix("sealkeep device\n").chain_update(machine).finalize();
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_keeps_its_id_and_two_differ() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (Folders::under(one.path()).unwrap(), Folders::under(two.path()).unwrap());
        let id = device_id(&one).unwrap();
        assert_eq!(device_id(&one).unwrap(), id);
        assert_ne!(device_id(&two).unwrap(), id);
    }

    #[test]
    fn a_copied_home_folder_is_a_new_device() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path()).unwrap();
        let here = device_id_on(&folders, "here\n").unwrap();
        assert_eq!(device_id_on(&folders, "here").unwrap(), here);
        assert_ne!(device_id_on(&folders, "there").unwrap(), here);
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path()).unwrap();
        fs::write(folders.state().join("device.json"), "{").unwrap();
        let id = device_id(&folders).unwrap();
        assert_eq!(device_id(&folders).unwrap(), id);
    }
}
