//! ZTO Express
#![forbid(unsafe_code)]
