//! Chance that falls the same on every machine.

/// What a generator is drawn for; each purpose has streams of its own, so no draw depends on those made for another.
#[derive(Clone, Copy)]
pub enum Stream {
    Language,
    Plan,
    Source,
    Event,
    Claim,
    Order,
}

/// The generator splitmix64 (Steele, Lea and Flood, 2014).
pub struct Random(u64);

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The generator for the `n`th thing of its stream.
    pub fn new(seed: u64, stream: Stream, n: usize) -> Self {
        let step = |state: u64, word: u64| mix(state.wrapping_add(Self::GAMMA).wrapping_add(word));
        Self([stream as u64, n as u64].into_iter().fold(mix(seed), step))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::GAMMA);
        mix(self.0)
    }

    /// A number from 0 up to, not including, `end`, which fits in 32 bits.
    pub fn below(&mut self, end: usize) -> usize {
        (((self.next() >> 32) * end as u64) >> 32) as usize
    }

    /// True in `share` of a hundred draws.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// A log-normal number. Only sums and products are used: the platform's `ln` and `exp` differ in their last bits.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let normal = (0..12).map(|_| (self.next() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0;
        let root = 1.0 + sigma * normal / 1024.0;
        median * (0..10).fold(root, |power, _| power * power)
    }
}
