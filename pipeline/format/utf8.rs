//! UTF-8 (RFC 3629), recognised at the speed of memory: text outside ASCII costs no more than text within it.

/// The bytes as text, if they are UTF-8. Where they are not, the standard library says from which byte on.
pub fn read(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(text in "(?s)[a\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}].{0,96}",
                                            faults in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..3)) {
            let mut bytes = text.into_bytes();
            for (at, byte) in faults {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            for cut in 0..bytes.len().min(4) {
                prop_assert_eq!(read(&bytes[cut..]), std::str::from_utf8(&bytes[cut..]).ok());
            }
        }
    }
}
