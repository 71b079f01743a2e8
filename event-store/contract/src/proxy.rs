//! A TCP proxy that loses things, for what is promised about unknown outcomes: it forwards bytes
//! and knows no protocol. Everything it does follows from its seed and what it is told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The largest piece forwarded at once, in bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// A proxy in front of one address. Dropped, it cuts everything and listens no longer.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    /// Of a million answers, how many are lost.
    lost_per_million: AtomicU32,
    lost: AtomicU64,
    black_hole: watch::Sender<bool>,
    /// Each change cuts every connection.
    cuts: watch::Sender<u64>,
    /// Each change leaves every connection there is open for ever, with nothing on it.
    swallowed: watch::Sender<u64>,
    connections: AtomicU64,
    refusing: AtomicBool,
    dice: AtomicU64,
}

impl Proxy {
    /// Listens on a free port of the loopback interface. The same seed loses the same pieces, as
    /// far as they come in the same order.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(to: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            lost_per_million: AtomicU32::new(0),
            lost: AtomicU64::new(0),
            black_hole: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
            swallowed: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            refusing: AtomicBool::new(false),
            dice: AtomicU64::new(seed),
        });
        let accepting = tokio::spawn(accept(listener, to, shared.clone())).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses answers from now on with this probability: the piece is thrown away after the
    /// request was forwarded, and its connection is cut.
    pub fn lose_answers(&self, per_million: u32) {
        self.shared.lost_per_million.store(per_million, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::SeqCst)
    }

    /// Forwards nothing, in either direction, and says nothing, while `on`. Bytes are held back,
    /// not lost: a connection that outlives it goes on.
    pub fn black_hole(&self, on: bool) {
        self.shared.black_hole.send_replace(on);
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cut| *cut += 1);
    }

    /// Every connection there is stays open and carries nothing any more, in either direction;
    /// new ones are not concerned. So a peer looks that has lost its network.
    pub fn swallow(&self) {
        self.shared.swallowed.send_modify(|swallowed| *swallowed += 1);
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Cuts new connections as soon as they are made, while `on`.
    pub fn refuse(&self, on: bool) {
        self.shared.refusing.store(on, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Shared {
    /// One throw: splitmix64 over a counter, so that it needs no lock.
    fn loses_this(&self) -> bool {
        let mut z = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let lost =
            (z ^ (z >> 31)) % 1_000_000 < u64::from(self.lost_per_million.load(Ordering::SeqCst));
        if lost {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
        lost
    }
}

async fn accept(listener: TcpListener, to: SocketAddr, shared: Arc<Shared>) {
    // Connections end with this task, and this task with the proxy.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if !shared.refusing.load(Ordering::SeqCst) {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            connections.spawn(connection(client, to, shared.clone()));
        }
    }
}

async fn connection(client: TcpStream, to: SocketAddr, shared: Arc<Shared>) {
    let (mut cuts, mut swallowed) = (shared.cuts.subscribe(), shared.swallowed.subscribe());
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    let _as_the_peers_do = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = forward(from_client, to_server, &shared, false);
    let down = forward(from_server, to_client, &shared, true);
    tokio::pin!(up, down);
    // Whichever ends first ends the other: both sockets close. Swallowed ones stay open until
    // they are cut.
    tokio::select! {
        _ = cuts.changed() => {}
        () = &mut up => {}
        () = &mut down => {}
        _ = swallowed.changed() => {
            let _only_a_cut_ends_it = cuts.changed().await;
        }
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    are_answers: bool,
) {
    let mut hole = shared.black_hole.subscribe();
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        if hole.wait_for(|on| !on).await.is_err() || (are_answers && shared.loses_this()) {
            return;
        }
        if to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}
