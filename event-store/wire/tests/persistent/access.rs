//! Who may do what.

use eventstore_wire::protocol::persistent_subscriptions::{ReadReq, read_req};
use eventstore_wire::protocol::shared::Empty;
use eventstore_wire::{Access, Role, User};
use tonic::{Code, Request};

use crate::support::{Running, Wanted, trailer};

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), password: "secret".into(), role }
}

fn by<T>(credentials: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if !credentials.is_empty() {
        let value = format!("Basic {credentials}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

/// `service:secret` and `auditor:secret`.
const SERVICE: &str = "c2VydmljZTpzZWNyZXQ=";
const AUDITOR: &str = "YXVkaXRvcjpzZWNyZXQ=";

#[tokio::test]
async fn services_create_and_consume_groups_auditors_only_look_at_them_strangers_do_neither() {
    let users = vec![user("service", Role::Service), user("auditor", Role::Auditor)];
    let running = Running::start_with(Access::Users(users)).await;
    let create = Wanted::new("orders", "g").create();
    let info = crate::support::info_request("orders", "g");
    let read = || {
        let options = read_req::Options {
            stream_option: Some(read_req::options::StreamOption::StreamIdentifier(
                crate::support::identifier("orders"),
            )),
            group_name: "g".into(),
            buffer_size: 1,
            uuid_option: None,
        };
        tokio_stream::iter([ReadReq { content: Some(read_req::Content::Options(options)) }])
    };
    let mut client = running.client.clone();
    for (credentials, code) in [("", Code::Unauthenticated), (AUDITOR, Code::PermissionDenied)] {
        let refused = [
            client.create(by(credentials, create.clone())).await.unwrap_err(),
            client.read(by(credentials, read())).await.err().unwrap(),
            client.restart_subsystem(by(credentials, Empty {})).await.unwrap_err(),
        ];
        for refused in refused {
            assert_eq!(refused.code(), code, "{refused:?}");
            assert_eq!(trailer(&refused, "exception"), "access-denied");
        }
    }
    client.create(by(SERVICE, create)).await.unwrap();
    client.read(by(SERVICE, read())).await.unwrap();
    client.get_info(by(AUDITOR, info.clone())).await.unwrap();
    assert_eq!(client.get_info(by("", info)).await.unwrap_err().code(), Code::Unauthenticated);
}
