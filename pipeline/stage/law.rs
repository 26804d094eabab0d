//! What the law of versions says of a diff: which version it asks for, and which changes no release may hold.

use super::diff::DatasetDiff;
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::model::change::Change;
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::Law;
use crate::model::release_info::ChangesInfo;

/// What was decided about the changes of a release: only [`judge`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    bump: Option<Bump>,
    deciding: Vec<String>,
    allowed: Vec<ChangeClass>,
    /// The first changes that ask for it, for a reader.
    named: Vec<String>,
    asking: u64,
}

/// How many changes are named that ask for a version.
const NAMED: usize = 3;

impl Decision {
    /// What the law asks of the version.
    pub fn bump(&self) -> Option<Bump> {
        self.bump
    }

    /// Fingerprints of changes that ask for it.
    pub fn deciding(&self) -> &[String] {
        &self.deciding
    }

    /// The classes that were allowed by name.
    pub fn allowed(&self) -> &[ChangeClass] {
        &self.allowed
    }
}

/// Judges the changes that are to become `version`, the one after `previous`. `place` is what findings point to.
/// The value is `None` if the law does not let them pass.
pub fn judge(
    diff: &mut DatasetDiff,
    previous: &semver::Version,
    version: &semver::Version,
    allow: &[ChangeClass],
    place: &str,
) -> Result<Outcome<Option<Decision>>> {
    let (law, bump) = (diff.header().law, diff.trailer().bump);
    let mut findings = Findings::default();
    let mut decision = Decision { bump, deciding: Vec::new(), allowed: Vec::new(), named: Vec::new(), asking: 0 };
    for change in diff.changes()? {
        let change = change?;
        for class in &change.classes {
            if class.bump(law) == Bump::Refused {
                findings.push(finding(Code::ChangeRefused, &change, *class, place));
            } else if class.needs_leave() && !allow.contains(class) {
                findings.push(finding(Code::ChangeNotAllowed, &change, *class, place));
            } else if class.needs_leave() && !decision.allowed.contains(class) {
                decision.allowed.push(*class);
            }
        }
        let decides = change.classes.iter().copied().find(|class| Some(class.bump(law)) == bump);
        if let Some(class) = decides {
            decision.asking += 1;
            if decision.named.len() < NAMED {
                decision.named.push(format!("{} {}", change.id, class.code()));
            }
        }
        if decides.is_some() && decision.deciding.len() < ChangesInfo::DECIDING {
            decision.deciding.push(change.fingerprint);
        }
    }
    decision.allowed.sort();
    if let Some(bump) = bump.filter(|bump| *bump != Bump::Refused && !is_high_enough(previous, version, *bump)) {
        findings.push(too_low(previous, version, bump, law, &decision, place));
    }
    Ok(Outcome { value: (!findings.has_errors()).then_some(decision), findings })
}

/// Whether a version is as far above the one before as the law asks. Up to a first release of its numbers, a version
/// with a pre-release tag may still change whatever those numbers announce (Semantic Versioning 2.0.0, item 9).
pub fn is_high_enough(previous: &semver::Version, version: &semver::Version, bump: Bump) -> bool {
    let numbers = |version: &semver::Version| (version.major, version.minor, version.patch);
    let (old, new) = (numbers(previous), numbers(version));
    let announced = match old {
        (_, 0, 0) => Bump::Major,
        (_, _, 0) => Bump::Minor,
        _ => Bump::Patch,
    };
    let rose = match bump {
        Bump::Patch => new > old,
        Bump::Minor => (new.0, new.1) > (old.0, old.1),
        Bump::Major => new.0 > old.0,
        Bump::Refused => false,
    };
    rose || (!previous.pre.is_empty() && version > previous && new >= old && bump <= announced)
}

fn finding(code: Code, change: &Change, class: ChangeClass, place: &str) -> Finding {
    let message = format!("{class}: {} ({} {})", class.title(), change.kind.word(), change.id);
    let help = match code {
        Code::ChangeNotAllowed => {
            format!("`affiant explain {0}`; if it is meant, release with --allow {0}", class.code())
        }
        _ => format!("`affiant explain {}`", class.code()),
    };
    Finding::of_change(code, place, change, message).with_help(help)
}

fn too_low(
    previous: &semver::Version,
    version: &semver::Version,
    bump: Bump,
    law: Law,
    decision: &Decision,
    place: &str,
) -> Finding {
    let (bump, next) = match bump {
        Bump::Patch => {
            ("patch", semver::Version::new(previous.major, previous.minor, previous.patch.saturating_add(1)))
        }
        Bump::Minor => ("minor", semver::Version::new(previous.major, previous.minor.saturating_add(1), 0)),
        _ => ("major", semver::Version::new(previous.major.saturating_add(1), 0, 0)),
    };
    let more = decision.asking - decision.named.len() as u64;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let because = format!("{}{more}", decision.named.join(", "));
    let message =
        format!("{version} after {previous}: the {} law asks for a {bump} version, because of {because}", law.word());
    let help = format!("release it as {next}; `affiant diff` shows the changes");
    Finding::of_file(Code::VersionTooLow, place, message).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_rises_as_far_as_it_is_asked() {
        use Bump::*;
        for (old, new, highest) in [
            ("1.2.3", "1.2.4", Some(Patch)),
            ("1.2.3", "1.3.0", Some(Minor)),
            ("1.2.3", "2.0.0", Some(Major)),
            ("1.2.3", "2.0.0-rc.1", Some(Major)),
            ("1.2.3", "1.2.3", None),
            ("1.2.3", "1.2.4-rc.1", Some(Patch)),
            ("2.0.0-rc.1", "2.0.0-rc.2", Some(Major)),
            ("2.0.0-rc.1", "2.0.0", Some(Major)),
            ("1.3.0-rc.1", "1.3.0", Some(Minor)),
            ("1.3.1-rc.1", "1.3.1", Some(Patch)),
            ("1.3.1-rc.1", "1.4.0", Some(Minor)),
            ("0.9.0", "1.0.0", Some(Major)),
        ] {
            let (old, new) = (old.parse().expect("a version"), new.parse().expect("a version"));
            for bump in [Patch, Minor, Major, Refused] {
                let is = is_high_enough(&old, &new, bump);
                assert_eq!(is, highest.is_some_and(|highest| bump <= highest), "{old} {new} {bump:?}");
            }
        }
    }
}
