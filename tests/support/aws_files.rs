//! The files of the AWS command line, as somebody has them who used it before.

use std::fs;
use std::path::{Path, PathBuf};

use super::fake_kms::{FakeKms, Role};

/// The role of the profile `reader`.
pub const ROLE: &str = "arn:aws:iam::111122223333:role/vault-reader";

/// What stands in them: `user` has an access key, `reader` is a role that is taken as it, and `elsewhere` can't be imported.
pub struct AwsFiles {
    pub config: PathBuf,
    pub credentials: PathBuf,
}

impl AwsFiles {
    /// Writes them to the `.aws` of `home`, for `kms`.
    pub fn write(home: &Path, kms: &FakeKms) -> Self {
        kms.add_role(Role { arn: ROLE.to_owned(), trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()], ..Role::default() });
        let folder = home.join(".aws");
        fs::create_dir_all(&folder).unwrap();
        let (region, endpoint) = (FakeKms::REGION, kms.endpoint());
        let config = format!(
            "# mine\n[default]\nregion = {region}\n\n[profile reader]\nrole_arn = {ROLE}\nsource_profile = user\nendpoint_url = {endpoint}\n\n\
             [profile elsewhere]\ncredential_process = pass aws\n"
        );
        let credentials = format!(
            "; the team's\n[user]\nendpoint_url = {endpoint}\naws_access_key_id = {}\naws_secret_access_key = {}\n# the end\n",
            FakeKms::ACCESS_KEY_ID,
            FakeKms::SECRET_ACCESS_KEY
        );
        let files = Self { config: folder.join("config"), credentials: folder.join("credentials") };
        fs::write(&files.config, config).unwrap();
        fs::write(&files.credentials, credentials).unwrap();
        files
    }

    /// Both, as they are.
    pub fn contents(&self) -> (String, String) {
        let read = |path| fs::read_to_string(path).unwrap();
        (read(&self.config), read(&self.credentials))
    }
}

/// The line with which the AWS command line asks the built `sealkeep-cli` for the credentials of `user`, where it is not on the `PATH`.
pub const LINE_IN_FULL: &str =
    concat!("credential_process = ", env!("CARGO_BIN_EXE_sealkeep-cli"), " profile credentials user");

/// What the credentials are without the key of `user`; `instead` stands in its place.
pub fn without_key(credentials: &str, instead: &str) -> String {
    let mut rest = String::new();
    for line in credentials.split_inclusive('\n') {
        if line.starts_with("aws_access_key_id") {
            rest.push_str(instead);
        } else if !line.starts_with("aws_") {
            rest.push_str(line);
        }
    }
    rest
}
