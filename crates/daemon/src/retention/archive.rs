//! An archive: lines of the journal, order by order, as JSON Lines compressed with gzip, and beside it a manifest with hashes.
//!
//! A file has its name only once it is whole and on the disk; the manifest gets its name last.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What stands beside an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The archive's file.
    pub name: String,
    /// When it was written (RFC 3339).
    pub written_at: String,
    /// SHA-256 of the compressed file, in hex.
    pub sha256: String,
    /// Its size in bytes, compressed.
    pub bytes: u64,
    /// Lines in it.
    pub lines: u64,
    /// The orders, in their order in the file.
    pub orders: Vec<OrderEntry>,
}

/// An order's part of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEntry {
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// Its lines.
    pub lines: u64,
    /// SHA-256 of its lines, each with its line end, in hex.
    pub sha256: String,
    /// The newest line's `recordedtime` (RFC 3339).
    pub last: String,
}

/// The manifest's file of an archive.
fn manifest_of(name: &str) -> String {
    format!("{name}.manifest.json")
}

/// An archive that is being written.
pub struct Writing {
    folder: PathBuf,
    name: String,
    out: GzEncoder<Hashed>,
    orders: Vec<(OrderEntry, Sha256)>,
    lines: u64,
}

/// Counts and hashes what goes through.
struct Hashed {
    out: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.out.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn partial(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.partial"))
}

impl Writing {
    /// Begins one; the folder is made where it is not there.
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin(folder: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let out = Hashed { out: BufWriter::new(create(&partial(folder, name))?), hash: Sha256::new(), bytes: 0 };
        let out = GzEncoder::new(out, Compression::default());
        Ok(Writing { folder: folder.to_owned(), name: name.to_owned(), out, orders: Vec::new(), lines: 0 })
    }

    /// What follows is this order's.
    pub fn order(&mut self, order: &OrderKey) {
        let entry = OrderEntry { order: order.clone(), lines: 0, sha256: String::new(), last: String::new() };
        self.orders.push((entry, Sha256::new()));
    }

    /// A line of the journal.
    ///
    /// # Errors
    /// What the disk says.
    pub fn line(&mut self, json: &str, recorded: Instant) -> io::Result<()> {
        for part in [json.as_bytes(), b"\n"] {
            self.out.write_all(part)?;
            if let Some((_, hash)) = self.orders.last_mut() {
                hash.update(part);
            }
        }
        self.lines += 1;
        if let Some((entry, _)) = self.orders.last_mut() {
            entry.lines += 1;
            entry.last = recorded.to_string();
        }
        Ok(())
    }

    /// Makes the archive whole and durable under its name.
    ///
    /// # Errors
    /// What the disk says.
    pub fn seal(self) -> io::Result<Sealed> {
        let Writing { folder, name, out, orders, lines } = self;
        let Hashed { out, hash, bytes } = out.finish()?;
        out.into_inner()?.sync_all()?;
        fs::rename(partial(&folder, &name), folder.join(&name))?;
        // The name is to be on the disk before a manifest's is.
        File::open(&folder)?.sync_all()?;
        let orders = orders.into_iter().map(|(entry, hash)| OrderEntry { sha256: hex(hash), ..entry }).collect();
        Ok(Sealed { folder, manifest: Manifest { name, written_at: String::new(), sha256: hex(hash), bytes, lines, orders } })
    }
}

/// An archive that is whole and durable, and has no manifest yet.
pub struct Sealed {
    folder: PathBuf,
    manifest: Manifest,
}

impl Sealed {
    /// Makes its manifest durable.
    ///
    /// # Errors
    /// What the disk says.
    pub fn manifest(self, now: Instant) -> io::Result<Manifest> {
        let Sealed { folder, manifest } = self;
        let manifest = Manifest { written_at: now.to_string(), ..manifest };
        let beside = manifest_of(&manifest.name);
        let mut file = create(&partial(&folder, &beside))?;
        file.write_all(serde_json::to_string_pretty(&manifest)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(partial(&folder, &beside), folder.join(&beside))?;
        File::open(&folder)?.sync_all()?;
        Ok(manifest)
    }
}

fn hex(hash: Sha256) -> String {
    use std::fmt::Write;
    hash.finalize().iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing into a text does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Removes an archive and whatever was written beside it. What is not there is no error.
///
/// # Errors
/// What the disk says.
pub fn remove(folder: &Path, name: &str) -> io::Result<()> {
    let beside = manifest_of(name);
    for path in [folder.join(&beside), folder.join(name), partial(folder, &beside), partial(folder, name)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The lines of an archive, in their order.
///
/// # Errors
/// What the disk says.
pub fn lines(path: &Path) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    Ok(BufReader::new(GzDecoder::new(BufReader::new(File::open(path)?))).lines())
}

/// Reads an archive and its manifest again and compares every hash. Gives the manifest.
///
/// # Errors
/// In a sentence, what does not fit.
pub fn verify(path: &Path) -> Result<Manifest, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(manifest_of(&name));
    let text = fs::read_to_string(&beside).map_err(|e| format!("its manifest `{}` cannot be read: {e}", beside.display()))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| format!("its manifest is not one: {e}"))?;
    let unread = |e: io::Error| format!("it cannot be read: {e}");
    let (mut whole, mut bytes) = (Sha256::new(), 0_u64);
    let mut file = BufReader::new(File::open(path).map_err(unread)?);
    let mut buffer = [0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(unread)?;
        if count == 0 {
            break;
        }
        whole.update(&buffer[..count]);
        bytes += count as u64;
    }
    if (hex(whole), bytes) != (manifest.sha256.clone(), manifest.bytes) {
        return Err("it is not the file of its manifest: another hash or size".to_owned());
    }
    let mut all = lines(path).map_err(unread)?;
    for entry in &manifest.orders {
        let mut hash = Sha256::new();
        for _ in 0..entry.lines {
            let line = all.next().ok_or_else(|| format!("it ends inside order {}", entry.order))?.map_err(unread)?;
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
        if hex(hash) != entry.sha256 {
            return Err(format!("the lines of order {} are not those of the manifest", entry.order));
        }
    }
    if all.next().is_some() {
        return Err("it has more lines than its manifest".to_owned());
    }
    Ok(manifest)
}
