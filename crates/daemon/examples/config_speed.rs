//! How long reading the whole configuration takes: `cargo run -p parcelward --example config_speed [DIR]`.

use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let dir = std::env::args_os().nth(1).map(PathBuf::from);
    for round in 1..=10 {
        let started = Instant::now();
        let reading = parcelward::config::read(dir.as_deref(), std::iter::empty(), None);
        println!("round {round}: {:?}, {} problems", started.elapsed(), reading.problems.len());
    }
}
