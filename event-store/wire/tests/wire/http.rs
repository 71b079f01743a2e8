use eventstore_wire::protocol::gossip::gossip_client::GossipClient;
use eventstore_wire::protocol::gossip::member_info::VNodeState;
use eventstore_wire::protocol::server_features::server_features_client::ServerFeaturesClient;
use eventstore_wire::protocol::shared::Empty;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request};

use crate::support::{Running, channel};

/// Status line and body of a plain HTTP/1 request.
async fn get(running: &Running, path: &str) -> (String, String) {
    let mut socket = TcpStream::connect(running.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_same_port_answers_http_for_those_who_watch_it() {
    let running = Running::start().await;
    assert_eq!(get(&running, "/health/live").await.0, "HTTP/1.1 204 No Content");
    let (status, body) = get(&running, "/info").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("\"state\":\"leader\""), "{body}");
    for unknown in ["/", "/streams/orders-1", "/event_store.client.none/Nothing"] {
        assert_eq!(get(&running, unknown).await.0, "HTTP/1.1 404 Not Found");
    }
}

#[tokio::test]
async fn services_that_are_not_served_say_so() {
    let running = Running::start().await;
    for path in [
        "/event_store.client.projections.Projections/Create",
        "/event_store.client.monitoring.Monitoring/Stats",
        "/event_store.client.users.Users/Details",
        "/event_store.client.streams.Streams/Unknown",
    ] {
        let mut grpc = Grpc::new(channel(running.address).await);
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<Empty, Empty>::default();
        let answer =
            grpc.unary(Request::new(Empty {}), PathAndQuery::from_static(path), codec).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn the_features_name_what_clients_look_for() {
    let running = Running::start().await;
    let mut client = ServerFeaturesClient::new(channel(running.address).await);
    let features = client.get_supported_methods(Empty {}).await.unwrap().into_inner();
    let version: Vec<u32> =
        features.event_store_server_version.split('.').map(|part| part.parse().unwrap()).collect();
    assert_eq!(version.len(), 3);
    let has = |service: &str, method: &str, feature: Option<&str>| {
        features.methods.iter().any(|known| {
            known.service_name == service
                && known.method_name == method
                && feature.is_none_or(|feature| known.features.iter().any(|own| own == feature))
        })
    };
    assert!(has("event_store.client.streams.streams", "batchappend", None));
    let persistent = "event_store.client.persistent_subscriptions.persistentsubscriptions";
    assert!(has(persistent, "create", Some("all")));
    assert!(has(persistent, "list", Some("stream")));
}

#[tokio::test]
async fn the_gossip_is_one_living_leader_at_the_address_it_was_asked_at() {
    let running = Running::start().await;
    let mut client = GossipClient::new(channel(running.address).await);
    let cluster = client.read(Empty {}).await.unwrap().into_inner();
    let [member] = &cluster.members[..] else { panic!("not one member: {cluster:?}") };
    assert!(member.is_alive);
    assert_eq!(member.state(), VNodeState::Leader);
    let end_point = member.http_end_point.as_ref().unwrap();
    assert_eq!(end_point.address, "127.0.0.1");
    assert_eq!(end_point.port, u32::from(running.address.port()));
}
