//! The peer over the wire: UmaDB's server, from the wheel that has it, and a client for it.
//! An append is conditional on nothing having been appended with the stream's tag since the
//! client's last append to it: what an exact expected revision says.

use std::ffi::OsString;
use std::fmt;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;
use tonic::transport::{Channel, Endpoint};

use crate::process::{Plan, Process};
use crate::run::Run;
use crate::workload::{EVENT_TYPE, LIVE_STREAMS, Workload, event_id, stream_name};

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/umadb.proto"
)]
mod protocol {
    tonic::include_proto!("umadb.v1");
}

use protocol::dcb_client::DcbClient;
use protocol::{AppendCondition, AppendRequest, Event, MetadataEntry, Query, QueryItem};

const READY_WITHIN: Duration = Duration::from_secs(20);
const START: &str = "from umadb.umadb_server_cli import main; main()";

/// A way to run it.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    name: &'static str,
    options: &'static [&'static str],
}

/// The fastest of these is the peer.
pub(crate) const VARIANTS: [Variant; 3] = [
    Variant { name: "as it comes", options: &[] },
    Variant { name: "pipelined writer", options: &["--pipelined-writer=true"] },
    Variant {
        name: "pipelined writer and page cache",
        options: &["--pipelined-writer=true", "--page-cache-max-mb=512"],
    },
];

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Fetches the wheel into `target/bench-venv`, pinned by hash, unless it is there.
pub(crate) async fn install(run: &Run) -> anyhow::Result<()> {
    let folder = run.target().join("bench-venv");
    if folder.join("umadb").is_dir() {
        return Ok(());
    }
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("umadb.txt");
    for tries in (0..3).rev() {
        let fetched = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-input", "--no-deps", "--only-binary=:all:", "--require-hashes"])
            .args(["--root-user-action=ignore", "--upgrade", "--target"])
            .arg(&folder)
            .arg("-r")
            .arg(&requirements)
            .stdin(Stdio::null())
            .output()
            .context("python3 cannot be started; it and pip are needed for the peer's server")?;
        if fetched.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&fetched.stderr).into_owned();
        anyhow::ensure!(tries > 0, "pip could not fetch the peer's server: {}", words.trim());
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    Ok(())
}

/// A running server with an empty store. Dropping it ends it.
pub(crate) struct UmaDb {
    process: Process,
    url: String,
}

impl UmaDb {
    /// Must be called on the main thread.
    pub(crate) async fn start(run: &Run, folder: &Path, variant: Variant) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let address = free_address()?;
        let mut arguments: Vec<OsString> = vec!["-c".into(), START.into()];
        arguments.push(format!("--listen={address}").into());
        arguments.push("--db-path".into());
        arguments.push(folder.join("uma.db").into());
        arguments.extend(variant.options.iter().map(OsString::from));
        let plan = Plan {
            program: "python3".into(),
            arguments,
            environment: vec![("PYTHONPATH", run.target().join("bench-venv").into())],
            user: None,
            signal: (Signal::TERM, "TERM"),
        };
        let process = Process::start(plan, &folder.join("output"))?;
        let mut server = Self { process, url: format!("http://{address}") };
        let begun = Instant::now();
        while let Err(error) = server.connect().await {
            server.process.check()?;
            anyhow::ensure!(begun.elapsed() < READY_WITHIN, "UmaDB does not answer: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    async fn connect(&self) -> anyhow::Result<DcbClient<Channel>> {
        let channel = Endpoint::from_shared(self.url.clone())?.tcp_nodelay(true).connect().await?;
        Ok(DcbClient::new(channel))
    }

    /// So many clients, each with a connection of its own and its share of the streams.
    pub(crate) async fn clients(&self, count: usize) -> anyhow::Result<Vec<Client>> {
        let mut clients = vec![];
        for client in 0..count {
            let streams = (0..LIVE_STREAMS as u64).skip(client).step_by(count);
            clients.push(Client {
                service: self.connect().await?,
                streams: streams.map(|stream| Stream { stream, revision: 0, last: None }).collect(),
                next: 0,
                workload: Workload::new(),
                metadata: String::from_utf8(Workload::new().metadata.to_vec())?,
            });
        }
        Ok(clients)
    }
}

pub(crate) struct Client {
    service: DcbClient<Channel>,
    streams: Vec<Stream>,
    next: usize,
    workload: Workload,
    metadata: String,
}

struct Stream {
    stream: u64,
    revision: u64,
    /// Where this client last appended to it.
    last: Option<u64>,
}

impl Client {
    /// Appends one event to each of its streams in turn, for so long, and says how many.
    pub(crate) async fn append_for(&mut self, duration: Duration) -> anyhow::Result<u64> {
        let begun = Instant::now();
        let mut count = 0;
        while begun.elapsed() < duration {
            let index = self.next % self.streams.len().max(1);
            let stream = self.streams.get_mut(index).context("a stream")?;
            let tag = stream_name(stream.stream).as_str().to_owned();
            let item = QueryItem { types: vec![], tags: vec![tag.clone()] };
            let request = AppendRequest {
                events: vec![Event {
                    event_type: EVENT_TYPE.to_owned(),
                    tags: vec![tag],
                    data: self.workload.data.to_vec(),
                    uuid: event_id(stream.stream, stream.revision).to_string(),
                    metadata: vec![MetadataEntry {
                        key: "metadata".to_owned(),
                        value: self.metadata.clone(),
                    }],
                }],
                condition: Some(AppendCondition {
                    fail_if_events_match: Some(Query { items: vec![item] }),
                    after: stream.last,
                }),
            };
            let appended = self.service.append(request).await?.into_inner();
            stream.last = Some(appended.position);
            stream.revision += 1;
            self.next += 1;
            count += 1;
        }
        Ok(count)
    }
}

fn free_address() -> anyhow::Result<std::net::SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
