//! Locks that a panic elsewhere does not take away.
//!
//! What is locked here is whole after every statement, so that a poisoned lock is as good as any other: a scenario that
//! panics must not take the run with it. Deliberately not here: locks that are held while something is awaited.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A mutex that is locked whether or not it is poisoned.
pub trait LockAnyway<T: ?Sized> {
    /// Locks it.
    fn locked(&self) -> MutexGuard<'_, T>;
}

impl<T: ?Sized> LockAnyway<T> for Mutex<T> {
    fn locked(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lock for many readers or one writer that is had whether or not it is poisoned.
pub trait ShareAnyway<T: ?Sized> {
    /// Locks it for reading.
    fn reading(&self) -> RwLockReadGuard<'_, T>;
    /// Locks it for writing.
    fn writing(&self) -> RwLockWriteGuard<'_, T>;
}

impl<T: ?Sized> ShareAnyway<T> for RwLock<T> {
    fn reading(&self) -> RwLockReadGuard<'_, T> {
        self.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, T> {
        self.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_had_after_a_panic() {
        let (mutex, shared) = (Mutex::new(1), RwLock::new(2));
        let panicked = std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _both = (mutex.locked(), shared.writing());
                panic!("while both are held");
            });
            holder.join().is_err()
        });
        assert!(panicked && mutex.is_poisoned() && shared.is_poisoned());
        assert_eq!((*mutex.locked(), *shared.reading()), (1, 2));
    }
}
