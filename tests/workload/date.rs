//! Dates of the years 2019 to 2026.

use crate::random::Random;

/// A day, as `2022-01-05`.
pub fn day(random: &mut Random) -> String {
    format!("{}-{:02}-{:02}", 2019 + random.below(8), 1 + random.below(12), 1 + random.below(28))
}

/// A date in EDTF: mostly a day, else a month, a year, an interval, or one that is approximate or uncertain.
pub fn edtf(random: &mut Random) -> String {
    let day = day(random);
    let (year, month) = (&day[..4], &day[..7]);
    match random.below(20) {
        0..=10 => day,
        11..=13 => month.to_owned(),
        14 | 15 => format!("{day}~"),
        16 | 17 => format!("{month}-03/{month}-{:02}", 4 + random.below(25)),
        18 => format!("{day}/.."),
        _ => format!("{year}?"),
    }
}
