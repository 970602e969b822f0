//! A pooler in transaction mode, as small as one can be: each transaction of a client goes to the next of few server connections, so that
//! whatever a client leaves on a connection is on another one when it comes back.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Mutex, Semaphore};

/// Server connections.
const SERVERS: usize = 3;

/// A pooler for one database. It ends with the runtime that it was started on.
pub struct Pooler {
    pub port: u16,
    /// Statements with names that clients prepared.
    pub named: Arc<AtomicU32>,
}

struct Servers {
    free: Mutex<VecDeque<UnixStream>>,
    count: Semaphore,
}

/// A message: its type and its body.
async fn message(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    from.read_exact(&mut body).await?;
    Ok((kind, body))
}

async fn pass(to: &mut (impl AsyncWriteExt + Unpin), kind: u8, body: &[u8]) -> io::Result<()> {
    let mut whole = vec![kind];
    whole.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    whole.extend_from_slice(body);
    to.write_all(&whole).await
}

async fn connect(socket: &Path, database: &str) -> io::Result<UnixStream> {
    let mut server = UnixStream::connect(socket).await?;
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    body.extend_from_slice(format!("user\0parcelward\0database\0{database}\0\0").as_bytes());
    server.write_u32(body.len() as u32 + 4).await?;
    server.write_all(&body).await?;
    while message(&mut server).await?.0 != b'Z' {}
    Ok(server)
}

impl Pooler {
    pub async fn start(folder: &Path, database: &str) -> Pooler {
        let socket: PathBuf = folder.join(".s.PGSQL.5432");
        let mut free = VecDeque::new();
        for _ in 0..SERVERS {
            free.push_back(connect(&socket, database).await.unwrap());
        }
        let servers = Arc::new(Servers { free: Mutex::new(free), count: Semaphore::new(SERVERS) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let named = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&named);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                client.set_nodelay(true).unwrap();
                let (servers, named) = (Arc::clone(&servers), Arc::clone(&counter));
                // A client that goes away ends its task with an error, which is nobody's concern.
                tokio::spawn(async move { drop(serve(client, &servers, &named).await) });
            }
        });
        Pooler { port, named }
    }
}

async fn greet(client: &mut TcpStream) -> io::Result<()> {
    loop {
        let length = client.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await?;
        if body[..4] == 80_877_103_u32.to_be_bytes() {
            client.write_all(b"N").await?;
            continue;
        }
        let asked = String::from_utf8_lossy(&body);
        if let Some(name) = ["options", "extra_float_digits"].into_iter().find(|name| asked.contains(name)) {
            let said = format!("SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: {name}\0\0");
            pass(client, b'E', said.as_bytes()).await?;
            return Err(io::ErrorKind::Unsupported.into());
        }
        break;
    }
    pass(client, b'R', &0_u32.to_be_bytes()).await?;
    pass(client, b'S', b"server_version\x0015.0\0").await?;
    pass(client, b'K', &[0; 8]).await?;
    pass(client, b'Z', b"I").await
}

async fn serve(mut client: TcpStream, servers: &Servers, named: &AtomicU32) -> io::Result<()> {
    greet(&mut client).await?;
    loop {
        let mut first = Some(message(&mut client).await?);
        let _one = servers.count.acquire().await.map_err(io::Error::other)?;
        let mut server = servers.free.lock().await.pop_front().ok_or_else(|| io::Error::other("no server"))?;
        let ended = transaction(&mut client, &mut server, &mut first, named).await;
        if ended.is_err() {
            // The client went away: whatever it was in is taken back.
            pass(&mut server, b'Q', b"ROLLBACK\0").await?;
            while message(&mut server).await?.0 != b'Z' {}
        }
        servers.free.lock().await.push_back(server);
        ended?;
    }
}

/// Passes one transaction on, to its end.
async fn transaction(
    client: &mut TcpStream,
    server: &mut UnixStream,
    first: &mut Option<(u8, Vec<u8>)>,
    named: &AtomicU32,
) -> io::Result<()> {
    loop {
        let (kind, body) = match first.take() {
            Some(first) => first,
            None => message(client).await?,
        };
        if kind == b'X' {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if kind == b'P' && body[0] != 0 {
            named.fetch_add(1, Ordering::Relaxed);
        }
        pass(server, kind, &body).await?;
        if !matches!(kind, b'Q' | b'S') {
            continue;
        }
        loop {
            let (kind, body) = message(server).await?;
            pass(client, kind, &body).await?;
            if kind == b'Z' && body == b"I" {
                return Ok(());
            }
            if kind == b'Z' {
                break;
            }
        }
    }
}
