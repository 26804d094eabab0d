//! A diff as one page for a browser: it opens from a file, asks the network for nothing, and finds its way in 100,000
//! changes.
//!
//! The page is `page/page.html` with the style and the script beside it and the data put in. The data is JSON in
//! elements that no browser runs, and the script writes all of it as text, never as markup. The page's own policy lets
//! nothing run but this script, known by its digest. What cannot be seen in a text is spelled out before it comes here.
//!
//! Changes come in pieces of `PIECE`, each an array of rows. A name (of an event, a source, an agent) is
//! spelled out where it first stands, and is its number from then on.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::words::{self, Marks, asks, changed, context, headline, particulars};
use super::{DiffHead, DiffOutput};
use crate::format::integrity;
use crate::model::change::{Anchored, Change, Sign, Subject, Trust, VersionName};
use crate::model::claim::{Anchor, Voice};
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::toll::{EventSummary, Toll};
use crate::render::claim;
use crate::render::json::visible;
use crate::render::text::plain;
use crate::stage::diff::quotes::Quotes;
use crate::stage::diff::{FieldChange, field_changes};
use crate::stage::search::Context;

const FRAME: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = concat!(
    include_str!("page/element.js"),
    include_str!("page/data.js"),
    include_str!("page/address.js"),
    include_str!("page/filters.js"),
    include_str!("page/change.js"),
    include_str!("page/list.js"),
    include_str!("page/overview.js"),
    include_str!("page/start.js"),
);

/// Changes in one element.
const PIECE: u64 = 500;

/// The page, written change by change.
#[derive(Default)]
pub struct Page {
    names: Names,
    changes: u64,
    quotes: Quotes,
}

impl Page {
    /// A page on which new words are shown in their context.
    pub fn new(quotes: Quotes) -> Self {
        Self { quotes, ..Self::default() }
    }
}

impl DiffOutput for Page {
    fn begin(&mut self, head: DiffHead) -> String {
        let (before, _) = frame();
        let before = before.replace("@policy@", &policy()).replace("@style@", STYLE);
        format!("{before}{}", element("head", &facts(head)))
    }

    fn change(&mut self, change: &Change) -> String {
        let start = match self.changes {
            0 => PIECE_START,
            count if count.is_multiple_of(PIECE) => &[PIECE_END, PIECE_START].concat(),
            _ => ",\n",
        };
        self.changes += 1;
        format!("{start}{}", embedded(&row(change, &self.quotes.of(change), &mut self.names)))
    }

    fn end(&mut self, hidden: u64) -> String {
        let (_, after) = frame();
        let piece_end = if self.changes == 0 { "" } else { PIECE_END };
        let end = element("end", &json!({ "hidden": hidden }));
        format!("{piece_end}{end}{}", after.replace("@script@", SCRIPT))
    }
}

const PIECE_START: &str = "<script type=\"application/json\" class=\"changes\">[\n";
const PIECE_END: &str = "\n]</script>\n";

/// What stands before the data and behind it.
fn frame() -> (&'static str, &'static str) {
    FRAME.split_once("@data@\n").unwrap_or((FRAME, ""))
}

/// Nothing but this style and this script.
fn policy() -> String {
    let [script, style] = [SCRIPT, STYLE].map(|text| integrity::of(text.as_bytes()));
    format!("default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'")
}

fn element(id: &str, data: &Value) -> String {
    format!("<script type=\"application/json\" id=\"{id}\">{}</script>\n", embedded(data))
}

/// JSON that no browser takes for markup, and in which nothing is hidden.
fn embedded(data: &Value) -> String {
    visible(&spelled(data).to_string()).replace('<', "\\u003c")
}

/// The same with every text made plain.
fn spelled(data: &Value) -> Value {
    match data {
        Value::String(text) => Value::String(plain(text)),
        Value::Array(elements) => elements.iter().map(spelled).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), spelled(value))).collect(),
        _ => data.clone(),
    }
}

fn facts(head: DiffHead) -> Value {
    let DiffHead { header, trailer, events, .. } = head;
    let totals: Vec<Value> = RecordKind::ALL
        .iter()
        .rev()
        .map(|kind| {
            let totals = trailer.totals.get(kind).copied().unwrap_or_default();
            json!([format!("{kind}s"), totals.added, totals.removed, totals.changed, totals.unchanged])
        })
        .collect();
    let classes: Vec<Value> = trailer
        .classes
        .iter()
        .map(|(class, count)| {
            json!({
                "code": class.code(),
                "name": class.name(),
                "group": class.group().words(),
                "title": class.title(),
                "explanation": class.explanation().lines().collect::<Vec<_>>(),
                "bump": class.bump(header.law).word(),
                "asks": asks(Some(class.bump(header.law)), header.law),
                "count": count,
            })
        })
        .collect();
    json!({
        "dataset": header.dataset,
        "old": version(&header.old),
        "new": version(&header.new),
        "asks": asks(trailer.bump, header.law),
        "bump": trailer.bump.map(|bump| bump.word()),
        "changes": trailer.changes,
        "totals": totals,
        "classes": classes,
        "kinds": Subject::ALL.map(Subject::word),
        "events": events.iter().map(event).collect::<Vec<_>>(),
        "event_count": trailer.events,
    })
}

fn version(name: &VersionName) -> Value {
    json!({
        "path": name.path,
        "version": name.version,
        "trust": name.trust_in_words(),
        "is_unsure": name.trust == Some(Trust::NotVerified),
        "digest": name.tagmanifest_sha256,
    })
}

fn event(event: &EventSummary) -> Value {
    json!({
        "id": event.event,
        "changed": changed(event),
        "tolls": event.tolls.iter().map(toll).collect::<Vec<_>>(),
    })
}

/// What is counted, what each side says, and whether that changed.
fn toll(toll: &Toll) -> Value {
    let sentence = arrowed(&words::toll(toll));
    let (counted, said) = sentence.split_once(": ").unwrap_or((&sentence, ""));
    let is_changed = [toll.official, toll.others].iter().any(|side| side.old != side.new);
    json!({ "counted": counted, "said": said.split("; ").collect::<Vec<_>>(), "is_changed": is_changed })
}

/// One change, as `page/data.js` takes it apart: sign, kind, id, codes, fingerprint, events, sources, chains of voices,
/// headline, lines.
fn row(change: &Change, quotes: &[&Context], names: &mut Names) -> Value {
    let sign = match change.sign() {
        Sign::Came => "+",
        Sign::Went => "-",
        Sign::Changed => "~",
    };
    let Places { events, sources, chains } = places(change);
    let headline = match context(change) {
        Some(claim) => claim::proposition(claim.stance, &claim.kind, claim.value.as_ref(), claim.when.as_deref()),
        None => pieces(&headline(change, &Pieces)).iter().filter_map(|piece| piece.get(1..)).collect(),
    };
    let mut lines: Vec<_> = particulars(change, &Pieces).iter().map(|words| line(words)).collect();
    if let Some(anchored) = &change.anchored {
        lines.iter_mut().for_each(|line| name_all(line, anchored));
    }
    lines.extend(quotes.iter().map(|quote| line(&in_context(quote))));
    json!([
        sign,
        change.kind as usize,
        change.id,
        change.classes.iter().map(|class| class.code()).collect::<Vec<_>>(),
        change.fingerprint,
        events.iter().map(|event| names.number(event)).collect::<Vec<_>>(),
        sources.iter().map(|source| names.number(source)).collect::<Vec<_>>(),
        chains.iter().map(|chain| chain.iter().map(|voice| names.number(voice)).collect()).collect::<Vec<Vec<_>>>(),
        headline,
        lines,
    ])
}

/// Words between those that stand around them.
fn in_context(context: &Context) -> String {
    let Context { before, words, after, line } = context;
    let words = format!("\u{2026}{before}\u{ab}{words}\u{bb}{after}\u{2026}");
    format!("{}: {}", Pieces.text(&format!("line {line}")), Pieces.text(&words))
}

/// Each name once.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    /// The name where it is new, else its number.
    fn number(&mut self, name: &str) -> Value {
        match self.0.get(name) {
            Some(number) => json!(number),
            None => {
                self.0.insert(name.to_owned(), self.0.len());
                json!(name)
            }
        }
    }
}

/// Where a reader would look for a change: as things are now first, then as they were.
#[derive(Default)]
struct Places {
    events: Vec<String>,
    sources: BTreeSet<String>,
    chains: Vec<Vec<String>>,
}

fn places(change: &Change) -> Places {
    let mut places = Places::default();
    if let Some(claim) = context(change) {
        places.events.push(claim.event.to_string());
        places.sources.extend(claim.sources.iter().map(ToString::to_string));
        places.chains.push(chain(&claim.by));
        field_changes(change).iter().for_each(|field| places.were(field));
    }
    match change.kind {
        Subject::Event => places.events.push(change.id.clone()),
        Subject::Source => _ = places.sources.insert(change.id.clone()),
        Subject::Agent => places.chains.push(vec![change.id.clone()]),
        _ => {}
    }
    places
}

impl Places {
    fn were(&mut self, field: &FieldChange) {
        let Some(old) = &field.old else { return };
        match field.field() {
            "event" => self.events.extend(old.as_str().map(str::to_owned)),
            "by" => self.chains.extend(Vec::<Voice>::deserialize(old).ok().map(|by| chain(&by))),
            "at" => {
                self.sources.extend(Anchor::deserialize(old).ok().map(|anchor| anchor.capture.source.to_string()));
            }
            _ => {}
        }
    }
}

fn chain(voices: &[Voice]) -> Vec<String> {
    voices.iter().map(|voice| voice.agent().to_string()).collect()
}

/// Text in marks that no text can hold: whatever cannot be seen was spelled out before.
struct Pieces;

/// Behind each marked stretch.
const END: char = '\u{4}';
/// The mark before a stretch, and what stands for it in the page.
const MARKS: [(char, char); 3] = [('\u{1}', '='), ('\u{2}', '-'), ('\u{3}', '+')];

impl Marks for Pieces {
    fn text(&self, text: &str) -> String {
        format!("\u{1}{}{END}", plain(text))
    }

    fn removed(&self, text: &str) -> String {
        format!("\u{2}{}{END}", plain(text))
    }

    fn added(&self, text: &str) -> String {
        format!("\u{3}{}{END}", plain(text))
    }
}

/// A marked line in pieces. The first character of each says what it is: `=` text of the dataset, `-` gone, `+` new, a
/// space before words of ours.
fn pieces(words: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for stretch in words.split(END) {
        let at = stretch.find(|c| MARKS.iter().any(|(mark, _)| *mark == c)).unwrap_or(stretch.len());
        let (ours, marked) = stretch.split_at(at);
        if !ours.is_empty() {
            pieces.push(format!(" {}", arrowed(ours)));
        }
        let sign = MARKS.iter().find(|(mark, _)| marked.starts_with(*mark)).map(|(_, sign)| *sign);
        pieces.extend(sign.filter(|_| marked.len() > 1).map(|sign| format!("{sign}{}", &marked[1..])));
    }
    pieces
}

/// Words of ours with arrows as they are printed.
fn arrowed(words: &str) -> String {
    words.replace(" -> ", " \u{2192} ")
}

/// How sentences begin that hold nothing of the dataset but ids and words that the format fixes.
const LABELS: [&str; 8] = [
    "status",
    "because of",
    "maybe the same as",
    "claims lost:",
    "claims not checked:",
    "claims moved:",
    "claims unchanged:",
    "live",
];

/// A line's label, then its pieces.
fn line(words: &str) -> Vec<String> {
    let mut pieces = pieces(words);
    let of_field = match pieces.as_slice() {
        [name, colon, ..] => name.strip_prefix('=').zip(colon.strip_prefix(" : ")),
        _ => None,
    };
    if let Some((name, rest)) = of_field {
        let (label, rest) = (name.to_owned(), format!(" {rest}"));
        pieces.splice(..2, [label].into_iter().chain(Some(rest).filter(|rest| rest.len() > 1)));
        return pieces;
    }
    if let [sentence] = pieces.as_slice() {
        let sentence = sentence.get(1..).unwrap_or_default();
        let label =
            LABELS.iter().find(|label| sentence.strip_prefix(**label).is_some_and(|rest| rest.starts_with(' ')));
        if let Some(label) = label {
            let rest = arrowed(&sentence[label.len()..]);
            return vec![label.trim_end_matches(':').to_owned(), rest];
        }
        if sentence.starts_with('\u{201c}') {
            return vec!["quote".to_owned(), format!("={sentence}")];
        }
    }
    pieces.insert(0, String::new());
    pieces
}

/// Most claims of a recaptured source that are named under one label.
const NAMED: usize = 1_000;

/// A page has room for more claims than a terminal.
fn name_all(line: &mut [String], anchored: &Anchored) {
    let [label, said] = line else { return };
    let claims = match label.as_str() {
        "claims lost" => &anchored.lost,
        "claims not checked" => &anchored.not_checked,
        "claims moved" => &anchored.moved,
        "claims unchanged" => &anchored.unchanged,
        _ => return,
    };
    let named: Vec<&str> = claims.iter().take(NAMED).map(Id::as_str).collect();
    let more = if claims.len() > NAMED { ", ..." } else { "" };
    *said = format!(" {} ({}{more})", claims.len(), named.join(", "));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::change::{ChangesHeader, ChangesTrailer};
    use crate::stage::rule::is_hidden;

    const HOSTILE: &str = "</script><!--<img src=x onerror=alert(1)>\u{2028}\u{202e}\u{1}'\"\\\u{0}";

    fn page(changes: &[Change]) -> String {
        let header = json!({
            "format": ChangesHeader::FORMAT, "dataset": "d", "law": "living",
            "old": { "version": "1.0.0", "trust": "verified" }, "new": { "path": HOSTILE, "trust": "checked" },
        });
        let header = serde_json::from_value(header).expect("a header");
        let trailer = ChangesTrailer { changes: changes.len() as u64, ..ChangesTrailer::default() };
        let mut page = Page::default();
        let begin = page.begin(DiffHead { header: &header, trailer: &trailer, events: &[], selected: None });
        let body: String = changes.iter().map(|change| page.change(change)).collect();
        begin + &body + &page.end(0)
    }

    /// A note that changed from one text to another.
    fn change(id: &str, old: &str, new: &str) -> Change {
        let path = "/claims/c-1/note";
        serde_json::from_value(json!({
            "kind": "claim", "id": id, "classes": ["A01"], "fingerprint": "0123456789ab",
            "patch": [{ "op": "test", "path": path, "value": old }, { "op": "replace", "path": path, "value": new }],
            "claim": { "event": "e", "kind": "killed", "stance": "asserts", "by": ["paper", "office"], "sources": ["s"] },
        }))
        .expect("a change")
    }

    /// The data elements of a page.
    fn data(page: &str) -> Vec<Value> {
        let elements = page.split("<script type=\"application/json\"").skip(1);
        let json = elements.filter_map(|element| element.split_once('>')?.1.split_once("</script>"));
        json.map(|(json, _)| serde_json::from_str(json).expect("JSON")).collect()
    }

    fn rows(page: &str) -> Vec<Value> {
        data(page).into_iter().filter_map(|data| data.as_array().cloned()).flatten().collect()
    }

    #[test]
    fn the_policy_names_the_script_and_the_style_that_stand_in_the_page() {
        let page = page(&[change("c-1", "a", "b")]);
        let between = |start: &str, end: &str| {
            let (_, rest) = page.rsplit_once(start).expect("its start");
            rest.split_once(end).expect("its end").0.to_owned()
        };
        let policy = between("Content-Security-Policy\" content=\"", "\">");
        for (directive, text) in
            [("script-src", between("<script>", "</script>")), ("style-src", between("<style>", "</style>"))]
        {
            assert!(text.len() > 1000);
            assert!(policy.contains(&format!("; {directive} '{}'", integrity::of(text.as_bytes()))), "{directive}");
        }
        assert!(policy.starts_with("default-src 'none';"));
        assert!(!["@policy@", "@style@", "@data@", "@script@"].iter().any(|mark| page.contains(mark)));
    }

    #[test]
    fn hostile_text_never_becomes_markup() {
        let markup = |page: &str| page.matches('<').count();
        let harmless = page(&[change("c-1", "a", "b")]);
        let hostile = page(&[change("c-1", HOSTILE, &format!("{HOSTILE} and more"))]);
        assert_eq!(markup(&hostile), markup(&harmless));
        assert!(!hostile.chars().any(is_hidden));
        let shown = "</script><!--<img src=x onerror=alert(1)>\\u{2028}\\u{202e}\\u{1}'\"\\\\u{0}";
        assert_eq!(data(&hostile)[0]["new"]["path"], shown);
        assert!(rows(&hostile)[0][9][0][1].as_str().is_some_and(|piece| piece.starts_with("=</script><!--<img")));
    }

    #[test]
    fn a_change_is_one_row() {
        let first = "the office said that it counted fourteen of them then";
        let second = "the office said that it counted sixteen of them then";
        let [row] = &rows(&page(&[change("c-1", first, second)]))[..] else { panic!("one row") };
        let line = json!(["note", "=the office said that it counted ", "-fourteen", "+sixteen", "= of them then"]);
        let wanted =
            json!(["~", 3, "c-1", ["A01"], "0123456789ab", ["e"], ["s"], [["paper", "office"]], "killed", [line]]);
        assert_eq!(*row, wanted);
    }

    #[test]
    fn a_name_is_spelled_out_once_and_pieces_are_short() {
        let count = 2 * PIECE as usize + 1;
        let page = page(&vec![change("c-1", "a", "b"); count]);
        assert_eq!(page.matches("class=\"changes\"").count(), 3);
        let rows = rows(&page);
        assert_eq!(rows.len(), count);
        assert_eq!(rows[0][7], json!([["paper", "office"]]));
        assert!(rows[1..].iter().all(|row| row[5] == json!([0]) && row[6] == json!([1]) && row[7] == json!([[2, 3]])));
    }

    #[test]
    fn nothing_changed_is_a_page_too() {
        assert_eq!(data(&page(&[])).len(), 2);
    }

    #[test]
    fn every_claim_of_a_recaptured_source_is_named() {
        let claims: Vec<String> = (10..40).map(|n| format!("c-{n}")).collect();
        let mut change = change("s", "a", "b");
        change.anchored = serde_json::from_value(json!({ "lost": claims })).ok();
        let rows = rows(&page(&[change]));
        let lines = rows[0][9].as_array().cloned().unwrap_or_default();
        assert_eq!(lines.last(), Some(&json!(["claims lost", format!(" 30 ({})", claims.join(", "))])));
    }

    #[test]
    fn lines_have_labels() {
        let text = |text: &str| Pieces.text(text);
        assert_eq!(
            line(&format!("{}: {} -> {}", text("at/1"), text("x"), text("y"))),
            ["at/1", "=x", "  \u{2192} ", "=y"]
        );
        assert_eq!(line(&format!("{}: added {}", text("note"), text("x"))), ["note", " added ", "=x"]);
        assert_eq!(line(&text("status asserted -> disputed by 2")), ["status", " asserted \u{2192} disputed by 2"]);
        assert_eq!(line(&text("claims lost: 2 (a, b)")), ["claims lost", " 2 (a, b)"]);
        assert_eq!(line(&text("\u{201c}a -> b\u{201d}")), ["quote", "=\u{201c}a -> b\u{201d}"]);
        assert_eq!(line(&text("supports c-2")), ["", "=supports c-2"]);
    }

    proptest! {
        #[test]
        fn any_text_stays_one_text(old in any::<String>(), new in any::<String>()) {
            let page = page(&[change("c-1", &old, &new)]);
            let sides: [String; 2] = ["=-", "=+"].map(|signs| {
                let line = rows(&page)[0][9][0].as_array().cloned().unwrap_or_default();
                let pieces = line.iter().skip(1).filter_map(Value::as_str);
                pieces.filter(|piece| piece.starts_with(|sign| signs.contains(sign))).map(|piece| &piece[1..]).collect()
            });
            let (old, new) = (plain(&old), plain(&new));
            // Side by side where they are unlike.
            let both = format!("{old}{new}");
            prop_assert!(old == new || sides == [old, new] || sides.iter().all(|side| *side == both));
        }
    }
}
