//! One consumer's call: events go out as the group hands them over, acks and nacks come in.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::connection::{About, Delivery};
use super::consumers::ConsumerId;
use super::entry::Name;
use super::failure;
use super::group::Nack;
use super::groups::Manager;
use super::task::Command;
use crate::convert::{self, IdForm};
use crate::exception;
use crate::protocol::persistent_subscriptions::read_req::{self, Content};
use crate::protocol::persistent_subscriptions::read_resp::{self, read_event};
use crate::protocol::persistent_subscriptions::{ReadReq, ReadResp};
use crate::protocol::shared;

/// The most events a consumer may have before it acknowledges one.
const MAX_BUFFER: usize = 5_000;

/// What the call asks for first.
pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) slots: usize,
    pub(super) ids: IdForm,
}

impl Asked {
    pub(super) fn from(options: &read_req::Options) -> Result<Self, Status> {
        use read_req::options::uuid_option::Content as Form;
        let form = options.uuid_option.as_ref().and_then(|option| option.content.as_ref());
        let ids = match form {
            Some(Form::String(_)) => IdForm::Text,
            Some(Form::Structured(_)) | None => IdForm::Structured,
        };
        let slots = usize::try_from(options.buffer_size)
            .map_err(|_| exception::invalid("the buffer size is negative"))?;
        let name = super::request::of_read(options)?;
        Ok(Self { name, slots: slots.clamp(1, MAX_BUFFER), ids })
    }
}

/// Joins the group and answers what goes out.
pub(super) async fn join(
    manager: Arc<Manager>,
    asked: Asked,
    about: About,
    requests: Streaming<ReadReq>,
) -> Result<impl Stream<Item = Result<ReadResp, Status>> + Send + use<>, Status> {
    let Asked { name, slots, ids } = asked;
    let (_, commands) = manager.find(&name).await?;
    let (outbox, deliveries) = mpsc::channel(slots);
    let (reply, joined) = oneshot::channel();
    let join = Command::Join { slots, about, outbox, reply };
    // The group may be deleted, or the server stopped, at this very moment.
    let ended = |manager: &Manager| end(manager, &name);
    commands.send(join).await.map_err(|_| ended(&manager))?;
    let consumer = joined
        .await
        .map_err(|_| ended(&manager))?
        .ok_or_else(|| failure::too_many_subscribers(&name))?;
    let over = CancellationToken::new();
    tokio::spawn(listen(requests, consumer, commands, over.clone()));
    Ok(outgoing(manager, name, ids, deliveries, over.drop_guard()))
}

/// How a consumer is told that it is over.
fn end(manager: &Manager, name: &Name) -> Status {
    if manager.is_stopping() { exception::stopping() } else { failure::dropped(name) }
}

fn outgoing(
    manager: Arc<Manager>,
    name: Name,
    ids: IdForm,
    deliveries: mpsc::Receiver<Delivery>,
    over: DropGuard,
) -> impl Stream<Item = Result<ReadResp, Status>> + Send {
    let confirmation =
        read_resp::SubscriptionConfirmation { subscription_id: name.subscription_id() };
    let first = response(read_resp::Content::SubscriptionConfirmation(confirmation));
    let events = futures_util::stream::unfold(Some((deliveries, over)), move |rest| {
        let manager = Arc::clone(&manager);
        let name = name.clone();
        async move {
            let (mut deliveries, over) = rest?;
            match deliveries.recv().await {
                Some(delivery) => {
                    Some((Ok(event_response(&delivery, ids)), Some((deliveries, over))))
                }
                // Never a good end: clients take that for something that cannot be.
                None => Some((Err(end(&manager, &name)), None)),
            }
        }
    });
    tokio_stream::once(Ok(first)).chain(events)
}

/// Passes on what the consumer says, until its connection, or the call, is over.
async fn listen(
    mut requests: Streaming<ReadReq>,
    consumer: ConsumerId,
    commands: mpsc::Sender<Command>,
    over: CancellationToken,
) {
    let mut says_more = true;
    loop {
        tokio::select! {
            request = requests.next(), if says_more => match request {
                Some(Ok(request)) => {
                    if let Some(command) = command(consumer, request)
                        && commands.send(command).await.is_err()
                    {
                        return;
                    }
                }
                Some(Err(_)) => break,
                // It will say nothing more, but may still want its events.
                None => says_more = false,
            },
            () = over.cancelled() => break,
            () = commands.closed() => return,
        }
    }
    // When the group is gone, so is the consumer.
    drop(commands.send(Command::Leave(consumer)).await);
}

fn command(consumer: ConsumerId, request: ReadReq) -> Option<Command> {
    let known =
        |ids: &[shared::Uuid]| -> Vec<Uuid> { ids.iter().filter_map(convert::id_from).collect() };
    match request.content? {
        Content::Options(_) => None,
        Content::Ack(ack) => Some(Command::Ack { consumer, ids: known(&ack.ids) }),
        Content::Nack(nack) => {
            use read_req::nack::Action;
            let answer = match nack.action() {
                Action::Unknown | Action::Retry => Nack::Retry,
                Action::Park => Nack::Park,
                Action::Skip => Nack::Skip,
                Action::Stop => Nack::Stop,
            };
            let ids = known(&nack.ids);
            Some(Command::Nack { consumer, ids, nack: answer, reason: nack.reason })
        }
    }
}

fn response(content: read_resp::Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

fn event_response(delivery: &Delivery, ids: IdForm) -> ReadResp {
    let Delivery { message, retry_count } = delivery;
    let retries = i32::try_from(*retry_count).unwrap_or(i32::MAX);
    response(read_resp::Content::Event(read_resp::ReadEvent {
        event: message.event().map(|event| recorded(event, ids)),
        link: message.link().map(|link| recorded(link, ids)),
        position: Some(read_event::Position::CommitPosition(message.original().position)),
        count: Some(read_event::Count::RetryCount(retries)),
    }))
}

fn recorded(event: &event_store::RecordedEvent, ids: IdForm) -> read_event::RecordedEvent {
    read_event::RecordedEvent {
        id: Some(convert::id_to(event.id, ids)),
        stream_identifier: Some(convert::stream_to(&event.stream)),
        stream_revision: event.revision,
        prepare_position: event.position,
        commit_position: event.position,
        metadata: convert::event_metadata(event),
        custom_metadata: event.metadata.clone(),
        data: event.data.clone(),
    }
}
