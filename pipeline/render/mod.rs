//! Reports to text: decides nothing, writes nothing.

pub mod claim;
pub mod class;
pub mod diff;
pub mod disclosure;
pub mod export;
pub mod json;
pub mod keyring;
pub mod log;
pub mod receipt;
pub mod text;
pub mod verdict;
