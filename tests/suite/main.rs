//! The whole tool as its users meet it, in one test binary.

mod conformance;
mod readme;
