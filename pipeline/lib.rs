//! affiant

pub mod cli;
pub mod command;
pub mod error;
pub mod finding;
pub mod format;
pub mod io;
pub mod model;
pub mod render;
pub mod stage;
