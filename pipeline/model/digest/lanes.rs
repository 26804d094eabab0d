//! SHA-256 (FIPS 180-4) of many messages at once: sixteen stand side by side, a lane each.
//!
//! Meant for processors that have wide vectors and no instructions for SHA-256. It is plain arithmetic on arrays, which
//! the compiler turns into vectors; `multiversion` compiles it for each kind of vectors and calls what the processor
//! has. `sha2` remains the reference that every length is held against.

use std::cmp::Reverse;

use multiversion::multiversion;
use sha2::block_api::compress256;

/// How many messages stand side by side.
const LANES: usize = 16;

/// Bytes of a block.
const BLOCK: usize = 64;

/// One 32-bit word of each lane.
type Word = [u32; LANES];

/// The eight working variables of each lane.
type State = [Word; 8];

/// The next block of each lane.
type Blocks = [[u8; BLOCK]; LANES];

/// What takes a state through one block of each lane.
type Compress = fn(&mut State, &Blocks);

/// First 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// First 32 bits of the fractional parts of the cube roots of the first sixty-four primes, for four times sixteen rounds.
#[rustfmt::skip]
const ROUNDS: [[u32; 16]; 4] = [
    [0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
     0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
    [0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
     0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
    [0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
     0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
    [0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
     0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
];

/// Whether this processor does better with lanes than with `sha2`.
pub(super) fn pay() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let has_sha = is_x86_feature_detected!("sha") && !cfg!(sha2_backend = "soft");
        !has_sha && is_x86_feature_detected!("avx2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The digest of each message with `prefix` in front of it, in the order of the messages.
pub(super) fn digests(prefix: &[u8], messages: &[&[u8]]) -> Vec<[u8; 32]> {
    digests_by(compress, prefix, messages)
}

fn digests_by(compress: Compress, prefix: &[u8], messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let mut digests = vec![[0; 32]; messages.len()];
    // The longest come first, so that no lane is left behind with a long one.
    let mut waiting: Vec<usize> = (0..messages.len()).collect();
    waiting.sort_by_key(|&index| Reverse(messages[index].len()));
    let mut waiting = waiting.into_iter();

    let (mut state, mut blocks): (State, Blocks) = ([[0; LANES]; 8], [[0; BLOCK]; LANES]);
    let mut lanes: [Option<Lane>; LANES] = [const { None }; LANES];
    loop {
        for (number, lane) in lanes.iter_mut().enumerate().filter(|(_, lane)| lane.is_none()) {
            let Some(index) = waiting.next() else { break };
            *lane = Some(Lane { index, message: Message::new(prefix, messages[index]), next: 0 });
            set(&mut state, number, START);
        }
        let mut busy = lanes.iter().enumerate().filter_map(|(number, lane)| Some((number, lane.as_ref()?)));
        let (first, second) = (busy.next(), busy.next());
        let Some((number, lane)) = first else { return digests };
        if second.is_none() {
            digests[lane.index] = lane.finished_alone(at(&state, number));
            return digests;
        }
        let steps = lanes.iter().flatten().map(Lane::left).min().unwrap_or_default();
        for _ in 0..steps {
            for (lane, block) in lanes.iter_mut().zip(&mut blocks) {
                if let Some(lane) = lane {
                    lane.message.fill(lane.next, block);
                    lane.next += 1;
                }
            }
            compress(&mut state, &blocks);
        }
        for (number, lane) in lanes.iter_mut().enumerate() {
            if let Some(done) = lane.take_if(|lane| lane.left() == 0) {
                digests[done.index] = bytes(at(&state, number));
            }
        }
    }
}

/// A message on its way.
struct Lane<'a> {
    /// Which of the messages.
    index: usize,
    message: Message<'a>,
    /// Its next block.
    next: usize,
}

impl Lane<'_> {
    /// Blocks to come.
    fn left(&self) -> usize {
        self.message.blocks - self.next
    }

    /// The digest of a message that has nobody beside it any more.
    fn finished_alone(&self, mut state: [u32; 8]) -> [u8; 32] {
        let mut block = [0; BLOCK];
        for next in self.next..self.message.blocks {
            self.message.fill(next, &mut block);
            compress256(&mut state, &[block]);
        }
        bytes(state)
    }
}

/// A message as blocks, padded as FIPS 180-4 section 5.1.1 says.
struct Message<'a> {
    prefix: &'a [u8],
    bytes: &'a [u8],
    /// Their length together, in bytes.
    length: usize,
    blocks: usize,
}

impl<'a> Message<'a> {
    fn new(prefix: &'a [u8], bytes: &'a [u8]) -> Self {
        let length = prefix.len() + bytes.len();
        Self { prefix, bytes, length, blocks: (length + 9).div_ceil(BLOCK) }
    }

    /// The block of this number.
    fn fill(&self, number: usize, block: &mut [u8; BLOCK]) {
        let at = number * BLOCK;
        if let Some(inside) = at.checked_sub(self.prefix.len()).and_then(|from| self.bytes.get(from..from + BLOCK)) {
            block.copy_from_slice(inside);
            return;
        }
        block.fill(0);
        let bits = (self.length as u64 * 8).to_be_bytes();
        let parts: [(&[u8], usize); 4] = [
            (self.prefix, 0),
            (self.bytes, self.prefix.len()),
            (&[0x80], self.length),
            (&bits, self.blocks * BLOCK - bits.len()),
        ];
        for (part, place) in parts {
            let (start, end) = (place.max(at), (place + part.len()).min(at + BLOCK));
            if start < end {
                block[start - at..end - at].copy_from_slice(&part[start - place..end - place]);
            }
        }
    }
}

fn set(state: &mut State, lane: usize, values: [u32; 8]) {
    for (word, value) in state.iter_mut().zip(values) {
        word[lane] = value;
    }
}

fn at(state: &State, lane: usize) -> [u32; 8] {
    state.map(|word| word[lane])
}

fn bytes(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn compress(state: &mut State, blocks: &Blocks) {
    compress_all(state, blocks);
}

/// FIPS 180-4 section 6.2.2 for one block of each lane.
#[inline(always)]
fn compress_all(state: &mut State, blocks: &Blocks) {
    let mut words = words(blocks);
    let mut after = *state;
    for (sixteenth, constants) in ROUNDS.iter().enumerate() {
        for (t, constant) in constants.iter().enumerate() {
            after = round(after, &words[t], *constant);
            if sixteenth < 3 {
                words[t] = scheduled([words[t], words[(t + 1) % 16], words[(t + 9) % 16], words[(t + 14) % 16]]);
            }
        }
    }
    for (word, added) in state.as_flattened_mut().iter_mut().zip(after.as_flattened()) {
        *word = word.wrapping_add(*added);
    }
}

// Each loop over the lanes does all that one lane asks for: many short loops would be taken apart into single words.
#[inline(always)]
fn round(state: State, word: &Word, constant: u32) -> State {
    let [a, b, c, d, e, f, g, h] = state;
    let (mut new_a, mut new_e) = ([0; LANES], [0; LANES]);
    for l in 0..LANES {
        let (a, b, c, e, f, g) = (a[l], b[l], c[l], e[l], f[l], g[l]);
        let choice = g ^ (e & (f ^ g));
        let majority = (a & b) | (c & (a | b));
        let sum_0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let sum_1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let t1 = word[l].wrapping_add(constant).wrapping_add(h[l]).wrapping_add(choice).wrapping_add(sum_1);
        new_e[l] = d[l].wrapping_add(t1);
        new_a[l] = t1.wrapping_add(majority).wrapping_add(sum_0);
    }
    [new_a, a, b, c, new_e, e, f, g]
}

/// The word sixteen rounds on, from those of now and one, nine and fourteen rounds on.
#[inline(always)]
fn scheduled([now, one, nine, fourteen]: [Word; 4]) -> Word {
    let mut word = [0; LANES];
    for l in 0..LANES {
        let (x, y) = (one[l], fourteen[l]);
        let sigma_0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
        let sigma_1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
        word[l] = now[l].wrapping_add(nine[l]).wrapping_add(sigma_0).wrapping_add(sigma_1);
    }
    word
}

/// The sixteen words of each lane's block, word by word instead of lane by lane.
#[inline(always)]
fn words(blocks: &Blocks) -> [Word; 16] {
    let mut words = [[0; 16]; LANES];
    for (word, bytes) in words.as_flattened_mut().iter_mut().zip(blocks.as_flattened().as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    // Each riffle moves the topmost bit of a word's place to the end; after four of eight bits, lane and word have
    // changed places.
    riffle(&riffle(&riffle(&riffle(&words))))
}

/// Both halves of the words, one word from each in turn, as a pack of cards is riffled.
#[inline(always)]
fn riffle(words: &[Word; 16]) -> [Word; 16] {
    let mut riffled = [[0; LANES]; 16];
    let (front, back) = words.as_flattened().split_at(8 * LANES);
    for ((pair, front), back) in riffled.as_flattened_mut().as_chunks_mut().0.iter_mut().zip(front).zip(back) {
        *pair = [*front, *back];
    }
    riffled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[multiversion(targets("x86_64+avx2"))]
    fn compress_without_avx512(state: &mut State, blocks: &Blocks) {
        compress_all(state, blocks);
    }

    /// What the processor has, what it would have without AVX-512, and what every processor has.
    const VERSIONS: [Compress; 3] = [compress, compress_without_avx512, compress_all];

    fn holds(prefix: &[u8], messages: &[&[u8]]) {
        let digest = |message: &&[u8]| Sha256::new().chain_update(prefix).chain_update(message).finalize().into();
        let expected: Vec<[u8; 32]> = messages.iter().map(digest).collect();
        for version in VERSIONS {
            assert!(digests_by(version, prefix, messages) == expected, "{} messages", messages.len());
        }
        assert!(digests(prefix, messages) == expected);
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut seed = 0x9e37_79b9_u32;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            seed as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn every_length_is_what_the_reference_says() {
        let noise = noise(4096 + 64);
        let messages: Vec<&[u8]> = (0..=4096).map(|length| &noise[length % 64..][..length]).collect();
        for prefix in [&b""[..], &[0], &[1; 64], &[2; 100]] {
            holds(prefix, &messages);
        }
    }

    #[test]
    fn every_number_of_messages_is_what_the_reference_says() {
        let noise = noise(1 << 16);
        for count in 0..=3 * LANES {
            let messages: Vec<&[u8]> = (0..count).map(|i| &noise[i..][..i * 97 % 500]).collect();
            holds(&[0], &messages);
        }
        holds(b"", &[&noise, b"abc", &noise[..70], b""]);
    }

    proptest! {
        #[test]
        fn any_messages_are_what_the_reference_says(
            prefix in proptest::collection::vec(any::<u8>(), 0..130),
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..700), 0..70),
        ) {
            holds(&prefix, &messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
    }
}
