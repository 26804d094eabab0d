//! Whether the year that a claim names stands in the words it is anchored in.

use crate::model::claim::{Claim, Reading};
use crate::model::date::Edtf;

/// The fix of a reading that completes a date.
const COMPLETED: &str = "relative-date";

/// The years that a claim names and does not account for.
#[derive(Debug, Default)]
pub struct Dating {
    /// Each with the JSON pointer to its date.
    unsaid: Vec<(u16, &'static str)>,
    unheard: bool,
}

/// What the words told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// Every year stands there, or the claim says where it comes from.
    Accounted,
    /// Some of the words are not at hand, and the others lack a year.
    NotJudged,
    /// The first year that stands nowhere, and the JSON pointer to its date.
    Unsaid(u16, &'static str),
}

impl Dating {
    /// The years of a claim's dates that neither `basis` nor a reading accounts for, nor the wording it keeps of them.
    pub fn of(claim: &Claim) -> Self {
        if claim.basis.is_some() {
            return Self::default();
        }
        let value = claim.value.as_ref();
        let dates = [(claim.when.as_deref(), "/when"), (value.and_then(|value| value.edtf()), "/value/edtf")];
        let years = dates.into_iter().flat_map(|(date, at)| years(date).into_iter().map(move |year| (year, at)));
        let is_read = |year| claim.reading.as_ref().is_some_and(|reading| accounts_for(reading, year));
        let mut dating = Self { unsaid: years.filter(|&(year, _)| !is_read(year)).collect(), unheard: false };
        if let Some(said) = value.and_then(|value| value.said()) {
            dating.hear(Some(said.as_bytes()));
        }
        dating
    }

    /// Takes the words of an anchor; `None` where they are not at hand.
    pub fn hear(&mut self, words: Option<&[u8]>) {
        match words {
            Some(words) => self.unsaid.retain(|&(year, _)| !holds(words, year)),
            None => self.unheard = true,
        }
    }

    /// Whether there is a year that the words might tell.
    pub fn listens(&self) -> bool {
        !self.unsaid.is_empty()
    }

    /// What is to be said once all words were heard.
    pub fn dated(&self) -> Dated {
        match self.unsaid.first() {
            None => Dated::Accounted,
            Some(_) if self.unheard => Dated::NotJudged,
            Some(&(year, at)) => Dated::Unsaid(year, at),
        }
    }
}

/// The years in which a date begins and ends; none of one whose digits are left open.
fn years(date: Option<&str>) -> Vec<u16> {
    let date = date.filter(|date| !date.contains('X')).and_then(|date| date.parse::<Edtf>().ok());
    let ends = date.iter().flat_map(|date| [date.first(), date.last()]).flatten();
    let mut years: Vec<u16> = ends.map(|day| day.parts().0).collect();
    years.dedup();
    years
}

fn accounts_for(reading: &Reading, year: u16) -> bool {
    reading.fix == COMPLETED || holds(reading.basis.as_bytes(), year)
}

/// Whether the year stands there as a number of its own.
fn holds(words: &[u8], year: u16) -> bool {
    let digits = format!("{year:04}");
    let is_digit = |at: Option<usize>| at.and_then(|at| words.get(at)).is_some_and(u8::is_ascii_digit);
    let mut places = memchr::memmem::find_iter(words, &digits);
    places.any(|at| !is_digit(at.checked_sub(1)) && !is_digit(at.checked_add(digits.len())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claim(fields: Value) -> Claim {
        let mut claim =
            json!({ "id": "c-1", "event": "e", "kind": "date", "stance": "asserts", "by": ["a"], "at": [] });
        for (name, field) in fields.as_object().expect("fields") {
            claim[name] = field.clone();
        }
        serde_json::from_value(claim).expect("a claim")
    }

    fn dated(fields: Value, words: &[Option<&str>]) -> Dated {
        let mut dating = Dating::of(&claim(fields));
        words.iter().for_each(|words| dating.hear(words.map(str::as_bytes)));
        dating.dated()
    }

    #[test]
    fn a_year_is_accounted_for_by_words_basis_or_reading() {
        use Dated::*;
        let when = |date: &str| json!({ "when": date });
        let read = |fix: &str, basis: &str| json!({ "when": "2011-12-16", "reading": { "fix": fix, "basis": basis } });
        let value = |said: &str| json!({ "value": { "edtf": "1988-05", "said": said } });
        for (fields, words, expected) in [
            (when("2011-12-16"), &[Some("on 16 December")][..], Unsaid(2011, "/when")),
            (when("2011-12-16"), &[Some("on 16 December"), Some("in 2011, they say")], Accounted),
            (when("2011-12-16"), &[Some("of 20111 people")], Unsaid(2011, "/when")),
            (when("2011-12-16"), &[Some("of 12011 people")], Unsaid(2011, "/when")),
            (when("2011-12-16"), &[None, Some("on 16 December")], NotJudged),
            (when("2011-12-16"), &[None, Some("2011")], Accounted),
            (when("2022/2023"), &[Some("since 2022")], Unsaid(2023, "/when")),
            (when("../2022"), &[Some("until 2022")], Accounted),
            (when("202X"), &[Some("in those years")], Accounted),
            (json!({ "when": "2011-12-16", "basis": "inferred" }), &[Some("on Friday")], Accounted),
            (json!({ "when": "2011-12-16", "basis": "stated" }), &[Some("on Friday")], Accounted),
            (read("relative-date", "the heading"), &[Some("today")], Accounted),
            (read("spin", "a machine's word for December"), &[Some("on 16 December")], Unsaid(2011, "/when")),
            (read("spin", "the page is of 2011"), &[Some("on 16 December")], Accounted),
            (value("in May 1988"), &[Some("then")], Accounted),
            (value("in May"), &[Some("then")], Unsaid(1988, "/value/edtf")),
            (json!({}), &[None], Accounted),
        ] {
            assert_eq!(dated(fields.clone(), words), expected, "{fields} {words:?}");
        }
    }
}
