//! Rebuilds the binary when a file of `config/` comes, goes or changes: those files are built into it.
fn main() {
    println!("cargo:rerun-if-changed=../../config");
}
