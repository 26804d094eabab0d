//! A diff as SARIF 2.1.0: a rule for each change class, a result for each change.

use serde_json::{Value, json};

use super::annotation::{Annotation, Level, named};
use super::{DiffHead, DiffOutput, side};
use crate::model::change::Change;
use crate::model::change_class::ChangeClass;
use crate::model::dataset::Law;
use crate::render::json::visible;
use crate::stage::diff::places::{Place, Places};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What tells a change from others wherever it moves to: its fingerprint, in this version of reckoning it.
const FINGERPRINT: &str = "affiantChange/v1";

/// One run, its results a line each.
pub struct Sarif {
    places: Places,
    law: Law,
    is_first: bool,
    sum: Value,
}

impl Sarif {
    /// Results at these places.
    pub fn new(places: Places) -> Self {
        Self { places, law: Law::Strict, is_first: true, sum: Value::Null }
    }

    fn result(&self, change: &Change) -> Value {
        let Annotation { class, level, title, message } = Annotation::of(change, self.law);
        let rule = ChangeClass::ALL.iter().position(|one| *one == class);
        let mut location =
            json!({ "logicalLocations": [{ "fullyQualifiedName": named(change), "kind": change.kind }] });
        if let Some(place) = self.places.of(change) {
            location["physicalLocation"] = physical(place);
        }
        json!({
            "ruleId": class, "ruleIndex": rule, "level": word(level),
            "message": { "text": literal(&format!("{title}\n{message}")) },
            "locations": [location],
            "partialFingerprints": { FINGERPRINT: change.fingerprint },
            "properties": { "classes": change.classes },
        })
    }
}

impl DiffOutput for Sarif {
    fn begin(&mut self, head: DiffHead) -> String {
        self.law = head.header.law;
        self.sum = json!({
            "old": side(&head.header.old), "new": side(&head.header.new), "law": self.law,
            "bump": head.trailer.bump, "changes": head.trailer.changes, "classes": head.trailer.classes,
        });
        let rules: Vec<Value> = ChangeClass::ALL.iter().map(|class| rule(*class, self.law)).collect();
        let driver = json!({ "name": "affiant", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules });
        let tool = visible(&json!({ "driver": driver }).to_string());
        format!(
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":{tool},\n\
             \"automationDetails\":{{\"id\":\"affiant-diff/\"}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":["
        )
    }

    fn change(&mut self, change: &Change) -> String {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        format!("{comma}\n{}", visible(&self.result(change).to_string()))
    }

    fn end(&mut self, hidden: u64) -> String {
        let mut sum = std::mem::take(&mut self.sum);
        sum["hidden"] = json!(hidden);
        format!("\n],\n\"properties\":{}\n}}]}}\n", visible(&sum.to_string()))
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn rule(class: ChangeClass, law: Law) -> Value {
    let explanation = class.explanation();
    json!({
        "id": class, "name": class.name(),
        "shortDescription": { "text": literal(class.title()) },
        "fullDescription": { "text": literal(explanation) },
        "help": { "text": literal(&format!("{explanation}\nRun `affiant explain {}`.", class.code())) },
        "defaultConfiguration": { "level": word(Level::of(class, law)) },
        "properties": { "tags": [class.group().words()], "bump": class.bump(law) },
    })
}

fn physical(place: &Place) -> Value {
    let mut artifact = json!({ "uri": uri(&place.file) });
    if !place.file.starts_with('/') {
        artifact["uriBaseId"] = json!("%SRCROOT%");
    }
    json!({ "artifactLocation": artifact, "region": { "startLine": place.line } })
}

/// A path as a URI reference (RFC 3986): a relative one, or of the scheme `file`.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// A message in which nothing is a link or a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6).
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' => literal.push(c),
            '[' | ']' | '\\' => literal.push('\\'),
            _ => {}
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris_and_messages_hold_no_links() {
        assert_eq!(uri("a b/ж:%.jsonl"), "a%20b/%D0%B6%3A%25.jsonl");
        assert_eq!(uri("/a/x"), "file:///a/x");
        assert_eq!(literal("[a](http://b) {0} \\"), "\\[a\\](http://b) {{0}} \\\\");
    }
}
