//! A daemon with one carrier more: `acme-ward serve`, `acme-ward courier list`, and every other command of `parcelward`.
#![forbid(unsafe_code)]

mod acme;

fn main() -> std::process::ExitCode {
    parcelward::Daemon::builder().carrier(&acme::PLUGIN).run()
}
