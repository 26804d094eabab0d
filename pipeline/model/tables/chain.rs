//! Tables of what a claim holds many of.

use super::{day, integer, position, text};
use crate::model::kind::RecordKind;
use crate::model::table::{Column, Table};

/// The claim that a row belongs to.
const CLAIM: Column = text("claim", "The claim.").of("/id").refers("claims");

pub(super) const VOICES: Table = Table {
    name: "voices",
    title: "Voices",
    description: "One row a voice of a claim's chain.",
    record: Some(RecordKind::Claim),
    key: &["claim", "position"],
    columns: &[
        CLAIM,
        position("Place of the voice in the chain, from 1, the outermost."),
        text("agent", "The agent that speaks.").of("/by/*/agent").refers("agents"),
        text("basis", "named: the text names the voice; implied: the text implies it without naming it here.")
            .of("/by/*/basis"),
        Column::boolean("is_root", "Whether it is the last of the chain, on whose word the claim rests."),
    ],
};

pub(super) const ABOUTS: Table = Table {
    name: "abouts",
    title: "Whom claims are about",
    description: "One row an agent that a claim speaks of.",
    record: Some(RecordKind::Claim),
    key: &["claim", "position"],
    columns: &[
        CLAIM,
        position("Place of the agent in the record, from 1."),
        text("agent", "The agent that is spoken of.").of("/about/*").refers("agents"),
    ],
};

pub(super) const ANCHORS: Table = Table {
    name: "anchors",
    title: "Anchors",
    description: "One row an anchor: the exact bytes of a capture on which a claim stands.",
    record: Some(RecordKind::Claim),
    key: &["claim", "position"],
    columns: &[
        CLAIM,
        position("Place of the anchor in the record, from 1."),
        text("source", "The source of the capture.").refers("sources"),
        text("capture", "The capture.").of("/at/*/capture").refers("captures"),
        integer("start_byte", "Offset of the first byte in the capture as received, from 0.").of("/at/*/span/0"),
        integer("end_byte", "Offset of the byte behind the last one: the bytes are [start_byte, end_byte).")
            .of("/at/*/span/1"),
        text("sha256", "SHA-256 of exactly those bytes, as hex.").of("/at/*/sha256"),
        text("quote", "The bytes as text; null unless the source's text may travel.").of("/at/*/quote").nullable(),
    ],
};

pub(super) const LINKS: Table = Table {
    name: "links",
    title: "Links",
    description: "One row a relation of a claim to another; stored once, on the later claim.",
    record: Some(RecordKind::Claim),
    key: &["claim", "position"],
    columns: &[
        CLAIM,
        position("Place of the link in the record, from 1."),
        text(
            "relation",
            "contradicts (both cannot hold), denies (says the other is false), supersedes (replaces it), repeats (the \
             same from another place), supports (makes it likelier) or tension (hard to reconcile).",
        )
        .of("/links/*/rel"),
        text("target", "The other claim.").of("/links/*/to").refers("claims"),
        text("why", "The curator's ground, where it is not plain.").of("/links/*/why").nullable(),
    ],
};

pub(super) const DECISIONS: Table = Table {
    name: "decisions",
    title: "Decisions",
    description: "One row a decision of the dataset's maintainers about a claim.",
    record: Some(RecordKind::Claim),
    key: &["claim", "position"],
    columns: &[
        CLAIM,
        position("Place of the decision in the claim's log, from 1, the oldest; the last one is in force."),
        day("decided_on", "The day of the decision.").of("/log/*/on"),
        text(
            "ruling",
            "retracted (the source took it back), withdrawn (it should not have been recorded) or restored (the \
             decision before is undone).",
        )
        .of("/log/*/is"),
        text("why", "The ground of the decision.").of("/log/*/why"),
    ],
};

pub(super) const GROUNDS: Table = Table {
    name: "grounds",
    title: "Grounds of statuses",
    description: "One row a claim that the status of another is due to: what disputes, contradicts, supersedes or \
                  corroborates it.",
    record: None,
    key: &["claim", "position"],
    columns: &[
        text("claim", "The claim that has the status.").refers("claims"),
        position("Place of the ground among the claim's grounds, from 1, in the order of their ids."),
        text("ground", "The claim that the status is due to.").refers("claims"),
    ],
};
