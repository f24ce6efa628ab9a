//! Users of a real tenant are leased to one scenario at a time: a code that was sent belongs to whoever asked for it, and
//! wrong tries lock nobody else out.
//!
//! A scenario acquires all its users at once or waits, so that no two of them can wait for each other. Deliberately not
//! here: which users will do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::base::sync::LockAnyway;

/// Users that will do, by role: their places in the pool.
pub(super) type Suitable = BTreeMap<String, Vec<usize>>;

/// The users of every role, each leased or free.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pools: Mutex<BTreeMap<String, Vec<PooledUser>>>,
    released: Notify,
}

/// One user of a pool.
#[derive(Debug, Clone, Copy, Default)]
struct PooledUser {
    is_leased: bool,
    /// How often the user was leased.
    leases: usize,
}

/// Users that one scenario has; released when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    pools: Arc<Pools>,
    users: BTreeMap<String, usize>,
}

impl Pools {
    /// Pools by role, with how many users each has.
    pub(super) fn new<'a>(sizes: impl IntoIterator<Item = (&'a String, usize)>) -> Arc<Self> {
        let pools = sizes.into_iter().map(|(role, size)| (role.clone(), vec![PooledUser::default(); size])).collect();
        Arc::new(Self { pools: Mutex::new(pools), released: Notify::new() })
    }

    /// Leases a user of each role, of those that will do the one who was leased least often, so that wrong tries are spread;
    /// waits until all of them are free at the same time.
    pub(super) async fn acquire(self: &Arc<Self>, suitable: &Suitable) -> Lease {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            // Before the look, so that no release is missed between the two.
            released.as_mut().enable();
            if let Some(users) = self.try_acquire(suitable) {
                return Lease { pools: Arc::clone(self), users };
            }
            released.await;
        }
    }

    fn try_acquire(&self, suitable: &Suitable) -> Option<BTreeMap<String, usize>> {
        let mut pools = self.pools.locked();
        let free = |(role, places): (&String, &Vec<usize>)| {
            let pool = pools.get(role)?;
            let known = places.iter().filter_map(|at| Some((*at, pool.get(*at)?)));
            let (at, _) = known.filter(|(_, user)| !user.is_leased).min_by_key(|(_, user)| user.leases)?;
            Some((role.clone(), at))
        };
        let users: BTreeMap<String, usize> = suitable.iter().map(free).collect::<Option<_>>()?;
        for (role, at) in &users {
            if let Some(user) = pools.get_mut(role).and_then(|pool| pool.get_mut(*at)) {
                *user = PooledUser { is_leased: true, leases: user.leases + 1 };
            }
        }
        Some(users)
    }

    fn release(&self, users: &BTreeMap<String, usize>) {
        let mut pools = self.pools.locked();
        for (role, at) in users {
            if let Some(user) = pools.get_mut(role).and_then(|pool| pool.get_mut(*at)) {
                user.is_leased = false;
            }
        }
        drop(pools);
        self.released.notify_waiters();
    }
}

impl Lease {
    /// The users, by role, each as its place in the pool.
    pub(super) fn users(&self) -> &BTreeMap<String, usize> {
        &self.users
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pools.release(&self.users);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn suitable(roles: &[&str]) -> Suitable {
        roles.iter().map(|role| ((*role).to_owned(), vec![0, 1])).collect()
    }

    #[test]
    fn q12_k03_no_user_is_ever_leased_twice_and_nobody_waits_for_ever() {
        let sizes = [("email".to_owned(), 2), ("mobile".to_owned(), 1)];
        let pools = Pools::new(sizes.iter().map(|(role, size)| (role, *size)));
        let in_use: [AtomicUsize; 3] = Default::default();
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in 0..16 {
                let (pools, in_use, done) = (&pools, &in_use, &done);
                scope.spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    // Named in different orders, as scenarios do.
                    let roles: &[&str] = [&["email", "mobile"][..], &["mobile", "email"], &["email"]][worker % 3];
                    for _ in 0..50 {
                        let lease = runtime.block_on(pools.acquire(&suitable(roles)));
                        for (role, user) in lease.users() {
                            let place = if role == "email" { *user } else { 2 };
                            assert_eq!(
                                in_use[place].fetch_add(1, Ordering::SeqCst),
                                0,
                                "{role} {user} is leased twice"
                            );
                        }
                        std::thread::yield_now();
                        for (role, user) in lease.users() {
                            in_use[if role == "email" { *user } else { 2 }].fetch_sub(1, Ordering::SeqCst);
                        }
                        drop(lease);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(done.load(Ordering::SeqCst), 16 * 50);
    }
}
