//! Tables of what claims refer to: agents, events and sources.

use super::{EXT, day, integer, position, text};
use crate::model::kind::RecordKind;
use crate::model::table::{Column, Table};

/// The source that a row belongs to.
const SOURCE: Column = text("source", "The source.").of("/id").refers("sources");

pub(super) const AGENTS: Table = Table {
    name: "agents",
    title: "Agents",
    description: "One row an agent: whoever speaks or is spoken of.",
    record: Some(RecordKind::Agent),
    key: &["id"],
    columns: &[
        text("id", "Names the agent for ever; of a masked or sealed agent it tells nothing.").of("/id"),
        text("kind", "person, org, office (and whoever holds it), crowd (without membership) or document.").of("/kind"),
        text("name", "The best known public name; null where the agent is not named in public.").nullable(),
        text("note", "What a reader must know to follow the chain of voices.").of("/note").nullable(),
        text("privacy", "open (named in public), masked (not named) or sealed (a confidential source).").of("/privacy"),
        EXT,
    ],
};

pub(super) const AGENT_NAMES: Table = Table {
    name: "agent_names",
    title: "Names of agents",
    description: "One row a public name of an agent.",
    record: Some(RecordKind::Agent),
    key: &["agent", "position"],
    columns: &[
        text("agent", "The agent.").of("/id").refers("agents"),
        position("Place of the name among the agent's names, from 1, the best known."),
        text("name", "The name.").of("/names/*"),
    ],
};

pub(super) const EVENTS: Table = Table {
    name: "events",
    title: "Events",
    description: "One row an event: what claims are about.",
    record: Some(RecordKind::Event),
    key: &["id"],
    columns: &[
        text("id", "Names the event for ever.").of("/id"),
        text("label", "A neutral name for readers.").of("/label"),
        text("when_edtf", "When it happened, in EDTF (ISO 8601-2:2019): not always one day.").of("/when").nullable(),
        day("when_from", "The first day that `when_edtf` can mean; null where it is open or unknown.").nullable(),
        day("when_to", "The last day that `when_edtf` can mean; null where it is open or unknown.").nullable(),
        text("place", "Name of the place.").of("/where/name").nullable(),
        text("country", "Country of the place, ISO 3166-1 alpha-2.").of("/where/country").nullable(),
        text("region", "First-level administrative region of the place.").of("/where/region").nullable(),
        text("edition", "The edition of the country code or border in force, where the place changed hands since.")
            .of("/where/edition")
            .nullable(),
        text("place_precision", "How narrowly the place is known: site, city, region or country.")
            .of("/where/precision")
            .nullable(),
        text("within_event", "The wider event that this one is a part of.").of("/within").refers("events").nullable(),
        EXT,
    ],
};

pub(super) const SOURCES: Table = Table {
    name: "sources",
    title: "Sources",
    description: "One row a source: a published text.",
    record: Some(RecordKind::Source),
    key: &["id"],
    columns: &[
        text("id", "Names the source for ever.").of("/id"),
        text("publisher", "The agent that published it.").of("/publisher").refers("agents"),
        text("publisher_name", "Best known name of the publisher, where it is named in public.").nullable(),
        text("title", "What the curator calls the text; not always its headline.").of("/title").nullable(),
        text("lang", "BCP 47 tag of its language; en-x-spun is machine-spun English.").of("/lang"),
        text("url", "Where it was published.").of("/url").nullable(),
        text("published_edtf", "When it was published, in EDTF.").of("/published").nullable(),
        day("published_from", "The first day that `published_edtf` can mean; null where it is open or unknown.")
            .nullable(),
        day("published_to", "The last day that `published_edtf` can mean; null where it is open or unknown.")
            .nullable(),
        text("published_basis", "Whether the text states that date or a reader inferred it: stated or inferred.")
            .of("/published_basis")
            .nullable(),
        text("rights_holder", "The agent that holds the rights.").of("/rights/holder").refers("agents"),
        text("rights_text", "included (the text travels in a release), withheld (digests and spans only) or sealed.")
            .of("/rights/text"),
        text("license", "SPDX licence expression of an included text.").of("/rights/license").nullable(),
        text("commitment", "SHA-256 commitment, as hex, under which a sealed text can later be shown to have lain.")
            .of("/commitment")
            .nullable(),
        EXT,
    ],
};

pub(super) const AUTHORS: Table = Table {
    name: "authors",
    title: "Authors",
    description: "One row a bylined author of a source.",
    record: Some(RecordKind::Source),
    key: &["source", "position"],
    columns: &[
        SOURCE,
        position("Place of the author in the record, from 1."),
        text("agent", "The author.").of("/authors/*").refers("agents"),
    ],
};

pub(super) const DERIVATIONS: Table = Table {
    name: "derivations",
    title: "Derivations",
    description: "One row an origin of a source that is derived from another text; a copy never corroborates its origin.",
    record: Some(RecordKind::Source),
    key: &["source", "position"],
    columns: &[
        SOURCE,
        position("Place of the origin in the record, from 1."),
        text("how", "What was done with the origin: quotes, summarises, syndicates, translates or spins.")
            .of("/from/*/how"),
        text("origin_source", "The text it is derived from, where that is a source of the dataset; else null.")
            .of("/from/*/what")
            .refers("sources")
            .nullable(),
        text(
            "origin_agent",
            "The agent whose text it is derived from, where that text is not in the dataset; else null.",
        )
        .of("/from/*/what")
        .refers("agents")
        .nullable(),
        text("basis", "How that is known.").of("/from/*/basis"),
    ],
};

pub(super) const CAPTURES: Table = Table {
    name: "captures",
    title: "Captures",
    description: "One row a capture: the bytes of a source as received once.",
    record: Some(RecordKind::Source),
    key: &["id"],
    columns: &[
        text("id", "The source's id, a dot, and the capture's number; the name by which anchors know it."),
        SOURCE,
        integer("number", "Number of the capture within its source, from 1, the oldest.").of("/captures/*/n"),
        text("sha256", "SHA-256 of all its bytes, as hex.").of("/captures/*/sha256"),
        integer("size_bytes", "Its length in bytes.").of("/captures/*/bytes"),
        day("received_on", "The day the bytes were received, where known.").of("/captures/*/got").nullable(),
        text("captured_by", "The agent that received them.").of("/captures/*/by").refers("agents"),
    ],
};

pub(super) const PARTS: Table = Table {
    name: "parts",
    title: "Parts",
    description: "One row a part of a capture: one stretch of the page. A capture without parts is all body.",
    record: Some(RecordKind::Source),
    key: &["capture", "position"],
    columns: &[
        text("capture", "The capture.").refers("captures"),
        position("Place of the part within the capture, from 1."),
        text("part", "Id of the part, unique within the capture.").of("/captures/*/parts/*/id"),
        text("role", "title, body, caption, comment, credit or chrome (what the page wraps around the text).")
            .of("/captures/*/parts/*/role"),
        integer("start_byte", "Offset of its first byte in the capture, from 0.").of("/captures/*/parts/*/span/0"),
        integer("end_byte", "Offset of the byte behind its last one: the part is [start_byte, end_byte).")
            .of("/captures/*/parts/*/span/1"),
        text("author", "The agent who wrote it, where that is not the source's author.")
            .of("/captures/*/parts/*/author")
            .refers("agents")
            .nullable(),
        text("posted_edtf", "When it was posted, in EDTF.").of("/captures/*/parts/*/posted").nullable(),
        day("posted_from", "The first day that `posted_edtf` can mean; null where it is open or unknown.").nullable(),
        day("posted_to", "The last day that `posted_edtf` can mean; null where it is open or unknown.").nullable(),
    ],
};
