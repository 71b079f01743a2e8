//! Accepted connections. The Rust clients write a call in several small packets and leave
//! Nagle's algorithm on: without an immediate acknowledgement each call takes 40 ms. So every
//! read asks for one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::limits::{LONGEST_HANDSHAKE, LONGEST_SILENCE, MAX_CONNECTIONS};

/// How long to wait when the machine has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A TCP connection that acknowledges at once what it reads.
pub(crate) struct Socket {
    tcp: TcpStream,
    _permit: OwnedSemaphorePermit,
}

/// A connection, encrypted or not.
pub(crate) enum Connection {
    Plain(Socket),
    Encrypted(Box<TlsStream<Socket>>),
}

/// Accepts connections and hands them on, until `shutdown`.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    accepted: mpsc::Sender<io::Result<Connection>>,
    shutdown: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let socket = tokio::select! {
            () = shutdown.cancelled() => return,
            socket = next(&listener, &room) => socket,
        };
        let Some(socket) = socket else { return };
        let (accepted, tls) = (accepted.clone(), tls.clone());
        // Apart, so that who says nothing, or shakes hands slowly, keeps nobody else waiting.
        tokio::spawn(async move {
            if let Some(connection) = begun(socket, tls).await {
                drop(accepted.send(Ok(connection)).await);
            }
        });
    }
}

/// A connection whose client has begun to speak; none when it does not.
async fn begun(socket: Socket, tls: Option<TlsAcceptor>) -> Option<Connection> {
    tokio::time::timeout(LONGEST_SILENCE, socket.tcp.readable()).await.ok()?.ok()?;
    let Some(tls) = tls else { return Some(Connection::Plain(socket)) };
    let handshake = tokio::time::timeout(LONGEST_HANDSHAKE, tls.accept(socket)).await;
    Some(Connection::Encrypted(Box::new(handshake.ok()?.ok()?)))
}

async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<Socket> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                if let Err(error) = tcp.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was gone before it was served");
                }
                return Some(Socket { tcp, _permit: permit });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Socket {
    /// The kernel forgets it after a while, so it is asked again and again.
    #[cfg(target_os = "linux")]
    fn acknowledge_at_once(&self) {
        if let Err(error) = rustix::net::sockopt::set_tcp_quickack(&self.tcp, true) {
            tracing::trace!(%error, "a connection is acknowledged late");
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge_at_once(&self) {}
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.tcp).poll_read(context, buffer);
        if polled.is_ready() {
            self.acknowledge_at_once();
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Encrypted(stream) => stream.is_write_vectored(),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match self {
            Self::Plain(socket) => socket.tcp.connect_info(),
            Self::Encrypted(stream) => stream.get_ref().0.tcp.connect_info(),
        }
    }
}
