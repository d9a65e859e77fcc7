//! The figures of this moment, schema `edge-repro/stats@1`, counted in the hooks around Pingora's
//! cache and lock, never inside them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where a GET is answered with the figures.
pub const STATS_PATH: &str = "/_edge-repro/stats";

/// How many there are of something at this moment.
#[derive(Clone, Default)]
pub struct Gauge(Arc<AtomicUsize>);

/// One of what a gauge counts, until it is dropped.
pub struct Counted(Gauge);

impl Gauge {
    pub fn count(&self) -> Counted {
        self.0.fetch_add(1, Relaxed);
        Counted(self.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// All gauges of the proxy.
#[derive(Default)]
pub struct Figures {
    /// Clients' requests that are in the cache's lookup or wait: not yet answered, not yet on their
    /// way to the origin.
    pub waiting: Gauge,
    /// Requests that hold a write permit.
    pub locks: Gauge,
    /// Requests to the origin whose answer is not over.
    pub upstreams: Gauge,
    /// Clients' requests whose answer has not begun.
    pub open: Gauge,
}

impl Figures {
    pub fn json(&self) -> String {
        let [waiting, locks, upstreams, open] =
            [&self.waiting, &self.locks, &self.upstreams, &self.open]
                .map(|gauge| gauge.0.load(Relaxed));
        format!(
            r#"{{"schema":"edge-repro/stats@1","waiting":{waiting},"locks":{locks},"upstreams":{upstreams},"open":{open}}}"#
        )
    }
}
