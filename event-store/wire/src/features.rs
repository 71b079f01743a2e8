//! What this server can do. Clients ask after connecting and choose their calls by it.

use tonic::{Request, Response, Status};

use crate::protocol::server_features::server_features_server::ServerFeatures;
use crate::protocol::server_features::{SupportedMethod, SupportedMethods};
use crate::protocol::shared::Empty;

/// The version of the server whose protocol is served; clients read three numbers from it.
pub(crate) const COMPATIBLE_WITH: &str = "23.10.0";

const STREAMS: &str = "event_store.client.streams.streams";
const PERSISTENT: &str = "event_store.client.persistent_subscriptions.persistentsubscriptions";
const FEATURES: &str = "event_store.client.server_features.serverfeatures";
const GOSSIP: &str = "event_store.client.gossip.gossip";

const METHODS: &[(&str, &str, &[&str])] = &[
    (STREAMS, "append", &[]),
    (STREAMS, "batchappend", &["deadline_duration"]),
    (STREAMS, "delete", &[]),
    (STREAMS, "read", &["position", "events"]),
    (STREAMS, "tombstone", &[]),
    (PERSISTENT, "create", &["stream", "all"]),
    (PERSISTENT, "delete", &["stream", "all"]),
    (PERSISTENT, "getinfo", &["stream", "all"]),
    (PERSISTENT, "list", &["stream", "all"]),
    (PERSISTENT, "read", &["stream", "all"]),
    (PERSISTENT, "replayparked", &["stream", "all"]),
    (PERSISTENT, "restartsubsystem", &[]),
    (PERSISTENT, "update", &["stream", "all"]),
    (FEATURES, "getsupportedmethods", &[]),
    (GOSSIP, "read", &[]),
];

pub(crate) struct Service;

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        _request: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let methods = METHODS
            .iter()
            .map(|(service, method, features)| SupportedMethod {
                method_name: (*method).to_owned(),
                service_name: (*service).to_owned(),
                features: features.iter().map(|&feature| feature.to_owned()).collect(),
            })
            .collect();
        Ok(Response::new(SupportedMethods {
            methods,
            event_store_server_version: COMPATIBLE_WITH.to_owned(),
        }))
    }
}
