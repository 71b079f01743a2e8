use std::sync::Arc;
use std::time::Duration;

use aggregates::Aggregates;
use domain::Instant;
use key_store::KeyStore;

/// What every handler works with.
pub struct Commands {
    /// The write side.
    pub aggregates: Arc<Aggregates>,
    /// Persons' keys.
    pub keys: Arc<KeyStore>,
    /// Now.
    pub clock: fn() -> Instant,
    /// What can be configured.
    pub settings: Settings,
}

/// What can be configured.
#[derive(Clone)]
pub struct Settings {
    /// How long a new hold lasts.
    pub hold_ttl: Duration,
    /// The key of the digest that tells a repeated request from another one.
    pub fingerprint_key: [u8; 32],
}

impl Commands {
    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }
}
