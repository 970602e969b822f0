//! Decisions written on a thread of their own, in the order in which they were made, so that writing and deciding go on side by side.
//!
//! Deliberately absent: what a decision looks like (`Decision::write_json`).

use parcelward_casework::decision::Decision;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Decisions that travel together.
const BATCH: usize = 256;
/// Batches that may wait.
const WAITING: usize = 8;
/// Bytes that wait before they are written.
const BUFFER: usize = 1 << 18;

/// Where decisions go.
pub struct Out {
    sender: SyncSender<Vec<Decision>>,
    batch: Vec<Decision>,
    thread: JoinHandle<io::Result<()>>,
}

impl Out {
    /// Starts writing to what `open` opens, on the thread that writes.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start<W: Write>(open: impl FnOnce() -> W + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("decisions".to_owned()).spawn(move || write_all(&receiver, open()))?;
        Ok(Out { sender, batch: Vec::with_capacity(BATCH), thread })
    }

    /// Hands a decision on.
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] where nothing can be written any more; [`Out::finish`] says why.
    pub fn push(&mut self, decision: Decision) -> io::Result<()> {
        self.batch.push(decision);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sender.send(batch).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// What writing met.
    pub fn finish(self) -> io::Result<()> {
        let Out { sender, batch, thread } = self;
        // Where nobody listens any more, the thread's own error is the one to tell.
        let _ = sender.send(batch);
        drop(sender);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes decisions panicked")))
    }
}

fn write_all(batches: &Receiver<Vec<Decision>>, mut to: impl Write) -> io::Result<()> {
    let mut lines = Vec::with_capacity(2 * BUFFER);
    while let Ok(batch) = batches.recv() {
        for decision in batch {
            decision.write_json(&mut lines);
            lines.push(b'\n');
        }
        if lines.len() >= BUFFER {
            to.write_all(&lines)?;
            lines.clear();
        }
    }
    to.write_all(&lines)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::decision::{DecisionBody, OperationSettled};
    use parcelward_casework::instant::Instant;
    use parcelward_casework::words::{OperationKind, OperationStatus};
    use std::sync::{Arc, Mutex};

    fn decision(n: usize) -> Decision {
        let body = OperationSettled {
            operation_id: format!("o{n}"),
            kind: OperationKind::Urge,
            status: OperationStatus::Succeeded,
            reason: Some("a \"quoted\" reason".to_owned()),
        };
        Decision { id: n.to_string(), time: Instant::MIN, body: DecisionBody::OperationSettled(body), because: Vec::new() }
    }

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_decision_is_a_line_in_its_order() {
        let written = Shared::default();
        let to = written.clone();
        let mut out = Out::start(move || to).unwrap();
        let all: Vec<Decision> = (0..3 * BATCH + 7).map(decision).collect();
        for decision in &all {
            out.push(decision.clone()).unwrap();
        }
        out.finish().unwrap();
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>(), all.iter().map(Decision::to_json).collect::<Vec<_>>());
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn a_reader_that_has_gone_is_told_in_the_end() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Out::start(|| Gone).unwrap();
        for n in 0..100 * BATCH {
            if out.push(decision(n)).is_err() {
                break;
            }
        }
        assert_eq!(out.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
