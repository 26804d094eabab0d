//! What claims count, kept in a few bytes each: a figure, and of what.

use super::numbers::{self, Numbers};
use crate::model::claim::Claim;
use crate::model::dataset::Dataset;
use crate::model::id::Id;

/// All that a dataset's claims may count: kinds of claim and their units, sorted.
pub struct Countables(Vec<(Id, Id)>);

impl Countables {
    /// Those that a dataset declares.
    pub fn of(dataset: &Dataset) -> Self {
        let of_kind = |(kind, declared): (&Id, &crate::model::dataset::Kind)| -> Vec<(Id, Id)> {
            declared.units.iter().map(|unit| (kind.clone(), unit.clone())).collect()
        };
        let mut countables: Vec<(Id, Id)> = dataset.kinds.iter().flat_map(of_kind).collect();
        countables.sort();
        countables.dedup();
        Self(countables)
    }

    /// Kind and unit of this number.
    pub(super) fn at(&self, number: u32) -> Option<&(Id, Id)> {
        self.0.get(number as usize)
    }
}

/// What one claim counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// Number of kind and unit.
    pub(super) what: u32,
    pub(super) lo: Option<i64>,
    pub(super) hi: Option<i64>,
}

impl Figure {
    /// What a claim counts, if it counts something that is declared.
    pub(super) fn of(claim: &Claim, countables: &Countables) -> Option<Self> {
        let quantity = claim.counted()?;
        let key = (&claim.kind, &quantity.unit);
        let what = countables.0.binary_search_by(|(kind, unit)| (kind, unit).cmp(&key)).ok()?;
        Some(Self { what: u32::try_from(what).ok()?, lo: quantity.lo, hi: quantity.hi })
    }
}

/// The figures of many claims, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<u8>);

impl Figures {
    /// Takes what the next claim counts.
    pub(super) fn push(&mut self, figure: Option<Figure>) {
        let Some(Figure { what, lo, hi }) = figure else { return self.0.push(0) };
        numbers::push(&mut self.0, 1 + u64::from(what) * 4 + u64::from(lo.is_some()) * 2 + u64::from(hi.is_some()));
        for bound in [lo, hi.map(|hi| hi.wrapping_sub(lo.unwrap_or_default()))].into_iter().flatten() {
            numbers::push(&mut self.0, (bound << 1 ^ bound >> 63) as u64);
        }
    }

    /// What each claim counts, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<Figure>> {
        let mut numbers = Numbers(&self.0);
        std::iter::from_fn(move || {
            let Some(head) = numbers.next()?.checked_sub(1) else { return Some(None) };
            let mut bound = || numbers.next().map(|bits| (bits >> 1) as i64 ^ -((bits & 1) as i64));
            let lo = if head & 2 > 0 { bound() } else { None };
            let hi = if head & 1 > 0 { bound().map(|hi| hi.wrapping_add(lo.unwrap_or_default())) } else { None };
            Some(Some(Figure { what: (head / 4) as u32, lo, hi }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_as_they_went() {
        const MOST: i64 = (1 << 53) - 1;
        let bounds = [None, Some(0), Some(1), Some(-1), Some(63), Some(64), Some(300), Some(MOST), Some(-MOST)];
        let mut figures = vec![None];
        for what in [0, 31, 32, 4_000_000] {
            for lo in bounds {
                figures.extend(bounds.map(|hi| Some(Figure { what, lo, hi })));
                figures.push(None);
            }
        }
        let mut kept = Figures::default();
        figures.iter().for_each(|figure| kept.push(*figure));
        assert_eq!(kept.iter().collect::<Vec<_>>(), figures);
        let mut small = Figures::default();
        small.push(Some(Figure { what: 7, lo: Some(14), hi: Some(14) }));
        assert_eq!(small.0.len(), 3);
    }
}
