//! Turning a host name into addresses, and remembering how far that came.
//!
//! The deadline for a connection covers the lookup, too; when it passes, people want to know which of both was slow. It
//! caches nothing and chooses no address: the connector tries all of them, of both families.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A lookup that failed, and for which name.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub(super) struct LookupFailed {
    /// The host.
    pub host: String,
    /// What the resolver says.
    pub cause: String,
}

/// The names of one transport. Cheap to clone.
#[derive(Clone)]
pub(super) struct HostNames {
    /// Whether the latest lookup has not ended: one that was given up never does.
    pending: Arc<AtomicBool>,
    resolver: Option<Arc<dyn Resolve>>,
}

impl HostNames {
    /// Asks this resolver, or the system where there is none.
    pub(super) fn new(resolver: Option<Arc<dyn Resolve>>) -> Self {
        HostNames { pending: Arc::default(), resolver }
    }

    /// Whether a lookup has begun and not ended.
    pub(super) fn is_looking_up(&self) -> bool {
        self.pending.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for HostNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostNames")
    }
}

impl Resolve for HostNames {
    fn resolve(&self, name: Name) -> Resolving {
        self.pending.store(true, Ordering::Relaxed);
        let pending = Arc::clone(&self.pending);
        let host = name.as_str().to_owned();
        let asked = self.resolver.as_ref().map_or_else(|| system(host.clone()), |resolver| resolver.resolve(name));
        Box::pin(async move {
            let found = asked.await;
            pending.store(false, Ordering::Relaxed);
            found.map_err(|cause| LookupFailed { host, cause: cause.to_string() }.into())
        })
    }
}

// On a thread of its own: a lookup cannot be called off, and a runtime would wait for it at its end.
fn system(host: String) -> Resolving {
    let (tell, told) = tokio::sync::oneshot::channel();
    let asking = std::thread::Builder::new().name("lookup".into()).spawn(move || {
        let found = (host.as_str(), 0).to_socket_addrs().map(Vec::from_iter);
        // Nobody may be waiting any more.
        drop(tell.send(found));
    });
    Box::pin(async move {
        asking?;
        let found: Vec<SocketAddr> = told.await??;
        Ok(Box::new(found.into_iter()) as Addrs)
    })
}
