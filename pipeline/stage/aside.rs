//! A digest computed beside other work: whoever has the bytes goes on, and a thread of the pool with nothing to do takes
//! them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::digest::{Digest, Hasher};

/// Bytes that are worth another thread's while.
const PIECE_BYTES: usize = 1 << 18;

/// Most pieces that wait; then whoever brings the next one hashes them himself.
const WAITING: usize = 8;

/// Computes the digest of bytes that arrive in order, on whichever threads are idle.
#[derive(Default)]
pub struct AsideHasher {
    piece: Vec<u8>,
    queue: Arc<Queue>,
}

impl AsideHasher {
    /// A hasher that has seen no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            let next = Vec::with_capacity(self.piece.capacity());
            let waiting = self.queue.push(std::mem::replace(&mut self.piece, next));
            if waiting > WAITING || rayon::current_num_threads() == 1 {
                self.queue.drain(held(&self.queue.hasher));
            } else {
                let queue = Arc::clone(&self.queue);
                // Whoever has the hasher takes this piece, too.
                rayon::spawn(move || _ = queue.hasher.try_lock().map(|hasher| queue.drain(hasher)));
            }
        }
    }

    /// The digest of all bytes in their order.
    pub fn finish(self) -> Digest {
        self.queue.push(self.piece);
        self.queue.drain(held(&self.queue.hasher));
        std::mem::take(&mut *held(&self.queue.hasher)).finish()
    }
}

/// Pieces in their order, and the hasher that takes one after the other.
#[derive(Default)]
struct Queue {
    pieces: Mutex<VecDeque<Vec<u8>>>,
    hasher: Mutex<Hasher>,
}

impl Queue {
    /// How many pieces wait with this one.
    fn push(&self, piece: Vec<u8>) -> usize {
        let mut pieces = held(&self.pieces);
        pieces.push_back(piece);
        pieces.len()
    }

    /// Hashes all that waits. A piece is taken only by whoever has the hasher: that keeps them in their order.
    fn drain(&self, mut hasher: MutexGuard<Hasher>) {
        let next = || held(&self.pieces).pop_front();
        while let Some(piece) = next() {
            hasher.update(&piece);
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_bytes_in_order() {
        let bytes: Vec<u8> =
            (0..20 * PIECE_BYTES as u32 + 77).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            for (length, step) in
                [(0, 1), (1, 1), (PIECE_BYTES, PIECE_BYTES), (bytes.len(), 9_973), (bytes.len(), bytes.len())]
            {
                let digest = pool.install(|| {
                    let mut hasher = AsideHasher::new();
                    bytes[..length].chunks(step).for_each(|bytes| hasher.update(bytes));
                    hasher.finish()
                });
                assert_eq!(digest, Digest::of(&bytes[..length]), "{threads} {length} {step}");
            }
        }
    }
}
