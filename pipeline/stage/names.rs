//! Ids by number and numbers by id: exact, in one stretch of memory. What comes sorted is found by halving; only over
//! what does not there is an index.

use std::collections::BTreeMap;

use rayon::slice::ParallelSliceMut;

use super::index::Index;

/// Ids, numbered in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: List,
    /// None while every id sorts behind the one before it.
    index: Option<Index>,
}

/// Ids by number, each in a byte more than it has, and a little for where it begins.
#[derive(Debug, Default)]
pub(super) struct List {
    letters: String,
    /// Where every so many ids begin.
    begins: Vec<usize>,
    /// In bytes; 0 for an id that is not among the letters.
    lengths: Vec<u8>,
    /// What was found in the place of an id and is longer than any.
    long: BTreeMap<u32, Box<str>>,
}

/// Lengths are added up to come to an id: of as many, at most, as two to the power of this.
const STRIDE_BITS: u32 = 4;

impl Names {
    /// The id of this number.
    pub(super) fn name(&self, number: u32) -> &str {
        self.list.name(number)
    }

    /// The number of this id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        match &self.index {
            Some(index) => index.find(id, |number| self.list.name(number)),
            None => self.list.find(id),
        }
    }

    /// The numbers of the ids, in the order of the ids.
    pub(super) fn by_id(&self) -> ById {
        let is_sorted = self.index.is_none() || (1..self.list.len()).all(|next| self.name(next - 1) < self.name(next));
        ById((!is_sorted).then(|| {
            let mut numbers: Vec<u32> = (0..self.list.len()).collect();
            numbers.par_sort_unstable_by_key(|&number| self.name(number));
            numbers
        }))
    }

    /// The new id's number, or the one that it has already.
    pub(super) fn insert(&mut self, id: &str) -> Result<u32, u32> {
        let is_behind = self.list.last().is_none_or(|last| last < id);
        if self.index.is_none() && !is_behind {
            self.index = Some(Index::over(self.list.len(), |number| self.list.name(number)));
        }
        if let Some(index) = &mut self.index {
            index.insert(id, self.list.len(), |number| self.list.name(number))?;
        }
        Ok(self.list.push(id))
    }
}

/// The numbers of ids in the order of the ids; none are kept where it is that of the numbers.
#[derive(Debug)]
pub(super) struct ById(Option<Vec<u32>>);

impl ById {
    /// The number of the id in this place.
    pub(super) fn at(&self, place: u32) -> u32 {
        self.0.as_ref().map_or(place, |numbers| numbers[place as usize])
    }
}

impl List {
    /// The id of this number.
    pub(super) fn name(&self, number: u32) -> &str {
        let place = number as usize;
        let length = usize::from(self.lengths[place]);
        if length == 0 {
            return self.long.get(&number).map_or("", |name| name);
        }
        let stretch = place >> STRIDE_BITS;
        let before = &self.lengths[stretch << STRIDE_BITS..place];
        let begin = self.begins[stretch] + before.iter().map(|&length| usize::from(length)).sum::<usize>();
        &self.letters[begin..begin + length]
    }

    fn len(&self) -> u32 {
        self.lengths.len() as u32
    }

    fn last(&self) -> Option<&str> {
        self.len().checked_sub(1).map(|last| self.name(last))
    }

    /// The number of an id, where all are sorted.
    fn find(&self, id: &str) -> Option<u32> {
        // First the stretch, whose own id is found without adding up, and then the place in it.
        let (mut stretch, mut end) = (0, self.begins.len() as u32);
        while end - stretch > 1 {
            let middle = stretch.midpoint(end);
            if self.name(middle << STRIDE_BITS) <= id {
                stretch = middle;
            } else {
                end = middle;
            }
        }
        let first = stretch << STRIDE_BITS;
        let mut places = first..self.len().min(first + (1 << STRIDE_BITS));
        places.find(|&place| self.name(place) >= id).filter(|&place| self.name(place) == id)
    }

    /// Takes the next id; gives its number.
    pub(super) fn push(&mut self, id: &str) -> u32 {
        let number = self.len();
        if self.lengths.len().is_multiple_of(1 << STRIDE_BITS) {
            self.begins.push(self.letters.len());
        }
        let length = u8::try_from(id.len()).unwrap_or(0);
        if length > 0 {
            self.letters.push_str(id);
        } else {
            self.long.insert(number, id.into());
        }
        self.lengths.push(length);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_whatever_the_order() {
        let sorted: Vec<String> = (0..200).map(|number| format!("c-{number:04}")).collect();
        let late = [&sorted[1..], &sorted[..1]].concat();
        let backwards: Vec<String> = sorted.iter().rev().cloned().collect();
        for ids in [&sorted, &late, &backwards] {
            let mut names = Names::default();
            for (number, id) in (0..).zip(ids) {
                assert_eq!(names.find(id), None);
                assert_eq!(names.insert(id), Ok(number));
            }
            for (number, id) in (0..).zip(ids) {
                assert_eq!((names.find(id), names.name(number)), (Some(number), id.as_str()));
            }
            for (number, id) in (0..).zip(ids) {
                assert_eq!(names.insert(id), Err(number));
            }
            let by_id = names.by_id();
            assert!((0..).zip(&sorted).all(|(place, id)| names.name(by_id.at(place)) == id));
            assert_eq!((names.find(""), names.find("c-00000"), names.find("d")), (None, None, None));
            // Whatever stood in the place of an id.
            let odd = ["d".repeat(255), "d".repeat(256), "е".repeat(200), String::new()];
            for (number, id) in (200..).zip(&odd) {
                assert_eq!(names.insert(id), Ok(number));
            }
            for (number, id) in (200..).zip(&odd) {
                assert_eq!((names.find(id), names.name(number)), (Some(number), id.as_str()));
            }
        }
    }
}
