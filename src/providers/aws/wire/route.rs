//! From here to AWS: TCP, a proxy's tunnel where there is one, TLS.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use zeroize::Zeroizing;

use super::failure::{self, BoxError, WireError};
use super::tls;
use crate::providers::aws::endpoint::is_this_machine;
use crate::providers::aws::{Proxy, ProxyServer};

/// To the proxy, or to AWS itself; in TLS where the proxy's address is https.
type Leg = MaybeHttpsStream<TokioIo<TcpStream>>;

/// The proxy that a client goes by.
#[derive(Clone)]
pub(super) enum Chosen {
    /// As the environment said when the client was made.
    Environment(Arc<Matcher>),
    Direct,
    Server {
        address: Uri,
        authorization: Option<HeaderValue>,
    },
    /// What was parsed as a proxy's address is none to hyper.
    Unusable,
}

impl Chosen {
    pub(super) fn new(proxy: &Proxy) -> Self {
        match proxy {
            Proxy::Environment => Self::Environment(Arc::new(Matcher::from_env())),
            Proxy::Direct => Self::Direct,
            Proxy::Server(server) => match (server.address().parse(), authorization(server)) {
                (Ok(address), Some(authorization)) => Self::Server { address, authorization },
                _ => Self::Unusable,
            },
        }
    }

    /// The proxy on the way to `target`, and what it is told about who asks.
    fn on_the_way_to(&self, target: &Uri) -> Result<Option<(Uri, Option<HeaderValue>)>, WireError> {
        // What is on this machine is reached on this machine; plain http goes nowhere else, and so to no proxy.
        if target.scheme() != Some(&Scheme::HTTPS) || target.host().is_none_or(is_this_machine) {
            return Ok(None);
        }
        let found = match self {
            Self::Environment(matcher) => {
                matcher.intercept(target).map(|proxy| (proxy.uri().clone(), proxy.basic_auth().cloned()))
            }
            Self::Direct => None,
            Self::Server { address, authorization } => Some((address.clone(), authorization.clone())),
            Self::Unusable => return Err(WireError::ProxyKind),
        };
        match &found {
            Some((proxy, _)) if !matches!(proxy.scheme_str(), Some("http" | "https")) => Err(WireError::ProxyKind),
            _ => Ok(found),
        }
    }
}

/// HTTP's Basic, where the proxy wants to know who asks; `None` where no header can hold it.
fn authorization(server: &ProxyServer) -> Option<Option<HeaderValue>> {
    let Some(user) = server.user() else { return Some(None) };
    // EXPOSE: the proxy is sent it.
    let password = server.password().map_or("", |password| password.expose());
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(Some(header))
}

/// Where the metadata services of instances, containers and pods are: links of this machine, at addresses that AWS has set for good.
const METADATA: [&str; 5] = ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];

/// Whether `host` may be spoken to without TLS: this machine, and what gives it its role.
fn may_be_plain(host: &str) -> bool {
    is_this_machine(host) || METADATA.contains(&host)
}

/// Makes connections.
#[derive(Clone)]
pub(super) struct Route {
    proxy: Chosen,
    patience: Option<Duration>,
    tcp: HttpConnector,
    /// Read when a connection first needs it: a client of plain http reads no certificates.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl Route {
    /// Connections by `proxy`, each made within `patience`, TLS included.
    pub(super) fn new(proxy: Chosen, patience: Option<Duration>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // It is asked for the TCP under https, too.
        tcp.enforce_http(false);
        Self { proxy, patience, tcp, tls: Arc::default() }
    }

    async fn connect(mut self, target: Uri) -> Result<MaybeHttpsStream<Leg>, BoxError> {
        let proxy = self.proxy.on_the_way_to(&target)?;
        if target.scheme() != Some(&Scheme::HTTPS) {
            if !may_be_plain(target.host().unwrap_or_default()) {
                return Err(WireError::Plain.into());
            }
            return Ok(MaybeHttpsStream::Http(MaybeHttpsStream::Http(self.tcp.call(target).await?)));
        }
        let tls = self.tls()?;
        let host = target.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())?;
        let leg = match proxy {
            None => MaybeHttpsStream::Http(self.tcp.call(target).await?),
            Some((address, authorization)) => {
                let to_proxy = HttpsConnector::from((self.tcp, Arc::clone(&tls)));
                let mut tunnel = Tunnel::new(address, to_proxy);
                if let Some(authorization) = authorization {
                    tunnel = tunnel.with_auth(authorization);
                }
                tunnel.call(target).await.map_err(|error| failure::of_proxy(error.into()))?
            }
        };
        let stream = TlsConnector::from(tls).connect(name, TokioIo::new(leg)).await;
        Ok(MaybeHttpsStream::Https(TokioIo::new(stream.map_err(|error| failure::of_tls(error.into()))?)))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, WireError> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let tls = Arc::new(tls::configure().map_err(|_| WireError::NoAuthorities)?);
        Ok(Arc::clone(self.tls.get_or_init(|| tls)))
    }
}

impl Service<Uri> for Route {
    type Response = MaybeHttpsStream<Leg>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let patience = self.patience;
        let connecting = self.clone().connect(target);
        Box::pin(async move {
            match patience {
                Some(patience) => match tokio::time::timeout(patience, connecting).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(WireError::NoConnectionInTime.into()),
                },
                None => connecting.await,
            }
        })
    }
}
