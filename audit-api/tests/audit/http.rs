use access::{Role, Tokens};
use actix_web::http::StatusCode;
use actix_web::{App, test, web};
use audit_api::{Audit, ROUTES, routes};
use event_store::{EventStore, Filter};
use eventstore_schema::Link;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::support::*;

fn token(role: Role) -> String {
    let token = Tokens::new(&[7; 32]).issue("someone", role, 4_000_000_000).unwrap();
    format!("Bearer {token}")
}

/// Asks, and answers the status and the body.
async fn get(world: &World, role: Option<Role>, path: &str) -> (StatusCode, Vec<u8>) {
    let app = App::new()
        .app_data(web::Data::new(Tokens::new(&[7; 32])))
        .app_data(web::Data::new(Audit::new(world.store.clone())))
        .configure(routes);
    let app = test::init_service(app).await;
    let mut request = test::TestRequest::get().uri(path);
    if let Some(role) = role {
        request = request.insert_header(("Authorization", token(role)));
    }
    let response = test::call_service(&app, request.to_request()).await;
    (response.status(), test::read_body(response).await.to_vec())
}

async fn json(world: &World, path: &str) -> Value {
    let (status, body) = get(world, Some(Role::Auditor), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

#[actix_web::test]
async fn only_auditors_and_operators_read() {
    let world = World::with_a_sale().await;
    let stream = format!("/v1/audit/streams/{}/events", booking_stream(1));
    for path in ["/v1/audit/events", stream.as_str()] {
        assert_eq!(get(&world, None, path).await.0, StatusCode::UNAUTHORIZED, "{path}");
        for role in Role::ALL {
            let allowed = ROUTES[0].roles.contains(&role);
            let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(get(&world, Some(role), path).await.0, expected, "{path} {role:?}");
        }
    }
}

#[actix_web::test]
async fn a_stream_is_read_page_by_page_and_as_of_a_moment() {
    let world = World::with_a_sale().await;
    let path = format!("/v1/audit/streams/{}/events", booking_stream(1));
    let first = json(&world, &format!("{path}?limit=2")).await;
    assert_eq!(first["events"].as_array().unwrap().len(), 2);
    assert_eq!(first["next_from"], 2);
    let second = json(&world, &format!("{path}?limit=2&from=2")).await;
    assert_eq!(second["events"][0]["type"], "booking.confirmed.v1");
    assert_eq!(second["events"][0]["prev"], first["events"][1]["hash"]);
    assert_eq!(second["next_from"], Value::Null);
    let moment = at(25).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let before = json(&world, &format!("{path}?as_of={moment}")).await;
    assert_eq!(before["events"].as_array().unwrap().len(), 2);
    assert_eq!(before["next_from"], Value::Null);
}

#[actix_web::test]
async fn the_whole_log_is_read_page_by_page_and_by_category() {
    let world = World::with_a_sale().await;
    let (mut seen, mut after) = (Vec::new(), Some(0));
    while let Some(from) = after {
        let page = json(&world, &format!("/v1/audit/events?after={from}&limit=3")).await;
        let events = page["events"].as_array().unwrap();
        seen.extend(events.iter().map(|event| event["position"].as_u64().unwrap()));
        after = page["next_after"].as_u64();
    }
    assert_eq!(seen, (1..=10).collect::<Vec<u64>>());
    let payments = json(&world, "/v1/audit/events?category=payment").await;
    assert_eq!(payments["events"].as_array().unwrap().len(), 4);
}

/// An event as a reader elsewhere sees it.
#[derive(Deserialize)]
struct Told {
    stream: String,
    revision: u64,
    id: uuid::Uuid,
    r#type: String,
    hash: String,
    data: Box<RawValue>,
    metadata: Box<RawValue>,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Told>,
}

#[actix_web::test]
async fn what_is_told_is_enough_to_compute_every_hash_again() {
    let world = World::with_a_sale().await;
    let (_, body) = get(&world, Some(Role::Operator), "/v1/audit/events").await;
    let page: Page = serde_json::from_slice(&body).unwrap();
    let stored = world.store.read_all(0, &Filter::All, 100).await.unwrap().events;
    assert_eq!(page.events.len(), stored.len());
    for (told, stored) in page.events.iter().zip(stored) {
        assert_eq!(told.data.get().as_bytes(), &stored.data[..]);
        let (data, metadata) = (told.data.get().as_bytes(), told.metadata.get().as_bytes());
        let (stream, revision, id) = (told.stream.as_str(), told.revision, told.id);
        let link = Link { stream, revision, id, event_type: &told.r#type, data, metadata };
        assert_eq!(link.hash().to_string(), told.hash);
    }
}

#[actix_web::test]
async fn a_wrong_request_names_its_parameter() {
    let world = World::with_a_sale().await;
    let path = format!("/v1/audit/streams/{}/events", booking_stream(1));
    for (uri, field) in [
        (format!("{path}?limit=0"), "limit"),
        (format!("{path}?limit=1001"), "limit"),
        (format!("{path}?from=-1"), "from"),
        (format!("{path}?as_of=yesterday"), "as_of"),
        (format!("{path}?sort=x"), "sort"),
        ("/v1/audit/events?after=x".into(), "after"),
        ("/v1/audit/events?limit=5000".into(), "limit"),
        ("/v1/audit/streams/nonsense/events".into(), "stream"),
    ] {
        let (status, body) = get(&world, Some(Role::Auditor), &uri).await;
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status.as_u16(), &problem["field"]), (400, &field.into()), "{uri}: {problem}");
    }
    let missing = format!("/v1/audit/streams/{}/events", booking_stream(2));
    assert_eq!(get(&world, Some(Role::Auditor), &missing).await.0, StatusCode::NOT_FOUND);
}
