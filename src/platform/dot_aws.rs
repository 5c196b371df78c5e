//! Where the AWS command line keeps its files. Only an import that somebody asks for reads them.

use std::env;
use std::path::PathBuf;

/// The files of the AWS command line, which need not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsFiles {
    /// `AWS_CONFIG_FILE`, else `~/.aws/config`.
    pub config: PathBuf,
    /// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
    pub credentials: PathBuf,
}

impl AwsFiles {
    /// Those of this user; `None` where nothing says where their home is.
    pub fn of_user() -> Option<Self> {
        let home = || Some(directories::UserDirs::new()?.home_dir().to_owned());
        let named = |variable: &str, name: &str| {
            let path = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            match path {
                Some(path) => match path.strip_prefix("~") {
                    Ok(below) => Some(home()?.join(below)),
                    Err(_) => Some(path),
                },
                None => Some(home()?.join(".aws").join(name)),
            }
        };
        Some(Self {
            config: named("AWS_CONFIG_FILE", "config")?,
            credentials: named("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
        })
    }
}
