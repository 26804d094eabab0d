//! A diff as a JUnit report: one test case for each change class, which fails if the law refuses what was found.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::annotation::{Bare, Level, named};
use super::words::headline;
use super::{DiffHead, DiffOutput, side};
use crate::model::change::Change;
use crate::model::change_class::ChangeClass;
use crate::model::dataset::Law;
use crate::render::text::{Thousands, counted, plain};

/// Most changes of a class that are listed.
const LISTED: usize = 20;

/// One suite, written when all changes are known.
#[derive(Default)]
pub struct Junit {
    suite: String,
    law: Option<Law>,
    totals: BTreeMap<ChangeClass, u64>,
    listed: BTreeMap<ChangeClass, Vec<String>>,
}

impl DiffOutput for Junit {
    fn begin(&mut self, head: DiffHead) -> String {
        self.suite = clean(&format!("{} -> {}", side(&head.header.old), side(&head.header.new)));
        self.law = Some(head.header.law);
        self.totals = head.classes().clone();
        String::new()
    }

    fn change(&mut self, change: &Change) -> String {
        let line = || {
            let headline = headline(change, &Bare);
            let line = format!("{}  {}  {headline}", named(change), change.fingerprint);
            clean(line.trim_end())
        };
        for class in &change.classes {
            let listed = self.listed.entry(*class).or_default();
            if listed.len() < LISTED {
                listed.push(line());
            }
        }
        String::new()
    }

    fn end(&mut self, _: u64) -> String {
        // Memory takes what is written to it.
        let report = self.report().unwrap_or_default();
        String::from_utf8_lossy(&report).into_owned() + "\n"
    }
}

impl Junit {
    fn report(&self) -> io::Result<Vec<u8>> {
        let failures = ChangeClass::ALL.iter().filter(|class| self.fails(**class)).count();
        let counts = [("tests", ChangeClass::ALL.len().to_string()), ("failures", failures.to_string())];
        let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let suites = writer.create_element("testsuites").with_attribute(("name", "affiant diff"));
        suites.with_attributes(counts).write_inner_content(|writer| {
            let suite = writer.create_element("testsuite").with_attribute(("name", self.suite.as_str()));
            let cases = suite.with_attributes(counts);
            cases.write_inner_content(|writer| {
                ChangeClass::ALL.iter().try_for_each(|class| self.case(writer, *class))
            })?;
            Ok(())
        })?;
        Ok(writer.into_inner())
    }

    fn case(&self, writer: &mut Writer<Vec<u8>>, class: ChangeClass) -> io::Result<()> {
        let name = class.to_string();
        let attributes = [("classname", class.group().words()), ("name", name.as_str())];
        let case = writer.create_element("testcase").with_attributes(attributes);
        let Some(total) = self.totals.get(&class) else { return case.write_empty().map(drop) };
        let (found, listed) = (counted(*total, "change"), self.listing(class, *total));
        case.write_inner_content(|writer| {
            if self.fails(class) {
                let message = format!("{found}: {}", class.title());
                let bump = self.law.map_or("", |law| class.bump(law).word());
                let failure = writer.create_element("failure").with_attribute(("message", message.as_str()));
                failure.with_attribute(("type", bump)).write_text_content(BytesText::new(&listed))?;
            } else {
                writer.create_element("system-out").write_text_content(BytesText::new(&listed))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Whether there are changes of this class, and the law refuses them or wants them allowed by name.
    fn fails(&self, class: ChangeClass) -> bool {
        let is_error = |law: Law| Level::of(class, law) == Level::Error;
        self.totals.contains_key(&class) && self.law.is_some_and(is_error)
    }

    fn listing(&self, class: ChangeClass, total: u64) -> String {
        let listed = self.listed.get(&class).map_or(&[][..], Vec::as_slice);
        let more = total - listed.len() as u64;
        let more = (more > 0).then(|| format!("and {} more", Thousands(more)));
        listed.iter().cloned().chain(more).collect::<Vec<_>>().join("\n")
    }
}

/// Untrusted text without the characters that XML 1.0 cannot hold.
fn clean(text: &str) -> String {
    plain(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
