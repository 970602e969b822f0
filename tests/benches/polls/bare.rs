//! The same requests without anything around them.

use crate::ground::{Ground, number};
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use parcelward_casework::words::Courier;
use parcelward_courier::{Call, TrackingQuery};
use parcelward_simulator::Service;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Stopwatch};

/// What the adapter sends, ready to go.
pub struct Bare {
    requests: Arc<Vec<(String, HeaderMap, Bytes)>>,
}

impl Bare {
    /// Has the adapter ask about each parcel at a place that only writes down what it is asked.
    pub async fn record(ground: &Ground, parcels: u32) -> Bare {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&heard);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let base = ground.base(Service::Zto);
        let keep = move |uri: Uri, mut headers: HeaderMap, body: Bytes| async move {
            headers.remove(axum::http::header::HOST);
            headers.remove(axum::http::header::CONTENT_LENGTH);
            keeps.lock().unwrap().push((format!("{base}{uri}"), headers, body));
            "{}"
        };
        let server = tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(keep)).await });
        let adapter = ground.adapter(Service::Zto, Courier::Zto, Some(&url));
        for n in 0..parcels {
            // What it makes of the answer does not matter.
            let _ = adapter.track(&Call::at(ground.now(), format!("bare-{n}")), &[TrackingQuery::number(number(Courier::Zto, n))]).await;
        }
        server.abort();
        let requests = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(requests.len(), parcels as usize);
        Bare { requests: Arc::new(requests) }
    }

    /// Sends them all, so many at once, and reads each answer to its end.
    pub async fn run(&self, at_once: usize) -> Duration {
        let client = reqwest::Client::builder().no_proxy().http1_only().build().unwrap();
        let next = Arc::new(AtomicUsize::new(0));
        let begin = Stopwatch::now();
        let workers = (0..at_once).map(|_| {
            let (client, next, requests) = (client.clone(), Arc::clone(&next), Arc::clone(&self.requests));
            tokio::spawn(async move {
                while let Some((url, headers, body)) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = client.post(url).headers(headers.clone()).body(body.clone()).send().await.unwrap();
                    assert_eq!(answer.status(), 200);
                    let text = answer.text().await.unwrap();
                    assert!(text.contains("scanDate"), "{text}");
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        begin.elapsed()
    }
}
