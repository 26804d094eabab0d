//! A release in one line: what the trusted comment of its minisign signature says.
//!
//! `dataset:kz-protests version:1.0.0 seq:1 date:2026-11-21 threshold:1 claims:130:<root> statuses:130:<root>`. The
//! roots are there so that a claim can be proven by this one signature.

use std::fmt;
use std::str::FromStr;

use crate::model::date::Day;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};

/// What the line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseLine {
    /// The dataset.
    pub dataset: Id,
    /// Semantic version.
    pub version: semver::Version,
    /// Number of the release.
    pub seq: u64,
    /// Its day.
    pub date: Day,
    /// How many different trusted keys must have signed it.
    pub threshold: u32,
    /// Count and root of `claims.jsonl`.
    pub claims: RecordTree,
    /// Count and root of `statuses.jsonl`.
    pub statuses: RecordTree,
}

impl ReleaseLine {
    /// The line of a release; `None` if its release.json states no claims.
    pub fn of(info: &ReleaseInfo) -> Option<Self> {
        Some(Self {
            dataset: info.dataset.clone(),
            version: info.version.clone(),
            seq: info.seq,
            date: info.date,
            threshold: info.threshold,
            claims: info.records.get(&RecordKind::Claim)?.clone(),
            statuses: info.status_tree.clone(),
        })
    }
}

impl fmt::Display for ReleaseLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, version, seq, date, threshold, claims, statuses } = self;
        write!(f, "dataset:{dataset} version:{version} seq:{seq} date:{date} threshold:{threshold} ")?;
        write!(f, "claims:{}:{} statuses:{}:{}", claims.count, claims.root, statuses.count, statuses.root)
    }
}

/// The text is not such a line in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not `dataset:… version:… seq:… date:… threshold:… claims:N:root statuses:N:root`")]
pub struct ReleaseLineError;

impl FromStr for ReleaseLine {
    type Err = ReleaseLineError;

    fn from_str(text: &str) -> Result<Self, ReleaseLineError> {
        let line = fields(text).filter(|line| line.to_string() == text);
        line.ok_or(ReleaseLineError)
    }
}

fn fields(text: &str) -> Option<ReleaseLine> {
    let mut words = text.split(' ');
    let mut field = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix(':');
    let tree = |text: &str| {
        let (count, root) = text.split_once(':')?;
        Some(RecordTree { count: count.parse().ok()?, root: root.parse().ok()? })
    };
    Some(ReleaseLine {
        dataset: field("dataset")?.parse().ok()?,
        version: field("version")?.parse().ok()?,
        seq: field("seq")?.parse().ok()?,
        date: field("date")?.parse().ok()?,
        threshold: field("threshold")?.parse().ok()?,
        claims: tree(field("claims")?)?,
        statuses: tree(field("statuses")?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_prints_and_nothing_else() {
        let root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = format!(
            "dataset:kz version:1.0.0-rc.1 seq:12 date:2026-11-21 threshold:2 claims:130:{root} statuses:130:{root}"
        );
        assert_eq!(text.parse::<ReleaseLine>().expect("a line").to_string(), text);
        for other in [
            text.replace("seq:12", "seq:012"),
            text.replace("seq:12", "seq:+12"),
            text.replace(" seq", "  seq"),
            text.replace("e3b0", "E3B0"),
            text.replace("dataset:", "data:"),
            format!("{text} "),
            format!("{text} more:1"),
            text.trim_end_matches(|c| c != ' ').to_owned(),
            String::new(),
        ] {
            assert_eq!(other.parse::<ReleaseLine>(), Err(ReleaseLineError), "{other}");
        }
    }
}
