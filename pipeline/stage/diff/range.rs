//! How a quantity moved.

use crate::model::change::{RangeChange, RangeMove};
use crate::model::value::Quantity;

/// From one quantity to another.
pub(super) fn moved(old: &Quantity, new: &Quantity) -> RangeChange {
    if old.unit != new.unit {
        return RangeChange { is: RangeMove::Unit, lo: None, hi: None };
    }
    // What no check has seen may lie too far apart.
    let rise = |old: Option<i64>, new: Option<i64>| new?.checked_sub(old?);
    RangeChange { is: how(bounds(old), bounds(new)), lo: rise(old.lo, new.lo), hi: rise(old.hi, new.hi) }
}

/// Unbounded is further than any integer that JSON may hold.
fn bounds(quantity: &Quantity) -> (i64, i64) {
    (quantity.lo.unwrap_or(i64::MIN), quantity.hi.unwrap_or(i64::MAX))
}

fn how(old: (i64, i64), new: (i64, i64)) -> RangeMove {
    if old == new {
        RangeMove::Reworded
    } else if new.0 > old.1 || old.0 > new.1 {
        RangeMove::Disjoint
    } else if new.0 <= old.0 && new.1 >= old.1 {
        RangeMove::Widened
    } else if new.0 >= old.0 && new.1 <= old.1 {
        RangeMove::Narrowed
    } else {
        RangeMove::Shifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_ranges_has_its_word() {
        use RangeMove::*;
        for (old, new, is) in [
            ((14, 14), (14, 14), Reworded),
            ((14, 14), (16, 16), Disjoint),
            ((14, 14), (14, 16), Widened),
            ((14, 16), (15, 15), Narrowed),
            ((14, 16), (15, 17), Shifted),
            ((14, i64::MAX), (16, i64::MAX), Narrowed),
            ((i64::MIN, 14), (15, i64::MAX), Disjoint),
            ((i64::MIN, 14), (14, i64::MAX), Shifted),
            ((i64::MIN, 14), (i64::MIN, i64::MAX), Widened),
        ] {
            assert_eq!(how(old, new), is, "{old:?} {new:?}");
        }
    }
}
