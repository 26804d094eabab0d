//! How much an archive may ask for, so that no small file can exhaust the reader.

use super::fault::Fault;

/// Most bytes an archive may unpack to: what a machine can be asked to keep beside its work. A larger release travels
/// as a folder.
const MAX_BYTES: u64 = 64 << 30;

/// Most bytes for each packed byte. Deflate reaches 1,032; records and texts stay below 100.
const MAX_RATIO: u64 = 1000;

/// Bytes that even the smallest archive may unpack to.
const FREE_BYTES: u64 = 64 << 20;

/// Most entries, as many as a release folder may have.
pub(super) const MAX_ENTRIES: usize = 4_000_000;

/// Longest name of an entry, in bytes: the longest path that systems open.
const MAX_NAME_BYTES: usize = 4096;

/// Most bytes in all names together, which are kept in memory: room for a million files in `data/texts/`.
const MAX_NAMES_BYTES: usize = 64 << 20;

/// Names that are kept in memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    count: usize,
    bytes: usize,
}

impl Names {
    /// Takes one more, of so many bytes.
    pub(super) fn keep(&mut self, bytes: usize) -> Result<(), Fault> {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if bytes > MAX_NAME_BYTES {
            return Err(Fault::Limit(format!("a name of {bytes} bytes, {MAX_NAME_BYTES} at most")));
        }
        if self.count > MAX_ENTRIES || self.bytes > MAX_NAMES_BYTES {
            let limit = format!("more than {MAX_ENTRIES} entries, or {MAX_NAMES_BYTES} bytes in their names");
            return Err(Fault::Limit(limit));
        }
        Ok(())
    }
}

/// Bytes that may still come out of an archive.
#[derive(Debug)]
pub(super) struct Allowance {
    whole: u64,
    left: u64,
}

impl Allowance {
    /// What an archive of so many packed bytes may unpack to.
    pub(super) fn of(packed: u64) -> Self {
        let whole = packed.saturating_mul(MAX_RATIO).saturating_add(FREE_BYTES).min(MAX_BYTES);
        Self { whole, left: whole }
    }

    /// Takes so many bytes off.
    pub(super) fn spend(&mut self, bytes: u64) -> Result<(), Fault> {
        let left = self.left.checked_sub(bytes);
        let too_large =
            || Fault::Limit(format!("it unpacks to more than {} bytes, the most that its size allows", self.whole));
        self.left = left.ok_or_else(too_large)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_archives_have_room_and_large_ones_an_end() {
        for (packed, whole) in [(0, FREE_BYTES), (1, FREE_BYTES + 1000), (1 << 40, MAX_BYTES), (u64::MAX, MAX_BYTES)] {
            let mut allowance = Allowance::of(packed);
            assert!(allowance.spend(whole).is_ok(), "{packed}");
            assert!(allowance.spend(0).is_ok(), "{packed}");
            assert!(matches!(allowance.spend(1), Err(Fault::Limit(_))), "{packed}");
        }
    }

    #[test]
    fn names_have_an_end() {
        let mut names = Names::default();
        assert!(matches!(Names::default().keep(MAX_NAME_BYTES + 1), Err(Fault::Limit(_))));
        let room = MAX_NAMES_BYTES / MAX_NAME_BYTES;
        assert!((0..room).all(|_| names.keep(MAX_NAME_BYTES).is_ok()));
        assert!(matches!(names.keep(1), Err(Fault::Limit(_))));
        let mut names = Names::default();
        assert!((0..MAX_ENTRIES).all(|_| names.keep(1).is_ok()));
        assert!(matches!(names.keep(0), Err(Fault::Limit(_))));
    }
}
