//! Writes a dataset of any size in two versions, with a key to every change between them.
//!
//! ```text
//! cargo run --release --example workload -- --claims N --sources S --out DIR
//!     [--seed K] [--shuffle] [--no-v2] [--edits PER_MILLE]
//! ```
//!
//! `DIR/v1` and `DIR/v2` are whole dataset folders; `answer_key.json` says which claims were added, removed and changed,
//! and which were only spelled otherwise. Beside them lie lines that must be refused (`invalid`, `policy`, `tampered`)
//! or accepted (`tricky_valid`), each file with its key. To try one of these files, put it in place of the claims of
//! `v1`: its lines need nothing else. The same arguments give the same bytes on any machine.

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program of its own, outside the pipeline")]

mod agent;
mod claim;
mod date;
mod edit;
mod event;
mod faults;
mod files;
mod folder;
mod json;
mod pile;
mod plan;
mod random;
mod respelling;
mod source;
mod tamper;
mod text;
mod value;
mod vocabulary;
mod words;
mod workload;

use std::process::ExitCode;

use workload::Workload;

const USAGE: &str = "usage: workload --claims N --sources S --out DIR \
                     [--seed K] [--shuffle] [--no-v2] [--edits PER_MILLE]";

fn main() -> ExitCode {
    let written = parse(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
        .map_err(|problem| format!("{problem}\n{USAGE}"))
        .and_then(|workload| workload.write().map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Workload, String> {
    let (mut claims, mut sources, mut seed, mut edits, mut out) = (None, None, 1, 22, None);
    let (mut is_shuffled, mut has_second_version) = (false, true);
    while let Some(option) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{option} needs a value"));
        match option.as_str() {
            "--claims" => claims = Some(number(&option, &value()?, 1, 50_000_000)?),
            "--sources" => sources = Some(number(&option, &value()?, 1, 9_999_999)?),
            "--seed" => seed = number(&option, &value()?, 0, u64::MAX)?,
            "--edits" => edits = number(&option, &value()?, 0, 1_000)?,
            "--out" => out = Some(value()?.into()),
            "--shuffle" => is_shuffled = true,
            "--no-v2" => has_second_version = false,
            _ => return Err(format!("{option} is not an option")),
        }
    }
    Ok(Workload {
        claims: claims.ok_or("--claims is missing")? as usize,
        sources: sources.ok_or("--sources is missing")? as usize,
        seed,
        out: out.ok_or("--out is missing")?,
        is_shuffled,
        has_second_version,
        edits_per_mille: edits as usize,
    })
}

fn number(option: &str, text: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{option} is a number from {least} to {most}, not {text:?}"))
}
