//! The whole tool as its users meet it, in one test binary.

#![expect(clippy::disallowed_methods, reason = "tests write their fixtures to disk themselves")]

mod approvals;
mod archive;
mod byte;
mod cases;
mod chunks;
mod conformance;
mod corpus;
mod diff;
mod diff_forms;
mod edits;
mod export;
mod findings;
mod git;
mod good;
mod history;
mod house;
mod keyring;
mod keys;
mod law;
mod log;
mod own_words;
mod pack;
mod pairs;
mod quick;
mod readme;
mod receipt;
mod release;
mod schemas;
mod sealed;
mod spec;
mod spoiled;
mod tamper;
mod texts;
mod threats;
mod tidy;
