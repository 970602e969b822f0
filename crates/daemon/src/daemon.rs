//! `Daemon`: the way in for binaries. Ours is three lines; a third party's adds its carriers.

use clap::Parser;
use parcelward_courier::Plugin;
use std::process::ExitCode;

/// The daemon and its commands, as a library.
#[derive(Debug)]
pub struct Daemon(());

/// What a binary brings along before it runs.
#[derive(Debug, Default)]
pub struct DaemonBuilder {
    carriers: Vec<Plugin>,
}

impl Daemon {
    /// Begins a binary.
    #[must_use]
    pub fn builder() -> DaemonBuilder {
        DaemonBuilder::default()
    }
}

impl DaemonBuilder {
    /// With a carrier beside those of this repository; one that has the code of one of those takes its place.
    #[must_use]
    pub fn carrier(mut self, carrier: &Plugin) -> Self {
        self.carriers.push(*carrier);
        self
    }

    /// Reads the command line and does what it says.
    #[must_use]
    pub fn run(self) -> ExitCode {
        self.carriers.into_iter().for_each(crate::carriers::bring);
        crate::commands::run(crate::commands::CommandLine::parse())
    }
}
