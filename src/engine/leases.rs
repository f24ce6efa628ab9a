//! Users of a real tenant are lent to one scenario at a time: a code that was sent belongs to whoever asked for it, and
//! wrong tries lock nobody else out.
//!
//! A scenario gets all its users at once or waits, so that no two of them can wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::base::sync::LockAnyway;

/// The users of every role, each lent or not.
#[derive(Debug, Default)]
pub struct Pools {
    lent: Mutex<BTreeMap<String, Vec<Place>>>,
    returned: Notify,
}

/// One user of a pool.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    is_lent: bool,
    /// How often the user was lent.
    times: usize,
}

/// Users that are lent; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    pools: Arc<Pools>,
    users: BTreeMap<String, usize>,
}

impl Pools {
    /// Pools by role, with how many users each has.
    pub fn new<'a>(sizes: impl IntoIterator<Item = (&'a String, usize)>) -> Arc<Self> {
        let lent = sizes.into_iter().map(|(role, size)| (role.clone(), vec![Place::default(); size])).collect();
        Arc::new(Self { lent: Mutex::new(lent), returned: Notify::new() })
    }

    /// Borrows a user of each role, of those that will do the one who was lent least often, so that wrong tries are spread;
    /// waits until there are all of them at the same time.
    pub async fn lend(self: &Arc<Self>, wanted: &BTreeMap<String, Vec<usize>>) -> Lease {
        loop {
            let returned = self.returned.notified();
            tokio::pin!(returned);
            // Before the look, so that no return is missed between the two.
            returned.as_mut().enable();
            if let Some(users) = self.take(wanted) {
                return Lease { pools: Arc::clone(self), users };
            }
            returned.await;
        }
    }

    fn take(&self, wanted: &BTreeMap<String, Vec<usize>>) -> Option<BTreeMap<String, usize>> {
        let mut lent = self.lent.locked();
        let free = |(role, fit): (&String, &Vec<usize>)| {
            let pool = lent.get(role)?;
            let free =
                fit.iter().filter_map(|user| Some((*user, pool.get(*user)?))).filter(|(_, place)| !place.is_lent);
            let (user, _) = free.min_by_key(|(_, place)| place.times)?;
            Some((role.clone(), user))
        };
        let users: BTreeMap<String, usize> = wanted.iter().map(free).collect::<Option<_>>()?;
        users.iter().for_each(|(role, user)| mark(&mut lent, role, *user, true));
        Some(users)
    }
}

fn mark(lent: &mut BTreeMap<String, Vec<Place>>, role: &str, user: usize, is_lent: bool) {
    if let Some(place) = lent.get_mut(role).and_then(|pool| pool.get_mut(user)) {
        *place = Place { is_lent, times: place.times + usize::from(is_lent) };
    }
}

impl Lease {
    /// The users, by role, each as its place in the pool.
    pub fn users(&self) -> &BTreeMap<String, usize> {
        &self.users
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut lent = self.pools.lent.locked();
        self.users.iter().for_each(|(role, user)| mark(&mut lent, role, *user, false));
        drop(lent);
        self.pools.returned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn wanted(roles: &[&str]) -> BTreeMap<String, Vec<usize>> {
        roles.iter().map(|role| ((*role).to_owned(), vec![0, 1])).collect()
    }

    #[test]
    fn q12_k03_no_user_is_ever_lent_twice_and_nobody_waits_for_ever() {
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
                        let lease = runtime.block_on(pools.lend(&wanted(roles)));
                        for (role, user) in lease.users() {
                            let place = if role == "email" { *user } else { 2 };
                            assert_eq!(in_use[place].fetch_add(1, Ordering::SeqCst), 0, "{role} {user} is lent twice");
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
