//! Text that is never longer than it may be: what does not fit as a whole is left out as a whole.

/// A text and the bytes that it may still take.
pub struct Budget {
    text: String,
    left: usize,
}

impl Budget {
    /// An empty text of at most so many bytes.
    pub fn new(max_bytes: usize) -> Self {
        Self { text: String::new(), left: max_bytes }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Adds an element if it fits; says whether it did.
    pub fn add(&mut self, element: &str) -> bool {
        let fits = element.len() <= self.left;
        if fits {
            self.text.push_str(element);
            self.left -= element.len();
        }
        fits
    }

    /// Adds elements while they fit into `share` bytes, and behind them, if not all did, what `more` says of the number
    /// of the others.
    pub fn add_all(&mut self, elements: &[String], share: usize, more: impl Fn(usize) -> String) {
        // No number of elements left out is longer to say than all of them.
        let reserve = more(elements.len()).len();
        let mut left = share.min(self.left);
        if elements.iter().map(String::len).sum::<usize>() > left {
            let Some(without_more) = left.checked_sub(reserve) else { return };
            left = without_more;
        }
        let fits = |element: &&String| {
            let rest = left.checked_sub(element.len());
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        let fitting: Vec<&String> = elements.iter().take_while(fits).collect();
        let others = elements.len() - fitting.len();
        fitting.iter().for_each(|element| _ = self.add(element));
        if others > 0 {
            self.add(&more(others));
        }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_kept_and_everything_is_said_or_counted(
            elements in prop::collection::vec("[a-zж]{0,12}\n", 0..12), max in 0usize..200, share in 0usize..200,
        ) {
            let mut budget = Budget::new(max);
            budget.add_all(&elements, share, |others| format!("and {others} more\n"));
            let text = budget.into_text();
            prop_assert!(text.len() <= max.min(share));
            let shown = elements.iter().scan(0, |at, element| {
                *at += element.len();
                Some(*at)
            }).take_while(|end| text.get(..*end) == Some(&elements.concat()[..*end])).count();
            let is_whole = text == elements.concat();
            let is_counted = text == elements[..shown].concat() + &format!("and {} more\n", elements.len() - shown);
            prop_assert!(is_whole || is_counted || text.is_empty(), "{text:?}");
        }
    }
}
