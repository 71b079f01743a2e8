//! The adapter against a server with users, over TLS.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Write;

use event_store::embedded::EmbeddedStore;
use event_store::{AppendError, EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstore_wire::{Access, Options, Role, Server, Tls, User};
use eventstoredb::{ConnectError, EventStoreDb};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), password: format!("secret-of-{name}"), role }
}

fn event(n: u128) -> Vec<NewEvent> {
    vec![NewEvent::json(Uuid::from_u128(n), "test.happened.v1", "{}", "{}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_told_apart_over_tls_and_passwords_are_not_said() {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedStore::open(folder.path()).unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = Tls {
        certificate_pem: own.cert.pem().into_bytes(),
        key_pem: own.signing_key.serialize_pem().into_bytes(),
    };
    let mut authority = tempfile::NamedTempFile::new().unwrap();
    authority.write_all(&tls.certificate_pem).unwrap();
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        access: Access::Users(vec![user("ops", Role::Service), user("eve", Role::Auditor)]),
        tls: Some(tls),
        service_categories: vec![],
    };
    let server = Server::bind(engine.clone(), options).await.unwrap();
    let (port, shutdown) = (server.address().port(), CancellationToken::new());
    let serving = tokio::spawn(server.serve(shutdown.clone()));
    let url = |who: &str, password: &str| {
        let authority = authority.path().display();
        format!("esdb://{who}:{password}@localhost:{port}?tlsCaFile={authority}")
    };
    let stream = StreamName::of("a", 1);

    let ops = EventStoreDb::connect(&url("ops", "secret-of-ops")).await.unwrap();
    ops.append(&stream, ExpectedRevision::NoStream, event(1)).await.unwrap();
    let eve = EventStoreDb::connect(&url("eve", "secret-of-eve")).await.unwrap();
    assert_eq!(eve.log_id(), ops.log_id());
    assert_eq!(eve.read_stream(&stream, 0, 9).await.unwrap().len(), 1);
    let denied = eve.append(&stream, ExpectedRevision::Any, event(2)).await;
    assert!(matches!(denied, Err(AppendError::Denied(_))), "{denied:?}");
    let denied = eve.delete(&stream, ExpectedRevision::Any).await;
    assert!(matches!(denied, Err(AppendError::Denied(_))), "{denied:?}");
    assert_eq!(engine.read_stream(&stream, 0, 9).await.unwrap().len(), 1);

    let refused = EventStoreDb::connect(&url("ops", "wrong-secret")).await.err().unwrap();
    assert!(matches!(refused, ConnectError::Denied { .. }), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");

    drop((ops, eve));
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    engine.shutdown().await;
}
