//! The whole tool as its users meet it, in one test binary.

#![expect(clippy::disallowed_methods, reason = "tests write their fixtures to disk themselves")]

mod byte;
mod cases;
mod conformance;
mod diff;
mod findings;
mod house;
mod keys;
mod log;
mod readme;
mod release;
mod schemas;
mod spec;
mod tamper;
mod texts;
mod tidy;
