use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tempfile::TempDir;

/// A nats-server with a password, in a folder of its own; killed with the test.
pub(crate) struct Nats {
    pub(crate) url: String,
    port: u16,
    folder: TempDir,
    server: Option<Child>,
}

fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("HOLDFAST_NATS_SERVER") {
        return named.into();
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/nats-server");
    if tools.exists() { tools } else { "nats-server".into() }
}

impl Nats {
    /// Not running yet.
    pub(crate) fn down() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("nats://tester:pass-word@127.0.0.1:{port}");
        Self { url, port, folder: tempfile::tempdir().unwrap(), server: None }
    }

    pub(crate) fn start(&mut self) {
        let config = self.folder.path().join("nats.conf");
        let store = self.folder.path().join("store");
        let text = format!(
            "listen: \"127.0.0.1:{}\"\njetstream {{ store_dir: \"{}\" }}\n\
             authorization {{ user: tester, password: \"pass-word\" }}\n",
            self.port,
            store.display(),
        );
        std::fs::write(&config, text).unwrap();
        let server = Command::new(program())
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    async fn context(&self) -> async_nats::jetstream::Context {
        let options =
            async_nats::ConnectOptions::with_user_and_password("tester".into(), "pass-word".into())
                .retry_on_initial_connect();
        let client = options.connect(format!("nats://127.0.0.1:{}", self.port)).await.unwrap();
        async_nats::jetstream::new(client)
    }

    /// Waits until this many messages are kept.
    pub(crate) async fn until(&self, messages: u64) {
        let context = self.context().await;
        let patience = std::time::Instant::now() + Duration::from_secs(60);
        let mut kept = 0;
        while kept < messages {
            assert!(std::time::Instant::now() < patience, "{kept} of {messages} arrived");
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Ok(mut stream) = context.get_stream(announcer::STREAM).await {
                kept = stream.info().await.map_or(kept, |info| info.state.messages);
            }
        }
        assert_eq!(kept, messages);
    }

    /// Every message that is kept: its subject and what it says.
    pub(crate) async fn all(&self) -> Vec<(String, String, Value)> {
        let mut stream = self.context().await.get_stream(announcer::STREAM).await.unwrap();
        let kept = usize::try_from(stream.info().await.unwrap().state.messages).unwrap();
        let config = async_nats::jetstream::consumer::pull::OrderedConfig::default();
        let consumer = stream.create_consumer(config).await.unwrap();
        let messages = consumer.messages().await.unwrap().take(kept);
        messages
            .map(|message| {
                let message = message.unwrap();
                let id = message.headers.as_ref().unwrap().get("Nats-Msg-Id").unwrap().to_string();
                let body = serde_json::from_slice(&message.payload).unwrap();
                (message.subject.to_string(), id, body)
            })
            .collect()
            .await
    }

    pub(crate) async fn config(&self) -> async_nats::jetstream::stream::Config {
        let mut stream = self.context().await.get_stream(announcer::STREAM).await.unwrap();
        stream.info().await.unwrap().config.clone()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
