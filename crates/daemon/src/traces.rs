//! Spans handed to an OpenTelemetry collector over HTTP with Protocol Buffers, in programs that were built with the feature `otel`.
//!
//! What is handed over are the spans `request`, `transaction` and `signal` with the log lines in them, of our own crates only. A collector that is away costs
//! spans and nothing else: they are sent in batches by a thread of their own. Deliberately absent: metrics (Prometheus asks for them) and logs.

use crate::telemetry::Further;

/// Spans on their way to a collector. [`Traces::finish`] sends what is left.
#[derive(Debug, Default)]
pub struct Traces {
    #[cfg(feature = "otel")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Whether this program can hand spans over.
pub const BUILT_IN: bool = cfg!(feature = "otel");

impl Traces {
    /// Prepares the hand-over to a collector (`http://127.0.0.1:4318`), with the layer that the log is to be started with. Not to be called inside a runtime.
    ///
    /// # Errors
    /// Where the exporter cannot be made.
    #[cfg(feature = "otel")]
    pub fn start(endpoint: Option<&str>) -> anyhow::Result<(Traces, Option<Further>)> {
        use anyhow::Context;
        use opentelemetry::trace::TracerProvider;
        use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
        use opentelemetry_sdk::Resource;
        use opentelemetry_sdk::trace::SdkTracerProvider;
        use tracing_subscriber::Layer;
        use tracing_subscriber::filter::{LevelFilter, Targets};

        let Some(endpoint) = endpoint else { return Ok((Traces::default(), None)) };
        // Only the first call in a process can install it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()
            .context("preparing the hand-over of spans")?;
        let resource = Resource::builder()
            .with_service_name("parcelward")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let ours = Targets::new().with_target("parcelward", LevelFilter::DEBUG);
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("parcelward")).with_filter(ours);
        Ok((Traces { provider: Some(provider) }, Some(layer.boxed())))
    }

    /// Nothing: this program was built without.
    ///
    /// # Errors
    /// Where an endpoint is given all the same.
    #[cfg(not(feature = "otel"))]
    pub fn start(endpoint: Option<&str>) -> anyhow::Result<(Traces, Option<Further>)> {
        anyhow::ensure!(endpoint.is_none(), "this program was built without OpenTelemetry");
        Ok((Traces::default(), None))
    }

    /// Sends what is left.
    pub fn finish(self) {
        #[cfg(feature = "otel")]
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}
