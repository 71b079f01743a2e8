//! Reading and following: one stream or the whole log.
//!
//! Whatever the answer, it is made page by page as the client takes it: a slow reader makes the
//! store wait, and nothing is piled up for it.

mod all;
mod checkpoints;
mod follow_all;
mod follow_stream;
mod render;
mod request;
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{EventStore, ReadError, StreamName};
use futures_util::stream::{self as streams, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

use crate::exception;
use crate::identity::{self, FollowLogStream};
use crate::protocol::streams::ReadResp;
use render::Render;
pub(super) use request::Wanted;
use request::{Direction, Extent, From, What};

/// An answer in the making.
#[async_trait]
pub(super) trait Pages: Send {
    /// The next messages; `None`: that was all.
    async fn next(&mut self) -> Result<Option<Vec<ReadResp>>, Status>;
}

/// Begins to answer.
pub(super) async fn answer(
    store: Arc<dyn EventStore>,
    wanted: Wanted,
    subscription: Uuid,
) -> Result<Box<dyn Pages>, Status> {
    let render = Render::new(Arc::clone(&store), &wanted);
    match (wanted.what, wanted.extent) {
        (What::Stream(name, from), Extent::Count(count)) => {
            let read = stream::StreamRead::new(store, name, wanted.direction, from, count);
            Ok(Box::new(read.rendered(render)))
        }
        (What::All(from, filtered), Extent::Count(count)) => {
            let filter = filtered.map_or(event_store::Filter::All, |filtered| filtered.filter);
            let read = all::AllRead::new(store, wanted.direction, from, filter, count).await?;
            Ok(Box::new(read.rendered(render)))
        }
        (What::Stream(name, from), Extent::Follow) => {
            forwards_only(wanted.direction)?;
            let after = match from {
                From::Start => None,
                From::At(revision) => Some(revision),
                From::End => last_revision(&*store, &name).await?,
            };
            let followed = if identity::is_log_stream(&name) {
                let event = identity::log_created(&*store, &name);
                event_store::StreamSubscription::new(FollowLogStream(event), after)
            } else {
                store.subscribe_to_stream(&name, after)
            };
            let follow = follow_stream::FollowStream::new(followed, name, after, render);
            Ok(Box::new(follow.confirmed(subscription)))
        }
        (What::All(from, filtered), Extent::Follow) => {
            forwards_only(wanted.direction)?;
            let after = match from {
                From::Start => 0,
                From::At(position) => position,
                From::End => {
                    store.head().await.map_err(|error| exception::of_read(&error, None))?
                }
            };
            let follow = follow_all::FollowAll::new(store, after, filtered, render);
            Ok(Box::new(follow.confirmed(subscription)))
        }
    }
}

/// The messages one by one, until there are no more or the server stops. The first page is made
/// before the answer begins: clients take a failure of the call itself for another thing than one
/// of its messages.
pub(super) async fn until(
    mut pages: Box<dyn Pages>,
    shutdown: CancellationToken,
) -> Result<BoxStream<'static, Result<ReadResp, Status>>, Status> {
    let Some(first) = next_page(&mut *pages, &shutdown).await? else {
        return Ok(streams::empty().boxed());
    };
    let rest = streams::try_unfold((pages, shutdown), |(mut pages, shutdown)| async move {
        let page = next_page(&mut *pages, &shutdown).await?;
        Ok::<_, Status>(
            page.map(|page| (streams::iter(page.into_iter().map(Ok)), (pages, shutdown))),
        )
    });
    Ok(streams::iter(first.into_iter().map(Ok)).chain(rest.try_flatten()).boxed())
}

async fn next_page(
    pages: &mut dyn Pages,
    shutdown: &CancellationToken,
) -> Result<Option<Vec<ReadResp>>, Status> {
    tokio::select! {
        page = pages.next() => page,
        () = shutdown.cancelled() => Err(exception::stopping()),
    }
}

fn forwards_only(direction: Direction) -> Result<(), Status> {
    match direction {
        Direction::Forwards => Ok(()),
        Direction::Backwards => Err(exception::invalid("a subscription goes forwards")),
    }
}

async fn last_revision(store: &dyn EventStore, name: &StreamName) -> Result<Option<u64>, Status> {
    if identity::is_log_stream(name) {
        return Ok(Some(0));
    }
    match store.read_stream_backwards(name, None, 1).await {
        Ok(events) => Ok(events.first().map(|event| event.revision)),
        Err(ReadError::StreamNotFound) => Ok(None),
        Err(error) => Err(exception::of_read(&error, Some(name))),
    }
}
