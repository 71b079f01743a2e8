use uuid::Uuid;

/// The CRC-32 that is kept with an event. Every part is length-prefixed, so that no byte can
/// move from one part to its neighbour; the position is in it, so that no event can move.
pub(super) fn checksum(
    position: u64,
    stream: &str,
    revision: u64,
    id: Uuid,
    event_type: &str,
    data: &[u8],
    metadata: &[u8],
) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    let parts: [&[u8]; 7] = [
        &position.to_le_bytes(),
        stream.as_bytes(),
        &revision.to_le_bytes(),
        id.as_bytes(),
        event_type.as_bytes(),
        data,
        metadata,
    ];
    for part in parts {
        crc.update(&(part.len() as u64).to_le_bytes());
        crc.update(part);
    }
    crc.finalize()
}
