use event_store::{EventStore, ExpectedRevision, NewEvent};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::support::{fill, in_new_folder, stream};

const PAGE: &str = include_str!("../../../docs/how-to/read-the-log-with-sqlite3.md");

#[tokio::test]
async fn the_documented_query_shows_the_history_of_a_booking() {
    let (folder, store) = in_new_folder();
    fill(&*store, "booking-2", [90]).await;
    for (number, kind) in [(1, "placed"), (2, "paid"), (3, "confirmed")] {
        let data = format!(r#"{{"step":"{kind}"}}"#);
        let kind = format!("booking.{kind}.v1");
        let event = NewEvent::json(Uuid::from_u128(number), kind, data, "{}");
        store.append(&stream("booking-1"), ExpectedRevision::Any, vec![event]).await.unwrap();
    }
    let (_, query) = PAGE.split_once("```sql\n").unwrap();
    let (query, _) = query.split_once("```").unwrap();
    assert!(query.contains("'booking-BOOKING_ID'"));
    let query = query.replace("booking-BOOKING_ID", "booking-1");
    let path = folder.path().join("log.sqlite");
    // Beside the running engine, as an auditor would.
    let log = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = log.prepare(&query).unwrap();
    let columns: Vec<_> = statement.column_names().into_iter().map(str::to_owned).collect();
    assert_eq!(columns, ["position", "revision", "created", "type", "data"]);
    let history: Vec<(i64, i64, String, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|(position, revision, _, kind, data)| {
            (*position, *revision, kind.as_str(), data.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, 0, "booking.placed.v1", r#"{"step":"placed"}"#),
            (3, 1, "booking.paid.v1", r#"{"step":"paid"}"#),
            (4, 2, "booking.confirmed.v1", r#"{"step":"confirmed"}"#),
        ]
    );
    let taken = &store.read_stream(&stream("booking-1"), 0, 1).await.unwrap()[0];
    let seconds: i64 = log
        .query_row("SELECT CAST(strftime('%s', ?1) AS INTEGER)", [&history[0].2], |row| row.get(0))
        .unwrap();
    assert_eq!(seconds.cast_unsigned(), taken.created / 10_000_000, "{}", history[0].2);
}
