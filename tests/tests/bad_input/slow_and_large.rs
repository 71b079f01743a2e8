use std::time::Duration;

use scenarios::{Answer, System, new_key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::problem;

/// Five megabytes, with a length said before and without one.
pub(crate) async fn large_bodies(system: &System) -> Vec<String> {
    let mut wrong = vec![];
    let five = 5 * 1024 * 1024;
    let length = format!("Content-Length: {five}\r\n");
    let mut plain = post_head(system, &length);
    plain.extend(std::iter::repeat_n(b' ', five));
    let mut chunked = post_head(system, "Transfer-Encoding: chunked\r\n");
    for _ in 0..five / 65_536 {
        chunked.extend(b"10000\r\n");
        chunked.extend(std::iter::repeat_n(b' ', 65_536));
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    for (what, bytes) in [("5 MB", plain), ("5 MB in chunks", chunked)] {
        let answer = over_tcp(system, move |mut out| async move {
            // The server may refuse before it has read all of it.
            let _ = out.write_all(&bytes).await;
            out
        })
        .await;
        let told =
            answer.and_then(|answer| problem(&answer, 413, "body_too_large", Some("(body)")));
        wrong.extend(told.err().map(|error| format!("{what}: {error}")));
    }
    wrong
}

/// A byte a second, for much longer than a body may take: told so before the client is done.
pub(crate) async fn slow_body(system: &System) -> Result<(), String> {
    let head = post_head(system, "Content-Length: 100\r\n");
    let answer = over_tcp(system, move |mut out| async move {
        let _ = out.write_all(&head).await;
        for _ in 0..100 {
            if out.write_all(b" ").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        out
    })
    .await?;
    problem(&answer, 408, "body_too_slow", None).map_err(|error| format!("slow body: {error}"))
}

fn post_head(system: &System, header: &str) -> Vec<u8> {
    let token = system.ready()["tokens"]["customer"].as_str().unwrap();
    format!(
        "POST /v1/holds HTTP/1.1\r\nHost: holdfast\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {}\r\n{header}\r\n",
        new_key()
    )
    .into_bytes()
}

/// Writes as told, and meanwhile reads one answer.
async fn over_tcp<W>(
    system: &System,
    write: impl FnOnce(tokio::net::tcp::OwnedWriteHalf) -> W,
) -> Result<Answer, String>
where
    W: Future<Output = tokio::net::tcp::OwnedWriteHalf> + Send + 'static,
{
    let address = system.api().trim_start_matches("http://");
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let (mut input, output) = stream.into_split();
    let writing = tokio::spawn(write(output));
    let mut bytes = vec![];
    let read = async {
        let mut some = [0; 4096];
        loop {
            match input.read(&mut some).await {
                Ok(0) => return Ok(()),
                Ok(count) => bytes.extend_from_slice(&some[..count]),
                // It has answered and gone away, while this still wrote.
                Err(_) if whole(&bytes).is_some() => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
            if whole(&bytes).is_some() {
                return Ok(());
            }
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(60), read).await;
    writing.abort();
    read.map_err(|_| "no answer within a minute".to_owned())??;
    whole(&bytes).ok_or_else(|| format!("half an answer: {}", String::from_utf8_lossy(&bytes)))
}

/// An answer, if all of it is there.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: reqwest::header::HeaderMap = lines
        .filter_map(|line| line.split_once(": "))
        .filter_map(|(name, value)| {
            let name = name.parse::<reqwest::header::HeaderName>().ok()?;
            Some((name, value.parse().ok()?))
        })
        .collect();
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    Some(Answer { status, body: serde_json::from_slice(body).ok()?, headers })
}
