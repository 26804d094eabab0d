//! Which of many things lie on a circle.

/// For each of `count` things whether going on from it can lead back to it. `next` gives the n-th thing that one leads
/// to: `None` behind the last, `Some(None)` where it leads nowhere. Takes time as there are things and steps (Tarjan,
/// "Depth-first search and linear graph algorithms", 1972).
pub(super) fn on_circles(count: usize, next: impl Fn(usize, usize) -> Option<Option<usize>>) -> Vec<bool> {
    let mut search =
        Search { came: vec![None; count], back: vec![0; count], is_open: vec![false; count], open: Vec::new() };
    let (mut are_on, mut begun, mut path) = (vec![false; count], 0, Vec::new());
    for first in 0..count {
        if search.came[first].is_none() {
            path.push((first, 0));
        }
        while let Some((here, step)) = path.last_mut() {
            let at = *here;
            if *step == 0 {
                search.begin(at, begun);
                begun += 1;
            }
            let to = next(at, *step);
            *step += 1;
            match to {
                Some(None) => {}
                Some(Some(to)) if to == at => are_on[at] = true,
                Some(Some(to)) => match search.came[to] {
                    None => path.push((to, 0)),
                    Some(came) if search.is_open[to] => search.back[at] = search.back[at].min(came),
                    Some(_) => {}
                },
                None => {
                    path.pop();
                    if let Some(&(before, _)) = path.last() {
                        search.back[before] = search.back[before].min(search.back[at]);
                    }
                    let closed = search.close(at);
                    let is_circle = closed.len() > 1;
                    closed.into_iter().for_each(|thing| are_on[thing] |= is_circle);
                }
            }
        }
    }
    are_on
}

/// How far a search from thing to thing has come.
struct Search {
    /// When each thing was come to: the first as 0.
    came: Vec<Option<u32>>,
    /// When the earliest was come to that each leads back to.
    back: Vec<u32>,
    /// The things of which is not known yet what they lead back to, in the order in which they were come to.
    open: Vec<usize>,
    is_open: Vec<bool>,
}

impl Search {
    fn begin(&mut self, thing: usize, at: u32) {
        (self.came[thing], self.back[thing], self.is_open[thing]) = (Some(at), at, true);
        self.open.push(thing);
    }

    /// Takes away the things that all lead to one another, if this is the first of them that was come to.
    fn close(&mut self, first: usize) -> Vec<usize> {
        if self.came[first] != Some(self.back[first]) {
            return Vec::new();
        }
        let begin = self.open.iter().rposition(|&thing| thing == first).unwrap_or_default();
        let closed = self.open.split_off(begin);
        closed.iter().for_each(|&thing| self.is_open[thing] = false);
        closed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn circles(next: &[Vec<Option<usize>>]) -> Vec<bool> {
        on_circles(next.len(), |thing, step| next[thing].get(step).copied())
    }

    /// The same, asked of one thing after the other.
    fn one_by_one(next: &[Vec<Option<usize>>]) -> Vec<bool> {
        let leads_back = |start: usize| {
            let (mut seen, mut ahead) = (vec![false; next.len()], next[start].clone());
            while let Some(to) = ahead.pop() {
                let Some(to) = to.filter(|&to| !seen[to]) else { continue };
                seen[to] = true;
                ahead.extend(&next[to]);
            }
            seen[start]
        };
        (0..next.len()).map(leads_back).collect()
    }

    #[test]
    fn a_chain_of_any_length_is_no_circle_until_it_is_closed() {
        let length = 300_000;
        let mut chain: Vec<Vec<Option<usize>>> = (1..=length).map(|to| vec![(to < length).then_some(to)]).collect();
        assert!(circles(&chain).into_iter().all(|is_on| !is_on));
        chain[length - 1] = vec![Some(7)];
        assert!(circles(&chain).into_iter().enumerate().all(|(thing, is_on)| is_on == (thing >= 7)));
    }

    proptest! {
        #[test]
        fn circles_are_found_as_if_each_thing_were_asked(
            next in (1..12_usize).prop_flat_map(|count| {
                proptest::collection::vec(proptest::collection::vec(proptest::option::of(0..count), 0..4), count)
            })
        ) {
            prop_assert_eq!(circles(&next), one_by_one(&next));
        }
    }
}
