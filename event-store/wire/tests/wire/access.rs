use base64::Engine;
use eventstore_wire::protocol::gossip::gossip_client::GossipClient;
use eventstore_wire::protocol::persistent_subscriptions::persistent_subscriptions_client::PersistentSubscriptionsClient;
use eventstore_wire::protocol::persistent_subscriptions::{
    self as persistent, CreateReq, UpdateReq,
};
use eventstore_wire::protocol::server_features::server_features_client::ServerFeaturesClient;
use eventstore_wire::protocol::shared::Empty;
use eventstore_wire::protocol::streams::append_resp::Result as Outcome;
use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use eventstore_wire::{Access, Options, Role, ServeError, Server, User};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::requests::{
    Expected, From, append_messages, delete, follow_all, proposed, read, read_all, read_stream,
    tombstone,
};
use crate::support::{Running, channel, trailer};

fn users() -> Access {
    let user = |name: &str, role| User { name: name.into(), password: format!("{name}'s"), role };
    Access::Users(vec![
        user("ada", Role::Admin),
        user("sid", Role::Service),
        user("ann", Role::Auditor),
    ])
}

fn as_user<T>(message: T, credentials: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(credentials) = credentials {
        let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
        let value = format!("Basic {encoded}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

/// Makes each kind of call, and says how each went.
async fn calls(
    client: &mut StreamsClient<Channel>,
    who: Option<&str>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut outcomes = Vec::new();
    for stream in ["booking-1", "other-1", "$$other-1"] {
        let kind = if stream.starts_with("$$") { "$metadata" } else { "test.v1" };
        let messages = append_messages(stream, Expected::Any, vec![proposed(1, kind, "{}".into())]);
        let request = as_user(futures_util::stream::iter(messages), who);
        let answer = client.append(request).await.map(|answer| {
            assert!(matches!(answer.into_inner().result, Some(Outcome::Success(_))));
        });
        outcomes.push((stream, answer));
    }
    let reads = [
        ("read", read_stream("other-1", From::Start, 1)),
        ("read all", read_all(From::Start, 1)),
        ("follow all", follow_all(From::Start)),
    ];
    for (name, options) in reads {
        let answer = match client.read(as_user(read(options), who)).await {
            Ok(answer) => answer.into_inner().message().await.map(drop),
            Err(status) => Err(status),
        };
        outcomes.push((name, answer));
    }
    let deleted = client.delete(as_user(delete("other-1", Expected::Any), who)).await;
    outcomes.push(("delete", deleted.map(drop)));
    let ended = client.tombstone(as_user(tombstone("last-1", Expected::Any), who)).await;
    outcomes.push(("tombstone", ended.map(drop)));
    let batch = futures_util::stream::iter([crate::batches::one(1, "other-1", Expected::Any, [5])]);
    let answer = match client.batch_append(as_user(batch, who)).await {
        Err(status) => Err(status),
        Ok(answers) => {
            use eventstore_wire::protocol::streams::batch_append_resp::Result as Batched;
            match answers.into_inner().message().await.unwrap().unwrap().result.unwrap() {
                Batched::Success(_) => Ok(()),
                Batched::Error(error) => Err(Status::new(Code::from(error.code), error.message)),
            }
        }
    };
    outcomes.push(("batch", answer));
    outcomes
}

#[tokio::test]
async fn each_role_may_do_what_it_may_and_nothing_else() {
    const READS: [&str; 3] = ["read", "read all", "follow all"];
    for (who, may_write) in [("ada:ada's", true), ("sid:sid's", true), ("ann:ann's", false)] {
        let running = Running::start_with(users(), None).await;
        let mut client = running.client().await;
        for (call, outcome) in calls(&mut client, Some(who)).await {
            if may_write || READS.contains(&call) {
                assert!(outcome.is_ok(), "{who} may not {call}: {outcome:?}");
            } else {
                let status = outcome.expect_err("an auditor wrote");
                assert_eq!(status.code(), Code::PermissionDenied, "{who} {call}");
                if call != "batch" {
                    assert_eq!(trailer(&status, "exception"), Some("access-denied"));
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_and_strangers_are_turned_away_from_every_call() {
    let running = Running::start_with(users(), None).await;
    let mut client = running.client().await;
    for who in [None, Some("ada:wrong"), Some("ada:"), Some("eve:ada's"), Some("ada'sada:")] {
        for (call, outcome) in calls(&mut client, who).await {
            let status = outcome.expect_err(call);
            assert_eq!(status.code(), Code::Unauthenticated, "{who:?} {call}");
            assert_eq!(trailer(&status, "exception"), Some("access-denied"));
        }
    }
    let mut request = Request::new(read(read_all(From::Start, 1)));
    request.metadata_mut().insert("authorization", "Bearer ada".parse().unwrap());
    assert_eq!(client.read(request).await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn persistent_subscriptions_are_for_services() {
    let running = Running::start_with(users(), None).await;
    let mut client = PersistentSubscriptionsClient::new(channel(running.address).await);
    // Whoever may, hears next that the options are missing.
    for (who, code) in [
        (Some("ada:ada's"), Code::InvalidArgument),
        (Some("sid:sid's"), Code::InvalidArgument),
        (Some("ann:ann's"), Code::PermissionDenied),
        (Some("ann:wrong"), Code::Unauthenticated),
        (None, Code::Unauthenticated),
    ] {
        let statuses = [
            client.create(as_user(CreateReq::default(), who)).await.map(drop),
            client.delete(as_user(persistent::DeleteReq::default(), who)).await.map(drop),
            client.update(as_user(UpdateReq::default(), who)).await.map(drop),
        ];
        for status in statuses {
            assert_eq!(status.unwrap_err().code(), code, "{who:?}");
        }
    }
}

#[tokio::test]
async fn what_clients_ask_before_they_say_who_they_are_is_open() {
    let running = Running::start_with(users(), None).await;
    let channel = channel(running.address).await;
    ServerFeaturesClient::new(channel.clone()).get_supported_methods(Empty {}).await.unwrap();
    GossipClient::new(channel).read(Empty {}).await.unwrap();
}

#[tokio::test]
async fn without_users_only_loopback_addresses_are_listened_on() {
    let running = Running::start().await;
    let options = Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        access: Access::Insecure,
        tls: None,
        service_categories: Vec::new(),
    };
    let refused = Server::bind(running.store.clone(), options.clone()).await.err().unwrap();
    assert!(matches!(refused, ServeError::InsecureAddress(_)));
    assert!(refused.to_string().contains("loopback"), "{refused}");
    let taken = Options { listen: running.address, ..options };
    let taken = Server::bind(running.store.clone(), taken).await.err().unwrap();
    assert!(matches!(taken, ServeError::Listen { .. }));
}
