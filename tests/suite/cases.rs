//! The smallest edits of the harbour that `affiant check` must find, and where it must find them.

mod quality;
mod sealed;

use affiant::finding::{Code, Severity};
use affiant::model::digest::Digest;
use serde_json::{Value, json};

use crate::house::House;

/// Stands in edited words before the character that the finding must point to.
pub const HERE: char = '\u{2038}';

/// File, line and column.
pub type Spot = (String, usize, usize);

/// A spoiled dataset and all that must be found in it.
pub struct Case {
    pub code: Code,
    house: House,
    spots: Vec<Spot>,
    expected: Vec<Value>,
}

fn case(code: Code) -> Case {
    Case { code, house: House::new(), spots: Vec::new(), expected: Vec::new() }
}

impl Case {
    /// Replaces words that stand once in a file of the dataset; [`HERE`] marks where a finding must point.
    fn swap(mut self, file: &str, old: &str, new: &str) -> Self {
        self.spots.extend(swap(&self.house, &format!("dataset/{file}"), old, new));
        self
    }

    /// Replaces the bytes of a file of the dataset.
    fn bytes(self, file: &str, edit: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        let path = format!("dataset/{file}");
        let bytes = if self.house.path(&path).exists() { self.house.bytes(&path) } else { Vec::new() };
        self.house.write(&path, edit(bytes));
        self
    }

    fn without(self, file: &str) -> Self {
        self.house.remove(&format!("dataset/{file}"));
        self
    }

    /// Makes these words the ones that the first anchor of a claim records.
    fn digest(self, id: &str, words: &str) -> Self {
        let claims = self.house.text("dataset/claims.jsonl");
        let line = claims.lines().find(|line| line.contains(&format!("\"id\":\"{id}\""))).expect("the claim");
        let (_, rest) = line.split_once("\"sha256\":\"").expect("an anchor");
        let anew = line.replacen(&rest[..64], &Digest::of(words.as_bytes()).to_string(), 1);
        self.house.write("dataset/claims.jsonl", claims.replace(line, &anew));
        self
    }

    /// Makes the summary as it is the one that was captured.
    fn captured_anew(self) -> Self {
        let (old, new) = (House::new(), self.house.bytes("dataset/texts/gazette-summary.1.txt"));
        let old = old.bytes("dataset/texts/gazette-summary.1.txt");
        let record = |text: &[u8]| format!("\"sha256\":\"{}\",\"bytes\":{}", Digest::of(text), text.len());
        self.house.swap("dataset/sources.jsonl", &record(&old), &record(&new));
        self
    }

    /// The finding is about a whole file.
    fn file(mut self, file: &str) -> Self {
        self.expected.push(json!({ "code": self.code.name(), "file": format!("dataset/{file}") }));
        self
    }

    /// The finding is about a line at the next spot, whose record still has this id.
    fn line(mut self, id: Option<&str>) -> Self {
        let (file, line, column) = self.spots.get(self.expected.len()).expect("a marked spot").clone();
        let mut finding = json!({ "code": self.code.name(), "file": file, "line": line, "column": column });
        let kinds = [("agents", "agent"), ("events", "event"), ("sources", "source"), ("claims", "claim")];
        if let Some((_, kind)) = kinds.iter().find(|(stem, _)| file == format!("dataset/{stem}.jsonl")) {
            finding["kind"] = json!(kind);
        }
        if let Some(id) = id {
            finding["id"] = json!(id);
        }
        self.expected.push(finding);
        self
    }

    /// The finding is about a value of a record at the next spot.
    fn record(mut self, id: &str, pointer: &str) -> Self {
        self = self.line(Some(id));
        self.expected.last_mut().expect("the line above")["pointer"] = json!(pointer);
        self
    }

    /// The spoiled dataset.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// What differs from what must be found, if anything.
    pub fn fault(&self) -> Option<String> {
        let ended = self.house.check();
        let found: Vec<Value> = ended.findings().into_iter().map(bare).collect();
        let code = i32::from(self.code.severity() == Severity::Error);
        let severities = ended.findings().iter().all(|finding| finding["severity"] == json!(self.code.severity()));
        let holds = found == self.expected && !found.is_empty() && ended.code() == code && severities;
        (!holds).then(|| format!("{}: expected {}\n{}", self.code, Value::from(self.expected.clone()), ended.stdout()))
    }
}

/// A finding without its words.
fn bare(mut finding: Value) -> Value {
    let members = finding.as_object_mut().expect("an object");
    members.retain(|name, _| !["severity", "message", "help"].contains(&name.as_str()));
    finding
}

/// Replaces words that stand once in a file, takes the mark out of them and says where it stood.
pub fn swap(house: &House, path: &str, old: &str, new: &str) -> Option<Spot> {
    house.swap(path, old, new);
    let text = house.text(path);
    house.write(path, text.replace(HERE, ""));
    let column = |line: &str| line.chars().position(|c| c == HERE);
    let mut lines = (1..).zip(text.split('\n'));
    lines.find_map(|(line, content)| Some((path.to_owned(), line, column(content)? + 1)))
}

const AGENTS: &str = "agents.jsonl";
const EVENTS: &str = "events.jsonl";
const SOURCES: &str = "sources.jsonl";
const CLAIMS: &str = "claims.jsonl";
const DATASET: &str = "dataset.json";
const SUMMARY: &str = "texts/gazette-summary.1.txt";

fn json_cases() -> Vec<Case> {
    let deep = format!("\"ext\":{}0{}", "[".repeat(64), "]".repeat(64)).replacen("[0]", "\u{2038}[0]", 1);
    let cut = |mut bytes: Vec<u8>| {
        let word = bytes.windows(7).position(|word| word == b"Harbour").expect("the word");
        bytes[word] = 0xff;
        bytes
    };
    let long = format!("{{\"note\":\"{}\u{2038}x\",\"id\":\"person-01\"", "x".repeat((1 << 20) - r#"{"note":""#.len()));
    vec![
        case(Code::JsonSyntax).swap(CLAIMS, r#","kind":"location""#, r#" ‸"kind":"location""#).line(None),
        case(Code::JsonSyntax).swap(AGENTS, "{\"id\":\"person-01\"", "‸\n{\"id\":\"person-01\"").line(None),
        case(Code::JsonEncoding).swap(CLAIMS, "was doubted", r"was ‸\ud83d doubted").line(None),
        case(Code::JsonEncoding)
            .swap(AGENTS, "{\"id\":\"gazette\"", "‸\u{feff}{\"id\":\"gazette\"")
            .line(Some("gazette")),
        case(Code::JsonEncoding).swap(AGENTS, "The Harbour", "The ‸Harbour").bytes(AGENTS, cut).line(Some("gazette")),
        case(Code::JsonDuplicateKey)
            .swap(EVENTS, r#""when":"1999-05"}"#, r#""when":"1999-05",‸"when":"1999-06"}"#)
            .line(Some("dock-strike")),
        case(Code::JsonDuplicateKey)
            .swap(EVENTS, r#""when":"1999-05"}"#, r#""when":"1999-05",‸"\u0077hen":"1999-05"}"#)
            .line(Some("dock-strike")),
        case(Code::JsonLimit).swap(CLAIMS, r#""ext":{"reviewed":true}"#, &deep).line(Some("pf-0003")),
        case(Code::JsonLimit).swap(AGENTS, "{\"id\":\"person-01\"", &long).line(Some("person-01")),
        case(Code::JsonNumber)
            .swap(CLAIMS, r#""reviewed":true"#, r#""reviewed":‸5.5"#)
            .record("pf-0003", "/ext/reviewed"),
        case(Code::LineEnding).swap(EVENTS, "\"1999-05\"}\n", "\"1999-05\"}‸\r\n").line(Some("dock-strike")),
    ]
}

fn record_cases() -> Vec<Case> {
    vec![
        case(Code::SchemaMismatch)
            .swap(CLAIMS, r#""said":"three workers"}"#, r#""said":"three workers","sure":‸true}"#)
            .record("pf-0001", "/value/sure"),
        case(Code::SchemaMismatch)
            .swap(EVENTS, r#"{"id":"dock-strike","label":"Strike at the docks""#, r#"‸{"id":"dock-strike""#)
            .record("dock-strike", ""),
        case(Code::SchemaMismatch).swap(DATASET, r#""law": "living""#, r#""law": ‸"loose""#).record("harbour", "/law"),
        case(Code::SchemaMismatch)
            .swap(CLAIMS, r#""ext":{"reviewed":true}"#, r#""ext":{"reviewed":‸"yes"}"#)
            .record("pf-0003", "/ext/reviewed"),
        case(Code::ExtUndeclared)
            .swap(EVENTS, r#""when":"1999-05"}"#, r#""when":"1999-05","ext":‸{"wikidata":"Q1"}}"#)
            .record("dock-strike", "/ext"),
        case(Code::EdtfInvalid)
            .swap(CLAIMS, r#""when":"1999-05-05""#, r#""when":‸"1999-02-30""#)
            .record("pf-0001", "/when"),
        case(Code::EdtfInvalid)
            .swap(CLAIMS, r#""edtf":"1999-05-05""#, r#""edtf":‸"5 May 1999""#)
            .record("pf-0005", "/value/edtf"),
        case(Code::EdtfInvalid)
            .swap(SOURCES, r#""posted":"1999-05-07""#, r#""posted":‸"1999-05-32""#)
            .record("gazette-1999", "/captures/0/parts/3/posted"),
        case(Code::DateInvalid)
            .swap(SOURCES, r#""got":"2001-02-03""#, r#""got":‸"2001-02-29""#)
            .record("gazette-1999", "/captures/0/got"),
        case(Code::BoundsInverted).swap(CLAIMS, r#""lo":3,"#, r#""lo":‸4,"#).record("pf-0001", "/value/lo"),
        case(Code::QualifierDisagrees)
            .swap(CLAIMS, r#""qual":"at_least""#, r#""qual":‸"at_most""#)
            .record("pf-0002", "/value/qual"),
        case(Code::SaidTooLong)
            .swap(CLAIMS, r#""said":"three workers""#, r#""said":‸"a b c d e f g h i""#)
            .record("pf-0001", "/value/said"),
        case(Code::ContactData)
            .swap(AGENTS, r#""note":"a reader"#, r#""note":‸"reader@example.org, a reader"#)
            .record("person-01", "/note"),
        case(Code::ContactData)
            .swap(EVENTS, r#""label":"Strike"#, r#""label":‸"+7 (727) 258-25-25 Strike"#)
            .record("dock-strike", "/label"),
        case(Code::HiddenCharacter)
            .swap(EVENTS, r#""label":"Strike"#, "\"label\":‸\"\u{202e}Strike")
            .record("dock-strike", "/label"),
        case(Code::MaskedName)
            .swap(AGENTS, r#""kind":"person","names":[]"#, r#""kind":"person","names":‸["A. Reader"]"#)
            .record("person-01", "/names"),
        case(Code::MaskedId)
            .swap(AGENTS, r#"{"id":"person-01""#, r#"{"id":‸"reader-01""#)
            .swap(CLAIMS, "person-01", "reader-01")
            .swap(SOURCES, "person-01", "reader-01")
            .record("reader-01", "/id"),
        case(Code::CaptureNumber)
            .swap(
                SOURCES,
                r#""span":[207,236]}]}"#,
                &format!(
                    r#""span":[207,236]}}]}},{{"n":‸3,"sha256":"{}","bytes":1,"by":"maintainers","parts":[]}}"#,
                    Digest::of(b"x")
                ),
            )
            .record("gazette-1999", "/captures/1/n"),
        case(Code::PartOutOfRange)
            .swap(SOURCES, r#""span":[207,236]"#, r#""span":‸[207,238]"#)
            .record("gazette-1999", "/captures/0/parts/4/span"),
        case(Code::PartsOverlap)
            .swap(SOURCES, r#""span":[24,40]"#, r#""span":‸[22,40]"#)
            .record("gazette-1999", "/captures/0/parts/1/span"),
        case(Code::PartsOverlap)
            .swap(SOURCES, r#""id":"chrome-2""#, r#""id":‸"chrome-1""#)
            .record("gazette-1999", "/captures/0/parts/4/id"),
        case(Code::LogOrder)
            .swap(CLAIMS, r#""on":"2026-01-03""#, r#""on":‸"2026-01-01""#)
            .record("pf-0004", "/log/1/on"),
        case(Code::LogOrder).swap(CLAIMS, r#""is":"restored""#, r#""is":‸"retracted""#).record("pf-0004", "/log/1/is"),
    ]
}

fn reference_cases() -> Vec<Case> {
    let event = r#"{"id":"dock-strike","label":"Strike at the docks","when":"1999-05""#;
    vec![
        case(Code::IdReused)
            .swap(
                AGENTS,
                r#"{"id":"maintainers""#,
                "{\"id\":\"maintainers\",\"kind\":\"org\",\"names\":[],\"privacy\":\"open\"}\n{\"id\":‸\"maintainers\"",
            )
            .record("maintainers", "/id"),
        case(Code::IdReused).swap(CLAIMS, r#"{"id":"pf-0004""#, r#"{"id":‸"pf-0003""#).record("pf-0003", "/id"),
        case(Code::UnknownAgent)
            .swap(CLAIMS, r#""by":["gazette","person-01"]"#, r#""by":[‸"gazete","person-01"]"#)
            .record("pf-0002", "/by/0"),
        case(Code::UnknownAgent)
            .swap(CLAIMS, r#""about":["harbour-office"]"#, r#""about":[‸"nobody"]"#)
            .record("pf-0003", "/about/0"),
        case(Code::UnknownAgent)
            .swap(
                SOURCES,
                r#""id":"gazette-1999","publisher":"gazette""#,
                r#""id":"gazette-1999","publisher":‸"nobody""#,
            )
            .record("gazette-1999", "/publisher"),
        case(Code::UnknownAgent)
            .swap(SOURCES, r#""got":"2001-02-03","by":"maintainers""#, r#""got":"2001-02-03","by":‸"nobody""#)
            .record("gazette-1999", "/captures/0/by"),
        case(Code::UnknownEvent)
            .swap(EVENTS, r#""within":"dock-strike""#, r#""within":‸"dock-strikes""#)
            .record("pier-fire", "/within"),
        case(Code::UnknownEvent)
            .swap(CLAIMS, r#""id":"pf-0001","event":"pier-fire""#, r#""id":"pf-0001","event":‸"pier-flood""#)
            .record("pf-0001", "/event"),
        case(Code::UnknownOrigin)
            .swap(SOURCES, r#""what":"gazette-1999""#, r#""what":‸"gazette-1998""#)
            .record("gazette-summary", "/from/0/what"),
        case(Code::UnknownCapture)
            .swap(
                CLAIMS,
                r#""capture":"gazette-1999.1","span":[173,193]"#,
                r#""capture":‸"gazette-1999.2","span":[173,193]"#,
            )
            .record("pf-0002", "/at/0/capture"),
        case(Code::UnknownClaim)
            .swap(CLAIMS, r#""rel":"supports","to":"pf-0001""#, r#""rel":"supports","to":‸"pf-9999""#)
            .record("pf-0005", "/links/0/to"),
        case(Code::UnknownKind).swap(CLAIMS, r#""kind":"denial""#, r#""kind":‸"rumour""#).record("pf-0003", "/kind"),
        case(Code::UnknownUnit)
            .swap(CLAIMS, r#""unit":"person","lo":5"#, r#""unit":‸"hour","lo":5"#)
            .record("pf-0002", "/value/unit"),
        case(Code::UnknownUnit)
            .swap(DATASET, r#""units": ["person"]"#, r#""units": ["person", ‸"day"]"#)
            .record("harbour", "/kinds/killed/units/1"),
        case(Code::EventCycle)
            .swap(EVENTS, event, &format!("{event},\"within\":\u{2038}\"pier-fire\""))
            .swap(EVENTS, r#""within":"dock-strike""#, r#""within":‸"dock-strike""#)
            .record("dock-strike", "/within")
            .record("pier-fire", "/within"),
        case(Code::DerivationCycle)
            .swap(
                SOURCES,
                r#""from":[{"how":"summarises","what":"gazette-1999""#,
                r#""from":‸[{"how":"summarises","what":"gazette-summary""#,
            )
            .record("gazette-summary", "/from"),
        case(Code::SupersedesCycle)
            .swap(CLAIMS, r#""rel":"contradicts","to":"pf-0001""#, r#""rel":"supersedes","to":‸"pf-0005""#)
            .swap(CLAIMS, r#""rel":"supports","to":"pf-0001""#, r#""rel":"supersedes","to":‸"pf-0002""#)
            .record("pf-0002", "/links/0/to")
            .record("pf-0005", "/links/0/to"),
        case(Code::LinkToItself)
            .swap(CLAIMS, r#""rel":"supports","to":"pf-0001""#, r#""rel":"supports","to":‸"pf-0005""#)
            .record("pf-0005", "/links/0/to"),
        case(Code::LinkStoredTwice)
            .swap(
                CLAIMS,
                r#"{"rel":"supports","to":"pf-0001"}"#,
                r#"{"rel":"supports","to":"pf-0001"},‸{"rel":"supports","to":"pf-0001"}"#,
            )
            .record("pf-0005", "/links/1"),
        case(Code::LinkStoredTwice)
            .swap(CLAIMS, r#""rel":"contradicts","to":"pf-0001""#, r#""rel":"supports","to":"pf-0005""#)
            .swap(CLAIMS, r#"{"rel":"supports","to":"pf-0001"}"#, r#"{"rel":"supports","to":‸"pf-0002"}"#)
            .record("pf-0005", "/links/0/to"),
        case(Code::VoiceMissing)
            .swap(CLAIMS, r#""by":["gazette","person-01"]"#, r#""by":‸["gazette"]"#)
            .record("pf-0002", "/by"),
    ]
}

fn text_cases() -> Vec<Case> {
    vec![
        case(Code::TextMissing).without(SUMMARY).file(SUMMARY),
        case(Code::TextUnexpected)
            .bytes("texts/gazette-1999.1.txt", |_| b"a copy".to_vec())
            .file("texts/gazette-1999.1.txt"),
        case(Code::CaptureDigestMismatch).swap(SUMMARY, "three dead", "there dead").file(SUMMARY),
        case(Code::ContactData)
            .swap(SUMMARY, "айлақ.\n", "айлақ.\nTold to ‸reader@example.org\n")
            .captured_anew()
            .line(None),
    ]
}

fn anchor_cases() -> Vec<Case> {
    let place = r#"{"capture":"gazette-summary.1","span":[149,168],"sha256":"a969b37962026ed72f421c6bd2b04980a754f8f82156edcd38248726d07aad15","quote":"Жаңа айлақ"}"#;
    vec![
        case(Code::AnchorOutOfRange).swap(CLAIMS, "[149,168]", "‸[149,171]").record("pf-0004", "/at/0/span"),
        case(Code::AnchorSplitsCharacter).swap(CLAIMS, "[149,168]", "‸[149,167]").record("pf-0004", "/at/0/span"),
        case(Code::QuoteNotFound).swap(CLAIMS, "[41,71]", "‸[42,72]").record("pf-0001", "/at/0/span"),
        case(Code::QuoteDiffers)
            .swap(CLAIMS, r#""quote":"counts three dead""#, r#""quote":‸"counts three  dead""#)
            .record("pf-0001", "/at/1/quote"),
        case(Code::AnchorInChrome)
            .swap(CLAIMS, "[173,193]", "‸[7,11]")
            .digest("pf-0002", "News")
            .record("pf-0002", "/at/0/span"),
        case(Code::AnchorAcrossParts)
            .swap(CLAIMS, "[41,71]", "‸[29,46]")
            .digest("pf-0001", "on the pier\nThree")
            .record("pf-0001", "/at/0/span"),
        case(Code::AnchorOutsideParts)
            .swap(CLAIMS, "[72,85]", "‸[154,166]")
            .digest("pf-0005", "by: a reader")
            .record("pf-0005", "/at/0/span"),
        case(Code::AnchorRepeated)
            .swap(CLAIMS, place, &format!("{place},{}", place.replace("\"span\":", "\"span\":\u{2038}")))
            .record("pf-0004", "/at/1/span"),
        case(Code::WithheldTextQuoted)
            .swap(CLAIMS, "76077eb\"", "76077eb\",\"quote\":‸\"Three workers died in the fire\"")
            .record("pf-0001", "/at/0/quote"),
    ]
}

/// A case for every code, often more than one.
pub fn cases() -> Vec<Case> {
    let readable = [json_cases(), record_cases(), sealed::cases(), reference_cases()];
    let groups = readable.into_iter().chain([text_cases(), anchor_cases(), quality::cases()]);
    groups.flatten().collect()
}
