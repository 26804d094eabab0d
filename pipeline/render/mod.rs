//! Reports to text: decides nothing, writes nothing.

pub mod claim;
pub mod diff_markdown;
pub mod diff_text;
pub mod diff_words;
pub mod disclosure;
pub mod json;
pub mod keyring;
pub mod log;
pub mod receipt;
pub mod text;
pub mod verdict;
