//! `Daemon`: the way in for binaries. Ours is three lines; a third party's adds its carriers.

use clap::Parser;
use std::process::ExitCode;

/// The daemon and its commands, as a library.
#[derive(Debug)]
pub struct Daemon(());

/// What a binary brings along before it runs.
#[derive(Debug, Default)]
pub struct DaemonBuilder(());

impl Daemon {
    /// Begins a binary.
    #[must_use]
    pub fn builder() -> DaemonBuilder {
        DaemonBuilder::default()
    }
}

impl DaemonBuilder {
    /// Reads the command line and does what it says.
    #[must_use]
    pub fn run(self) -> ExitCode {
        crate::commands::run(crate::commands::CommandLine::parse())
    }
}
