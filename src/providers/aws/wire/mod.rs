//! HTTP to AWS: one pool of connections for each client, each of them TLS 1.3, or plain http to this machine.
//!
//! Owns: the client that the SDK calls, TLS as we speak it, the way through a proxy, and what went wrong on it. The SDK's own
//! client still takes TLS 1.2, and lets nobody say otherwise but behind a flag that it calls unstable.
//! Invariant: nothing but plain http to this machine is sent before a certificate for its name was verified.

mod failure;
mod limited;
mod route;
mod tls;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper::http::Extensions;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use failure::WireError;
use limited::Limited;
use route::{Chosen, Route};

use super::Proxy;

/// What a person can do something about, if that is why a call failed.
pub(in crate::providers) fn wire_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a impl fmt::Display> {
    failure::find::<WireError>(error)
}

/// The HTTP client of one AWS client.
pub(super) struct Wire {
    proxy: Chosen,
    /// By their timeouts for a connection and for an answer; a client has one pair of them.
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

type Timeouts = (Option<Duration>, Option<Duration>);

impl Wire {
    /// A client that goes by `proxy`. Connects to nothing, and reads the environment where `proxy` says so.
    pub(super) fn new(proxy: &Proxy) -> Self {
        Self { proxy: Chosen::new(proxy), connectors: Mutex::default() }
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry(timeouts).or_insert_with(|| {
            SharedHttpConnector::new(Connector::new(Route::new(self.proxy.clone(), timeouts.0), timeouts.1))
        });
        connector.clone()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

/// A pool of connections.
struct Connector {
    client: Client<Route, SdkBody>,
    read_timeout: Option<Duration>,
}

impl Connector {
    fn new(route: Route, read_timeout: Option<Duration>) -> Self {
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(route);
        Self { client, read_timeout }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || described(&connection));
        }
        let asking = self.client.request(request);
        let limit = self.read_timeout;
        HttpConnectorFuture::new(async move {
            let answer = match limit {
                Some(limit) => match tokio::time::timeout(limit, asking).await {
                    Ok(answer) => answer,
                    Err(_) => return Err(ConnectorError::timeout(WireError::NoAnswerInTime.into())),
                },
                None => asking.await,
            };
            let answer = answer.map_err(|error| failure::of_connector(error.into()))?;
            HttpResponse::try_from(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body))))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// What the SDK may know of a connection: above all how to have it used no more, once a call on it was not answered.
fn described(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let connection = captured.connection_metadata();
    let mut extras = Extensions::new();
    connection.as_ref()?.get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let captured = Arc::new(captured.clone());
    let mut metadata = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    metadata.set_local_addr(addresses.map(HttpInfo::local_addr)).set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(metadata.build())
}
