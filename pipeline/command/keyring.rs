//! `affiant keyring`

use super::Verdict;
use super::terminal::Terminal;
use super::trust::Anchor;
use crate::cli::{Keyring, KeyringFormat};
use crate::error::Result;
use crate::finding::{Code, Finding, Outcome};
use crate::io::DiskFolder;
use crate::render::{json, keyring as render, text};
use crate::stage::folder::Folder;
use crate::stage::keyring::{self, KeyringChain, Request};

pub fn run(args: Keyring, terminal: &mut Terminal) -> Result<Verdict> {
    let anchor = args.trust.as_deref().map(Anchor::read).transpose()?;
    let folder = DiskFolder::open(&args.folder)?;
    let Outcome { value, mut findings } = keyring::read(&folder)?;
    let chain = value.filter(|chain| !chain.links().is_empty());
    if chain.is_none() && !findings.has_errors() {
        let place = folder.display(&keyring::file_name(1));
        findings.push(Finding::of_file(Code::KeyringMissing, place, "there is no keyring"));
    }
    let trusted = |chain: &KeyringChain| {
        let anchor = anchor.as_ref()?;
        Some(chain.trust(Request { root: anchor.root(), threshold: args.threshold, seen: None }))
    };
    let trusted = chain.as_ref().and_then(trusted).and_then(|outcome| {
        findings.append(outcome.findings);
        outcome.value
    });
    match args.format {
        KeyringFormat::Text => {
            terminal.print(&text::findings(&findings, 0))?;
            terminal.print(&chain.as_ref().map_or_else(String::new, render::chain))?;
            terminal.print(&render::verdict(&findings, trusted.as_ref()))?;
        }
        KeyringFormat::Json => {
            let facts = render::facts(chain.as_ref(), &findings, trusted.as_ref());
            terminal.print(&json::report(&findings, 0, facts))?;
        }
    }
    Ok(if findings.has_errors() { Verdict::Bad } else { Verdict::Good })
}
