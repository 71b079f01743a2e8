use std::sync::Arc;

/// Personal data that only the holder of a person's key can read. The rules carry it; they never
/// look inside. Erasing the key erases the person from every stream, and no hash changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Whose key opens it.
    pub subject: Arc<str>,
    /// Which version of that key.
    pub key_version: u32,
    /// The nonce it was sealed with.
    pub nonce: Vec<u8>,
    /// What only the key makes readable.
    pub ciphertext: Vec<u8>,
}
