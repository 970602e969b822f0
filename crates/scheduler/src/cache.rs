//! Case files that were in hand lately.
//!
//! Never trusted: the store compares the version that is remembered with the one that is stored, so a case file changed elsewhere is read anew.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_store::FileStamp;
use std::collections::HashMap;
use std::sync::Arc;

/// A case file as it was last committed.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) file: Arc<CaseFile>,
    pub(crate) stamp: FileStamp,
}

/// Two generations: what was used since the younger began, and before. The older one is dropped as a whole.
#[derive(Debug)]
pub(crate) struct Cache {
    young: HashMap<OrderKey, Kept>,
    old: HashMap<OrderKey, Kept>,
    half: usize,
}

impl Cache {
    /// A cache of at most this many case files.
    pub(crate) fn new(capacity: usize) -> Self {
        Cache { young: HashMap::new(), old: HashMap::new(), half: capacity / 2 }
    }

    pub(crate) fn get(&self, order: &OrderKey) -> Option<&Kept> {
        self.young.get(order).or_else(|| self.old.get(order))
    }

    /// Remembers what was committed.
    pub(crate) fn put(&mut self, order: OrderKey, kept: Kept) {
        if self.half == 0 {
            return;
        }
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&order);
        self.young.insert(order, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::words::Platform;

    #[test]
    fn it_stays_within_its_size_and_keeps_the_newest() {
        let key = |n: u32| OrderKey { platform: Platform::Jd, shop: "s".to_owned(), order_id: n.to_string() };
        let mut cache = Cache::new(10);
        for n in 0..1000 {
            let file = Arc::new(CaseFile::new(key(n)));
            cache.put(key(n), Kept { file, stamp: FileStamp::NEW });
            assert!(cache.young.len() + cache.old.len() <= 10);
            assert!(cache.get(&key(n)).is_some());
        }
        assert!(cache.get(&key(0)).is_none());
        assert!(cache.get(&key(996)).is_some());
    }
}
