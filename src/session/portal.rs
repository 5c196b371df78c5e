//! Signing in at a portal of IAM Identity Center, and what is kept of it.

use std::pin::pin;

use futures_util::future::{Either, select};

use crate::providers::aws::{
    Credentials, IdentityCenter, ListedSeat, Renews, SsoToken, await_sign_in, begin_sign_in, list_seats, renew_token,
    role_credentials, sign_out,
};
use crate::providers::{AwsProfile, BoxFuture, ProfileKind, ProviderError};
use crate::vault::on_thread_without_keys;

use super::person::SignInPage;
use super::sign_ins::Era;
use super::{Home, SessionError};

/// A portal, as one profile knows it. What stands for a sign-in there is in the keyring, where profiles of one portal share it; that of
/// a protected profile is in memory alone, because nothing seals it in the keyring.
pub(super) struct Portal {
    home: Home,
    era: Era,
    profile: AwsProfile,
    center: IdentityCenter,
    protected: bool,
}

impl Portal {
    /// The portal of `profile`.
    ///
    /// # Errors
    /// [`SessionError::NoProfile`] where the profile has none.
    pub(super) fn of(home: &Home, era: Era, profile: &AwsProfile, protected: bool) -> Result<Self, SessionError> {
        let ProfileKind::IdentityCenter(center) = profile.kind() else {
            return Err(SessionError::NoProfile(profile.name().to_owned()));
        };
        let (home, center) = (home.clone(), center.clone());
        Ok(Self { home, era, profile: profile.duplicate(), center, protected })
    }

    /// The credentials of the role that was chosen, with a new sign-in where the last one is over.
    ///
    /// # Errors
    /// Those of [`Portal::sign_in`]; [`SessionError::Provider`].
    pub(super) async fn take_seat(&self) -> Result<Credentials, SessionError> {
        match self.renew().await {
            Err(ProviderError::SignedOut { .. }) => {
                let token = self.sign_in().await?;
                Ok(role_credentials(&self.profile, &self.center, &token).await?)
            }
            renewed => Ok(renewed?),
        }
    }

    /// The accounts and roles that one may be there, with a new sign-in where the last one is over.
    ///
    /// # Errors
    /// Those of [`Portal::take_seat`].
    pub(super) async fn seats(&self) -> Result<Vec<ListedSeat>, SessionError> {
        let listed = async {
            let token = self.token().await?;
            list_seats(&self.profile, &self.center, &token).await
        };
        match listed.await {
            // Also where AWS has ended what this machine's clock says is good.
            Err(ProviderError::SignedOut { .. }) => {
                let token = self.sign_in().await?;
                Ok(list_seats(&self.profile, &self.center, &token).await?)
            }
            listed => Ok(listed?),
        }
    }

    /// Ends the sign-in, at AWS too where it answers, and forgets it.
    pub(super) async fn leave(&self) {
        if let Some(token) = self.stored().await {
            // Nobody answered: it ends there when its time is over.
            let _ = sign_out(&self.profile, &self.center, &token).await;
        }
        let (home, name) = (self.home.clone(), self.token_name());
        let _ = on_thread_without_keys("sealkeep-keyring", move || home.keyring().remove(&name)).await;
    }

    /// Whether the profile `other` has the same sign-in.
    pub(super) fn shares_with(&self, other: &AwsProfile) -> bool {
        matches!(other.kind(), ProfileKind::IdentityCenter(center) if token_name(other, center) == self.token_name())
    }

    /// Shows the person where to sign in, and waits until they have.
    async fn sign_in(&self) -> Result<SsoToken, SessionError> {
        let known = self.stored().await.map(SsoToken::into_registration);
        let begun = begin_sign_in(&self.profile, &self.center, known).await?;
        let page = SignInPage {
            profile: self.profile.name().to_owned(),
            url: begun.url.clone(),
            user_code: begun.user_code.clone(),
        };
        let mut shown = self.home.person().show(page)?;
        let waiting = await_sign_in(&self.profile, &self.center, &begun);
        let token = match select(pin!(waiting), shown.put_away()).await {
            Either::Left((token, _)) => token?,
            Either::Right(_) => return Err(SessionError::Cancelled),
        };
        self.keep(&token).await?;
        Ok(token)
    }

    /// The token that there is, or the next one, without a person.
    async fn token(&self) -> Result<SsoToken, ProviderError> {
        let ended = || ProviderError::SignedOut { profile: self.profile.name().to_owned() };
        let token = self.stored().await.ok_or_else(ended)?;
        if token.lasts() {
            return Ok(token);
        }
        let next = renew_token(&self.profile, &self.center, &token).await?;
        // One that can't be kept is good for now all the same.
        let _ = self.keep(&next).await;
        Ok(next)
    }

    async fn stored(&self) -> Option<SsoToken> {
        let name = self.token_name();
        if self.protected {
            return self.home.sign_ins().token(&name).and_then(|bytes| SsoToken::from_bytes(&bytes));
        }
        let home = self.home.clone();
        let bytes = on_thread_without_keys("sealkeep-keyring", move || home.keyring().get(&name).ok());
        bytes.await.ok().flatten().and_then(|bytes| SsoToken::from_bytes(&bytes))
    }

    async fn keep(&self, token: &SsoToken) -> Result<(), SessionError> {
        let (name, bytes) = (self.token_name(), token.to_bytes()?);
        if self.protected {
            self.home.sign_ins().keep_token(self.era, &name, bytes);
            return Ok(());
        }
        let home = self.home.clone();
        on_thread_without_keys("sealkeep-keyring", move || Ok(home.keyring().put(&name, &bytes)?)).await?
    }

    fn token_name(&self) -> String {
        let name = token_name(&self.profile, &self.center);
        if self.protected { format!("{name} {}", self.profile.name()) } else { name }
    }
}

/// What the keyring calls a sign-in. Whoever answers in AWS's place gets none that AWS gave.
fn token_name(profile: &AwsProfile, center: &IdentityCenter) -> String {
    let place = profile.network().endpoint().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
    format!("aws sign-in {} {}{place}", center.region, center.start_url)
}

impl Renews for Portal {
    fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>> {
        Box::pin(async {
            let token = self.token().await?;
            role_credentials(&self.profile, &self.center, &token).await
        })
    }
}
