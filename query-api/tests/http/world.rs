use std::sync::Arc;

use access::{Role, Tokens};
use actix_web::App;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use key_store::KeyStore;
use query_api::Queries;
use read_models::flight::{FareLine, FlightDocument, FlightFields, FlightStop};
use read_models::{Price, Projection};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::postgres::Server;

const LATER: i64 = 4_000_000_000;
pub(crate) const LOG: Uuid = Uuid::from_u128(77);

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) keys: Arc<KeyStore>,
    folder: tempfile::TempDir,
    queries: Data<Queries>,
    _server: Arc<Server>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_812_000_000, 0).unwrap()
}

pub(crate) fn usd(amount: i64) -> Price {
    Price { amount, currency: "USD".into() }
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::get();
        let pool = server.database().await;
        read_models::migrate(&pool).await.unwrap();
        read_models::migrate(&pool).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        for projection in Projection::ALL {
            read_models::create_tables(&mut connection, projection, 1).await.unwrap();
            sqlx::query(
                "insert into holdfast.generation (projection, number, state, log_id, checkpoint, progress)
                 values ($1, 1, 'live', $2, 5, 5)",
            )
            .bind(projection.name())
            .bind(LOG)
            .execute(&mut *connection)
            .await
            .unwrap();
            sqlx::query("update holdfast.epoch set live = live || jsonb_build_object($1::text, 1)")
                .bind(projection.name())
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        drop(connection);
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(&folder.path().join("keys")).unwrap());
        let index = folder.path().join("index");
        let queries = Queries::open(pool.clone(), index, Some(keys.clone()), LOG).await.unwrap();
        let queries = Data::new(queries.with_clock(now));
        let world = Self { pool, keys, folder, queries, _server: server };
        world.index(&[]);
        world
    }

    /// Adds flights to the index; readers see them once a checkpoint says so.
    pub(crate) fn index(&self, flights: &[FlightDocument]) {
        let folder = Projection::FlightSearch.folder(&self.folder.path().join("index"), 1);
        std::fs::create_dir_all(&folder).unwrap();
        let fields = FlightFields::new();
        let directory = tantivy::directory::MmapDirectory::open(folder).unwrap();
        let index = tantivy::Index::open_or_create(directory, fields.schema.clone()).unwrap();
        let mut writer: tantivy::IndexWriter =
            index.writer_with_num_threads(1, 15_000_000).unwrap();
        for flight in flights {
            writer.add_document(fields.document(flight)).unwrap();
        }
        writer.commit().unwrap();
    }

    pub(crate) async fn progress(&self, projection: Projection, position: i64) {
        sqlx::query(
            "update holdfast.generation set checkpoint = $2, progress = $2 where projection = $1",
        )
        .bind(projection.name())
        .bind(position)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// An offering with these seats, all in row 1 and economy.
    pub(crate) async fn opened(&self, offering: u128, seats: &[&str]) {
        let lines: Vec<Value> = seats
            .iter()
            .map(|seat| {
                serde_json::json!({"seat": seat, "section": "economy", "price_class": "economy",
                    "exit_row": false, "blocked": *seat == "1Z"})
            })
            .collect();
        let layout = serde_json::json!({"sections": [], "seats": lines});
        let capacity = i32::try_from(seats.iter().filter(|seat| **seat != "1Z").count()).unwrap();
        let id = Uuid::from_u128(offering);
        sqlx::query("insert into seat_map_g1.layout values ($1, $2)")
            .bind(id.to_string())
            .bind(layout)
            .execute(&self.pool)
            .await
            .unwrap();
        sqlx::query("insert into seat_map_g1.offering values ($1, $2, $3, $4, $5, $6, 1)")
            .bind(id)
            .bind(id.to_string())
            .bind(format!("flight-{id}"))
            .bind(now() + TimeDelta::hours(1))
            .bind(now() + TimeDelta::hours(2))
            .bind(capacity)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn seat(
        &self,
        offering: u128,
        seat: &str,
        state: &str,
        until: Option<DateTime<Utc>>,
    ) {
        sqlx::query("insert into seat_map_g1.seat values ($1, $2, $3, null, $4, null, 2)")
            .bind(Uuid::from_u128(offering))
            .bind(seat)
            .bind(state)
            .bind(until)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn get(&self, path: &str, caller: (&str, Role)) -> Answer {
        self.get_with(path, caller, &[]).await
    }

    pub(crate) async fn get_with(
        &self,
        path: &str,
        (subject, role): (&str, Role),
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let tokens = Tokens::new(&[7; 32]);
        let token = tokens.issue(subject, role, LATER).unwrap();
        let app = App::new()
            .app_data(Data::new(tokens))
            .app_data(self.queries.clone())
            .configure(query_api::routes);
        let app = init_service(app).await;
        let mut request = TestRequest::get()
            .uri(path)
            .insert_header(("Authorization", format!("Bearer {token}")));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_body(response).await;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }
}

/// A flight from JFK to LAX on 2027-06-11, so many minutes after midnight.
pub(crate) fn flight(
    number: u16,
    carrier: &str,
    minute: i64,
    minutes: i64,
    price: i64,
) -> FlightDocument {
    let midnight: DateTime<Utc> = "2027-06-11T04:00:00Z".parse().unwrap();
    let stop = |airport: &str, minute: i64, offset: i64| FlightStop {
        airport: airport.into(),
        zone: "Some/Where".into(),
        local: (midnight + TimeDelta::minutes(minute) - TimeDelta::hours(offset)).naive_utc(),
        instant: midnight + TimeDelta::minutes(minute),
    };
    FlightDocument {
        offering_id: Uuid::from_u128(u128::from(number)),
        carrier: carrier.into(),
        number,
        departure: stop("JFK", minute, 4),
        arrival: stop("LAX", minute + minutes, 7),
        duration_minutes: minutes,
        distance_miles: 2_475,
        from_price: Some(usd(price)),
        fares: vec![FareLine { price_class: "economy".into(), price: usd(price) }],
        position: 1,
    }
}
