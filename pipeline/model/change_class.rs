//! The table of change classes: code, name, group, what it asks of the version under each law, and what it means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dataset::Law;

/// What a change asks of the next version, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// The third number rises.
    Patch,
    /// The second number rises.
    Minor,
    /// The first number rises.
    Major,
    /// No release may hold it.
    Refused,
}

impl Bump {
    /// The bump as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
            Bump::Refused => "refused",
        }
    }
}

/// What a class of change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClassGroup {
    /// What a claim says, and whether it stands.
    Claim,
    /// What claims stand on.
    Evidence,
    /// Remarks, which change nothing that is claimed.
    Annotation,
    /// Agents, events and sources.
    Register,
    /// What records may hold.
    Schema,
    /// The dataset as a whole.
    Dataset,
}

impl ClassGroup {
    /// The group as a heading.
    pub fn words(self) -> &'static str {
        match self {
            ClassGroup::Claim => "what claims say",
            ClassGroup::Evidence => "what claims stand on",
            ClassGroup::Annotation => "remarks",
            ClassGroup::Register => "agents, events and sources",
            ClassGroup::Schema => "schemas",
            ClassGroup::Dataset => "the dataset as a whole",
        }
    }
}

macro_rules! classes {
    ($($code:ident $name:literal $group:ident $leave:ident $strict:ident $living:ident, $title:literal, $explanation:literal;)*) => {
        /// A stable name for one kind of change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ChangeClass { $(#[doc = $title] $code,)* }

        impl ChangeClass {
            /// Every class, in the order of the codes' groups.
            pub const ALL: &[ChangeClass] = &[$(ChangeClass::$code,)*];

            /// The code: never changes, never reused.
            pub fn code(self) -> &'static str {
                match self { $(ChangeClass::$code => stringify!($code),)* }
            }

            /// The kebab-case name.
            pub fn name(self) -> &'static str {
                match self { $(ChangeClass::$code => $name,)* }
            }

            /// What it is about.
            pub fn group(self) -> ClassGroup {
                match self { $(ChangeClass::$code => ClassGroup::$group,)* }
            }

            /// What it asks of the next version.
            pub fn bump(self, law: Law) -> Bump {
                match (self, law) {
                    $((ChangeClass::$code, Law::Strict) => Bump::$strict,
                      (ChangeClass::$code, Law::Living) => Bump::$living,)*
                }
            }

            /// Whether the maintainer must allow it by name.
            pub fn needs_leave(self) -> bool {
                match self { $(ChangeClass::$code => stringify!($leave) == "ByName",)* }
            }

            /// One line.
            pub fn title(self) -> &'static str {
                match self { $(ChangeClass::$code => $title,)* }
            }

            /// What it means, and what a reviewer should look at.
            pub fn explanation(self) -> &'static str {
                match self { $(ChangeClass::$code => $explanation,)* }
            }
        }
    };
}

classes! {
    C01 "claim-added" Claim Free Minor Minor, "a claim is new",
        "The new version holds a claim whose id the old one did not know. It may dispute or support claims that were there: see C12 beside it.\nRead its words in the source, and ask who says it last.";
    C02 "claim-removed" Claim Free Refused Refused, "a claim is gone without a trace",
        "The old version holds a claim that the new one does not hold, not even as a tombstone, and no other claim took over its words. Whoever cited its id finds nothing.\nBring the record back, and withdraw it with an entry in its `log` that gives the day and the reason.";
    C03 "claim-retracted" Claim Free Major Minor, "a claim was retracted or withdrawn",
        "Its log now says that the source took it back (retracted) or that it should not have been recorded (withdrawn). The record stays as a tombstone and no longer counts.\nRead the reason in the log, and ask whether it is about the claim or about the tool that recorded it.";
    C04 "claim-superseded" Claim Free Major Minor, "a later claim took a claim's place",
        "A claim of the new version supersedes this one, whose own record need not have changed. It no longer disputes or supports others.\nLook at the claim that supersedes it: is it a later state of the same account, or somebody else's account?";
    C05 "claim-rekeyed" Claim Free Major Major, "a claim has another id",
        "Exactly one claim is gone and exactly one is new with the same assertion and the same evidence. Both records are listed. References to the old id lead nowhere.\nKeep the old id wherever possible.";
    C06 "claims-merged" Claim Free Major Major, "one claim took the place of several",
        "A claim of the new version supersedes two or more claims that stood for themselves before. What they said apart is now said once.\nAsk whether they really were one proposition by one voice.";
    C07 "claim-split" Claim Free Major Major, "several claims took the place of one",
        "Two or more claims of the new version supersede this one, which said at once what they say apart.\nAsk whether everything it said is still said.";
    C08 "id-reused" Claim Free Refused Refused, "an id names another claim now",
        "The record under this id speaks of another event and stands on no evidence that it stood on before: it is another claim. An id is never used twice.\nGive the new claim an id of its own, and leave the old record as it was.";
    C10 "value-changed" Claim Free Major Minor, "a claim says another value",
        "The number, date, place or statement differs. Of quantities it is told how the range moved: widened, narrowed, shifted, disjoint (no number fits both), or reworded (the bounds are the same).\nHold the new value against the source's words, above all where deaths are counted.";
    C11 "assertion-changed" Claim Free Major Minor, "a claim says it of another event, day or place, or by another voice",
        "Event, kind, stance, whom it is about, day, time, place or the chain of voices differs: what is claimed, or on whose word.\nA changed last voice is another authority for the same words.";
    C12 "status-changed" Claim Free Minor Minor, "a claim's computed status is another, though its record is the same",
        "Other claims came, went or changed, and so this one is now disputed, corroborated, inconsistent or merely asserted. The claims that brought it about are named.\nLook at these; here there is nothing to decide.";
    C13 "links-changed" Claim Free Major Minor, "a claim stands otherwise to other claims",
        "A link was added, taken away or given another reason. Links decide the computed status of the claims at both ends.\nAsk of a new contradiction whether the two really cannot both hold.";
    C14 "claim-restored" Claim Free Major Minor, "a decision against a claim was undone",
        "Its log takes back an earlier retraction or withdrawal, and the claim counts again.\nRead the reason in the log.";
    C15 "log-rewritten" Claim Free Refused Refused, "an entry of a claim's log was changed or taken away",
        "The log only grows: earlier decisions must stand as they were made.\nBring the old entries back, and add a new one.";
    E01 "evidence-added" Evidence Free Major Minor, "a claim stands on words it did not stand on before",
        "An anchor is new, in a source or at words where the claim had none.\nRead these words: do they say what the claim says?";
    E02 "evidence-removed" Evidence Free Major Minor, "a claim no longer stands on some words",
        "An anchor is gone, and no other of the same source took its place.\nAsk what the claim still stands on.";
    E03 "quote-changed" Evidence Free Major Minor, "a claim stands on other words of the same source",
        "The anchored bytes differ: longer, shorter or elsewhere. The source is the same.\nRead both, and ask whether the claim still says what its words say.";
    E04 "anchor-moved" Evidence Free Major Patch, "a claim stands on the same words at another place",
        "The anchored bytes are the same; the capture or the place in it is another, as after a new capture.\nNothing that is claimed changed. In a text that says the same words twice, ask which occurrence is meant.";
    E05 "source-recaptured" Evidence Free Major Minor, "a source was captured again",
        "The source has a new capture. Every claim that stood on it is listed: unchanged or moved (its words stand in the new capture, and where), lost (they do not), or not checked (the texts are not at hand).\nLook at every lost claim: the page may have been edited.";
    E06 "capture-rewritten" Evidence Free Refused Refused, "a recorded capture has other bytes, or is gone",
        "A capture says what was received once. Its digest, its length or the capture itself is not what the old version recorded.\nBring the old capture back, and record what was received later under the next number.";
    A01 "annotation-changed" Annotation Free Patch Patch, "a remark changed",
        "Only notes, readings, titles, accepted warnings or the dataset's own extension fields differ, or whether a quote is shown beside its digest. Nothing that is claimed changed, nor what it stands on.\nOf a reading, ask whether the value still follows from it.";
    A02 "reordered" Annotation Free Patch Patch, "the same elements stand in another order",
        "In a list whose order means nothing, the same elements stand in another order.\nNothing changed that anybody could cite.";
    R01 "record-added" Register Free Minor Minor, "an agent, an event or a source is new",
        "Claims may now refer to it.\nOf a new agent, ask whether it may be open; of a source, whose text it is.";
    R02 "record-removed" Register Free Major Major, "an agent, an event or a source is gone",
        "Nothing in the new version refers to it. Ids are not used again.\nAsk why it is gone rather than unused.";
    R03 "record-changed" Register Free Major Minor, "an agent, an event or a source says something else",
        "Names, kind, day, place, origin or parts differ. All claims that refer to it are read anew.\nA changed origin of a source can turn a corroboration into a copy.";
    R04 "rights-changed" Register Free Major Minor, "the rights in a source's text are others",
        "Holder, licence, or whether the text is included, withheld or sealed.\nA text that was sealed or withheld and is included now cannot be called back.";
    R05 "privacy-changed" Register Free Major Minor, "an agent is open, masked or sealed and was not before",
        "Whether a person may be named changed.\nAn agent that becomes open needs its reason in the codebook; one that becomes masked stays named in earlier releases.";
    S01 "schema-widened" Schema Free Minor Minor, "a schema accepts more than before",
        "Every record that was valid is valid still; this was proven.\nReaders may meet records that they do not know.";
    S02 "schema-narrowed" Schema Free Major Major, "a schema refuses what it accepted",
        "Some records that were valid are no longer.\nWhoever writes such records must change them first.";
    S03 "schema-undecidable" Schema Free Major Major, "nobody can tell whether a schema accepts less than before",
        "The two schemas differ, and it could not be proven that every record which was valid is valid still. It counts as narrowed.\nRead both.";
    D01 "count-collapsed" Dataset ByName Major Minor, "more records are gone or withdrawn than the dataset allows between two releases",
        "The number of live records fell by a greater share than `envelope` in dataset.json allows. This is how a broken import looks, and a purge.\nFind out which it is. `affiant release --allow D01` says that it is meant.";
    D02 "licence-or-signer-changed" Dataset ByName Major Minor, "the licence is another, or another key signs first",
        "Readers rely on both.\nOf a new key, ask its holder by another channel. `affiant release --allow D02` says that it is meant.";
    D03 "declaration-changed" Dataset Free Major Minor, "the vocabulary or the extensions that dataset.json declares are others",
        "Kinds, units or their definitions differ. The same claim can mean something else under another definition.\nRead old and new definition side by side.";
    D04 "safeguards-changed" Dataset ByName Major Minor, "law, threshold, envelope or approvals are others",
        "What protects the dataset from silent changes differs: the law of its versions, how many must sign, how much may be lost at once, who must approve.\nAsk who wants it, and why now. `affiant release --allow D04` says that it is meant.";
    D05 "codebook-changed" Dataset Free Patch Patch, "the codebook is another",
        "README.md says how words become records. No record differs because of it.\nIf a rule changed, ask which records still follow the old one.";
}

impl fmt::Display for ChangeClass {
    /// `C10 value-changed`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.name())
    }
}

/// There is no such class.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no change class {0:?}")]
pub struct UnknownClass(String);

impl FromStr for ChangeClass {
    type Err = UnknownClass;

    /// By code in upper or lower case, or by name.
    fn from_str(word: &str) -> Result<Self, UnknownClass> {
        let is_meant = |class: &&ChangeClass| class.code().eq_ignore_ascii_case(word) || class.name() == word;
        Self::ALL.iter().find(is_meant).copied().ok_or_else(|| UnknownClass(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_found_and_stand_once() {
        let names: BTreeSet<&str> = ChangeClass::ALL.iter().flat_map(|class| [class.code(), class.name()]).collect();
        assert_eq!(names.len(), 2 * ChangeClass::ALL.len());
        for class in ChangeClass::ALL {
            assert_eq!(class.code().parse(), Ok(*class));
            assert_eq!(class.code().to_lowercase().parse(), Ok(*class));
            assert_eq!(class.name().parse(), Ok(*class));
            assert_eq!(class.explanation().lines().count(), 2, "{class}: what it means, what to look at");
        }
        assert!("C99".parse::<ChangeClass>().is_err());
    }

    #[test]
    fn the_strict_law_is_nowhere_milder_than_the_living_one() {
        for class in ChangeClass::ALL {
            assert!(class.bump(Law::Strict) >= class.bump(Law::Living), "{class}");
        }
    }
}
