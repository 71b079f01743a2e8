//! The engine behind its wire, in a process of its own as its peer is: this program started once
//! more, as `benches serve FOLDER`. It ends when its input does, so with whoever started it.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use event_store::embedded::EmbeddedStore;
use eventstore_wire::{Access, Options, Server};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// The server's side: says its address in a line, and serves.
pub(crate) async fn serve(folder: &Path) -> anyhow::Result<()> {
    let store = EmbeddedStore::open(folder)?;
    let options = Options {
        listen: "127.0.0.1:0".parse()?,
        access: Access::Insecure,
        tls: None,
        service_categories: vec![],
    };
    let server = Server::bind(store.clone(), options).await?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", server.address())?;
    output.flush()?;
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(server.serve(shutdown.clone()));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut vec![])).await??;
    shutdown.cancel();
    serving.await??;
    store.shutdown().await;
    Ok(())
}

/// The other side: a running server.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: String,
}

impl Serving {
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().context("its output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let address = line.context("the server ended before it said where it listens")?;
        Ok(Self { child, address })
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}
