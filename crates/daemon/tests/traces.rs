//! Spans over HTTP to a collector that the test plays.
#![cfg(feature = "otel")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_told_of_requests_transactions_and_signals_and_of_nobody() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let collector = MockServer::start().await;
    let taken = Mock::given(method("POST")).and(path("/v1/traces")).and(header("content-type", "application/x-protobuf"));
    taken.respond_with(ResponseTemplate::new(200)).expect(1..).mount(&collector).await;
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_parcelward"))
        .current_dir(dir.path())
        .env_clear()
        .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
        .env("PARCELWARD_TRACES__ENDPOINT", collector.uri())
        .arg("serve")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut log = BufReader::new(process.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("listening on http://") {
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    let address = said.split("http://").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let client = reqwest::Client::new();
    let (status, body) =
        answer(client.post(format!("http://{address}/v1/facts")).json(&order("O1", "2026-03-10T08:00:00+08:00", "59.90"))).await;
    assert_eq!(status, 200, "{body}");
    assert!(Command::new("kill").arg("-TERM").arg(process.0.id().to_string()).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || {
        log.read_to_string(&mut said).unwrap();
        (process.0.wait().unwrap().code(), said)
    });
    let (code, said) = ended.await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    let told: Vec<u8> = collector.received_requests().await.unwrap().into_iter().flat_map(|request| request.body).collect();
    let text = String::from_utf8_lossy(&told);
    // Names and attributes stand as plain text in Protocol Buffers.
    for name in ["parcelward", "service.version", "request", "/v1/facts", "transaction", "database_ms", "signal", "committed"] {
        assert!(text.contains(name), "{name} is missing: {text}");
    }
    for personal in ["李雷", "13900000001", "文一路"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}
