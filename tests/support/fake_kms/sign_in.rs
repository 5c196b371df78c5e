//! Where temporary credentials come from: roles (STS), IAM Identity Center, and the services that a machine asks.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/>, <https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/>,
//! <https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::FakeKms;
use super::answer::{Refusal, refuse};
use super::http::Request;
use super::state::{Call, Principal, State};

/// A role that somebody may take.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// Whose access keys may take it.
    pub trusts: Vec<String>,
    /// What has to be said.
    pub external_id: Option<String>,
    /// The device whose code is wanted.
    pub mfa_serial: Option<String>,
}

/// Everything about signing in.
#[derive(Default)]
pub(super) struct SignIns {
    pub(super) roles: Vec<Role>,
    /// Codes that were taken already: AWS takes each once.
    used_codes: HashSet<String>,
    /// Access key id to the principal's ARN, of those that were made here.
    pub(super) made: BTreeMap<String, String>,
    /// For how many seconds what is made lasts; 0 is an hour.
    pub(super) lasts: i64,
    /// Account, its name, role.
    pub(super) seats: Vec<(String, String, String)>,
    pub(super) portal: PortalAnswer,
    /// Access tokens that are good.
    tokens: HashSet<String>,
    refresh_tokens: HashSet<String>,
    pub(super) no_refresh: bool,
    counter: u64,
    /// The role that the instance, the container or the web identity has.
    pub(super) machine_role: Option<String>,
}

/// What the person did in their browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortalAnswer {
    /// Nothing yet.
    #[default]
    Waits,
    /// They allowed it.
    Allowed,
    /// They did not.
    Refused,
}

/// The code that every MFA device here shows first; what ends otherwise is wrong.
const GOOD_CODE_END: &str = "456";

impl SignIns {
    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn end(&self) -> i64 {
        Timestamp::now().as_second() + if self.lasts == 0 { 3600 } else { self.lasts }
    }
}

/// Status and body where `request` is for one of these services, none of which speaks as KMS does.
pub(super) fn answer(state: &mut State, request: &Request, caller: &str, signed: bool) -> Option<(u16, String)> {
    let action = request.action();
    if matches!(action, "AssumeRole" | "GetSessionToken" | "AssumeRoleWithWebIdentity") {
        note(state, action, caller);
        let form = form(request);
        let free = action == "AssumeRoleWithWebIdentity";
        let has_ended = state.principals.get(caller).is_some_and(|principal| principal.expired);
        let outcome = match signed || free {
            true => sts(state, action, caller, &form),
            // As STS has it, which speaks an older protocol than KMS.
            false if has_ended => refuse("ExpiredToken", "The security token included in the request is expired"),
            false => refuse("InvalidClientTokenId", ""),
        };
        return Some(sts_xml(action, outcome));
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let action = match path {
        "/client/register" => "RegisterClient",
        "/device_authorization" => "StartDeviceAuthorization",
        "/token" => "CreateToken",
        "/assignment/accounts" => "ListAccounts",
        "/assignment/roles" => "ListAccountRoles",
        "/federation/credentials" => "GetRoleCredentials",
        "/logout" => "Logout",
        "/latest/api/token" => "MetadataToken",
        "/container/credentials" => "ContainerCredentials",
        path if path.starts_with("/latest/meta-data/iam/security-credentials") => "Metadata",
        _ => return None,
    };
    note(state, action, "");
    Some(match action {
        "MetadataToken" => (200, "metadata-token".to_owned()),
        "Metadata" => metadata(state, request, path),
        "ContainerCredentials" => container(state, request),
        _ => match portal(state, action, request, query) {
            Ok(value) => (200, value.to_string()),
            Err(Refusal { code, message }) => {
                let status = if code == "UnauthorizedException" { 401 } else { 400 };
                (status, json!({ "__type": code, "error": "x", "message": message }).to_string())
            }
        },
    })
}

fn note(state: &mut State, action: &str, caller: &str) {
    state.calls.push(Call {
        action: action.to_owned(),
        caller: caller.to_owned(),
        key: None,
        destination: None,
        context: BTreeMap::new(),
        destination_context: BTreeMap::new(),
        connection: 0,
        at: Instant::now(),
    });
}

/// Makes credentials for `arn`, a session of `whose`: access key id, secret, token and end.
fn make(state: &mut State, arn: &str, whose: &str) -> (String, String, String, i64) {
    let number = state.sign_ins.next();
    let id = format!("ASIAFAKE{number:012}");
    let (secret, token) = (format!("made/secret+{number}"), format!("made-session-token-{number}"));
    let session = Some((arn.to_owned(), whose.to_owned()));
    let principal = Principal { secret: secret.clone(), token: Some(token.clone()), expired: false, session };
    state.principals.insert(id.clone(), principal);
    state.sign_ins.made.insert(id.clone(), arn.to_owned());
    (id, secret, token, state.sign_ins.end())
}

fn sts(state: &mut State, action: &str, caller: &str, form: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let given = |name: &str| form.get(name).map(String::as_str);
    let arn = match action {
        "GetSessionToken" => {
            let seconds: i64 = given("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(43_200);
            state.sign_ins.lasts = seconds;
            format!("arn:aws:iam::{}:user/{caller}", FakeKms::ACCOUNT)
        }
        "AssumeRoleWithWebIdentity" => {
            let asked = given("RoleArn").unwrap_or_default().to_owned();
            if given("WebIdentityToken") != Some("web-identity-token")
                || state.sign_ins.machine_role != Some(asked.clone())
            {
                return refuse("InvalidIdentityToken", "Couldn't retrieve verification key");
            }
            session_of(&asked, given("RoleSessionName").unwrap_or_default())
        }
        _ => {
            let asked = given("RoleArn").unwrap_or_default().to_owned();
            let denied = || {
                let who = format!("User: arn:aws:iam::{}:user/{caller}", FakeKms::ACCOUNT);
                refuse(
                    "AccessDenied",
                    format!("{who} is not authorized to perform: sts:AssumeRole on resource: {asked}"),
                )
            };
            let Some(role) = state.sign_ins.roles.iter().find(|role| role.arn == asked).cloned() else {
                return denied();
            };
            let trusted = |name: &String| name == caller || state.sign_ins.made.get(caller) == Some(name);
            if !role.trusts.iter().any(trusted) || role.external_id.as_deref() != given("ExternalId") {
                return denied();
            }
            if let Some(serial) = &role.mfa_serial {
                let code = given("TokenCode").unwrap_or_default();
                if given("SerialNumber") != Some(serial) {
                    return denied();
                }
                let good = code.len() == 6 && code.ends_with(GOOD_CODE_END);
                if !good || !state.sign_ins.used_codes.insert(code.to_owned()) {
                    let why = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
                    return refuse("AccessDenied", why);
                }
            }
            if let Some(seconds) = given("DurationSeconds") {
                state.sign_ins.lasts = seconds.parse().unwrap_or_default();
            }
            session_of(&asked, given("RoleSessionName").unwrap_or_default())
        }
    };
    let whose = given("RoleArn").unwrap_or(&arn).to_owned();
    let (id, secret, token, end) = make(state, &arn, &whose);
    Ok(json!({ "id": id, "secret": secret, "token": token, "end": at(end), "arn": arn }))
}

fn session_of(role: &str, session: &str) -> String {
    let role = role.rsplit('/').next().unwrap_or_default();
    format!("arn:aws:sts::{}:assumed-role/{role}/{session}", FakeKms::ACCOUNT)
}

fn sts_xml(action: &str, outcome: Result<Value, Refusal>) -> (u16, String) {
    const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
    match outcome {
        Ok(made) => {
            let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
            let credentials = format!(
                "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
                 <SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>",
                text("id"),
                text("secret"),
                text("token"),
                text("end")
            );
            let user = format!(
                "<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>",
                text("arn")
            );
            let result = format!("<{action}Result>{credentials}{user}</{action}Result>");
            (200, format!("<{action}Response xmlns=\"{NAMESPACE}\">{result}</{action}Response>"))
        }
        Err(Refusal { code, message }) => {
            let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
            (403, format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error></ErrorResponse>"))
        }
    }
}

fn portal(state: &mut State, action: &str, request: &Request, query: &str) -> Result<Value, Refusal> {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    match action {
        "RegisterClient" => Ok(json!({
            "clientId": "fake-client", "clientSecret": "fake-client-secret",
            "clientIdIssuedAt": 0, "clientSecretExpiresAt": Timestamp::now().as_second() + 90 * 86_400,
        })),
        "StartDeviceAuthorization" => {
            if text("clientId") != "fake-client" || text("clientSecret") != "fake-client-secret" {
                return refuse("InvalidClientException", "");
            }
            let url = format!("{}#/device", text("startUrl"));
            Ok(json!({
                "deviceCode": "fake-device-code", "userCode": "WXYZ-2345", "verificationUri": url,
                "verificationUriComplete": format!("{url}?user_code=WXYZ-2345"), "expiresIn": 600, "interval": 1,
            }))
        }
        "CreateToken" => {
            let granted = match text("grantType").as_str() {
                "refresh_token" => state.sign_ins.refresh_tokens.remove(&text("refreshToken")),
                _ if text("deviceCode") != "fake-device-code" => false,
                _ => match state.sign_ins.portal {
                    PortalAnswer::Waits => return refuse("AuthorizationPendingException", ""),
                    PortalAnswer::Refused => return refuse("AccessDeniedException", ""),
                    PortalAnswer::Allowed => true,
                },
            };
            if !granted {
                return refuse("InvalidGrantException", "");
            }
            let number = state.sign_ins.next();
            let (token, refresh) = (format!("sso-access-{number}"), format!("sso-refresh-{number}"));
            state.sign_ins.tokens.insert(token.clone());
            let expires = state.sign_ins.end() - Timestamp::now().as_second();
            let mut answer = json!({ "accessToken": token, "tokenType": "Bearer", "expiresIn": expires });
            if !state.sign_ins.no_refresh {
                state.sign_ins.refresh_tokens.insert(refresh.clone());
                answer["refreshToken"] = refresh.into();
            }
            Ok(answer)
        }
        _ => {
            let token = request.header("x-amz-sso_bearer_token");
            if !state.sign_ins.tokens.contains(token) {
                return refuse("UnauthorizedException", "Session token not found or invalid");
            }
            let given = |name: &str| {
                let pair = |pair: &str| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
                query.split('&').find_map(pair).unwrap_or_default()
            };
            seats(state, action, &given("account_id"), &given("role_name"), token)
        }
    }
}

fn seats(state: &mut State, action: &str, account: &str, role: &str, token: &str) -> Result<Value, Refusal> {
    let seats = state.sign_ins.seats.clone();
    match action {
        "ListAccounts" => {
            let accounts: BTreeMap<_, _> = seats.iter().map(|(account, name, _)| (account, name)).collect();
            let accounts: Vec<_> =
                accounts.iter().map(|(id, name)| json!({ "accountId": id, "accountName": name })).collect();
            Ok(json!({ "accountList": accounts }))
        }
        "ListAccountRoles" => {
            let mine = seats.iter().filter(|(number, ..)| number == account);
            let roles: Vec<_> = mine.map(|(id, _, role)| json!({ "accountId": id, "roleName": role })).collect();
            Ok(json!({ "roleList": roles }))
        }
        "GetRoleCredentials" => {
            if !seats.iter().any(|(number, _, name)| number == account && name == role) {
                return refuse("ForbiddenException", "No access");
            }
            let arn = format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{role}_0/anna");
            let whose = format!("arn:aws:iam::{account}:role/aws-reserved/AWSReservedSSO_{role}_0");
            let (id, secret, token, end) = make(state, &arn, &whose);
            Ok(json!({ "roleCredentials": {
                "accessKeyId": id, "secretAccessKey": secret, "sessionToken": token, "expiration": end * 1000,
            }}))
        }
        _ => {
            state.sign_ins.tokens.remove(token);
            Ok(json!({}))
        }
    }
}

fn metadata(state: &mut State, request: &Request, path: &str) -> (u16, String) {
    let Some(role) = state.sign_ins.machine_role.clone() else { return (404, String::new()) };
    if request.header("x-aws-ec2-metadata-token") != "metadata-token" {
        return (401, String::new());
    }
    let name = role.rsplit('/').next().unwrap_or_default().to_owned();
    if !path.ends_with(&name) {
        return (200, name);
    }
    let (id, secret, token, end) = make(state, &session_of(&role, "i-0123456789abcdef0"), &role);
    let given = json!({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": id, "SecretAccessKey": secret, "Token": token,
        "Expiration": at(end), "LastUpdated": at(Timestamp::now().as_second()),
    });
    (200, given.to_string())
}

fn container(state: &mut State, request: &Request) -> (u16, String) {
    let Some(role) = state.sign_ins.machine_role.clone() else { return (404, String::new()) };
    if request.header("authorization") != "container-token" {
        return (403, String::new());
    }
    let (id, secret, token, end) = make(state, &session_of(&role, "container"), &role);
    let given =
        json!({ "AccessKeyId": id, "SecretAccessKey": secret, "Token": token, "Expiration": at(end), "RoleArn": role });
    (200, given.to_string())
}

fn at(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().to_string()
}

/// The fields of a form, with what is written as `%3A` put back.
fn form(request: &Request) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                at += 3;
            }
            b'+' => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

impl FakeKms {
    /// Lets a role be taken.
    pub fn add_role(&self, role: Role) {
        self.change(|state| state.sign_ins.roles.push(role));
    }

    /// For how many seconds credentials and tokens last that are made from now on.
    pub fn set_sessions_last(&self, seconds: i64) {
        self.change(|state| state.sign_ins.lasts = seconds);
    }

    /// Lets whoever signs in at the portal be `role` in `account`.
    pub fn add_seat(&self, account: &str, account_name: &str, role: &str) {
        self.change(|state| state.sign_ins.seats.push((account.to_owned(), account_name.to_owned(), role.to_owned())));
    }

    /// What the person does in their browser.
    pub fn answer_in_browser(&self, answer: PortalAnswer) {
        self.change(|state| state.sign_ins.portal = answer);
    }

    /// Ends every sign-in, and those that could begin the next one.
    pub fn end_sign_ins(&self) {
        self.change(|state| {
            state.sign_ins.tokens.clear();
            state.sign_ins.refresh_tokens.clear();
        });
    }

    /// The role that the machine has: its instance, its container and its web identity.
    pub fn set_machine_role(&self, arn: &str) {
        self.change(|state| state.sign_ins.machine_role = Some(arn.to_owned()));
    }
}
