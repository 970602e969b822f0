//! The port for carriers: adapters, abilities, transport, signatures
#![forbid(unsafe_code)]
