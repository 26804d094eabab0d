//! The nouns: plain values whose only constructor is a parser. Nothing here reads a file or knows a stage.

pub mod agent;
pub mod cell;
pub mod change;
pub mod change_class;
pub mod chunk;
pub mod claim;
pub mod claim_context;
pub mod dataset;
pub mod date;
pub mod digest;
pub mod event;
pub mod export;
pub mod id;
pub mod kind;
pub mod origin;
pub mod patch;
mod read;
pub mod release_info;
pub mod seen;
pub mod source;
pub mod span;
pub mod status;
pub mod table;
mod tables;
pub mod toll;
pub mod value;
