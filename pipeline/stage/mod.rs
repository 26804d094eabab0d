//! The verbs, in the order of the pipeline. Each owns the type that proves its work; none reads a file, a clock or the
//! environment by itself.

pub mod accepted;
pub mod anchor;
pub mod approval;
pub mod assemble;
pub mod batch;
pub mod catalog;
pub mod check;
pub mod compact_receipt;
pub mod containment;
pub mod dating;
pub mod diff;
pub mod disclose;
pub mod export;
pub mod folder;
pub mod graph;
pub mod hash;
pub mod keyring;
pub mod law;
mod line;
pub mod log;
pub mod parcel;
pub mod quality;
pub mod receipt;
pub mod record;
pub mod replay;
pub mod rule;
pub mod seal;
pub mod search;
pub mod sort;
pub mod status;
pub mod suggest;
pub mod tape;
pub mod tapped;
pub mod validate;
pub mod verify;
