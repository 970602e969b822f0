//! The `parcelward` binary: the daemon with every carrier that this repository holds.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    parcelward::Daemon::builder().run()
}
