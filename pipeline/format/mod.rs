//! Bytes to values and back; one file is one section of `schemas/SPEC.md`, but for `table/` and
//! `metadata/`, the forms of an export.

pub mod agent;
pub mod allowed_signers;
pub mod approval;
pub mod bag;
pub mod canonical;
pub mod changelog;
pub mod changes;
pub mod checkpoint;
pub mod commitment;
pub mod compact_receipt;
pub mod disclosure;
pub mod dsse;
pub mod ed25519;
pub mod integrity;
pub mod jsonl;
pub mod keyring;
pub mod layout;
pub mod merkle;
pub mod metadata;
pub mod minisig;
pub mod note;
mod note_key;
pub mod path;
pub mod pointer;
pub mod private_key;
pub mod public_key;
pub mod receipt;
pub mod release_line;
pub mod salt;
pub mod schema;
pub mod sshsig;
pub mod statement;
pub mod table;
pub mod tile;
pub mod tlog_proof;
