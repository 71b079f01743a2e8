use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The namespace of event ids made by [`event_id`].
const EVENT_IDS: Uuid = Uuid::from_u128(0x5d1f_3a0e_6f0b_4a57_9c41_7c1b_a1d2_0001);

/// SHA-256 of an event as stored, by which the next event of its stream names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventHash(pub [u8; 32]);

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of 64 hexadecimal digits")]
pub struct InvalidHash;

/// One event of a stream, byte for byte as stored.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The stream's name.
    pub stream: &'a str,
    /// Its place in the stream.
    pub revision: u64,
    /// Its id.
    pub id: Uuid,
    /// Its type.
    pub event_type: &'a str,
    /// What happened.
    pub data: &'a [u8],
    /// The envelope, which holds the hash of the event before.
    pub metadata: &'a [u8],
}

impl Link<'_> {
    /// The hash over every part, each behind its length (64 bits, big-endian), so that no two
    /// events can share one by moving a byte from one part to the next.
    pub fn hash(&self) -> EventHash {
        let mut sha = Sha256::new();
        let revision = self.revision.to_be_bytes();
        let parts: [&[u8]; 6] = [
            self.stream.as_bytes(),
            &revision,
            self.id.as_bytes(),
            self.event_type.as_bytes(),
            self.data,
            self.metadata,
        ];
        for part in parts {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part);
        }
        EventHash(sha.finalize().into())
    }
}

/// The id of the event that a command makes at one place of a stream: the same command, place and
/// content give the same id, so that a store that compares ids compares content.
pub fn event_id(
    command_id: Uuid,
    stream: &str,
    revision: u64,
    index: u32,
    event_type: &str,
    data: &[u8],
) -> Uuid {
    let content = Sha256::new().chain_update(event_type).chain_update([0]).chain_update(data);
    let mut name = Vec::with_capacity(16 + stream.len() + 12 + 32);
    name.extend_from_slice(command_id.as_bytes());
    name.extend_from_slice(stream.as_bytes());
    name.extend_from_slice(&revision.to_be_bytes());
    name.extend_from_slice(&index.to_be_bytes());
    name.extend_from_slice(&content.finalize());
    Uuid::new_v5(&EVENT_IDS, &name)
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidHash);
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| InvalidHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for EventHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
