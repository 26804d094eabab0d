//! Prints the ids of all rows that csv-diff finds different: csv-diff OLD NEW, each with the id in its first column.

use std::error::Error;
use std::fs::File;

use csv_diff::csv::Csv;
use csv_diff::csv_diff::CsvByteDiff;
use csv_diff::diff_row::DiffByteRecord;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [old, new] = files.as_slice() else { return Err("usage: csv-diff OLD NEW".into()) };
    let open = |file| File::open(file).map(Csv::with_reader);
    for row in CsvByteDiff::new()?.diff(open(old)?, open(new)?) {
        let (DiffByteRecord::Add(row) | DiffByteRecord::Delete(row) | DiffByteRecord::Modify { add: row, .. }) = row?;
        println!("{}", String::from_utf8_lossy(&row.byte_record()[0]));
    }
    Ok(())
}
