//! What a claim asserts.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::id::Id;

/// The one value a claim asserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Fields")]
pub enum Value {
    /// A counted value.
    Quantity(Quantity),
    /// A date, with the wording that carries it.
    Date {
        /// The asserted date, as written (EDTF; the rules check it).
        edtf: String,
        /// The wording, eight words at most.
        said: String,
    },
    /// A place, with the wording that carries it.
    Place {
        /// The asserted place.
        place: Place,
        /// The wording, eight words at most.
        said: String,
    },
    /// A statement in the curator's own words.
    Text {
        /// The statement.
        text: String,
    },
    /// The voice says that the value is not known.
    Unknown {
        /// Always true.
        unknown: bool,
    },
}

impl Value {
    /// The asserted date, as written, where the value is one.
    pub fn edtf(&self) -> Option<&str> {
        match self {
            Value::Date { edtf, .. } => Some(edtf),
            _ => None,
        }
    }

    /// The wording that carries the value, where the value has one.
    pub fn said(&self) -> Option<&str> {
        match self {
            Value::Quantity(Quantity { said, .. }) | Value::Date { said, .. } | Value::Place { said, .. } => Some(said),
            Value::Text { .. } | Value::Unknown { .. } => None,
        }
    }
}

/// The fields of every form of value. Which of them are there decides the form.
#[derive(Deserialize)]
struct Fields {
    unit: Option<Id>,
    #[serde(default, deserialize_with = "bound")]
    lo: Option<Option<i64>>,
    #[serde(default, deserialize_with = "bound")]
    hi: Option<Option<i64>>,
    qual: Option<Qualifier>,
    edtf: Option<String>,
    place: Option<Place>,
    text: Option<String>,
    unknown: Option<bool>,
    said: Option<String>,
}

/// The fields are not those of any one form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a value is {{unit, lo, hi, qual, said}}, {{edtf, said}}, {{place, said}}, {{text}} or {{unknown}}")]
pub struct ValueError;

impl Fields {
    fn count(&self) -> usize {
        let is_there = [
            self.unit.is_some(),
            self.lo.is_some(),
            self.hi.is_some(),
            self.qual.is_some(),
            self.edtf.is_some(),
            self.place.is_some(),
            self.text.is_some(),
            self.unknown.is_some(),
            self.said.is_some(),
        ];
        is_there.into_iter().filter(|is_there| *is_there).count()
    }
}

impl TryFrom<Fields> for Value {
    type Error = ValueError;

    fn try_from(fields: Fields) -> Result<Self, ValueError> {
        let count = fields.count();
        let (value, needed) = match fields {
            Fields { unit: Some(unit), lo: Some(lo), hi: Some(hi), qual: Some(qual), said: Some(said), .. } => {
                (Value::Quantity(Quantity { unit, lo, hi, qual, said }), 5)
            }
            Fields { edtf: Some(edtf), said: Some(said), .. } => (Value::Date { edtf, said }, 2),
            Fields { place: Some(place), said: Some(said), .. } => (Value::Place { place, said }, 2),
            Fields { text: Some(text), .. } => (Value::Text { text }, 1),
            Fields { unknown: Some(unknown), .. } => (Value::Unknown { unknown }, 1),
            _ => return Err(ValueError),
        };
        if count == needed { Ok(value) } else { Err(ValueError) }
    }
}

/// A bound that is there: a number, or `null` for none.
fn bound<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Option<i64>>, D::Error> {
    input.deserialize_any(Bound).map(Some)
}

struct Bound;

impl Visitor<'_> for Bound {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer or null")
    }

    fn visit_unit<E>(self) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, bound: i64) -> Result<Option<i64>, E> {
        Ok(Some(bound))
    }

    fn visit_u64<E: de::Error>(self, bound: u64) -> Result<Option<i64>, E> {
        i64::try_from(bound).map(Some).map_err(E::custom)
    }
}

/// A counted value: inclusive integer bounds, `None` meaning unbounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// Largest value the wording allows.
    pub hi: Option<i64>,
    /// Smallest value the wording allows.
    pub lo: Option<i64>,
    /// How the wording limits the number.
    pub qual: Qualifier,
    /// The wording, eight words at most.
    pub said: String,
    /// What is counted, from the dataset's vocabulary.
    pub unit: Id,
}

impl Quantity {
    /// Whether the lower bound lies above the upper one.
    pub fn is_inverted(&self) -> bool {
        matches!((self.lo, self.hi), (Some(lo), Some(hi)) if lo > hi)
    }

    /// Whether the bounds are of the form the qualifier asks for.
    pub fn bounds_agree(&self) -> bool {
        match (self.qual, self.lo, self.hi) {
            (Qualifier::Exact, Some(lo), Some(hi)) => lo == hi,
            (Qualifier::Approx, Some(lo), Some(hi)) => lo <= hi,
            (Qualifier::Range, Some(lo), Some(hi)) => lo < hi,
            (Qualifier::MoreThan | Qualifier::AtLeast, Some(_), None) => true,
            (Qualifier::LessThan | Qualifier::AtMost, None | Some(0), Some(_)) => true,
            (Qualifier::Indefinite, lo, hi) => lo.is_none() || lo != hi,
            _ => false,
        }
    }
}

/// How a wording limits a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// "14": lo = hi.
    Exact,
    /// "about 20": both bounds, by the codebook's rule.
    Approx,
    /// "more than 80": lo only.
    MoreThan,
    /// "at least 80": lo only.
    AtLeast,
    /// "fewer than 80": hi only.
    LessThan,
    /// "up to 80": hi only.
    AtMost,
    /// "50 to 60": lo < hi.
    Range,
    /// "dozens": bounds by the codebook.
    Indefinite,
}

impl Qualifier {
    /// The qualifier as a reader says it.
    pub fn words(self) -> &'static str {
        match self {
            Qualifier::Exact => "exact",
            Qualifier::Approx => "approximate",
            Qualifier::MoreThan => "more than",
            Qualifier::AtLeast => "at least",
            Qualifier::LessThan => "less than",
            Qualifier::AtMost => "at most",
            Qualifier::Range => "range",
            Qualifier::Indefinite => "indefinite",
        }
    }
}

/// A named place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The place's name.
    pub name: String,
    /// First-level administrative region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl fmt::Display for Value {
    /// The value as a reader meets it: `14 person (exact)`, `81 or more person`, `2022-01-05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Quantity(Quantity { unit, lo, hi, qual, .. }) => {
                match (lo, hi) {
                    (Some(lo), Some(hi)) if lo == hi => write!(f, "{lo}")?,
                    (Some(lo), Some(hi)) => write!(f, "{lo}..{hi}")?,
                    (Some(lo), None) => write!(f, "{lo} or more")?,
                    (None, Some(hi)) => write!(f, "{hi} or fewer")?,
                    (None, None) => f.write_str("some")?,
                }
                match qual {
                    // The bounds say it already.
                    Qualifier::MoreThan | Qualifier::AtLeast | Qualifier::LessThan | Qualifier::AtMost => {
                        write!(f, " {unit}")
                    }
                    _ => write!(f, " {unit} ({})", qual.words()),
                }
            }
            Value::Date { edtf, .. } => write!(f, "{edtf}"),
            Value::Place { place, .. } => f.write_str(&place.name),
            Value::Text { text } => f.write_str(text),
            Value::Unknown { .. } => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(qual: &str, lo: Option<i64>, hi: Option<i64>) -> Quantity {
        let json = serde_json::json!({"unit": "person", "lo": lo, "hi": hi, "qual": qual, "said": "x"});
        serde_json::from_value(json).expect("a quantity")
    }

    #[test]
    fn bounds_agree_with_their_qualifier_or_not() {
        let (n, some) = (None, Some);
        for (qual, lo, hi, agrees) in [
            ("exact", some(14), some(14), true),
            ("exact", some(14), n, false),
            ("exact", some(13), some(14), false),
            ("approx", some(18), some(22), true),
            ("approx", some(18), n, false),
            ("more_than", some(81), n, true),
            ("more_than", some(81), some(90), false),
            ("at_least", n, n, false),
            ("less_than", n, some(19), true),
            ("less_than", some(0), some(19), true),
            ("at_most", some(3), some(19), false),
            ("range", some(50), some(60), true),
            ("range", some(50), some(50), false),
            ("indefinite", some(24), n, true),
            ("indefinite", n, n, true),
            ("indefinite", some(3), some(3), false),
        ] {
            assert_eq!(quantity(qual, lo, hi).bounds_agree(), agrees, "{qual} {lo:?} {hi:?}");
        }
        assert!(quantity("range", some(60), some(50)).is_inverted());
    }

    #[test]
    fn prints_as_a_reader_meets_it() {
        assert_eq!(Value::Quantity(quantity("more_than", Some(81), None)).to_string(), "81 or more person");
        assert_eq!(Value::Quantity(quantity("exact", Some(14), Some(14))).to_string(), "14 person (exact)");
        assert_eq!(Value::Unknown { unknown: true }.to_string(), "unknown");
    }
}
