use access::{Role, Tokens};
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::web::Data;
use actix_web::{App, http::StatusCode};
use serde_json::Value;

use crate::world::World;

const LATER: i64 = 4_000_000_000;

#[actix_web::test]
async fn operators_see_and_rebuild() {
    let world = World::new().await;
    let (projections, _shutdown) = world.project().await.unwrap();
    world.all_reached(world.flight_on_sale(1).await).await;
    let tokens = Tokens::new(&[7; 32]);
    let bearer = |role| format!("Bearer {}", tokens.issue("someone", role, LATER).unwrap());
    let (operator, auditor) = (bearer(Role::Operator), bearer(Role::Auditor));
    let customer = bearer(Role::Customer);
    let app = init_service(
        App::new()
            .app_data(Data::new(Tokens::new(&[7; 32])))
            .app_data(Data::from(projections.clone()))
            .configure(projections::operator_routes),
    )
    .await;
    let get = |path: &str, token: &str| {
        TestRequest::get().uri(path).insert_header(("Authorization", token)).to_request()
    };
    let post = |path: &str, token: &str, key: Option<&str>, body: &'static str| {
        let request = TestRequest::post().uri(path).insert_header(("Authorization", token));
        let request = match key {
            Some(key) => request.insert_header(("Idempotency-Key", key)),
            None => request,
        };
        request.set_payload(body).to_request()
    };

    for (token, status) in [(&operator, 200), (&auditor, 200), (&customer, 403)] {
        let response = call_service(&app, get("/v1/projections", token)).await;
        assert_eq!(response.status().as_u16(), status);
    }
    let list: Value =
        read_body_json(call_service(&app, get("/v1/projections", &operator)).await).await;
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["booking_details", "seat_map", "flight_search"]);

    let rebuild = "/v1/projections/seat_map/rebuild";
    for (request, status) in [
        (post(rebuild, &operator, None, ""), 400),
        (post(rebuild, &operator, Some("k"), "{\"accept\":true}"), 400),
        (post(rebuild, &auditor, Some("k"), ""), 403),
        (post("/v1/projections/seats/rebuild", &operator, Some("k"), ""), 404),
        (post(rebuild, &operator, Some("k"), "{\"accept_differences\":false}"), 202),
        (post("/v1/projections/flight_search/verification", &operator, Some("k"), ""), 202),
    ] {
        let path = request.path().to_owned();
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{path}");
    }
    for (name, kind) in [("seat_map", "rebuild"), ("flight_search", "verification")] {
        let path = format!("/v1/projections/{name}");
        loop {
            let shown: Value = read_body_json(call_service(&app, get(&path, &auditor)).await).await;
            assert_eq!(shown["rebuild"].is_null(), !shown["last_outcome"].is_null(), "{shown}");
            if shown["last_outcome"]["kind"] == kind {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
