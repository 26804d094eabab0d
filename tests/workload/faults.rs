//! Lines that every reader must refuse, and odd ones that every reader must accept.

use serde_json::{Value as Json, json};

use crate::claim::Claim;
use crate::json::{with, without};
use crate::respelling::{escaped, spaced};

/// A line, its key in the answers, and what is wrong or odd about it.
pub struct Fault {
    pub key: String,
    pub name: &'static str,
    pub line: Vec<u8>,
}

/// Odd lines made from one claim.
pub struct Faults {
    base: Json,
    prefix: &'static str,
    faults: Vec<Fault>,
}

const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

impl Faults {
    /// Starts from a claim that holds the number 14 and a note, and no link.
    fn new(claim: &Claim, prefix: &'static str) -> Self {
        let record = serde_json::from_slice(&claim.line()).unwrap_or_default();
        let changes = [
            ("/kind", json!("killed")),
            ("/stance", json!("asserts")),
            ("/value", json!({ "unit": "person", "lo": 14, "hi": 14, "qual": "exact", "said": "14 in all" })),
            ("/when", json!("2022-01-05")),
            ("/basis", json!("stated")),
            ("/where", json!({ "name": "Алматы", "country": "KZ" })),
            ("/note", json!("ескерту")),
        ];
        let base = changes.into_iter().fold(record, |record, (pointer, value)| with(record, pointer, value));
        Self { base: without(base, "/links"), prefix, faults: Vec::new() }
    }

    /// The next record, with an id of its own.
    fn record(&self) -> Json {
        with(self.base.clone(), "/id", json!(format!("{}-{:02}", self.prefix, self.faults.len() + 1)))
    }

    fn line(&mut self, name: &'static str, line: impl Into<Vec<u8>>) {
        let key = (self.faults.len() + 1).to_string();
        self.faults.push(Fault { key, name, line: line.into() });
    }

    /// One value set or added.
    fn set(&mut self, name: &'static str, pointer: &str, value: Json) {
        let record = with(self.record(), pointer, value);
        self.line(name, record.to_string());
    }

    /// One member left out.
    fn leave_out(&mut self, name: &'static str, pointer: &str) {
        let record = without(self.record(), pointer);
        self.line(name, record.to_string());
    }

    /// The text of the record rewritten.
    fn rewrite(&mut self, name: &'static str, rewrite: impl FnOnce(String) -> String) {
        let text = rewrite(self.record().to_string());
        self.line(name, text);
    }

    /// One piece of the text put in place of another.
    fn replace(&mut self, name: &'static str, old: &str, new: &str) {
        self.rewrite(name, |text| text.replacen(old, new, 1));
    }

    /// The note put in other bytes, which may be no UTF-8.
    fn note(&mut self, name: &'static str, note: &[u8]) {
        let text = self.record().to_string();
        if let Some((before, behind)) = text.split_once("ескерту") {
            self.line(name, [before.as_bytes(), note, behind.as_bytes()].concat());
        }
    }

    /// Claims that break the schema, or the grammar of JSON.
    pub fn invalid(claim: &Claim) -> Vec<Fault> {
        let mut faults = Self::new(claim, "invalid");
        let anchor = || json!({ "capture": "s-0000001.1", "span": [0, 1], "sha256": SHA256 });
        for (name, pointer, value) in [
            ("unknown member", "/colour", json!("red")),
            ("unknown member of an anchor", "/at/0/page", json!(3)),
            ("unknown member of a value", "/value/extra", json!(1)),
            ("unknown member of a place", "/where/street", json!("x")),
            ("a number and a date at once", "/value/edtf", json!("2022-01-05")),
            ("empty value", "/value", json!({})),
            ("unknown: false", "/value", json!({ "unknown": false })),
            ("null for an absent member", "/note", json!(null)),
            ("unknown stance", "/stance", json!("rumours")),
            ("unknown qualifier", "/value/qual", json!("roughly")),
            ("unknown basis", "/basis", json!("guessed")),
            ("unknown relation", "/links", json!([{ "rel": "mocks", "to": "c-1" }])),
            ("unknown fix", "/reading", json!({ "fix": "whim", "basis": "x" })),
            ("unknown decision", "/log", json!([{ "on": "2026-11-20", "is": "forgotten", "why": "x" }])),
            ("id in capitals", "/id", json!("C-1")),
            ("id with two hyphens", "/id", json!("c--1")),
            ("id with a line feed at its end", "/id", json!("c-1\n")),
            ("id with digits outside ASCII", "/id", json!("c-٠١")),
            ("id of 65 bytes", "/id", json!("c".repeat(65))),
            ("id is a number", "/id", json!(1)),
            ("event is empty", "/event", json!("")),
            ("no voice", "/by", json!([])),
            ("17 voices", "/by", json!(vec!["keepers"; 17])),
            ("voice is a number", "/by", json!([1])),
            ("voice is null", "/by", json!([null])),
            ("voice with another basis", "/by", json!([{ "agent": "keepers", "basis": "heard" }])),
            ("the same agent twice in about", "/about", json!(["keepers", "keepers"])),
            ("about nobody", "/about", json!([])),
            ("no anchor", "/at", json!([])),
            ("65 anchors", "/at", json!(vec![anchor(); 65])),
            ("anchor is a string", "/at/0", json!("s-0000001.1")),
            ("capture without a number", "/at/0/capture", json!("s-0000001")),
            ("capture number 0", "/at/0/capture", json!("s-0000001.0")),
            ("capture number with a zero in front", "/at/0/capture", json!("s-0000001.01")),
            ("capture number 10000", "/at/0/capture", json!("s-0000001.10000")),
            ("span of one offset", "/at/0/span", json!([1])),
            ("span of three offsets", "/at/0/span", json!([1, 2, 3])),
            ("span below zero", "/at/0/span", json!([-1, 2])),
            ("span with a fraction", "/at/0/span", json!([1.5, 2])),
            ("span of strings", "/at/0/span", json!(["1", "2"])),
            ("span of truth values", "/at/0/span", json!([false, true])),
            ("digest in capitals", "/at/0/sha256", json!(SHA256.to_uppercase())),
            ("digest of 63 digits", "/at/0/sha256", json!(SHA256[1..])),
            ("digest with a line feed at its end", "/at/0/sha256", json!(format!("{SHA256}\n"))),
            ("empty quote", "/at/0/quote", json!("")),
            ("quote of 4001 characters", "/at/0/quote", json!("ғ".repeat(4_001))),
            ("bound is a string", "/value/lo", json!("14")),
            ("bound with a fraction", "/value/lo", json!(13.5)),
            ("bound is true", "/value/lo", json!(true)),
            ("bound 2^53", "/value/hi", json!(1_i64 << 53)),
            ("bound -2^53", "/value/lo", json!(-(1_i64 << 53))),
            ("empty wording", "/value/said", json!("")),
            ("wording of 121 characters", "/value/said", json!("ғ".repeat(121))),
            ("date of three characters", "/when", json!("202")),
            ("hour 24", "/time", json!("24:00")),
            ("hour of one digit", "/time", json!("9:30")),
            ("country in small letters", "/where/country", json!("kz")),
            ("place without a name", "/where", json!({ "country": "KZ" })),
            ("place name of 201 characters", "/where/name", json!("ғ".repeat(201))),
            ("no link in links", "/links", json!([])),
            ("link without an end", "/links", json!([{ "rel": "repeats" }])),
            ("no decision in the log", "/log", json!([])),
            ("decision without a reason", "/log", json!([{ "on": "2026-11-20", "is": "retracted" }])),
            (
                "decision with a time of day",
                "/log",
                json!([{ "on": "2026-11-20T10:00", "is": "retracted", "why": "x" }]),
            ),
            ("reading without a basis", "/reading", json!({ "fix": "typo" })),
            ("empty note", "/note", json!("")),
            ("note of 1001 characters", "/note", json!("ғ".repeat(1_001))),
        ] {
            faults.set(name, pointer, value);
        }
        for (name, pointer) in [
            ("id missing", "/id"),
            ("event missing", "/event"),
            ("kind missing", "/kind"),
            ("stance missing", "/stance"),
            ("by missing", "/by"),
            ("at missing", "/at"),
            ("capture missing", "/at/0/capture"),
            ("span missing", "/at/0/span"),
            ("digest missing", "/at/0/sha256"),
            ("upper bound missing", "/value/hi"),
            ("qualifier missing", "/value/qual"),
            ("wording missing", "/value/said"),
        ] {
            faults.leave_out(name, pointer);
        }
        for (name, number) in [
            ("NaN", "NaN"),
            ("Infinity", "-Infinity"),
            ("number with a zero in front", "014"),
            ("number with a plus sign", "+14"),
            ("number without digits before its point", ".5e1"),
            ("number without digits behind its point", "14."),
            ("hexadecimal number", "0xe"),
        ] {
            faults.replace(name, "\"lo\":14", &format!("\"lo\":{number}"));
        }
        faults.rewrite("record is an array", |text| format!("[{text}]"));
        faults.rewrite("record is a string", |text| Json::from(text).to_string());
        faults.rewrite("record is null", |_| "null".into());
        faults.rewrite("something behind the record", |text| text + " x");
        faults.rewrite("no-break space before the record", |text| format!("\u{a0}{text}"));
        faults.rewrite("record cut off", |text| text.chars().take(text.chars().count() - 5).collect());
        faults.rewrite("single quotes", |text| text.replace('"', "'"));
        faults.replace("name without quotes", "\"stance\"", "stance");
        faults.replace("comma behind the last member", "}", ",}");
        faults.replace("comma missing", ",\"kind\"", "\"kind\"");
        faults.replace("comment", ",\"kind\"", "/* kind */,\"kind\"");
        faults.replace("unknown escape", "ескерту", "\\x41");
        faults.replace("escape cut off", "ескерту", "\\u041");
        faults.replace("tab within a string", "ескерту", "a\tb");
        faults.replace("NUL within a string", "ескерту", "a\0b");
        faults.rewrite("NUL behind the record", |text| text + "\0");
        faults.faults
    }

    /// Odd claims that keep to every rule.
    pub fn tricky(claim: &Claim) -> Vec<Fault> {
        let mut faults = Self::new(claim, "tricky");
        for (name, number) in [
            ("integer written 14.0", "14.0"),
            ("integer written 1.4e1", "1.4e1"),
            ("integer written 1400E-2", "1400E-2"),
            ("integer with forty zeros behind its point", &format!("14.{}", "0".repeat(40))),
        ] {
            faults.replace(name, "\"lo\":14", &format!("\"lo\":{number}"));
        }
        faults.replace("zero written -0", "\"hi\":14,\"lo\":14", "\"hi\":0,\"lo\":-0");
        faults.rewrite("offsets written as fractions", |text| {
            let Some((before, span)) = text.split_once("\"span\":[") else { return text };
            format!("{before}\"span\":[{}", span.replacen(',', ".0,", 1).replacen(']', ".0]", 1))
        });
        let quantity = |lo: Json, hi: Json, qual: &str, said: &str| json!({ "unit": "person", "lo": lo, "hi": hi, "qual": qual, "said": said });
        let most = (1_i64 << 53) - 1;
        for (name, pointer, value) in [
            ("largest integer", "/value", quantity(json!(most), json!(most), "exact", "all")),
            ("smallest integer", "/value", quantity(json!(-most), json!(most), "range", "any")),
            ("widest bounds", "/value", quantity(json!(null), json!(0), "at_most", "none")),
            ("wording of eight words", "/value/said", json!("one two three four five six seven eight")),
            ("wording of 120 four-byte characters", "/value/said", json!("🌊".repeat(120))),
            ("value unknown", "/value", json!({ "unknown": true })),
            ("note of 1000 two-byte characters", "/note", json!("ғ".repeat(1_000))),
            ("note of 1000 four-byte characters", "/note", json!("🌊".repeat(1_000))),
            ("note in two scripts and two directions", "/note", json!("қала مدينة город")),
            ("note decomposed", "/note", json!("и\u{306}")),
            ("note of one space", "/note", json!(" ")),
            ("note of quotation marks and backslashes", "/note", json!("\"\\\"\\\\/")),
            ("place name of 200 four-byte characters", "/where/name", json!("🌊".repeat(200))),
            ("id of 64 bytes", "/id", json!("c".repeat(64))),
            ("16 voices", "/by", json!(vec!["keepers"; 16])),
            ("implied voice alone", "/by", json!([{ "agent": "keepers", "basis": "implied" }])),
            ("day of a leap year", "/when", json!("2024-02-29")),
            ("season", "/when", json!("2022-21")),
            ("uncertain and approximate", "/when", json!("2022-01-05%")),
            ("interval of uncertain months", "/when", json!("2022-01?/2022-03~")),
            ("interval without a beginning", "/when", json!("../2022-01-05")),
            ("unspecified year", "/when", json!("202X")),
            ("from noon to about ten", "/time", json!("12:00/22:00~")),
            (
                "withdrawn and restored",
                "/log",
                json!([
                    { "on": "2026-11-20", "is": "withdrawn", "why": "by mistake" },
                    { "on": "2026-11-20", "is": "restored", "why": "it was right" }
                ]),
            ),
        ] {
            faults.set(name, pointer, value);
        }
        faults.leave_out("no value", "/value");
        faults.leave_out("no quote", "/at/0/quote");
        faults.rewrite("white space everywhere", |text| format!(" \t{} \t", spaced(&text)));
        faults.replace("note in escapes", "\"ескерту\"", &escaped("ескерту"));
        faults.replace("surrogate pair in escapes", "\"ескерту\"", &escaped("🌊"));
        faults.replace("escape in capitals", "ескерту", "\\u042F");
        faults.replace("slash in an escape", "ескерту", "\\/");
        faults.replace("name in escapes", "\"note\"", &escaped("note"));
        faults.replace("name partly in escapes", "\"stance\"", "\"st\\u0061nce\"");
        faults.faults
    }

    /// Lines on which the standard leaves a choice, or which only some readers notice; all are refused here.
    pub fn policy(claim: &Claim) -> Vec<Fault> {
        let mut faults = Self::new(claim, "policy");
        let stance = "\"stance\":\"asserts\"";
        for (name, twice) in [
            ("key twice, the second time invalid", format!("{stance},\"stance\":\"rumours\"")),
            ("key twice, the first time invalid", format!("\"stance\":\"rumours\",{stance}")),
            ("key twice with the same value", format!("{stance},{stance}")),
            ("key twice, once in escapes", format!("{stance},\"st\\u0061nce\":\"denies\"")),
        ] {
            faults.replace(name, stance, &twice);
        }
        faults.replace("key twice within an anchor", "\"span\":", "\"span\":[0,1],\"span\":");
        faults.rewrite("byte order mark", |text| format!("\u{feff}{text}"));
        faults.replace("high surrogate alone", "ескерту", "a\\ud83d b");
        faults.replace("low surrogate alone", "ескерту", "a\\udf0a b");
        faults.replace("surrogates in the wrong order", "ескерту", "\\udf0a\\ud83c");
        faults.note("byte FF", b"a\xff b");
        faults.note("UTF-8 longer than need be", b"a\xc0\xaf b");
        faults.note("surrogate in UTF-8", b"a\xed\xa0\xbc b");
        faults.note("UTF-8 cut off", b"a\xe2\x82 b");
        faults.note("UTF-8 past the last character", b"a\xf4\x90\x80\x80 b");
        faults.replace("number too large for a double", "\"lo\":14", "\"lo\":1e400");
        faults.replace(
            "nested 100000 deep",
            stance,
            &format!("\"stance\":{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        );
        faults.rewrite("longer than 1 MiB", |text| text + &" ".repeat(1 << 20));
        faults.rewrite("carriage return at the end", |text| text + "\r");
        faults.rewrite("two records in one line", |text| text.repeat(2));
        faults.line("blank line", "");
        faults.line("line of spaces", "   ");
        faults.faults
    }
}
