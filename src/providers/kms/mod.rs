//! AWS KMS as a key provider.
//!
//! Owns: [`KmsProvider`], the names of KMS keys, and what the window and the command line ask AWS about keys. Reads no
//! environment: who asks is an [`AwsProfile`](super::AwsProfile).
//! Invariant: every call names the one key that was pinned, and an answer for another key is no answer.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html>

mod arn;
mod client;
mod clock;
mod create;
mod failure;
mod key;
mod key_policy;
mod lookup;
mod provider;
mod reencrypt;
mod report;
mod rotation;
mod statement;
mod survey;

pub use arn::{AliasArn, KeyArn, KeyName};
pub use create::{KeyPlan, MadeKey, MakingStep, make_key, plan_key};
pub(in crate::providers) use failure::explain;
pub use key::{KeyDescription, Unfit, describe_key};
pub use lookup::{ListedKey, list_keys, resolve};
pub use provider::KmsProvider;
pub use reencrypt::KmsReEncrypt;
pub use report::{KmsReport, test_key};
pub use rotation::{Rotation, enable_rotation, rotate_now, rotation};
pub use statement::{PURPOSES, WITH_CONTEXT, missing_statement};
pub use survey::{SurveyedKey, survey, survey_states};

/// The provider id of keys that AWS KMS wrapped, as the message format has it.
pub const KMS_PROVIDER_ID: &str = "aws-kms";
