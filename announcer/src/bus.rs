use std::fmt::Display;
use std::time::Duration;

use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{Context, stream};
use async_nats::{ConnectOptions, ServerAddr};

use crate::AnnouncerError;

/// The JetStream stream that keeps the announcements.
pub const STREAM: &str = "HOLDFAST";
/// Every subject that is announced on.
pub const SUBJECTS: &str = "holdfast.v1.>";

const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const KEPT_BYTES: i64 = 1024 * 1024 * 1024;
/// A repetition within this time is dropped by the bus itself.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(2 * 60);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A message that is to be published.
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) subject: &'static str,
    pub(crate) payload: Vec<u8>,
}

/// Where the bus is, and the connection to it once there is one.
pub(crate) struct Bus {
    address: ServerAddr,
    context: Option<Context>,
}

impl Bus {
    pub(crate) fn new(url: &str) -> Result<Self, AnnouncerError> {
        // The error would show the URL, and with it the password.
        let address = url.parse().map_err(|_| AnnouncerError::InvalidAddress)?;
        Ok(Self { address, context: None })
    }

    /// Publishes all of them and waits until each is stored. After an error any part of them may
    /// be: all are to be sent again.
    pub(crate) async fn publish(&mut self, messages: &[Message]) -> Result<(), String> {
        let context = match self.context.take() {
            Some(context) => context,
            None => self.connect().await?,
        };
        let mut acks = Vec::with_capacity(messages.len());
        for Message { id, subject, payload } in messages {
            let message = PublishMessage::build().message_id(id).payload(payload.clone().into());
            let publish = context.send_publish(*subject, message);
            // While the connection is away, what is sent waits in a bounded queue.
            let ack = tokio::time::timeout(ANSWER_WITHIN, publish)
                .await
                .map_err(|_| "nothing can be sent".to_owned())?
                .map_err(in_words)?;
            acks.push(ack);
        }
        for ack in acks {
            ack.await.map_err(in_words)?;
        }
        self.context = Some(context);
        Ok(())
    }

    /// The stream is made, or made right, with every connection: the bus may have lost it.
    async fn connect(&self) -> Result<Context, String> {
        // What stands in the URL before the `@` is not used by the client by itself.
        let options = match (self.address.username(), self.address.password()) {
            (Some(user), password) => ConnectOptions::with_user_and_password(
                user.to_owned(),
                password.unwrap_or_default().to_owned(),
            ),
            (None, _) => ConnectOptions::new(),
        };
        let options = options.name("holdfast-announcer").connection_timeout(ANSWER_WITHIN);
        let client = options.connect(self.address.clone()).await.map_err(in_words)?;
        let context = ContextBuilder::new().timeout(ANSWER_WITHIN).build(client);
        context.create_or_update_stream(config()).await.map_err(in_words)?;
        Ok(context)
    }
}

fn config() -> Config {
    Config {
        name: STREAM.into(),
        description: Some("Holdfast's public events, CloudEvents 1.0".into()),
        subjects: vec![SUBJECTS.into()],
        retention: stream::RetentionPolicy::Limits,
        discard: stream::DiscardPolicy::Old,
        storage: stream::StorageType::File,
        max_age: KEPT_FOR,
        max_bytes: KEPT_BYTES,
        duplicate_window: DUPLICATE_WINDOW,
        ..Config::default()
    }
}

fn in_words(error: impl Display) -> String {
    error.to_string()
}
