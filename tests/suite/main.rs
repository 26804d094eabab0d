//! The whole tool as its users meet it, in one test binary.
#![expect(clippy::disallowed_methods, reason = "tests make and spoil files of their own")]

mod cases;
mod conformance;
mod findings;
mod house;
mod readme;
