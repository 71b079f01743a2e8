//! Who may call what, held against the tables of routes, and whose bookings are whose.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use access::{Role, Tokens};
use reqwest::Method;
use scenarios::{Answer, Client, Options, System, TimetableFile, booking_of, new_key};
use serde_json::json;

/// The ready file's name of a caller in that role.
fn caller(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::TravelAgent => "agent",
        Role::Seller => "seller",
        Role::Auditor => "auditor",
        Role::Operator => "operator",
    }
}

fn all_routes() -> Vec<(&'static str, String, &'static [Role])> {
    let tables = [command_api::ROUTES, query_api::ROUTES, audit_api::ROUTES, projections::ROUTES];
    let query = |method: &str, path: &str| match (method, path) {
        ("GET", "/v1/flights") => "?origin=JFK&destination=LAX&date=2030-01-01",
        _ => "",
    };
    tables
        .into_iter()
        .flatten()
        .map(|route| {
            let path = format!("{}{}", route.path, query(route.method, route.path));
            (route.method, path, route.roles)
        })
        .collect()
}

/// A path with something in each place, which names nothing that there is.
fn filled(pattern: &str) -> String {
    let nobody = "00000000-0000-4000-8000-000000000000";
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { nobody } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(client: &Client, method: &str, path: &str) -> Answer {
    let request = client.request(method.parse::<Method>().unwrap(), path);
    let request = match method {
        "POST" => request.header("Idempotency-Key", new_key()).json(&json!({})),
        _ => request,
    };
    client.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_lets_in_who_its_table_says_and_owners_only() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    roles(&system).await;
    tokens_that_prove_nothing(&system).await;
    strangers(&system).await;
}

async fn roles(system: &System) {
    let mut checked = 0;
    for (method, pattern, allowed) in all_routes() {
        let path = filled(&pattern);
        let nobody = call(&system.stranger(), method, &path).await;
        assert_eq!(nobody.status, 401, "{method} {path} without a token: {nobody:?}");
        assert_eq!(nobody.text("/code"), "unauthorised");
        for role in Role::ALL {
            let answer = call(&system.client(caller(role)), method, &path).await;
            let what = format!("{method} {path} as {}: {answer:?}", role.name());
            if allowed.contains(&role) {
                assert!(![401, 403].contains(&answer.status), "{what}");
                assert!(answer.status < 500, "{what}");
            } else {
                assert_eq!(answer.status, 403, "{what}");
                assert_eq!(answer.text("/code"), "role_not_allowed", "{what}");
            }
            checked += 1;
        }
    }
    println!("{checked} pairs of route and role");
}

async fn tokens_that_prove_nothing(system: &System) {
    let secret = std::fs::read(system.data().join("keys/tokens.secret")).unwrap();
    let (own, foreign) = (Tokens::new(&secret), Tokens::new(&[9; 32]));
    let later = 4_000_000_000;
    let good = own.issue("demo-customer", Role::Customer, later).unwrap();
    let client = |token: &str| Client::new(system.api(), Some(token));
    client(&good).get("/v1/bookings").await.expect(200);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let bad = [
        ("expired", own.issue("demo-customer", Role::Customer, 1_000_000_000).unwrap()),
        ("signed by another", foreign.issue("demo-customer", Role::Customer, later).unwrap()),
        ("without a signature", format!("{head}.")),
        ("with half a signature", format!("{head}.{}", &signature[..signature.len() / 2])),
        ("no token at all", "x".into()),
    ];
    for (what, token) in bad {
        for (method, pattern, _) in all_routes() {
            let answer = call(&client(&token), method, &filled(&pattern)).await;
            assert_eq!(answer.status, 401, "{method} {pattern} with a token {what}: {answer:?}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
    let stranger = system.stranger();
    for header in ["Basic ZGVtbzpkZW1v", "Bearer", "Bearer ", &good] {
        let request = stranger.request(Method::GET, "/v1/bookings").header("Authorization", header);
        stranger.send(request).await.expect(401);
    }
}

/// What is one customer's is not there for another, whoever asks and however.
async fn strangers(system: &System) {
    let owner = system.client("customer");
    let offerings = owner.offerings(&system.date(10)).await;
    let seats = owner.free_seats(&offerings[0]).await;
    let held = owner.hold(&[(&offerings[0], &[&seats[0]])]).await.expect(201);
    let confirmed = owner.buy(&offerings[0], &[&seats[1]]).await;
    let booking_id = confirmed.text("/booking_id");
    let (hold, booking) =
        (format!("/v1/holds/{}", held.text("/hold_id")), format!("/v1/bookings/{booking_id}"));
    let mut bodies = vec![];
    for name in ["customer2", "agent", "agent2"] {
        let stranger = system.client(name);
        for answer in [
            stranger.get(&hold).await,
            stranger.delete(&hold).await,
            stranger.post(&format!("{hold}/renewal"), &json!({})).await,
            stranger.post("/v1/bookings", &booking_of(&held.text("/hold_id"), 1)).await,
            stranger.get(&booking).await,
            stranger.pay(&booking_id, "card").await,
            stranger.post(&format!("{booking}/cancellation-quote"), &json!({})).await,
            stranger.post(&format!("{booking}/cancellation"), &json!({})).await,
        ] {
            assert_eq!(answer.status, 404, "{name}: {answer:?}");
            bodies.push(answer.body.to_string());
        }
        let list = stranger.get("/v1/bookings").await.expect(200);
        assert_eq!(*list.at("/items"), json!([]), "{name} has no bookings");
        let locator = format!("/v1/bookings?locator={}", confirmed.text("/locator"));
        let found = stranger.get(&locator).await.expect(200);
        assert_eq!(*found.at("/items"), json!([]), "a locator opens nothing for {name}");
        // What is not there is answered just like what is another's.
        let nothing = stranger.get(&filled("/v1/bookings/{id}")).await.expect(404);
        assert_eq!(nothing.body, stranger.get(&booking).await.body);
    }
    assert!(!bodies.iter().any(|body| body.contains("demo-customer")), "{bodies:?}");
    for name in ["auditor", "operator"] {
        let seen = system.client(name).get(&booking).await.expect(200);
        assert_eq!(seen.at("/travellers/0/name"), &json!(null), "{name} sees no names: {seen:?}");
        assert_eq!(seen.at("/contact"), &json!(null), "{name} sees no contact");
        assert!(!seen.body.to_string().contains("Traveller 1"), "{name}: {seen:?}");
    }
    let state = owner.get(&booking).await.expect(200);
    assert_eq!(state.body["version"], confirmed.body["version"], "strangers changed nothing");
    owner.get(&hold).await.expect(200);
}
