//! `affiant pack`

use std::path::PathBuf;

use super::Verdict;
use super::progress::Bar;
use super::terminal::Terminal;
use crate::cli::{ArchiveFormat, Pack};
use crate::error::{Error, Result};
use crate::io::DiskFolder;
use crate::io::archive::{self, Container};
use crate::render::verdict;
use crate::stage::parcel::Parcel;

pub fn run(args: Pack, terminal: &mut Terminal) -> Result<Verdict> {
    let container = container(&args)?;
    let folder = DiskFolder::open(&args.release)?;
    let parcel = Parcel::of(&folder)?;
    let path = args.out.unwrap_or_else(|| PathBuf::from(format!("{}{}", parcel.name(), container.ending())));
    if folder.holds(&path) {
        return Err(Error::Usage(format!("{} would lie in the release itself; give --out", path.display())));
    }
    let bar = Bar::new();
    let bytes = archive::pack(&folder, &parcel, container, &path, &bar)?;
    drop(bar);
    terminal.print(&verdict::packed(&parcel, &path.display().to_string(), bytes))?;
    Ok(Verdict::Good)
}

/// What was asked for, unless the file's name promises something else.
fn container(args: &Pack) -> Result<Container> {
    let asked = args.format.map(|format| match format {
        ArchiveFormat::TarZst => Container::TarZst,
        ArchiveFormat::Zip => Container::Zip,
    });
    let promised = args.out.as_deref().and_then(Container::promised_by);
    match (asked, promised) {
        (Some(asked), Some(promised)) if asked != promised => {
            Err(Error::Usage(format!("a file named {} would hold a {}", promised.ending(), asked.ending())))
        }
        _ => Ok(asked.or(promised).unwrap_or(Container::TarZst)),
    }
}
