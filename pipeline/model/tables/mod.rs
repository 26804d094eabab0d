//! The tables of an export and all their columns: the dictionary.

mod catalog;
mod chain;
mod claims;

use super::table::{Column, Table};
use catalog::{AGENT_NAMES, AGENTS, AUTHORS, CAPTURES, DERIVATIONS, EVENTS, PARTS, SOURCES};
use chain::{ABOUTS, ANCHORS, DECISIONS, GROUNDS, LINKS, VOICES};
use claims::CLAIMS;

const fn text(name: &'static str, description: &'static str) -> Column {
    Column::text(name, description)
}

const fn integer(name: &'static str, description: &'static str) -> Column {
    Column::integer(name, description)
}

const fn day(name: &'static str, description: &'static str) -> Column {
    Column::day(name, description)
}

/// The place of a row among the rows of one record.
const fn position(description: &'static str) -> Column {
    Column::integer("position", description)
}

/// Fields of a dataset's own, wherever they stand.
const EXT: Column =
    text("ext", "Fields of the dataset's own, as one JSON object in canonical form (RFC 8785).").of("/ext").nullable();

impl Table {
    /// All tables; each refers only to itself and to tables before it.
    pub const ALL: &[Table] = &[
        RELEASE,
        KINDS,
        UNITS,
        KIND_UNITS,
        AGENTS,
        AGENT_NAMES,
        EVENTS,
        SOURCES,
        AUTHORS,
        DERIVATIONS,
        CAPTURES,
        PARTS,
        CLAIMS,
        VOICES,
        ABOUTS,
        ANCHORS,
        LINKS,
        DECISIONS,
        GROUNDS,
        COLUMNS,
    ];
}

const RELEASE: Table = Table {
    name: "release",
    title: "Release",
    description: "One row: the release or the dataset folder that was exported, and how far it is to be trusted.",
    record: None,
    key: &["dataset"],
    columns: &[
        text("dataset", "Id of the dataset."),
        text("title", "The dataset's name for readers."),
        text("description", "What the dataset covers and what it does not.").nullable(),
        text("license", "SPDX licence expression of the records."),
        text(
            "trust",
            "`verified`: a release whose seals, files and records were verified when it was exported; `not verified`: a \
             release whose records were checked but not its seals; `draft`: a dataset folder that passed the check, not \
             a release.",
        ),
        text("version", "The release's version (semantic versioning); null for a draft.").nullable(),
        integer("seq", "Number of the release within the dataset, from 1; null for a draft.").nullable(),
        day("released_on", "The release's day; null for a draft.").nullable(),
        text(
            "tagmanifest_sha256",
            "SHA-256 of the release's tag manifest, the bytes that are signed; null for a draft.",
        )
        .nullable(),
        text("git_commit", "Id of the git commit it was read from; null where it was not read from one.").nullable(),
        integer("agents", "Number of agents."),
        text("agents_root", "Merkle root (RFC 6962, SHA-256) over the canonical lines of the agents, as exported."),
        integer("events", "Number of events."),
        text("events_root", "Merkle root over the canonical lines of the events, as exported."),
        integer("sources", "Number of sources."),
        text("sources_root", "Merkle root over the canonical lines of the sources, as exported."),
        integer("claims", "Number of claims."),
        text("claims_root", "Merkle root over the canonical lines of the claims, as exported."),
        text("statuses_root", "Merkle root over the lines of the claims' statuses, as exported."),
        integer("anchors_checked", "Number of anchors that were held against their text when this was exported."),
        integer(
            "anchors_not_checked",
            "Number of anchors whose text was not at hand when this was exported: nothing is known about them.",
        ),
    ],
};

const KINDS: Table = Table {
    name: "kinds",
    title: "Kinds of claim",
    description: "One row a kind of claim that the dataset declares.",
    record: None,
    key: &["id"],
    columns: &[text("id", "The kind."), text("definition", "What claims of this kind assert.")],
};

const UNITS: Table = Table {
    name: "units",
    title: "Units",
    description: "One row a unit that the dataset declares.",
    record: None,
    key: &["id"],
    columns: &[text("id", "The unit."), text("definition", "What is counted.")],
};

const KIND_UNITS: Table = Table {
    name: "kind_units",
    title: "Units of kinds",
    description: "One row a unit that quantities of a kind may use.",
    record: None,
    key: &["kind", "unit"],
    columns: &[text("kind", "The kind of claim.").refers("kinds"), text("unit", "The unit.").refers("units")],
};

const COLUMNS: Table = Table {
    name: "columns",
    title: "Columns",
    description: "One row a column of an exported table, this one included: the dictionary.",
    record: None,
    key: &["table_name", "column_name"],
    columns: &[
        text("table_name", "Name of the table."),
        position("Place of the column in the table, from 1."),
        text("column_name", "Name of the column."),
        text("kind", "text, integer, boolean or day (text as YYYY-MM-DD)."),
        Column::boolean("is_required", "Whether every row has a value."),
        Column::boolean("is_key", "Whether it is one of the columns that tell the table's rows apart."),
        text("refers_table", "The table in which every value of the column stands.").nullable(),
        text("refers_column", "The column of that table.").nullable(),
        text("record", "The record whose field it holds: agent, event, source or claim; null where it is computed.")
            .nullable(),
        text("field", "That field, as a JSON Pointer with * for any position in an array.").nullable(),
        text("description", "What a value says, with its unit."),
    ],
};
