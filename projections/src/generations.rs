//! The rows of the control schema that only this room writes: which generations there are, and
//! which are live.

use std::time::Duration;

use read_models::{GenerationState, Projection, create_tables, drop_tables, generations, live};
use sqlx::PgPool;

use crate::environment::Environment;
use crate::error::ProjectionsError;

/// How often, and how far apart, one looks whether a switch happened whose answer was lost.
const LOOKS: u32 = 60;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Makes an empty generation, with the next number.
pub(crate) async fn create(
    environment: &Environment,
    projection: Projection,
) -> Result<i32, ProjectionsError> {
    let mut transaction = environment.pool.begin().await?;
    // One at a time: the row lock is held until the new number is taken.
    sqlx::query("select 1 from holdfast.epoch where id = 1 for update")
        .execute(&mut *transaction)
        .await?;
    let number: i32 = sqlx::query_scalar(
        "insert into holdfast.generation (projection, number, state, log_id)
         select $1, coalesce(max(number), 0) + 1, 'building', $2
         from holdfast.generation where projection = $1 returning number",
    )
    .bind(projection.name())
    .bind(environment.store.log_id())
    .fetch_one(&mut *transaction)
    .await?;
    // What another database's generation of this number left behind is none of ours.
    drop_tables(&mut transaction, projection, number).await?;
    create_tables(&mut transaction, projection, number).await?;
    remove_folder(environment, projection, number).await?;
    transaction.commit().await?;
    Ok(number)
}

/// Makes a generation the one that answers queries.
pub(crate) async fn switch(
    pool: &PgPool,
    projection: Projection,
    number: i32,
) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(
        "update holdfast.epoch set number = number + 1,
             live = live || jsonb_build_object($1::text, $2::integer) where id = 1",
    )
    .bind(projection.name())
    .bind(number)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "update holdfast.generation set updated_at = now(), detail = null,
             state = case when number = $2 then 'live' else 'previous' end
         where projection = $1 and (number = $2 or state in ('live', 'failed'))",
    )
    .bind(projection.name())
    .bind(number)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// As [`switch`], and when its answer is lost, looks whether it happened: the live generation must
/// be the one that is followed.
pub(crate) async fn switch_for_sure(
    pool: &PgPool,
    projection: Projection,
    number: i32,
) -> Result<(), sqlx::Error> {
    let Err(error) = switch(pool, projection, number).await else { return Ok(()) };
    for _ in 0..LOOKS {
        if let Ok(epoch) = live(pool).await {
            let switched = epoch.live.get(&projection).is_some_and(|live| live.number == number);
            return if switched { Ok(()) } else { Err(error) };
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(error)
}

/// Marks a generation as unable to go on.
pub(crate) async fn fail(
    pool: &PgPool,
    projection: Projection,
    number: i32,
    detail: &str,
) -> Result<(), sqlx::Error> {
    say(pool, projection, number, GenerationState::Failed, Some(detail)).await
}

/// Marks a live generation as following the log (again).
pub(crate) async fn go_on(
    pool: &PgPool,
    projection: Projection,
    number: i32,
) -> Result<(), sqlx::Error> {
    say(pool, projection, number, GenerationState::Live, None).await
}

async fn say(
    pool: &PgPool,
    projection: Projection,
    number: i32,
    state: GenerationState,
    detail: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update holdfast.generation set state = $3, detail = $4, updated_at = now()
         where projection = $1 and number = $2",
    )
    .bind(projection.name())
    .bind(number)
    .bind(state.name())
    .bind(detail)
    .execute(pool)
    .await?;
    Ok(())
}

/// Removes a generation, tables, folder and row.
pub(crate) async fn drop(
    environment: &Environment,
    projection: Projection,
    number: i32,
) -> Result<(), ProjectionsError> {
    let mut transaction = environment.pool.begin().await?;
    drop_tables(&mut transaction, projection, number).await?;
    sqlx::query("delete from holdfast.generation where projection = $1 and number = $2")
        .bind(projection.name())
        .bind(number)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    // The folder last: a folder without a row is only wasted space.
    remove_folder(environment, projection, number).await
}

async fn remove_folder(
    environment: &Environment,
    projection: Projection,
    number: i32,
) -> Result<(), ProjectionsError> {
    let folder = projection.folder(&environment.index_folder, number);
    match tokio::fs::remove_dir_all(&folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes what an earlier run left half built.
pub(crate) async fn drop_unfinished(
    environment: &Environment,
    projection: Projection,
) -> Result<(), ProjectionsError> {
    for generation in generations(&environment.pool, projection).await? {
        if generation.state == GenerationState::Building {
            drop(environment, projection, generation.number).await?;
        }
    }
    Ok(())
}

/// Removes every generation that is older than the one before the live one: queries that began
/// before the last switch may still be reading that.
pub(crate) async fn prune(
    environment: &Environment,
    projection: Projection,
) -> Result<(), ProjectionsError> {
    let mut previous: Vec<i32> = generations(&environment.pool, projection)
        .await?
        .iter()
        .filter(|generation| generation.state == GenerationState::Previous)
        .map(|generation| generation.number)
        .collect();
    previous.pop();
    for number in previous {
        drop(environment, projection, number).await?;
    }
    Ok(())
}
