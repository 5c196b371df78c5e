//! What profiles of the AWS command line are as profiles of ours.

use std::collections::HashMap;

use crate::providers::aws::{AssumeRole, IdentityCenter, MachineRole, Network, NetworkFields, ProfileKind, Seat};
use crate::providers::{AwsProfile, ProviderError};

use super::found::Found;
use super::{ACCESS_KEY_ID, CREDENTIAL_PROCESS, SECRET_ACCESS_KEY, SECURITY_TOKEN, SESSION_TOKEN, SharedFiles};

/// A profile that can be had.
#[derive(Debug)]
pub struct Offer {
    /// As it would be stored.
    pub profile: AwsProfile,
    /// The profile of the AWS command line that it comes from.
    pub from: String,
    /// Whether a lasting access key stands in the files for it, or one of a session.
    pub has_keys: bool,
    /// Whether the same sections are a role, too, whose credentials this access key gets: they need it where it is.
    pub is_own_source: bool,
    /// What is worth knowing before it is taken, in sentences.
    pub notes: Vec<String>,
}

/// A profile that can't be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOffered {
    /// As the AWS command line calls it.
    pub name: String,
    /// Why, as the rest of a sentence about it.
    pub why: String,
    /// Whether it could be had if somebody said its region.
    pub needs_region: bool,
}

/// What is missing where nothing says a profile's region. The last words also of what is told of those that take its credentials.
const NO_REGION: &str = "nothing says its region";

/// What there is.
#[derive(Debug, Default)]
pub struct Offers {
    /// Whose credentials others take come before these.
    pub offers: Vec<Offer>,
    /// What can't be had.
    pub refused: Vec<NotOffered>,
}

impl SharedFiles<'_> {
    /// What each profile is as one of ours. Those that name no region get that of `default`, else `region`. At most `longest_chain`
    /// roles stand behind each other.
    pub fn offers(self, region: Option<&str>, longest_chain: usize) -> Offers {
        let profiles = self.profiles();
        let default_region = profiles.iter().find(|known| known.name == "default").and_then(|it| it.text("region"));
        let region = default_region.or_else(|| region.map(str::to_owned));
        let mut reading = Reading {
            files: self,
            profiles: &profiles,
            region,
            longest_chain,
            seen: HashMap::new(),
            offers: Vec::new(),
        };
        let refused = profiles.iter().filter_map(|profile| {
            let why = reading.offer(&profile.name, &mut Vec::new()).err()?;
            let needs_region = why.ends_with(NO_REGION);
            Some(NotOffered { name: profile.name.clone(), why, needs_region })
        });
        let mut refused: Vec<NotOffered> = refused.collect();
        let offers = reading.offers;
        refused.extend(self.passed_over().map(|header| NotOffered {
            name: header.to_owned(),
            why: format!("in the configuration the AWS command line reads it only as [profile {header}]"),
            needs_region: false,
        }));
        Offers { offers, refused }
    }
}

struct Reading<'a> {
    files: SharedFiles<'a>,
    profiles: &'a [Found<'a>],
    region: Option<String>,
    longest_chain: usize,
    /// How many roles stand behind what was read, or why it can't be had.
    seen: HashMap<String, Result<usize, String>>,
    offers: Vec<Offer>,
}

impl<'a> Reading<'a> {
    /// Offers the profile `name`, and before it those whose credentials it takes. Counts the roles.
    fn offer(&mut self, name: &str, path: &mut Vec<String>) -> Result<usize, String> {
        if let Some(seen) = self.seen.get(name) {
            return seen.clone();
        }
        if path.iter().any(|before| before == name) {
            return Err(format!("these take their credentials from each other: {} → {name}", path.join(" → ")));
        }
        path.push(name.to_owned());
        let done = self.read(name, path);
        path.pop();
        self.seen.insert(name.to_owned(), done.clone());
        done
    }

    fn read(&mut self, name: &str, path: &mut Vec<String>) -> Result<usize, String> {
        let profiles = self.profiles;
        let Some(found) = profiles.iter().find(|found| found.name == name) else {
            return Err("it is not in the files".to_owned());
        };
        let mut notes = notes(found);
        let (kind, roles) = match kind_of(found)? {
            Kind::Role => {
                let (source, roles) = self.source(found, path)?;
                if roles == self.longest_chain {
                    return Err(format!("more than {roles} roles stand behind each other"));
                }
                if found.value("role_session_name").is_some() {
                    notes
                        .push("Its role_session_name is left out: Sealkeep's sessions are called sealkeep.".to_owned());
                }
                (role(found, source)?, roles + 1)
            }
            Kind::Center => (self.center(found)?, 0),
            Kind::Keys => (keys(found, &mut notes)?, 0),
        };
        self.add(found, name, kind, notes)?;
        Ok(roles)
    }

    fn add(&mut self, found: &Found<'_>, name: &str, kind: ProfileKind, notes: Vec<String>) -> Result<(), String> {
        let region = found.text("region").or_else(|| self.region.clone());
        let region = region.ok_or(NO_REGION)?;
        let has_keys = matches!(kind, ProfileKind::Static { .. });
        let network = Network::new(network(found)?).map_err(explain)?;
        let profile = AwsProfile::new(name, &region, network, kind).map_err(explain)?;
        let is_own_source = has_keys && name != found.name;
        self.offers.push(Offer { profile, from: found.name.clone(), has_keys, is_own_source, notes });
        Ok(())
    }

    /// The profile whose credentials the role of `found` takes, and how many roles stand behind that.
    fn source(&mut self, found: &Found<'a>, path: &mut Vec<String>) -> Result<(String, usize), String> {
        match (found.text("source_profile"), found.text("credential_source")) {
            (Some(_), Some(_)) => Err("it has both a source_profile and a credential_source".to_owned()),
            (None, None) => Err("its role_arn has no source_profile".to_owned()),
            (Some(source), None) => {
                let profiles = self.profiles;
                let Some(of_source) = profiles.iter().find(|known| known.name == source) else {
                    return Err(format!("there is no profile “{source}”, its source_profile"));
                };
                // AWS's tools take the access key of a source where it has one, and its role where not.
                if of_source.value("role_arn").is_some() && of_source.value(ACCESS_KEY_ID).is_some() {
                    return Ok((self.own_source(of_source)?, 0));
                }
                let roles = self.offer(&source, path).map_err(|why| match why.starts_with("these take") {
                    true => why,
                    false => format!("“{source}”, its source_profile, can't be had: {why}"),
                })?;
                Ok((source, roles))
            }
            (None, Some(machine)) => {
                let (role, suffix) = match machine.as_str() {
                    "Ec2InstanceMetadata" => (MachineRole::Instance, "instance"),
                    "EcsContainer" => (MachineRole::Container, "container"),
                    other => return Err(format!("Sealkeep takes no credentials from {other}, its credential_source")),
                };
                let name = self.aside(found, suffix)?;
                self.add(found, &name, ProfileKind::Machine(role), Vec::new())?;
                Ok((name, 0))
            }
        }
    }

    /// The access key of a profile that is a role besides: a profile of its own.
    fn own_source(&mut self, found: &Found<'_>) -> Result<String, String> {
        let name = format!("{}-keys", found.name);
        if self.offers.iter().any(|known| known.profile.name() == name && known.from == found.name) {
            return Ok(name);
        }
        let name = self.aside(found, "keys")?;
        let mut notes = Vec::new();
        let kind = keys(found, &mut notes)?;
        self.add(found, &name, kind, notes)?;
        Ok(name)
    }

    /// A name for what a profile of the AWS command line has besides.
    fn aside(&self, found: &Found<'_>, suffix: &str) -> Result<String, String> {
        let name = format!("{}-{suffix}", found.name);
        match self.profiles.iter().any(|known| known.name == name) {
            true => Err(format!("it would become two profiles, and there is another “{name}”")),
            false => Ok(name),
        }
    }

    fn center(&self, found: &Found<'_>) -> Result<ProfileKind, String> {
        let plain = |setting: &str| match found.text("sso_session") {
            // EXPOSE: an address and a region are no secrets.
            Some(session) => self.files.of_session(&session, setting).map(|value| value.expose().to_owned()),
            None => found.text(setting),
        };
        let missing = |what: &str| format!("nothing says its {what}");
        let start_url = plain("sso_start_url").ok_or_else(|| missing("sso_start_url"))?;
        let region = plain("sso_region").ok_or_else(|| missing("sso_region"))?;
        let account = found.text("sso_account_id").ok_or_else(|| missing("sso_account_id"))?;
        let role = found.text("sso_role_name").ok_or_else(|| missing("sso_role_name"))?;
        Ok(ProfileKind::IdentityCenter(IdentityCenter { start_url, region, seat: Some(Seat { account, role }) }))
    }
}

enum Kind {
    Role,
    Center,
    Keys,
}

/// Where AWS's tools take a profile's credentials from, in their order.
fn kind_of(found: &Found<'_>) -> Result<Kind, String> {
    let has = |setting: &str| found.value(setting).is_some();
    if has("web_identity_token_file") {
        return Err("its web_identity_token_file is for the machine that it is on: add a profile of that machine (web identity) instead"
            .to_owned());
    }
    if has("role_arn") {
        return Ok(Kind::Role);
    }
    if ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"].into_iter().any(has) {
        return Ok(Kind::Center);
    }
    if has(ACCESS_KEY_ID) || has(SECRET_ACCESS_KEY) {
        return Ok(Kind::Keys);
    }
    Err(match (has(CREDENTIAL_PROCESS), has("login_session")) {
        (true, _) => "its credentials come from another program, its credential_process".to_owned(),
        (_, true) => "its credentials come from aws login".to_owned(),
        _ => "it has no credentials, only settings".to_owned(),
    })
}

fn keys(found: &Found<'_>, notes: &mut Vec<String>) -> Result<ProfileKind, String> {
    // EXPOSE: an access key's id is no secret.
    let id = found.of_key(ACCESS_KEY_ID).map(|id| id.expose().to_owned()).ok_or("it has no aws_access_key_id")?;
    let secret = found.of_key(SECRET_ACCESS_KEY).ok_or(match found.value(SECRET_ACCESS_KEY) {
        Some(_) => "its aws_access_key_id and its aws_secret_access_key stand in two files: put both into one",
        None => "it has no aws_secret_access_key",
    })?;
    let token = found.of_key(SESSION_TOKEN).or_else(|| found.of_key(SECURITY_TOKEN));
    if token.is_some() {
        notes.push("It has the token of a session, and ends with it.".to_owned());
    }
    Ok(ProfileKind::Static {
        access_key_id: id,
        secret_access_key: secret.duplicate(),
        session_token: token.map(|token| token.duplicate()),
    })
}

fn role(found: &Found<'_>, source: String) -> Result<ProfileKind, String> {
    let duration = found.text("duration_seconds").map(|seconds| seconds.parse());
    let duration = duration.transpose().map_err(|_| "its duration_seconds is no number of seconds")?;
    Ok(ProfileKind::AssumeRole(AssumeRole {
        source,
        role_arn: found.text("role_arn").unwrap_or_default(),
        external_id: found.text("external_id"),
        mfa_serial: found.text("mfa_serial"),
        duration_seconds: duration,
    }))
}

fn network(found: &Found<'_>) -> Result<NetworkFields, String> {
    let flag = |setting: &str| match found.text(setting).map(|text| text.to_lowercase()).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(format!("its {setting} is neither true nor false")),
    };
    let ignored = found.text("ignore_configured_endpoint_urls").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    Ok(NetworkFields {
        endpoint_url: found.text("endpoint_url").filter(|_| !ignored),
        fips: flag("use_fips_endpoint")?,
        dual_stack: flag("use_dualstack_endpoint")?,
        ..NetworkFields::default()
    })
}

fn notes(found: &Found<'_>) -> Vec<String> {
    let left_out = [
        ("services", "Its services section is left out: Sealkeep has one endpoint for every service."),
        ("ca_bundle", "Its ca_bundle is left out: Sealkeep trusts the system's certificates."),
    ];
    left_out.into_iter().filter(|(name, _)| found.value(name).is_some()).map(|(_, note)| note.to_owned()).collect()
}

fn explain(error: ProviderError) -> String {
    match error {
        ProviderError::Config(why) => why,
        other => other.to_string(),
    }
}
