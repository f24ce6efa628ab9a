//! Bodies on their way: every byte is passed on as it comes, and a copy is kept to be judged.
//!
//! The copies of all bodies together have a budget, so that memory does not grow with the traffic; what does not fit passes all
//! the same, and is not judged. Deliberately not here: what becomes of a copy.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};

use crate::base::sync::LockAnyway;

/// The most bytes of all copies together.
const BUDGET: usize = 128 * 1024 * 1024;

/// How many bytes are kept at the moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

/// A copy of a body.
#[derive(Debug)]
pub(super) struct Kept {
    bytes: BytesMut,
    budget: Budget,
    most: usize,
    /// Why it is no copy of the whole.
    lost: Option<String>,
}

impl Kept {
    /// An empty copy, of at most so many bytes.
    pub(super) fn new(budget: &Budget, most: usize) -> Self {
        Self { bytes: BytesMut::new(), budget: budget.clone(), most, lost: None }
    }

    fn add(&mut self, chunk: &[u8]) {
        if self.lost.is_some() {
            return;
        }
        let held = self.budget.0.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() > self.most {
            self.lose(format!("the body is larger than {} bytes (limits.body); it was passed on whole", self.most));
        } else if held > BUDGET {
            self.lose("too much was on its way at once for a copy to be kept; it was passed on whole".into());
        }
    }

    fn lose(&mut self, why: String) {
        self.lost = Some(why);
        self.release();
    }

    fn release(&mut self) {
        self.budget.0.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        self.bytes = BytesMut::new();
    }

    /// The bytes, or why they are not whole.
    pub(super) fn copy(&self) -> Result<Bytes, String> {
        match &self.lost {
            Some(why) => Err(why.clone()),
            None => Ok(Bytes::copy_from_slice(&self.bytes)),
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.release();
    }
}

/// A copy that is still being made.
pub(super) type Copying = Arc<Mutex<Kept>>;

/// How a body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// With its last byte.
    Whole,
    /// It broke off, for this reason.
    Broken(String),
    /// Whoever it was for does not want the rest.
    GivenUp,
}

/// A body that is passed on and copied.
pub(super) struct Tee<B: Body> {
    inner: B,
    copying: Copying,
    ended: Option<Box<dyn FnOnce(Ended) + Send + Sync>>,
}

impl<B: Body> Tee<B> {
    /// Copies a body while it passes, and says when and how it ends.
    pub(super) fn new(inner: B, copying: Copying, ended: impl FnOnce(Ended) + Send + Sync + 'static) -> Self {
        Self { inner, copying, ended: Some(Box::new(ended)) }
    }

    fn end(&mut self, how: Ended) {
        if let Some(ended) = self.ended.take() {
            ended(how);
        }
    }
}

impl<B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin> Body for Tee<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = std::task::ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(chunk) = frame.data_ref() {
                    self.copying.locked().add(chunk);
                }
            }
            Some(Err(error)) => self.end(Ended::Broken(error.to_string())),
            None => self.end(Ended::Whole),
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> Drop for Tee<B> {
    /// Nobody asks for more where the length said that this was all.
    fn drop(&mut self) {
        let how = if self.inner.is_end_stream() { Ended::Whole } else { Ended::GivenUp };
        self.end(how);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_does_not_fit_is_none_and_gives_its_share_of_the_budget_back() {
        let budget = Budget::default();
        let mut kept = Kept::new(&budget, 4);
        kept.add(b"1234");
        assert_eq!(kept.copy().as_deref(), Ok(&b"1234"[..]));
        kept.add(b"5");
        kept.add(b"678");
        assert!(kept.copy().is_err_and(|why| why.contains("limits.body")));
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
        let mut other = Kept::new(&budget, 4);
        other.add(b"12");
        drop(other);
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
        budget.0.store(BUDGET, Ordering::Relaxed);
        let mut late = Kept::new(&budget, 4);
        late.add(b"1");
        assert!(late.copy().is_err_and(|why| why.contains("at once")));
    }
}
