//! What a claim asserts.

use crate::date;
use crate::json::Object;
use crate::random::Random;
use crate::text::Language;
use crate::vocabulary::COUNTED;
use crate::words::{PLACES, Place};

/// The one value of a claim.
#[derive(Clone)]
pub enum Value {
    Quantity(Quantity),
    Date(String),
    Place(Place),
    Text(String),
    Unknown,
}

/// A counted value: inclusive bounds, and the wording that carries them.
#[derive(Clone)]
pub struct Quantity {
    unit: &'static str,
    lo: Option<i64>,
    hi: Option<i64>,
    qual: &'static str,
    pub said: String,
}

impl Value {
    /// The kind of a claim and its value: of ten claims six hold one number, two a range, one a date, a place or words,
    /// and one nothing.
    pub fn draw(random: &mut Random, language: &Language) -> (&'static str, Option<Self>) {
        let &(kind, unit) = random.pick(&COUNTED);
        match random.below(100) {
            0..=59 => (kind, Some(Self::Quantity(Quantity::numbered(random, unit)))),
            60..=79 => (kind, Some(Self::Quantity(Quantity::range(random, unit)))),
            80..=82 => ("date", Some(Self::Date(date::edtf(random)))),
            83..=85 => ("location", Some(Self::Place(*random.pick(&PLACES)))),
            86..=87 => ("cause", Some(Self::Text(language.sentence(random)))),
            88 => ("legal", Some(Self::Text(language.sentence(random)))),
            89 => (kind, Some(Self::Unknown)),
            _ => ("denial", None),
        }
    }

    /// Its members.
    pub fn write(&self, value: &mut Object) {
        match self {
            Self::Quantity(quantity) => {
                value.text("unit", quantity.unit);
                value.integer("lo", quantity.lo);
                value.integer("hi", quantity.hi);
                value.text("qual", quantity.qual);
                value.text("said", &quantity.said);
            }
            Self::Date(edtf) => {
                value.text("edtf", edtf);
                value.text("said", "on that day");
            }
            Self::Place(place) => {
                value.object("place", |object| write_place(*place, object));
                value.text("said", place.0);
            }
            Self::Text(text) => value.text("text", text),
            Self::Unknown => value.member("unknown", |out| out.extend_from_slice(b"true")),
        }
    }
}

/// The members of a place.
pub fn write_place((name, country, region): Place, place: &mut Object) {
    place.text("name", name);
    place.text("country", country);
    place.text("region", region);
}

impl Quantity {
    /// Exactly `number`.
    pub fn exact(unit: &'static str, number: i64) -> Self {
        Self { unit, lo: Some(number), hi: Some(number), qual: "exact", said: format!("{number} in all") }
    }

    /// The number, if it is an exact one.
    pub fn number(&self) -> Option<i64> {
        self.lo.filter(|_| self.lo == self.hi)
    }

    /// The same number and one more.
    pub fn one_more(&self) -> Self {
        Self::exact(self.unit, self.number().map_or(1, |number| number + 1))
    }

    fn numbered(random: &mut Random, unit: &'static str) -> Self {
        let n = 2 + random.below(500) as i64;
        let (lo, hi, qual, said) = match random.below(10) {
            0 => (Some(n * 9 / 10), Some((n * 11 + 9) / 10), "approx", format!("about {n}")),
            1 => (Some(n + 1), None, "more_than", format!("more than {n}")),
            2 => (Some(n), None, "at_least", format!("at least {n}")),
            3 => (None, Some(n - 1), "less_than", format!("fewer than {n}")),
            4 => (None, Some(n), "at_most", format!("up to {n}")),
            5 => {
                let (lo, said) =
                    *random.pick(&[(3, "several"), (24, "dozens"), (200, "hundreds"), (2_000, "thousands")]);
                (Some(lo), None, "indefinite", said.to_owned())
            }
            _ => return Self::exact(unit, n),
        };
        Self { unit, lo, hi, qual, said }
    }

    fn range(random: &mut Random, unit: &'static str) -> Self {
        let lo = random.below(300) as i64;
        let hi = lo + 1 + random.below(200) as i64;
        Self { unit, lo: Some(lo), hi: Some(hi), qual: "range", said: format!("from {lo} to {hi}") }
    }
}
