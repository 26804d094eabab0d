//! The nouns: plain values whose only constructor is a parser. Nothing here reads a file or knows a stage.

pub mod digest;
pub mod id;
pub mod span;
