//! What is remembered of what each claim refers to, in some ten bytes.

use super::numbers::{self, Numbers};

/// What a claim refers to, but for other claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Position of the event; `u32::MAX` for none that could be read.
    pub(super) event: u32,
    /// Position of the root voice; `u32::MAX` for none that could be read.
    pub(super) root: u32,
    /// Whether the log took the claim back.
    pub(super) is_dead: bool,
}

/// How many nodes are passed over, at most, to come to one.
const STRIDE: usize = 16;

/// The nodes of many claims, one behind the other, each with the positions of its sources.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    bytes: Vec<u8>,
    /// Where every [`STRIDE`]th begins.
    begins: Vec<usize>,
    count: usize,
}

impl Nodes {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Takes the node of the next claim and the positions of the sources it stands on.
    pub(super) fn push(&mut self, node: Node, sources: &[u32]) {
        if self.count.is_multiple_of(STRIDE) {
            self.begins.push(self.bytes.len());
        }
        self.count += 1;
        let Node { event, root, is_dead } = node;
        let head = u64::from(event.wrapping_add(1)) * 2 + u64::from(is_dead);
        for number in [head, root.wrapping_add(1).into(), sources.len() as u64] {
            numbers::push(&mut self.bytes, number);
        }
        sources.iter().for_each(|&source| numbers::push(&mut self.bytes, source.into()));
    }

    /// The node of a claim.
    pub(super) fn at(&self, claim: u32) -> Node {
        self.reader(claim).node().unwrap_or_else(|| unreachable!("no claim has the number {claim}"))
    }

    /// The positions of the sources that a claim stands on.
    pub(super) fn sources(&self, claim: u32) -> Vec<u32> {
        let mut reader = self.reader(claim);
        reader.node();
        reader.sources().collect()
    }

    /// All nodes.
    pub(super) fn iter(&self) -> impl Iterator<Item = Node> {
        let mut reader = Reader(Numbers(&self.bytes));
        std::iter::from_fn(move || {
            let node = reader.node()?;
            reader.sources().for_each(drop);
            Some(node)
        })
    }

    fn reader(&self, claim: u32) -> Reader<'_> {
        let claim = claim as usize;
        let mut reader = Reader(Numbers(&self.bytes[self.begins[claim / STRIDE]..]));
        for _ in 0..claim % STRIDE {
            reader.node();
            reader.sources().for_each(drop);
        }
        reader
    }
}

struct Reader<'a>(Numbers<'a>);

impl Reader<'_> {
    fn node(&mut self) -> Option<Node> {
        let (head, root) = (self.0.next()?, self.0.next()?);
        let position = |number: u64| (number as u32).wrapping_sub(1);
        Some(Node { event: position(head / 2), root: position(root), is_dead: head % 2 > 0 })
    }

    /// The sources that stand behind a node.
    fn sources(&mut self) -> impl Iterator<Item = u32> {
        let count = self.0.next().unwrap_or_default();
        self.0.by_ref().take(count as usize).map(|source| source as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_back_as_they_went() {
        let position = |n: u32| [n, n * 1_000, u32::MAX, u32::MAX - 1][n as usize % 4];
        let node = |n: u32| Node { event: position(n), root: position(n / 3), is_dead: n.is_multiple_of(5) };
        let sources = |n: u32| (0..n % 4).map(|i| n * 7_919 + i).collect::<Vec<u32>>();
        let mut nodes = Nodes::default();
        (0..1_000).for_each(|n| nodes.push(node(n), &sources(n)));
        assert_eq!(nodes.len(), 1_000);
        assert_eq!(nodes.iter().collect::<Vec<_>>(), (0..1_000).map(node).collect::<Vec<_>>());
        for n in 0..1_000 {
            assert_eq!((nodes.at(n), nodes.sources(n)), (node(n), sources(n)));
        }
    }
}
