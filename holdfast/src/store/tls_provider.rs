/// Chooses the cryptography that TLS uses in this process. Two are compiled in, and whoever needs
/// TLS without a choice panics.
///
/// Not for a process that connects to an EventStoreDB: that client makes the same choice itself,
/// in its first connection, and panics when it finds it made.
pub(crate) fn install() {
    // An error only says that it was chosen before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
