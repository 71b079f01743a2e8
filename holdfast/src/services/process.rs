//! What every long-running process of this program does: logging, and being told to stop.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;

/// Logs to standard error, as `HOLDFAST_LOG` says.
pub(crate) fn start_logging() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| {
        EnvFilter::new(
            "warn,holdfast=info,async_nats=error,sqlx=error,tantivy=error,eventstore=off",
        )
    });
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// Resolves at Ctrl-C or SIGTERM.
pub(crate) async fn stop_signal() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(_) => return std::future::pending().await,
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Takes the address, before anything else is touched.
pub(crate) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; choose another with --listen"))
}
