//! `affiant receipt`

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::Receipt as Args;
use crate::error::{Error, Result};
use crate::format::compact_receipt::CompactReceipt;
use crate::io::{self, ReleaseFolder};
use crate::stage::receipt;

pub fn run(args: Args, terminal: &mut Terminal) -> Result<Verdict> {
    let ReleaseFolder { folder, .. } = io::open_release(&args.release)?;
    let receipt = receipt::make(&*folder, &args.claim)?;
    if receipt.records.is_empty() {
        return Err(Error::Usage(format!("{} has no claim {}", folder.display(""), args.claim)));
    }
    let bytes = if args.compact {
        let compact = CompactReceipt::new(&receipt).map_err(|error| Error::Refused(error.to_string()))?;
        format!("{compact}\n").into_bytes()
    } else {
        receipt.to_bytes()
    };
    match &args.out {
        Some(path) => io::write_new(path, &bytes)?,
        None => terminal.print(&String::from_utf8_lossy(&bytes))?,
    }
    Ok(Verdict::Good)
}
