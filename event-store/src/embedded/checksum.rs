use uuid::Uuid;

/// What the checksum of an event covers: everything that is served.
pub(super) struct Checked<'a> {
    pub(super) position: u64,
    pub(super) stream: &'a str,
    pub(super) revision: u64,
    pub(super) id: Uuid,
    pub(super) event_type: &'a str,
    pub(super) created: u64,
    pub(super) flags: u8,
    pub(super) data: &'a [u8],
    pub(super) metadata: &'a [u8],
}

const HEAD_BYTES: usize = 3 * 8 + 1 + 16 + 4 * 8;
/// Names of together so many bytes are summed in one piece with the head.
const NAMES_BYTES: usize = 183;

impl Checked<'_> {
    /// The CRC-32 that is kept with an event. The lengths of its parts are in it, so that no byte
    /// can move from one part to its neighbour, and the position, so that no event can move.
    pub(super) fn sum(&self) -> u32 {
        let mut crc = self.begin();
        crc.update(self.data);
        crc.update(self.metadata);
        crc.finalize()
    }

    /// The same, when data and metadata lie one behind the other in `payload`.
    pub(super) fn sum_with(&self, payload: &[u8]) -> u32 {
        let mut crc = self.begin();
        crc.update(payload);
        crc.finalize()
    }

    fn begin(&self) -> crc32fast::Hasher {
        let names = [self.stream.as_bytes(), self.event_type.as_bytes()];
        let parts = [names[0], names[1], self.data, self.metadata];
        let mut head = [0; HEAD_BYTES + NAMES_BYTES];
        head[..8].copy_from_slice(&self.position.to_le_bytes());
        head[8..16].copy_from_slice(&self.revision.to_le_bytes());
        head[16..24].copy_from_slice(&self.created.to_le_bytes());
        head[24] = self.flags;
        head[25..41].copy_from_slice(self.id.as_bytes());
        for (slot, part) in head[41..HEAD_BYTES].chunks_exact_mut(8).zip(parts) {
            slot.copy_from_slice(&(part.len() as u64).to_le_bytes());
        }
        let mut crc = crc32fast::Hasher::new();
        // A few long pieces are several times as fast as many short ones.
        let length = HEAD_BYTES + names[0].len() + names[1].len();
        if let Some(rest) = head.get_mut(HEAD_BYTES..length) {
            let (stream, event_type) = rest.split_at_mut(names[0].len());
            stream.copy_from_slice(names[0]);
            event_type.copy_from_slice(names[1]);
            crc.update(&head[..length]);
        } else {
            crc.update(&head[..HEAD_BYTES]);
            crc.update(names[0]);
            crc.update(names[1]);
        }
        crc
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Checked<'static> {
        Checked {
            position: 1,
            stream: "a-1",
            revision: 2,
            id: Uuid::from_u128(3),
            event_type: "happened",
            created: 4,
            flags: 1,
            data: b"data",
            metadata: b"metadata",
        }
    }

    #[test]
    fn it_is_the_same_for_names_of_any_length() {
        for length in [1, NAMES_BYTES - 8, NAMES_BYTES - 7, 1_000] {
            let stream = "s".repeat(length);
            let event = Checked { stream: &stream, ..event() };
            let mut whole = Vec::new();
            for number in [event.position, event.revision, event.created] {
                whole.extend(number.to_le_bytes());
            }
            whole.push(event.flags);
            whole.extend(event.id.as_bytes());
            let parts = [stream.as_bytes(), b"happened", event.data, event.metadata];
            for part in parts {
                whole.extend((part.len() as u64).to_le_bytes());
            }
            parts.iter().for_each(|part| whole.extend(*part));
            assert_eq!(event.sum(), crc32fast::hash(&whole), "{length}");
            assert_eq!(event.sum(), event.sum_with(&[event.data, event.metadata].concat()));
        }
    }

    #[test]
    fn every_part_of_an_event_is_in_its_checksum() {
        let changed = [
            Checked { position: 9, ..event() },
            Checked { stream: "a-2", ..event() },
            Checked { revision: 9, ..event() },
            Checked { id: Uuid::from_u128(9), ..event() },
            Checked { event_type: "undone", ..event() },
            Checked { created: 9, ..event() },
            Checked { flags: 0, ..event() },
            Checked { data: b"dato", ..event() },
            Checked { metadata: b"metadato", ..event() },
            Checked { data: b"datam", metadata: b"etadata", ..event() },
        ];
        for changed in changed {
            assert_ne!(changed.sum(), event().sum());
        }
    }
}
