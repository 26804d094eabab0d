//! A peer of `affiant validate`: the jsonschema crate over `serde_json::Value`, as most programs use it.
//!
//! ```text
//! crate-validate SCHEMA THREADS FILE
//! ```
//!
//! Prints the number of each line that it refuses.

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program of its own, outside the pipeline")]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};

use jsonschema::Validator;
use rayon::prelude::*;
use serde_json::Value;

/// Lines that are handed out to the threads at once.
const BATCH: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [schema, threads, file] = words.as_slice() else {
        return Err("usage: crate-validate SCHEMA THREADS FILE".into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let validator = jsonschema::validator_for(&serde_json::from_reader(File::open(schema)?)?)?;
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file)?).split(b'\n');
    let mut first = 1;
    loop {
        let batch = lines.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
        let is_refused = |at: &usize| !is_valid(&validator, &batch[*at]);
        let refused: Vec<usize> = (0..batch.len()).into_par_iter().filter(is_refused).collect();
        refused.iter().for_each(|at| println!("{}", first + at));
        if batch.is_empty() {
            return Ok(());
        }
        first += batch.len();
    }
}

fn is_valid(validator: &Validator, line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|record| validator.is_valid(&record))
}
