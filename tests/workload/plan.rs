//! Which claim gets which id, and what happens to it in the second version; and the answer key that says so.

use crate::claim::{Link, id};
use crate::edit::Edit;
use crate::event;
use crate::json::{Object, object, text};
use crate::random::{Random, Stream};
use crate::respelling::Respelling;

/// What happens to a claim in the second version.
#[derive(Clone, Copy, PartialEq)]
pub enum Plant {
    /// It is gone.
    Removed,
    /// A new claim follows it.
    Followed,
    /// Its line stands further down.
    Moved,
    /// It means something else.
    Edit(Edit),
    /// It means the same in another spelling.
    Respelling(Respelling),
}

/// Every kind of plant, and its share of them all.
const PLANTS: [(Plant, usize); 18] = [
    (Plant::Edit(Edit::Value), 20),
    (Plant::Edit(Edit::Said), 10),
    (Plant::Edit(Edit::Note), 10),
    (Plant::Edit(Edit::Stance), 10),
    (Plant::Edit(Edit::Retracted), 10),
    (Plant::Edit(Edit::AnchorMoved), 5),
    (Plant::Edit(Edit::OtherSentence), 5),
    (Plant::Edit(Edit::Several), 5),
    (Plant::Edit(Edit::BigInteger), 2),
    (Plant::Edit(Edit::Space), 2),
    (Plant::Edit(Edit::FieldRemoved), 2),
    (Plant::Followed, 10),
    (Plant::Removed, 10),
    (Plant::Moved, 20),
    (Plant::Respelling(Respelling::KeyReorder), 30),
    (Plant::Respelling(Respelling::Whitespace), 30),
    (Plant::Respelling(Respelling::NumberFormat), 30),
    (Plant::Respelling(Respelling::StringEscape), 9),
];

const RELATIONS: [&str; 6] = ["contradicts", "denies", "supports", "repeats", "tension", "supersedes"];

/// The plan of both versions. Claims are counted by their position in the first one.
pub struct Plan {
    plants: Vec<Option<Plant>>,
    /// Ids by position; those of new claims behind.
    ids: Vec<u32>,
}

impl Plan {
    /// Plants something in `per_mille` of all claims, and at least one of every kind as long as there are claims.
    pub fn draw(seed: u64, claims: usize, per_mille: usize) -> Self {
        let mut random = Random::new(seed, Stream::Plan, 0);
        let mut order: Vec<u32> = (0..claims as u32).collect();
        random.shuffle(&mut order);
        let mut order = order.into_iter();
        let mut plants = vec![None; claims];
        let shares: usize = PLANTS.iter().map(|(_, share)| share).sum();
        for (plant, share) in PLANTS.into_iter().filter(|_| per_mille > 0) {
            for position in order.by_ref().take((claims * per_mille * share / (1_000 * shares)).max(1)) {
                plants[position as usize] = Some(plant);
            }
        }
        let added = plants.iter().filter(|plant| **plant == Some(Plant::Followed)).count();
        let mut ids: Vec<u32> = (1..=(claims + added) as u32).collect();
        random.shuffle(&mut ids);
        Self { plants, ids }
    }

    /// How many claims the first version has.
    pub fn claims(&self) -> usize {
        self.plants.len()
    }

    /// The number in the id of the claim at a position; new claims stand behind all others.
    pub fn number(&self, position: usize) -> u32 {
        self.ids[position]
    }

    /// What happens to the claim at a position.
    pub fn plant(&self, position: usize) -> Option<Plant> {
        self.plants[position]
    }

    /// A link for about one claim in seven, to a claim of its event with a lower number: never a circle.
    pub fn link(&self, random: &mut Random, position: usize, event: usize) -> Option<Link> {
        let first = event * event::CLAIMS;
        let other = first + random.below(event::CLAIMS.min(self.claims() - first));
        let rel = random.pick(&RELATIONS);
        let is_linked = random.percent(33)
            && self.ids[other] < self.ids[position]
            && !self.is_alone(other)
            && !self.is_alone(position);
        is_linked.then(|| Link { rel, to: id(self.ids[other]) })
    }

    /// Claims that go stand alone, so that no link loses its end.
    fn is_alone(&self, position: usize) -> bool {
        self.plants.get(position) == Some(&Some(Plant::Removed))
    }

    /// The file `answer_key.json`: ids in the order of their claims.
    pub fn answer_key(&self) -> Vec<u8> {
        let mut out = Vec::new();
        object(&mut out, |key| {
            key.array("added", &self.ids[self.claims()..], |out, &number| text(out, &id(number)));
            self.list(key, "removed", Plant::Removed);
            key.object("changed", |changed| {
                for (plant, &number) in self.plants.iter().zip(&self.ids) {
                    if let Some(Plant::Edit(edit)) = plant {
                        changed.array(&id(number), edit.pointers(), |out, pointer| text(out, pointer));
                    }
                }
            });
            key.object("changed_by_kind", |kinds| {
                for (plant, _) in PLANTS {
                    if let Plant::Edit(edit) = plant {
                        self.list(kinds, edit.name(), plant);
                    }
                }
            });
            key.object("same_meaning", |kinds| {
                self.list(kinds, "moved", Plant::Moved);
                for (plant, _) in PLANTS {
                    if let Plant::Respelling(way) = plant {
                        self.list(kinds, way.name(), plant);
                    }
                }
            });
        });
        out.push(b'\n');
        out
    }

    /// Adds the ids of all claims with this plant.
    fn list(&self, object: &mut Object, name: &str, plant: Plant) {
        let planted = self.plants.iter().zip(&self.ids).filter(|(at, _)| **at == Some(plant));
        object.array(name, planted, |out, (_, &number)| text(out, &id(number)));
    }
}
