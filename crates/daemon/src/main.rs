//! The `parcelward` binary: the daemon with every carrier that this repository holds.
#![forbid(unsafe_code)]

/// Cases are made of many small texts, and they are freed on another thread than the one that made them (docs/decisions/0014).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    parcelward::Daemon::builder().run()
}
