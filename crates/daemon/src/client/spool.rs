//! Facts of files on their way to a daemon: read row by row into a temporary file, so that memory stays bounded whatever the files' size.
//!
//! Deliberately absent: the way to the daemon (`client`), and what is printed (`commands::import`).

use anyhow::Context;
use indicatif::ProgressBar;
use parcelward_import::{FactLine, ImportError, Importer, Landing, Options, RejectedRow, RejectsFile, Report};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that was read.
#[derive(Debug)]
pub struct ReadFile {
    /// Which one.
    pub path: PathBuf,
    /// What it held.
    pub report: Report,
    /// Where its rejected rows are, if it had any and they were kept.
    pub rejects: Option<PathBuf>,
}

/// Facts as JSON Lines in a temporary file that goes with it, and the row that each came from.
#[derive(Debug)]
pub struct Spool {
    file: File,
    bytes: u64,
    /// The row of each fact.
    rows: Vec<u32>,
    /// How many facts there were before each file.
    starts: Vec<usize>,
}

impl Spool {
    /// How many facts it holds.
    #[must_use]
    pub const fn facts(&self) -> usize {
        self.rows.len()
    }

    /// How long it is, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, from its beginning.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn reader(&self) -> anyhow::Result<File> {
        let mut file = self.file.try_clone().context("reading the facts back")?;
        file.seek(SeekFrom::Start(0)).context("reading the facts back")?;
        Ok(file)
    }

    /// The file (by its place) and the row from which the fact on a line (from 1) came.
    #[must_use]
    pub fn origin(&self, line: usize) -> (usize, u32) {
        let fact = line.saturating_sub(1);
        let file = self.starts.partition_point(|start| *start <= fact).saturating_sub(1);
        (file, self.rows.get(fact).copied().unwrap_or_default())
    }
}

/// Reads files, one after the other, into one spool. Where one cannot be read, none is.
///
/// # Errors
/// Which file cannot be read, and why.
pub fn read_files(
    importer: &Importer,
    paths: &[PathBuf],
    options: &Options,
    keep_rejects: bool,
    bar: &ProgressBar,
) -> anyhow::Result<(Vec<ReadFile>, Spool)> {
    let file = tempfile::tempfile().context("making a temporary file")?;
    let out = BufWriter::with_capacity(1 << 18, file.try_clone().context("making a temporary file")?);
    let mut landing = Spooling { out, bytes: 0, rows: Vec::new(), rejects: None };
    let (mut files, mut starts) = (Vec::new(), Vec::new());
    for path in paths {
        starts.push(landing.rows.len());
        bar.set_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        landing.rejects = keep_rejects.then(|| RejectsFile::beside(path));
        let report = read_one(importer, path, options, &mut landing, bar)?;
        let rejects = landing.rejects.take().map(RejectsFile::finish).transpose();
        let rejects = rejects.with_context(|| format!("writing the rejected rows of {}", path.display()))?.flatten();
        files.push(ReadFile { path: path.clone(), report, rejects });
    }
    landing.out.flush().context("writing to a temporary file")?;
    let Spooling { bytes, rows, .. } = landing;
    Ok((files, Spool { file, bytes, rows, starts }))
}

fn read_one(importer: &Importer, path: &Path, options: &Options, landing: &mut Spooling, bar: &ProgressBar) -> anyhow::Result<Report> {
    let name = path.display();
    let before = bar.position();
    let reader = Counted { file: File::open(path).with_context(|| format!("opening {name}"))?, most: before, before, bar };
    match importer.read(&name.to_string(), reader, options, landing) {
        Ok(report) => {
            bar.set_position(before + path.metadata().map_or(0, |meta| meta.len()));
            Ok(report)
        }
        Err(ImportError::Stopped { row, reason, .. }) => {
            Err(anyhow::anyhow!("{name}: row {row}: {reason}; the file cannot be read on, so nothing was imported"))
        }
        Err(error) => Err(anyhow::Error::new(error).context(format!("{name}: nothing was imported"))),
    }
}

/// Writes facts down and keeps rejected rows.
struct Spooling {
    out: BufWriter<File>,
    bytes: u64,
    rows: Vec<u32>,
    rejects: Option<RejectsFile>,
}

impl Landing for Spooling {
    fn fact(&mut self, line: FactLine) -> io::Result<()> {
        self.out.write_all(line.json.as_bytes())?;
        self.out.write_all(b"\n")?;
        self.bytes += line.json.len() as u64 + 1;
        self.rows.push(u32::try_from(line.row).unwrap_or(u32::MAX));
        Ok(())
    }

    fn reject(&mut self, row: &RejectedRow<'_>) -> io::Result<()> {
        self.rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(row))
    }
}

/// A file that shows how far it was read. It is looked at twice, so only what lies further on counts.
struct Counted<'b> {
    file: File,
    before: u64,
    most: u64,
    bar: &'b ProgressBar,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        let at = self.before + self.file.stream_position()?;
        if at > self.most {
            self.most = at;
            self.bar.set_position(at);
        }
        Ok(n)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str) -> String {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"t","type":"parcelward.note","time":"2026-03-10T08:00:00+08:00","data":{{"platform":"jd","shop":"s","order_id":"1","text":"x"}}}}"#
        )
    }

    fn read(files: &[(&str, String)]) -> (tempfile::TempDir, anyhow::Result<(Vec<ReadFile>, Spool)>) {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| dir.path().join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::write(path, text).unwrap();
        }
        let importer = Importer::load(parcelward_import::SHIPPED_MAPPINGS).unwrap();
        let read = read_files(&importer, &paths, &Options::default(), true, &ProgressBar::hidden());
        (dir, read)
    }

    #[test]
    fn a_fact_is_traced_to_its_file_and_row() {
        let first = format!("{}\n{{\"bad\":1}}\n\n{}\n", note("a"), note("b"));
        let (dir, read) =
            read(&[("one.jsonl", first), ("none.jsonl", "{\"bad\":1}\n".to_owned()), ("two.jsonl", format!("\n{}", note("c")))]);
        let (files, spool) = read.unwrap();
        let origins: Vec<(usize, u32)> = (1..=3).map(|line| spool.origin(line)).collect();
        assert_eq!(origins, [(0, 1), (0, 4), (2, 2)]);
        let mut text = String::new();
        spool.reader().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.lines().count(), text.len() as u64), (3, spool.bytes()));
        assert_eq!(files.iter().map(|f| f.report.rejected).collect::<Vec<_>>(), [1, 1, 0]);
        assert!(dir.path().join("one.jsonl.rejects.csv").exists() && !dir.path().join("two.jsonl.rejects.csv").exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_stops_the_import_and_is_named() {
        let (_dir, read) = read(&[("one.jsonl", note("a")), ("two.csv", "colour,taste\nred,sour\n".to_owned())]);
        let error = format!("{:#}", read.unwrap_err());
        assert!(error.contains("two.csv: nothing was imported: no mapping knows this file"), "{error}");
    }
}
