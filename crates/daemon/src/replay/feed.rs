//! Reads facts on a thread of its own, so that parsing and deciding go on side by side.
//!
//! Deliberately absent: what is done with them, and with those that are none.

use super::order::Ordered;
use parcelward_casework::fact::Fact;
use parcelward_casework::parse::{BadFact, parse_fact};
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};

/// Lines that travel together.
const BATCH: usize = 256;
/// Batches that may wait.
const WAITING: usize = 8;

/// A line as it was read.
#[derive(Debug)]
pub struct Told {
    /// Its number in the file as it was given, from 1.
    pub line: u64,
    /// The fact, or what is wrong with it.
    pub fact: Result<Fact, BadFact>,
}

/// Starts reading. An error of the file comes as the last item.
///
/// # Errors
/// Where no thread can be started.
pub fn start(mut lines: Ordered) -> io::Result<Receiver<io::Result<Vec<Told>>>> {
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::Builder::new().name("facts".to_owned()).spawn(move || {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            match lines.next_line() {
                Ok(Some((line, bytes))) => batch.push(Told { line, fact: read(bytes) }),
                Ok(None) => break,
                Err(e) => {
                    // Where nobody listens any more, nobody wants the error either.
                    let _ = sender.send(Ok(std::mem::take(&mut batch))).and_then(|()| sender.send(Err(e)));
                    return;
                }
            }
            if batch.len() == BATCH && sender.send(Ok(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))).is_err() {
                return;
            }
        }
        let _ = sender.send(Ok(batch));
    })?;
    Ok(receiver)
}

fn read(bytes: &[u8]) -> Result<Fact, BadFact> {
    let line = |message: String| BadFact { source_name: None, id: None, field: "(line)".to_owned(), message };
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_fact(text),
        Err(_) if bytes.len() > parcelward_casework::parse::MAX_FACT_BYTES => {
            Err(line(format!("is longer than {} bytes", parcelward_casework::parse::MAX_FACT_BYTES)))
        }
        Err(e) => Err(line(format!("is not UTF-8 (byte {})", e.valid_up_to() + 1))),
    }
}
