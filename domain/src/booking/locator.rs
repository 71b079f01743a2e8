use std::fmt;
use std::sync::Arc;

/// What a traveller calls a booking: six characters without look-alikes (no 0, 1, I, O). Never a
/// key and never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locator(pub Arc<str>);

impl Locator {
    const ALPHABET: &'static [u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// A locator from random bits, of which 30 are used.
    pub fn from_bits(bits: u128) -> Self {
        let characters = (0..6u32).map(|place| {
            let index = (bits >> place.saturating_mul(5)) & 0b1_1111;
            usize::try_from(index)
                .ok()
                .and_then(|index| Self::ALPHABET.get(index))
                .map_or('A', |byte| char::from(*byte))
        });
        Self(characters.collect::<String>().into())
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
