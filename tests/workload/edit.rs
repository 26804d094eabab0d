//! Changes of a claim's meaning from one version to the next.

use crate::claim::{Anchor, Claim};
use crate::source::Source;
use crate::value::{Quantity, Value};
use crate::words::PLACES;

/// One kind of edit. Each changes the same fields of whatever claim it is planted in.
#[derive(Clone, Copy, PartialEq)]
pub enum Edit {
    Value,
    Said,
    Note,
    Stance,
    Retracted,
    AnchorMoved,
    OtherSentence,
    Several,
    BigInteger,
    Space,
    FieldRemoved,
}

/// The last two integers that every reader of JSON tells apart (RFC 7493).
const BIG: i64 = (1 << 53) - 2;

impl Edit {
    /// Its name in the answer key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Said => "said",
            Self::Note => "note",
            Self::Stance => "stance",
            Self::Retracted => "retracted",
            Self::AnchorMoved => "anchor_moved",
            Self::OtherSentence => "other_sentence",
            Self::Several => "several",
            Self::BigInteger => "big_integer",
            Self::Space => "space",
            Self::FieldRemoved => "field_removed",
        }
    }

    /// The fields it changes, as JSON pointers (RFC 6901); a span counts as one field.
    pub fn pointers(self) -> &'static [&'static str] {
        match self {
            Self::Value | Self::BigInteger => &["/value/hi", "/value/lo", "/value/said"],
            Self::Said => &["/value/said"],
            Self::Note | Self::Space => &["/note"],
            Self::Stance => &["/stance"],
            Self::Retracted => &["/log"],
            Self::AnchorMoved => &["/at/0/span"],
            Self::OtherSentence => &["/at/0/quote", "/at/0/sha256", "/at/0/span"],
            Self::Several => &["/note", "/stance", "/when"],
            Self::FieldRemoved => &["/where"],
        }
    }

    /// Gives the old version of the claim what the edit will change.
    pub fn prepare<'a>(self, claim: &mut Claim<'a>, source: &Source<'a>) {
        match self {
            Self::Value | Self::Said => count(claim),
            Self::Note | Self::Space => remark(claim),
            Self::AnchorMoved => claim.at[0] = Anchor::new(source, source.text.refrain().0),
            Self::Several => {
                remark(claim);
                claim.when = Some("2022-01-05".into());
            }
            Self::BigInteger => {
                claim.kind = "damage";
                claim.value = Some(Value::Quantity(Quantity::exact("tenge", BIG)));
            }
            Self::FieldRemoved => claim.place = Some(PLACES[0]),
            Self::Stance | Self::Retracted | Self::OtherSentence => {}
        }
    }

    /// Turns the old version of a prepared claim into the new one.
    pub fn apply<'a>(self, claim: &mut Claim<'a>, source: &Source<'a>) {
        match self {
            Self::Value | Self::BigInteger => {
                if let Some(Value::Quantity(quantity)) = &mut claim.value {
                    *quantity = quantity.one_more();
                }
            }
            Self::Said => {
                if let Some(Value::Quantity(quantity)) = &mut claim.value {
                    quantity.said.push_str(", so far");
                }
            }
            Self::Note => amend(claim),
            Self::Stance => turn(claim),
            Self::Retracted => claim.retracted = true,
            Self::AnchorMoved => claim.at[0] = Anchor::new(source, source.text.refrain().1),
            Self::OtherSentence => {
                if let Some(other) = source.text.other_than(&claim.at[0].occurrence.sentence.text) {
                    claim.at[0] = Anchor::new(source, other);
                }
            }
            Self::Several => {
                amend(claim);
                turn(claim);
                claim.when = Some("2022-01-06".into());
            }
            Self::Space => claim.note = claim.note.take().map(|note| note.replacen(' ', "  ", 1)),
            Self::FieldRemoved => claim.place = None,
        }
    }
}

/// Makes sure that the claim holds an exact number.
pub fn count(claim: &mut Claim) {
    if !matches!(&claim.value, Some(Value::Quantity(quantity)) if quantity.number().is_some()) {
        claim.kind = "killed";
        claim.value = Some(Value::Quantity(Quantity::exact("person", 12)));
    }
}

/// Makes sure that the claim has a note.
pub fn remark(claim: &mut Claim) {
    claim.note.get_or_insert_with(|| "Екі рет айтылды: сказано дважды 🌊".into());
}

fn amend(claim: &mut Claim) {
    claim.note = claim.note.take().map(|note| note + " (corrected)");
}

fn turn(claim: &mut Claim) {
    claim.stance = match claim.stance {
        "asserts" => "denies",
        "denies" => "doubts",
        _ => "asserts",
    };
}
