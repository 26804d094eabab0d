//! Step 10: the log, what the reader saw before, and how long the release may pass for the newest.

use super::Verifier;
use super::seals::Seals;
use crate::finding::Code;
use crate::format::checkpoint::Checkpoint;
use crate::format::layout;
use crate::format::merkle;
use crate::format::note::NoteKey;
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::release_info::ReleaseInfo;
use crate::model::seen::{LogHead, Seen};
use crate::stage::log::{self, Log};

/// What the reader brings from before, and from others.
#[derive(Clone, Copy, Default)]
pub struct History<'a> {
    /// What he saw last of this dataset.
    pub seen: Option<&'a Seen>,
    /// The log itself, where it is at hand.
    pub log: Option<&'a Log>,
    /// Whom he trusts to have watched the log.
    pub witnesses: &'a [NoteKey],
    /// How many of them must have signed the checkpoint.
    pub witnesses_needed: u32,
    /// The moment that is asked about, in Unix seconds.
    pub at: Option<i64>,
}

/// How the release stands in its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The log's origin line.
    pub origin: String,
    /// Number of entries in the log that the proof speaks of.
    pub size: u64,
    /// The release that the reader saw before, and that this one follows or is.
    pub follows: Option<u64>,
    /// The witnesses that signed the checkpoint, and when, in Unix seconds.
    pub witnesses: Vec<(String, u64)>,
}

/// Whether the release may pass for the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Until the end of this day.
    Fresh(Day),
    /// A newer release was due by the end of this day.
    Stale(Day),
    /// The release sets no term.
    NoTerm,
    /// It sets a term, but nobody said what time it is.
    NotChecked(Day),
}

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Whether `info` is fresh at a moment in Unix seconds; its last day belongs to the term.
pub(super) fn freshness(info: &ReleaseInfo, at: Option<i64>) -> Freshness {
    match (info.fresh_until, at) {
        (None, _) => Freshness::NoTerm,
        (Some(until), None) => Freshness::NotChecked(until),
        (Some(until), Some(at)) if at < until.unix_seconds() + SECONDS_OF_A_DAY => Freshness::Fresh(until),
        (Some(until), Some(_)) => Freshness::Stale(until),
    }
}

impl Verifier<'_> {
    /// Step 10.
    pub(super) fn history(&mut self, seals: &Seals, info: &ReleaseInfo) -> Option<Logged> {
        let checkpoint = seals.proof.checkpoint().ok()?;
        let tag_manifest = Digest::of(&seals.tag_manifest);
        if let Some(seen) = self.request.history.seen {
            self.follows(seen, seals, &checkpoint, info, tag_manifest);
        }
        if let Some(log) = self.request.history.log {
            self.stands_in(log, &checkpoint);
        }
        let witnesses = self.witnesses(seals);
        if self.findings.has_errors() {
            return None;
        }
        let follows = self.request.history.seen.map(|seen| seen.seq);
        Some(Logged { origin: checkpoint.origin, size: checkpoint.size, follows, witnesses })
    }

    /// The release is the one that was seen, or comes after it in the same log.
    fn follows(
        &mut self,
        seen: &Seen,
        seals: &Seals,
        checkpoint: &Checkpoint,
        info: &ReleaseInfo,
        tag_manifest: Digest,
    ) {
        if info.seq < seen.seq {
            let message = format!("seq {}, and this reader saw seq {} ({})", info.seq, seen.seq, seen.version);
            self.report(Code::Rollback, layout::RELEASE_INFO, message);
            return;
        }
        if info.seq == seen.seq && tag_manifest != seen.tagmanifest_sha256 {
            let message = format!("another release of seq {} was seen, of {}", seen.seq, seen.date);
            self.report(Code::Fork, layout::TAG_MANIFEST, message);
            return;
        }
        if info.date < seen.date {
            let message = format!("dated {}, and this reader saw an earlier release of {}", info.date, seen.date);
            self.report(Code::DateGoesBack, layout::RELEASE_INFO, message);
        }
        match self.extends(seen.log, seals, checkpoint) {
            Some(true) => {}
            Some(false) => {
                let message = format!("its log is not the one that was seen with {} entries", seen.log.size);
                self.report(Code::Fork, layout::TLOG_PROOF, message);
            }
            None => {
                let message = format!(
                    "between the {} entries that were seen and the {} here only the log itself can tell",
                    seen.log.size, checkpoint.size
                );
                self.report(Code::LogNeeded, layout::TLOG_PROOF, message);
            }
        }
    }

    /// Whether the log at the checkpoint extends the one that was seen; `None` where that cannot be told.
    fn extends(&self, seen: LogHead, seals: &Seals, checkpoint: &Checkpoint) -> Option<bool> {
        if seen.size == checkpoint.size {
            return Some(seen.root == checkpoint.root);
        }
        if seen.size > checkpoint.size {
            return Some(false);
        }
        if seals.proof.index == seen.size && checkpoint.size == seen.size + 1 {
            // The path of the last leaf is all that the tree before it consists of.
            return Some(merkle::root_before_last_leaf(&seals.proof.path) == seen.root);
        }
        let log = self.request.history.log?;
        Some(log.checkpoint(seen.size)?.root == seen.root && log.checkpoint(checkpoint.size)?.root == checkpoint.root)
    }

    /// The log at hand is one with that of the checkpoint.
    fn stands_in(&mut self, log: &Log, checkpoint: &Checkpoint) {
        if log.checkpoint(checkpoint.size).is_some_and(|known| known != *checkpoint) {
            let message = format!("the log at hand has no such checkpoint of {} entries", checkpoint.size);
            self.report(Code::Fork, layout::TLOG_PROOF, message);
        }
    }

    fn witnesses(&mut self, seals: &Seals) -> Vec<(String, u64)> {
        let (note, witnesses) = (&seals.proof.note, self.request.history.witnesses);
        for witness in witnesses {
            if let Err(error) = note.cosignature(witness) {
                self.report(Code::LogProofInvalid, layout::TLOG_PROOF, format!("{}: {error}", witness.name()));
            }
        }
        let signed = log::witnessed(note, witnesses);
        let needed = self.request.history.witnesses_needed;
        if (signed.len() as u64) < u64::from(needed) {
            let message = format!("witnesses that signed the checkpoint: {}; needed: {needed}", signed.len());
            self.report(Code::WitnessesMissing, layout::TLOG_PROOF, message);
        }
        signed.into_iter().map(|(witness, time)| (witness.name().to_owned(), time)).collect()
    }
}
