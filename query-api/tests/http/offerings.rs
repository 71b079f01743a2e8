use access::Role;
use chrono::TimeDelta;
use read_models::Projection;

use crate::world::{World, flight, now};

const ANN: (&str, Role) = ("ann", Role::Customer);

#[actix_web::test]
async fn an_expired_hold_is_shown_free() {
    let world = World::new().await;
    world.index(&[flight(1, "UA", 480, 360, 300)]);
    world.progress(Projection::FlightSearch, 6).await;
    world.opened(1, &["1A", "1B", "1C", "1D", "1E", "1Z"]).await;
    let ago = |seconds| Some(now() - TimeDelta::seconds(seconds));
    world.seat(1, "1A", "booked", None).await;
    world.seat(1, "1B", "held", ago(1)).await;
    world.seat(1, "1C", "held", ago(2)).await;
    world.seat(1, "1D", "free", None).await;
    let id = uuid::Uuid::from_u128(1);
    let map = world.get(&format!("/v1/offerings/{id}/seat-map"), ANN).await;
    assert_eq!(map.status, 200, "{}", map.body);
    let seats: Vec<String> = map.body["seats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| {
            let amount = seat["price"]["amount"].as_i64().unwrap_or(0);
            format!(
                "{} {} {amount}",
                seat["seat"].as_str().unwrap(),
                seat["state"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        seats,
        [
            "1A booked 300",
            "1B held 300",
            "1C free 300",
            "1D free 300",
            "1E free 300",
            "1Z blocked 0"
        ]
    );
    assert_eq!(map.body["seats_left"], 3);

    let offering = world.get(&format!("/v1/offerings/{id}"), ANN).await;
    assert_eq!(offering.status, 200, "{}", offering.body);
    assert_eq!(offering.body["seats_left"], 3);
    assert_eq!(offering.body["carrier"], "UA");
    assert_eq!(offering.body["position"], 5);
}

#[actix_web::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    let id = uuid::Uuid::from_u128(404);
    for path in [
        format!("/v1/offerings/{id}"),
        format!("/v1/offerings/{id}/seat-map"),
        "/v1/offerings/x".into(),
    ] {
        assert_eq!(world.get(&path, ANN).await.status, 404, "{path}");
    }
    let unknown = world.get(&format!("/v1/offerings/{id}?colour=red"), ANN).await;
    assert_eq!((unknown.status, &unknown.body["field"]), (400, &"colour".into()));
}
