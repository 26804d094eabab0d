//! The table of claims: one row a claim, flat.

use super::{EXT, day, integer, text};
use crate::model::kind::RecordKind;
use crate::model::table::{Column, Table};

pub(super) const CLAIMS: Table = Table {
    name: "claims",
    title: "Claims",
    description: "One row a claim: one voice, one proposition, one value. It records that a voice said so, never that \
                  it is so.",
    record: Some(RecordKind::Claim),
    key: &["id"],
    columns: &[
        text("id", "Names the claim for ever.").of("/id"),
        text("event", "The event it is about.").of("/event").refers("events"),
        text("event_label", "A neutral name of that event."),
        text("kind", "What it is about, a word of the dataset's vocabulary.").of("/kind").refers("kinds"),
        text("stance", "Whether the voice asserts, denies or doubts it; a denial is a claim of its own.").of("/stance"),
        text(
            "status",
            "Where it stands among the others, computed; the first that applies of retracted, superseded, disputed (by \
             another root voice), inconsistent (with the same root voice), corroborated (by another root voice, \
             through sources not derived from each other), asserted.",
        ),
        text("status_by", "Ids of the claims that its status is due to, sorted, a space between two; see `grounds`.")
            .nullable(),
        text("value_kind", "quantity, date, place, text or unknown; null where the claim has no value.").nullable(),
        text("unit", "What a quantity counts.").of("/value/unit").refers("units").nullable(),
        integer("lo", "Smallest value that a quantity's wording allows, inclusive, in `unit`; null: no lower bound.")
            .of("/value/lo")
            .nullable(),
        integer("hi", "Largest value that a quantity's wording allows, inclusive, in `unit`; null: no upper bound.")
            .of("/value/hi")
            .nullable(),
        text(
            "qual",
            "How the wording limits the number: exact, approx, more_than, at_least, less_than, at_most, range or \
             indefinite.",
        )
        .of("/value/qual")
        .nullable(),
        text("said", "The wording that carries the value, eight words at most.").of("/value/said").nullable(),
        text("value_edtf", "The date that is asserted, in EDTF.").of("/value/edtf").nullable(),
        day("value_from", "The first day that `value_edtf` can mean; null where it is open or unknown.").nullable(),
        day("value_to", "The last day that `value_edtf` can mean; null where it is open or unknown.").nullable(),
        text("value_place", "Name of the place that is asserted.").of("/value/place/name").nullable(),
        text("value_country", "Country of the place that is asserted, ISO 3166-1 alpha-2.")
            .of("/value/place/country")
            .nullable(),
        text("value_region", "First-level administrative region of the place that is asserted.")
            .of("/value/place/region")
            .nullable(),
        text("value_text", "The statement that is asserted, in the curator's own words.").of("/value/text").nullable(),
        Column::boolean("is_unknown", "Whether the voice says that the value is not known.").of("/value/unknown"),
        text("when_edtf", "When the asserted thing happened or held, in EDTF.").of("/when").nullable(),
        day("when_from", "The first day that `when_edtf` can mean; null where it is open or unknown.").nullable(),
        day("when_to", "The last day that `when_edtf` can mean; null where it is open or unknown.").nullable(),
        text("when_basis", "Whether the text states `when_edtf` in full or a reader completed it: stated or inferred.")
            .of("/basis")
            .nullable(),
        text("clock_time", "Local clock time hh:mm, or two with a slash between; ~ marks an approximate one.")
            .of("/time")
            .nullable(),
        text("place", "Name of the place, where it is narrower than or different from the event's.")
            .of("/where/name")
            .nullable(),
        text("country", "Country of that place, ISO 3166-1 alpha-2.").of("/where/country").nullable(),
        text("region", "First-level administrative region of that place.").of("/where/region").nullable(),
        text("outer_voice", "The outermost voice of the chain: who tells it.").refers("agents"),
        text("outer_name", "Best known name of the outermost voice, where it is named in public.").nullable(),
        text("outer_kind", "What the outermost voice is: person, org, office, crowd or document."),
        text("root_voice", "The root voice, the last of the chain: on whose word the claim rests.").refers("agents"),
        text("root_name", "Best known name of the root voice, where it is named in public.").nullable(),
        text("root_kind", "What the root voice is: person, org, office, crowd or document."),
        Column::boolean("is_official", "Whether the root voice is an office."),
        integer("voice_count", "Number of voices in the chain, from 1; see `voices`."),
        text("chain", "Ids of all voices, the outermost first, the root last, ` > ` between two."),
        text(
            "source",
            "The text it was read in: of the sources it is anchored in, the first that is not derived from another of \
             them.",
        )
        .refers("sources"),
        text("publisher", "The agent that published that source.").refers("agents"),
        text("publisher_name", "Best known name of the publisher, where it is named in public.").nullable(),
        integer("anchor_count", "Number of anchors, from 1; see `anchors`."),
        text(
            "reading_fix",
            "Where the value is not literally what the bytes say: typo, spin, relative-date or translation.",
        )
        .of("/reading/fix")
        .nullable(),
        text("reading_basis", "What the text says then, what it must mean, and on what ground.")
            .of("/reading/basis")
            .nullable(),
        text("note", "A curator's remark.").of("/note").nullable(),
        text("decision", "The maintainers' decision in force: retracted or withdrawn; see `decisions`.").nullable(),
        EXT,
    ],
};
