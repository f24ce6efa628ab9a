//! Things that are alike, together.

use std::hash::Hash;

use indexmap::IndexMap;

/// The items in groups of one key, in the order in which each key is first seen.
pub(crate) fn grouped<'a, T, K: Hash + Eq>(
    items: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Vec<Vec<&'a T>> {
    let mut groups: IndexMap<K, Vec<&'a T>> = IndexMap::new();
    for item in items {
        groups.entry(key(item)).or_default().push(item);
    }
    groups.into_values().collect()
}
