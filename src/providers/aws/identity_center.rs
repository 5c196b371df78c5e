//! IAM Identity Center: a person signs in with a browser, anywhere, and a token stands for that.
//!
//! The device authorization grant (RFC 8628), as AWS has it:
//! <https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sdk_sso::config::http::HttpResponse;
use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};

use crate::providers::kms::explain;
use crate::providers::shown::shown;
use crate::providers::{DeniedBy, ProviderError};
use crate::secret::{SecretString, wipe_deep_stack};

use super::profile::{check_region, is_secret};
use super::sso_token::{Registration, SsoToken};
use super::{AwsProfile, Patience};

/// Signing in at an organisation's portal, and what one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCenter {
    /// The portal: `https://d-0123456789.awsapps.com/start`.
    pub start_url: String,
    /// The region that Identity Center is in; often another than the keys'.
    pub region: String,
    /// The account and the role; `None` until somebody chose.
    pub seat: Option<Seat>,
}

/// An account, and a role (permission set) in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// The account's number: 12 digits.
    pub account: String,
    /// The role's name, as Identity Center lists it.
    pub role: String,
}

/// A seat that one may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSeat {
    /// What to take.
    pub seat: Seat,
    /// What the organisation calls the account.
    pub account_name: String,
}

/// A sign-in that waits for the person: they open `url`, compare `user_code` and say yes.
#[derive(Debug)]
pub struct DeviceSignIn {
    /// What the page shows, too: `ABCD-EFGH`.
    pub user_code: String,
    /// The page, with the code in it.
    pub url: String,
    /// When the code ends.
    pub expires: SystemTime,
    registration: Registration,
    device_code: SecretString,
    interval: Duration,
}

/// For as much as this program is allowed: the accounts' roles. With it, AWS gives a refresh token.
const SCOPE: &str = "sso:account:access";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const REFRESH_GRANT: &str = "refresh_token";

/// What AWS means where it names no interval; and what each `slow_down` adds (RFC 8628, section 3.5).
const INTERVAL: Duration = Duration::from_secs(5);

/// AWS's lists of accounts and roles give 100 to a page.
const MOST_PAGES: usize = 20;

impl IdentityCenter {
    pub(super) fn check(&self) -> Result<(), ProviderError> {
        check_region(&self.region)?;
        let sound = self.start_url.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.start_url.starts_with("https://") || !sound || self.start_url.len() > 256 {
            return Err(refused("a start URL looks like https://d-0123456789.awsapps.com/start"));
        }
        let Some(seat) = &self.seat else { return Ok(()) };
        if seat.account.len() != 12 || !seat.account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused("an account is a number of 12 digits"));
        }
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
        if !(1..=64).contains(&seat.role.len()) || !seat.role.bytes().all(word) {
            return Err(refused("a role's name has 1 to 64 letters, digits and + = , . @ - _"));
        }
        Ok(())
    }
}

/// Begins a sign-in: two calls, or one where `known` still holds.
///
/// # Errors
/// [`ProviderError`]: there is no such portal, or nobody was reached.
pub async fn begin_sign_in(
    profile: &AwsProfile,
    center: &IdentityCenter,
    known: Option<Registration>,
) -> Result<DeviceSignIn, ProviderError> {
    let client = oidc(profile, center);
    let registration = match known.filter(Registration::lasts) {
        Some(known) => known,
        None => register(&client, center).await?,
    };
    let request = client.start_device_authorization().client_id(&registration.client_id);
    // EXPOSE: sent to AWS, which made it.
    let request = request.client_secret(registration.client_secret.expose()).start_url(&center.start_url);
    let answer = request.send().await;
    wipe_deep_stack();
    let answer = answer.map_err(|error| explain(&error, "sso-oauth:StartDeviceAuthorization", &center.start_url))?;
    let (Some(user_code), Some(device_code)) = (answer.user_code, answer.device_code) else {
        return Err(unexpected("no code"));
    };
    let url = answer.verification_uri_complete.or(answer.verification_uri).unwrap_or_default();
    // It is shown, and opened by a click: nothing but a web page, and all of it.
    if !url.starts_with("https://") || shown(url.as_bytes()) != url {
        return Err(unexpected("no address of a page to sign in"));
    }
    let seconds = |seconds: i32| u64::try_from(seconds).unwrap_or_default();
    Ok(DeviceSignIn {
        user_code: shown(user_code.as_bytes()),
        url,
        expires: SystemTime::now() + Duration::from_secs(seconds(answer.expires_in).clamp(30, 3600)),
        registration,
        device_code: SecretString::new(device_code),
        interval: if answer.interval > 0 { Duration::from_secs(seconds(answer.interval).min(60)) } else { INTERVAL },
    })
}

/// Waits until the person has said yes, or no, or the code ends. Dropping the future ends it.
///
/// # Errors
/// [`ProviderError::SignInFailed`]: they said no, or nothing in time.
pub async fn await_sign_in(
    profile: &AwsProfile,
    center: &IdentityCenter,
    begun: &DeviceSignIn,
) -> Result<SsoToken, ProviderError> {
    let client = oidc(profile, center);
    let mut interval = begun.interval;
    while SystemTime::now() < begun.expires {
        tokio::time::sleep(interval).await;
        let request = client.create_token().grant_type(DEVICE_GRANT).client_id(&begun.registration.client_id);
        // EXPOSE: sent to AWS, which made both.
        let request =
            request.client_secret(begun.registration.client_secret.expose()).device_code(begun.device_code.expose());
        let answer = request.send().await;
        wipe_deep_stack();
        let error = match answer {
            Ok(answer) => return SsoToken::given(begun.registration.clone(), answer, None),
            Err(error) => error,
        };
        match error.code() {
            Some("AuthorizationPendingException") => {}
            Some("SlowDownException") => interval += INTERVAL,
            Some("ExpiredTokenException") => break,
            Some("AccessDeniedException") => return Err(failed(profile, "it was refused in the browser")),
            _ => return Err(explain(&error, "sso-oauth:CreateToken", &center.start_url)),
        }
    }
    Err(failed(profile, "the code was not confirmed in time"))
}

/// The next token, without a person, where the last one came with a refresh token.
///
/// # Errors
/// [`ProviderError::SignedOut`] where only a person can get the next one.
pub async fn renew_token(
    profile: &AwsProfile,
    center: &IdentityCenter,
    token: &SsoToken,
) -> Result<SsoToken, ProviderError> {
    let ended = || ProviderError::SignedOut { profile: profile.name().to_owned() };
    let Some(refresh) = token.refresh_token.as_ref().filter(|_| token.registration.lasts()) else {
        return Err(ended());
    };
    let request = oidc(profile, center).create_token().grant_type(REFRESH_GRANT);
    let request = request.client_id(&token.registration.client_id);
    // EXPOSE: sent to AWS, which made both.
    let request = request.client_secret(token.registration.client_secret.expose()).refresh_token(refresh.expose());
    let answer = request.send().await;
    wipe_deep_stack();
    match answer {
        Ok(answer) => SsoToken::given(token.registration.clone(), answer, Some(refresh)),
        Err(error) => match error.code() {
            Some(
                "InvalidGrantException"
                | "ExpiredTokenException"
                | "InvalidClientException"
                | "AccessDeniedException"
                | "UnauthorizedClientException",
            ) => Err(ended()),
            _ => Err(explain(&error, "sso-oauth:CreateToken", &center.start_url)),
        },
    }
}

/// The credentials of the role that was chosen.
///
/// # Errors
/// [`ProviderError::SignedOut`] where the token is no longer good; [`ProviderError::AccessDenied`] where it is not for this role.
pub async fn role_credentials(
    profile: &AwsProfile,
    center: &IdentityCenter,
    token: &SsoToken,
) -> Result<Credentials, ProviderError> {
    let seat = center.seat.as_ref().ok_or_else(|| failed(profile, "no account and role are chosen"))?;
    let request = portal(profile, center).get_role_credentials().account_id(&seat.account).role_name(&seat.role);
    // EXPOSE: sent to AWS, which made it.
    let answer = request.access_token(token.access_token.expose()).send().await;
    wipe_deep_stack();
    let resource = format!("the role {} in account {}", seat.role, seat.account);
    let answer = answer.map_err(|error| said_no(profile, &error, "sso:GetRoleCredentials", &resource))?;
    let given = answer.role_credentials.ok_or_else(|| unexpected("no credentials"))?;
    let (Some(id), Some(secret), Some(token)) = (given.access_key_id, given.secret_access_key, given.session_token)
    else {
        return Err(unexpected("half of the credentials"));
    };
    let expires = UNIX_EPOCH + Duration::from_millis(u64::try_from(given.expiration).unwrap_or_default());
    Ok(Credentials::new(id, secret, Some(token), Some(expires), "sealkeep"))
}

/// The accounts and roles to choose from, by the account's name.
///
/// # Errors
/// [`ProviderError::SignedOut`] where the token is no longer good.
pub async fn list_seats(
    profile: &AwsProfile,
    center: &IdentityCenter,
    token: &SsoToken,
) -> Result<Vec<ListedSeat>, ProviderError> {
    let client = portal(profile, center);
    let refused = |error: &SdkError<_, _>| said_no(profile, error, "sso:ListAccounts", &center.start_url);
    let mut accounts = Vec::new();
    let mut next = None;
    for _ in 0..MOST_PAGES {
        // EXPOSE: sent to AWS, which made it.
        let request = client.list_accounts().access_token(token.access_token.expose()).set_next_token(next);
        let answer = request.send().await.map_err(|error| refused(&error))?;
        accounts.extend(answer.account_list.unwrap_or_default());
        next = answer.next_token;
        if next.is_none() {
            break;
        }
    }
    let mut seats = Vec::new();
    for account in accounts {
        let Some(number) = account.account_id else { continue };
        let account_name = shown(account.account_name.unwrap_or_default().as_bytes());
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let request = client.list_account_roles().account_id(&number).set_next_token(next);
            // EXPOSE: sent to AWS, which made it.
            let answer = request.access_token(token.access_token.expose()).send().await;
            let answer = answer.map_err(|error| said_no(profile, &error, "sso:ListAccountRoles", &number))?;
            for role in answer.role_list.unwrap_or_default().into_iter().filter_map(|role| role.role_name) {
                let seat = Seat { account: number.clone(), role };
                seats.push(ListedSeat { seat, account_name: account_name.clone() });
            }
            next = answer.next_token;
            if next.is_none() {
                break;
            }
        }
    }
    seats.sort_by(|one, two| (&one.account_name, &one.seat).cmp(&(&two.account_name, &two.seat)));
    Ok(seats)
}

/// Ends the session that `token` stands for, at AWS too.
///
/// # Errors
/// [`ProviderError`] where nobody was reached: the token stays good until it ends.
pub async fn sign_out(profile: &AwsProfile, center: &IdentityCenter, token: &SsoToken) -> Result<(), ProviderError> {
    // EXPOSE: sent to AWS, which made it.
    let answer = portal(profile, center).logout().access_token(token.access_token.expose()).send().await;
    answer.map(drop).map_err(|error| said_no(profile, &error, "sso:Logout", &center.start_url))
}

async fn register(client: &aws_sdk_ssooidc::Client, center: &IdentityCenter) -> Result<Registration, ProviderError> {
    let request = client.register_client().client_name("Sealkeep").client_type("public").scopes(SCOPE);
    let request = request.grant_types(DEVICE_GRANT).grant_types(REFRESH_GRANT);
    let answer = request.send().await;
    wipe_deep_stack();
    let answer = answer.map_err(|error| explain(&error, "sso-oauth:RegisterClient", &center.start_url))?;
    let secret = answer.client_secret.map(SecretString::new).filter(|secret| is_secret(secret, 16 * 1024));
    let (Some(client_id), Some(client_secret)) = (answer.client_id, secret) else {
        return Err(unexpected("no registration"));
    };
    Ok(Registration { client_id, client_secret, expires: answer.client_secret_expires_at })
}

fn oidc(profile: &AwsProfile, center: &IdentityCenter) -> aws_sdk_ssooidc::Client {
    aws_sdk_ssooidc::Client::new(&profile.configure(&center.region, Patience::default()))
}

fn portal(profile: &AwsProfile, center: &IdentityCenter) -> aws_sdk_sso::Client {
    aws_sdk_sso::Client::new(&profile.configure(&center.region, Patience::default()))
}

fn said_no<E>(
    profile: &AwsProfile,
    error: &SdkError<E, HttpResponse>,
    action: &'static str,
    resource: &str,
) -> ProviderError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.code() {
        Some("UnauthorizedException") => ProviderError::SignedOut { profile: profile.name().to_owned() },
        Some("ForbiddenException" | "ResourceNotFoundException") => {
            ProviderError::AccessDenied { action, key: resource.to_owned(), by: DeniedBy::NotSaid }
        }
        _ => explain(error, action, resource),
    }
}

fn failed(profile: &AwsProfile, reason: &str) -> ProviderError {
    ProviderError::SignInFailed { profile: profile.name().to_owned(), reason: reason.to_owned() }
}

fn unexpected(what: &str) -> ProviderError {
    ProviderError::Unexpected(format!("{what} in the answer"))
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Config(why.to_owned())
}
