//! The other side, scripted byte by byte: it answers, cuts, stays silent or floods, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the peer does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answers.
    Answer {
        /// HTTP status.
        status: u16,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// Promises a body of this length and sends less of it, then closes.
    CutShort(Vec<u8>, usize),
    /// Reads, says nothing, and closes.
    Close,
    /// Reads, and says nothing for as long as anybody waits.
    Hang,
    /// Answers a byte at a time, slower than anybody waits.
    Drip(Vec<u8>),
    /// Answers with that many bytes; chunked, without saying how many.
    Flood(usize),
}

impl Act {
    /// An answer in JSON.
    #[must_use]
    pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Act::typed(status, "application/json", body)
    }

    /// An answer of a content type.
    #[must_use]
    pub fn typed(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Act::Answer { status, headers: vec![("content-type".to_owned(), content_type.to_owned())], body: body.into() }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// On which connection, counted from 0.
    pub connection: usize,
}

#[derive(Debug, Default)]
struct Script {
    acts: VecDeque<Act>,
    seen: Vec<Seen>,
}

/// A scripted HTTP server on loopback. Ends when it is dropped.
#[derive(Debug)]
pub struct Peer {
    base: String,
    script: Arc<Mutex<Script>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Peer {
    /// Starts one.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("no port: {e}"))?;
        let address = listener.local_addr().map_err(|e| format!("no address: {e}"))?;
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        let listening = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                serving.spawn(serve(stream, connection, Arc::clone(&shared)));
                connection += 1;
                while serving.try_join_next().is_some() {}
            }
        });
        Ok(Peer { base: format!("http://{address}"), script, listening })
    }

    /// Its address, `http://127.0.0.1:port`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What it does with the next requests, in order. Beyond the last it answers 599: somebody asked once too often.
    pub fn play(&self, acts: impl IntoIterator<Item = Act>) {
        let mut script = lock(&self.script);
        script.acts = acts.into_iter().collect();
        script.seen.clear();
    }

    /// What it was asked since [`Peer::play`].
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.script).seen.clone()
    }
}

/// A port on which nobody listens.
pub(super) async fn nobody() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("no port: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("no address: {e}"))?;
    Ok(format!("http://{address}"))
}

fn lock(script: &Mutex<Script>) -> std::sync::MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, connection: usize, script: Arc<Mutex<Script>>) {
    let mut buffer = Vec::new();
    while let Some(seen) = read_request(&mut stream, &mut buffer).await {
        let seen = Seen { connection, ..seen };
        let act = {
            let mut script = lock(&script);
            script.seen.push(seen);
            script.acts.pop_front().unwrap_or_else(|| Act::answer(599, "{}"))
        };
        if !play(&mut stream, act).await {
            return;
        }
    }
}

/// One request; what was read beyond it stays in the buffer.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let mut chunk = [0_u8; 8192];
    loop {
        if let Some((seen, length)) = parse(buffer) {
            buffer.drain(..length);
            return Some(seen);
        }
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => buffer.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}

fn parse(buffer: &[u8]) -> Option<(Seen, usize)> {
    let head_end = buffer.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..head_end]).ok()?;
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned())).collect();
    let length: usize = headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let body = buffer.get(head_end..head_end + length)?.to_vec();
    Some((Seen { target, headers, body, connection: 0 }, head_end + length))
}

/// Whether the connection goes on.
async fn play(stream: &mut TcpStream, act: Act) -> bool {
    match act {
        Act::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            let bytes = [head.into_bytes(), body].concat();
            stream.write_all(&bytes).await.is_ok()
        }
        Act::CutShort(body, promised) => {
            let head = format!("HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: {promised}\r\n\r\n");
            let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
            let _ = stream.shutdown().await;
            false
        }
        Act::Close => false,
        Act::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            false
        }
        Act::Drip(body) => {
            let head = format!("HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
            for byte in body {
                if stream.write_all(&[byte]).await.is_err() {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            true
        }
        Act::Flood(bytes) => {
            let head = "HTTP/1.1 200 x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
            let mut sent = stream.write_all(head.as_bytes()).await;
            let chunk = [format!("{:x}\r\n", 1 << 16).into_bytes(), vec![b' '; 1 << 16], b"\r\n".to_vec()].concat();
            for _ in 0..bytes / (1 << 16) {
                if sent.is_err() {
                    return false;
                }
                sent = stream.write_all(&chunk).await;
            }
            let _ = stream.write_all(b"0\r\n\r\n").await;
            false
        }
    }
}
