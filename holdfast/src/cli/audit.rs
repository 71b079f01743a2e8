use std::path::PathBuf;

use anyhow::bail;

/// (written when the audit room stands)
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Replay.
    Replay {
        /// The stream.
        stream: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
        data: PathBuf,
    },
}

pub(crate) async fn run(_command: Command) -> anyhow::Result<()> {
    bail!("not yet")
}
