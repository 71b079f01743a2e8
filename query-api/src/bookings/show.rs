use access::{Role, caller};
use actix_web::http::header::IF_NONE_MATCH;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use problem::Problem;
use read_models::Projection;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::personal::{opened, redacted};
use super::row::{BookingRow, COLUMNS};
use crate::Queries;
use crate::answer::{not_modified, versioned};
use crate::failure::database;
use crate::parameters::{OnlyPosition, id, preferred_wait};

/// `GET /v1/bookings/{id}`
pub(crate) async fn show(
    request: HttpRequest,
    path: Path<String>,
    queries: Data<Queries>,
) -> Result<HttpResponse, Problem> {
    let caller = caller(&request, crate::BOOKING_READERS)?;
    let booking_id = id(&path, "booking")?;
    let OnlyPosition { min_position } = problem::query(request.query_string())?;
    let needed = [Projection::BookingDetails];
    let standing = queries.freshness.wait(&needed, min_position, preferred_wait(&request)).await?;
    let schema = standing.schema(Projection::BookingDetails)?;
    let oversees = matches!(caller.role, Role::Operator | Role::Auditor);
    let row = find(&queries, &schema, booking_id)
        .await?
        // A stranger must not learn that there is such a booking.
        .filter(|row| oversees || row.owner == caller.subject)
        .ok_or_else(|| Problem::not_found("booking"))?;

    let now = (queries.clock)();
    let etag = row.etag();
    if row.version_tells(now) && matches(&request, &etag) {
        return Ok(not_modified(&queries, &etag));
    }
    let mut body = row.view(now);
    if oversees {
        body["owner"] = row.owner.as_str().into();
        body["travellers"] = redacted(&row.document).into();
        body["contact"] = serde_json::Value::Null;
        body["available_actions"] = serde_json::Value::Array(vec![]);
    } else {
        let (travellers, contact) = opened(queries.key_store.clone(), &row.document).await?;
        body["travellers"] = travellers.into();
        body["contact"] = contact;
    }
    Ok(versioned(&queries, standing.position, &etag, body))
}

async fn find(
    queries: &Queries,
    schema: &str,
    booking_id: Uuid,
) -> Result<Option<BookingRow>, Problem> {
    let sql = format!("select {COLUMNS} from {schema}.booking where booking_id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(booking_id).fetch_optional(&queries.pool);
    let row = database(row).await?.as_ref().map(BookingRow::read).transpose();
    row.map_err(|error| Problem::internal(&error))
}

fn matches(request: &HttpRequest, etag: &str) -> bool {
    request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim())
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
