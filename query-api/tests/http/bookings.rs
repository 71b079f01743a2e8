use access::Role;
use chrono::TimeDelta;
use read_models::booking::{BookingDocument, ItemLine, MoneyLine, SealedData, TravellerLine};
use sqlx::types::Json;
use uuid::Uuid;

use crate::world::{World, now, usd};

const ANN: (&str, Role) = ("ann", Role::Customer);

fn sealed(world: &World, subject: &str, data: &str) -> SealedData {
    let persons = [(subject.to_owned(), data.as_bytes().to_vec())];
    let sealed = world.keys.seal("ann", &persons).unwrap().remove(0);
    SealedData {
        subject: sealed.subject,
        key_version: sealed.key_version,
        nonce: sealed.nonce,
        ciphertext: sealed.ciphertext,
    }
}

async fn booking(world: &World, number: u128, status: &str) -> Uuid {
    let id = Uuid::from_u128(number);
    let details =
        sealed(world, &format!("t-{number}"), r#"{"name":"Ann Lee","birth_date":"1990-01-02"}"#);
    let contact =
        sealed(world, &format!("c-{number}"), r#"{"email":"ann@example.com","phone":null}"#);
    let document = BookingDocument {
        items: vec![ItemLine {
            offering_id: Uuid::from_u128(1),
            starts_at: now() + TimeDelta::hours(5),
            seat: "12A".into(),
            price_class: "economy".into(),
            price: usd(100),
            traveller: 1,
        }],
        travellers: vec![TravellerLine { number: 1, details }],
        contact,
        money: MoneyLine {
            currency: "USD".into(),
            total: 100,
            captured: 0,
            refunded: 0,
            refund_due: 0,
            penalty: 0,
        },
        payment_limit: now() + TimeDelta::minutes(5),
        payment: None,
        failure: None,
        changed_by_payment: false,
    };
    sqlx::query("insert into booking_details_g1.booking values ($1, 'ann', $2, $3, 4, $4, $5, 2)")
        .bind(id)
        .bind(format!("ABC{number:03}"))
        .bind(status)
        .bind(now() + TimeDelta::seconds(i64::try_from(number).unwrap()))
        .bind(Json(document))
        .execute(&world.pool)
        .await
        .unwrap();
    id
}

#[actix_web::test]
async fn a_booking_is_its_owners() {
    let world = World::new().await;
    let path = format!("/v1/bookings/{}", booking(&world, 1, "awaiting_payment").await);
    let own = world.get(&path, ANN).await;
    assert_eq!(own.status, 200, "{}", own.body);
    assert_eq!(own.headers.get("ETag").unwrap(), "\"4\"");
    assert_eq!(own.body["travellers"][0]["name"], "Ann Lee");
    assert_eq!(own.body["contact"]["email"], "ann@example.com");
    assert_eq!(own.body["available_actions"], serde_json::json!(["pay", "cancel"]));
    assert_eq!(own.body["money"]["total"], serde_json::json!({"amount": 100, "currency": "USD"}));

    for (caller, status) in [
        (("bob", Role::Customer), 404),
        (("bob", Role::TravelAgent), 404),
        (("ann", Role::Seller), 403),
        (("eve", Role::Auditor), 200),
        (("eve", Role::Operator), 200),
    ] {
        let answer = world.get(&path, caller).await;
        assert_eq!(answer.status, status, "{caller:?}");
        assert!(!answer.body.to_string().contains("Lee"), "{caller:?}");
        assert!(!answer.body.to_string().contains("ciphertext"), "{caller:?}");
    }
}

#[actix_web::test]
async fn an_erased_person_has_no_name() {
    let world = World::new().await;
    let path = format!("/v1/bookings/{}", booking(&world, 1, "confirmed").await);
    world.keys.erase("ann").unwrap();
    let answer = world.get(&path, ANN).await;
    let expected =
        serde_json::json!([{"number": 1, "name": null, "birth_date": null, "erased": true}]);
    assert_eq!(answer.body["travellers"], expected);
}

#[actix_web::test]
async fn a_version_tells_whether_anything_changed() {
    let world = World::new().await;
    let path = format!("/v1/bookings/{}", booking(&world, 1, "confirmed").await);
    let asked = async |tag: &str| world.get_with(&path, ANN, &[("If-None-Match", tag)]).await;
    assert_eq!(asked("\"4\"").await.status, 304);
    assert_eq!(asked("W/\"4\", \"9\"").await.status, 304);
    assert_eq!(asked("\"3\"").await.status, 200);
    sqlx::query(
        "update booking_details_g1.booking
         set document = jsonb_set(document, '{changed_by_payment}', 'true')",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    assert_eq!(asked("\"4\"").await.status, 200);
}

#[actix_web::test]
async fn own_bookings_come_newest_first() {
    let world = World::new().await;
    for number in 1..=3 {
        booking(&world, number, "confirmed").await;
    }
    let first = world.get("/v1/bookings?limit=2", ANN).await;
    let locators = |body: &serde_json::Value| -> Vec<String> {
        let items = body["items"].as_array().unwrap();
        items.iter().map(|item| item["locator"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(locators(&first.body), ["ABC003", "ABC002"]);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = world.get(&format!("/v1/bookings?limit=2&cursor={cursor}"), ANN).await;
    assert_eq!(locators(&second.body), ["ABC001"]);
    assert!(second.body["next_cursor"].is_null());
    let one = world.get("/v1/bookings?locator=abc002", ANN).await;
    assert_eq!(locators(&one.body), ["ABC002"]);
    let bob = ("bob", Role::Customer);
    assert_eq!(locators(&world.get("/v1/bookings", bob).await.body).len(), 0);
    let stolen = world.get(&format!("/v1/bookings?limit=2&cursor={cursor}"), bob).await;
    assert_eq!(stolen.status, 400);
}

#[actix_web::test]
async fn without_its_database_it_says_so() {
    let world = World::new().await;
    let path = format!("/v1/bookings/{}", Uuid::nil());
    world.pool.close().await;
    let answer = world.get(&path, ANN).await;
    assert_eq!((answer.status, &answer.body["code"]), (503, &"unavailable".into()));
}
