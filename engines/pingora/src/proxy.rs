//! Pingora's hooks: the cache as its documentation and its own tests wire it, and the figures.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pingora::cache::cache_control::CacheControl;
use pingora::cache::eviction::{EvictionManager, simple_lru};
use pingora::cache::filters::{request_cacheable, resp_cacheable};
use pingora::cache::key::HashBinary;
use pingora::cache::lock::{CacheKeyLockImpl, CacheLock};
use pingora::cache::{
    CacheKey, CacheMeta, CacheMetaDefaults, CacheOptionOverrides, MemCache, NoCacheReason,
    RespCacheable, VarianceBuilder,
};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::*;
use pingora::proxy::{ProxyHttp, Session};
use pingora::{ErrorSource, Result};

use crate::figures::{Counted, Figures, STATS_PATH};
use crate::flags::Settings;

/// What an answer is worth that says nothing of itself: a 200 is fresh for a minute, all else is not
/// stored, and nothing is served stale unless the origin's `Cache-Control` allows it.
const DEFAULTS: CacheMetaDefaults = CacheMetaDefaults::new(
    |status| (status == 200).then_some(Duration::from_secs(60)),
    0,
    0,
);

/// A caching proxy for one origin.
pub struct Proxy {
    settings: Settings,
    figures: Figures,
    // Pingora takes its parts for as long as the process lives.
    storage: &'static MemCache,
    lock: &'static CacheKeyLockImpl,
    eviction: Option<&'static (dyn EvictionManager + Sync)>,
}

impl Proxy {
    pub fn new(settings: Settings) -> Self {
        let evict = |limit| Box::leak(Box::new(simple_lru::Manager::new(limit))) as &'static _;
        Proxy {
            figures: Figures::default(),
            storage: Box::leak(Box::new(MemCache::new())),
            lock: Box::leak(CacheLock::new_boxed(settings.lock_age_timeout)),
            eviction: settings.max_size.map(evict),
            settings,
        }
    }
}

/// What one request counts as. Dropping it, as Pingora does with the request, ends every count.
#[derive(Default)]
pub struct Counts {
    waiting: Option<Counted>,
    lock: Option<Counted>,
    upstream: Option<Counted>,
    open: Option<Counted>,
}

impl Counts {
    /// Ends the lock's count once the permit has been released, which Pingora tells nobody.
    fn settle_lock(&mut self, session: &Session) {
        if !holds_lock(session) {
            self.lock = None;
        }
    }
}

fn holds_lock(session: &Session) -> bool {
    session.cache.enabled() && session.cache.is_cache_lock_writer()
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Counts;

    fn new_ctx(&self) -> Counts {
        Counts::default()
    }

    async fn early_request_filter(&self, session: &mut Session, counts: &mut Counts) -> Result<()> {
        // A background revalidation is a request of Pingora's own: it has no client that could wait.
        let own = session.subrequest_ctx.is_some();
        if !own && session.req_header().uri.path() != STATS_PATH {
            counts.open = Some(self.figures.open.count());
            counts.waiting = Some(self.figures.waiting.count());
        }
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, _: &mut Counts) -> Result<bool> {
        if session.req_header().uri.path() != STATS_PATH {
            return Ok(false);
        }
        let json = self.figures.json();
        let mut header = ResponseHeader::build(200, Some(3))?;
        header.insert_header("content-type", "application/json")?;
        header.insert_header("content-length", json.len())?;
        header.insert_header("cache-control", "no-store")?;
        let headless = session.req_header().method == "HEAD";
        session
            .write_response_header(Box::new(header), headless)
            .await?;
        if !headless {
            session.write_response_body(Some(json.into()), true).await?;
        }
        Ok(true)
    }

    /// No predictor: Pingora leaves it to its user, and one would send a path that was once seen to be
    /// uncacheable past the lock that is to be probed.
    fn request_cache_filter(&self, session: &mut Session, _: &mut Counts) -> Result<()> {
        if request_cacheable(session.req_header()) {
            let mut overrides = CacheOptionOverrides::default();
            overrides.wait_timeout = Some(self.settings.lock_wait_timeout);
            let lock = Some(self.lock);
            session
                .cache
                .enable(self.storage, self.eviction, None, lock, Some(overrides));
        }
        Ok(())
    }

    /// Path and query, as the embedded proxy has it: there is one origin, so the host adds nothing.
    fn cache_key_callback(&self, session: &Session, _: &mut Counts) -> Result<CacheKey> {
        let uri = &session.req_header().uri;
        let primary = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(CacheKey::new("", primary, ""))
    }

    /// As in Pingora's own tests: the headers that `Vary` names, with this request's values.
    fn cache_vary_filter(
        &self,
        meta: &CacheMeta,
        _: &mut Counts,
        request: &RequestHeader,
    ) -> Option<HashBinary> {
        let names = varied_by(meta.response_header());
        let mut variance = VarianceBuilder::new();
        for name in &names {
            variance.add_value(
                name,
                request.headers.get(name).map_or(&[][..], |v| v.as_bytes()),
            );
        }
        variance.finalize()
    }

    /// Comes when lookup and wait have not led to an answer: from here on it is the origin's time.
    async fn proxy_upstream_filter(
        &self,
        session: &mut Session,
        counts: &mut Counts,
    ) -> Result<bool> {
        counts.waiting = None;
        counts.lock = holds_lock(session).then(|| self.figures.locks.count());
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, counts: &mut Counts) -> Result<Box<HttpPeer>> {
        counts.upstream = None;
        counts.upstream = Some(self.figures.upstreams.count());
        Ok(Box::new(HttpPeer::new(
            self.settings.origin,
            false,
            String::new(),
        )))
    }

    fn response_cache_filter(
        &self,
        session: &Session,
        response: &ResponseHeader,
        _: &mut Counts,
    ) -> Result<RespCacheable> {
        // RFC 9111 §4.1: such an answer matches no other request. Pingora leaves this to its user.
        if varied_by(response).iter().any(|name| name == "*") {
            return Ok(RespCacheable::Uncacheable(NoCacheReason::OriginNotCache));
        }
        let control = CacheControl::from_resp_headers(response);
        let authorized = session.req_header().headers.contains_key("authorization");
        Ok(resp_cacheable(
            control.as_ref(),
            response.clone(),
            authorized,
            &DEFAULTS,
        ))
    }

    /// As in Pingora's own tests. The default says no to every request during a revalidation, which
    /// turns `stale-while-revalidate` off; how long each kind of staleness may last is the origin's
    /// to say, and Pingora looks at that before it asks here.
    fn should_serve_stale(&self, _: &mut Session, _: &mut Counts, error: Option<&Error>) -> bool {
        error.is_none_or(|error| error.esource() == &ErrorSource::Upstream)
    }

    fn upstream_response_body_filter(
        &self,
        session: &mut Session,
        _: &mut Option<Bytes>,
        end_of_stream: bool,
        counts: &mut Counts,
    ) -> Result<Option<Duration>> {
        counts.settle_lock(session);
        // Where the client has left, this is the first to be heard of the answer.
        counts.open = None;
        if end_of_stream {
            counts.upstream = None;
        }
        Ok(None)
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        counts: &mut Counts,
    ) -> Result<()> {
        counts.settle_lock(session);
        if !response.status.is_informational() {
            counts.waiting = None;
            counts.open = None;
        }
        Ok(())
    }
}

/// The names in `Vary`, in lower case.
fn varied_by(response: &ResponseHeader) -> Vec<String> {
    let values = response
        .headers
        .get_all("vary")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let names = values
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}
