//! The table of finding codes: name, severity, one line, and what a person should know and do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The dataset or release is not accepted.
    Error,
    /// Accepted; worth a look.
    Warning,
}

/// Which part of the work reports a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// One line of JSON.
    Json,
    /// One record by itself.
    Record,
    /// A record and what it refers to.
    Reference,
    /// The captured texts.
    Text,
    /// The bytes a claim stands on.
    Anchor,
    /// What a rule can only suspect of a dataset.
    Quality,
    /// What changed since the release before, when a release is made.
    Law,
    /// Step of "Verifying a release" in SPEC.md.
    Release(u8),
    /// The log of releases.
    Log,
    /// The chain of keyrings.
    Keyring,
    /// A receipt or a disclosure, which stand by themselves.
    Receipt,
}

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $group:expr, $title:literal, $explanation:literal;)*) => {
        /// A stable name for one kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $variant,)* }

        impl Code {
            /// Every code, in the order of the work.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The kebab-case name: never changes, never reused.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How much it weighs.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// Which part of the work reports it.
            pub fn group(self) -> Group {
                use Group::*;
                match self { $(Code::$variant => $group,)* }
            }

            /// One line.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// What it means, why it matters, and what to do.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    JsonSyntax "json-syntax" Error Json, "the line is not one JSON object",
        "Every line of a records file is exactly one JSON object (RFC 8259), with nothing before or behind it; blank lines are not records.\nMend the line at the column shown. A common cause is a missing comma or a line broken in two by an editor.";
    JsonEncoding "json-encoding" Error Json, "the line is not plain UTF-8",
        "Records are UTF-8 without a byte order mark, and no string may hold half of a surrogate pair: two readers would see two different texts.\nSave the file as UTF-8 without BOM, and write characters outside the BMP directly or as a full pair of escapes.";
    JsonDuplicateKey "json-duplicate-key" Error Json, "an object names the same key twice",
        "Of two equal keys one reader takes the first and another the last, so a signed record could say two things. Keys that become equal once escapes are resolved count too.\nDelete one of the two.";
    JsonLimit "json-limit" Error Json, "the line is longer or deeper than a record may be",
        "A record is at most 1 MiB long and 64 levels deep, so that no file can exhaust the reader.\nSplit what is too large; a record needs neither.";
    JsonNumber "json-number" Error Json, "a number is not an integer within 2^53",
        "Records hold integers from -(2^53-1) to 2^53-1 only: beyond that, and for fractions, readers disagree about the value (RFC 7493).\nUse a smaller unit, or put the figure into text.";
    LineEnding "line-ending" Error Json, "the line ends in a carriage return",
        "Records files use LF alone. A converter that adds CR changes every digest.\nConvert the file to LF, and keep `-text` for it in .gitattributes.";
    SchemaMismatch "schema-mismatch" Error Record, "the record is not what its JSON Schema asks for",
        "Each kind of record has a JSON Schema (draft 2020-12). All violations of all records are reported.\nSee the field's description and examples with `affiant schema claim` (or source, agent, event, dataset).";
    ExtUndeclared "ext-undeclared" Error Record, "the record has an `ext` object but the dataset declares no schema for it",
        "Fields of a dataset's own live under `ext` and are checked by a schema that dataset.json declares for that kind of record. Without one nothing would check them.\nDeclare the schema in dataset.json under ext.<kind>, or remove the field.";
    EdtfInvalid "edtf-invalid" Error Record, "a date is not valid EDTF",
        "Dates are EDTF (ISO 8601-2:2019): 2011-12-16, 2022-01, 2021?, 2022-01~, 202X, 1986-12-16/1986-12-19, 2022-01-05/.. and the day must exist.\nWrite what the text supports and no more; put the wording into `said`.";
    DateInvalid "date-invalid" Error Record, "a day does not exist in the calendar",
        "The days in `got` and `log` are plain calendar days, YYYY-MM-DD.\nCorrect the day.";
    BoundsInverted "bounds-inverted" Error Record, "the lower bound lies above the upper one",
        "`lo` and `hi` are inclusive bounds; null means unbounded.\nSwap or correct them.";
    QualifierDisagrees "qualifier-disagrees" Error Record, "the qualifier and the bounds do not agree",
        "exact: lo = hi. approx: both set. range: both set, lo < hi. more_than, at_least: lo set, hi null. less_than, at_most: hi set, lo null or 0. indefinite: not one single number.\n\"More than 80\" is lo 81, hi null, more_than.";
    SaidTooLong "said-too-long" Error Record, "`said` has more than eight words",
        "`said` keeps just the wording that carries the value: eight words at most, so that a withheld text is not copied piece by piece.\nKeep the number and its qualifier, drop the rest.";
    ContactData "contact-data" Error Record, "the text holds an e-mail address or a phone number",
        "Nobody's contact data may travel in a release, even where the source printed it.\nRemove it; in an included text write a summary without it.";
    HiddenCharacter "hidden-character" Warning Record, "the text holds an invisible or direction-changing character",
        "Zero-width and bidirectional control characters can make a text read differently from what its bytes say.\nRemove the character unless the script needs it; quotes keep what their source has.";
    MaskedName "masked-name" Error Record, "a masked or sealed agent has a name",
        "Detainees, victims, relatives, minors and other private people stay masked: `names` is empty, everywhere and for ever.\nEmpty `names`, or make the agent open and give the reason in the codebook.";
    MaskedId "masked-id" Error Record, "the id of a masked agent tells something",
        "The id of a masked or sealed agent is its kind and a number (person-07), so that the id itself gives nobody away.\nRename the agent before the first release; afterwards an id is for ever.";
    CaptureNumber "capture-number" Error Record, "captures are not numbered 1, 2, 3 ...",
        "A re-capture of a source is number n+1 and the old one stays, because old claims stand on it.\nNumber the captures in order without gaps.";
    PartOutOfRange "part-out-of-range" Error Record, "a part reaches past the end of its capture",
        "Parts are byte spans of the capture as received.\nCount in bytes, not characters: `affiant capture FILE` prints the right spans.";
    PartsOverlap "parts-overlap" Error Record, "two parts of a capture overlap or stand out of order",
        "Each byte of a page belongs to at most one part, and parts are listed in order, with ids of their own.\nCorrect the spans.";
    SealedText "sealed-text" Error Record, "a sealed source records a capture",
        "A sealed source protects somebody: a digest of its text would confirm a guess.\nRemove the captures and make a commitment with `affiant seal`; claims that rest on the text name a sealed agent as their root voice.";
    SealedDetail "sealed-detail" Error Record, "a sealed source's record tells more than that there is one",
        "A title, an author, a URL, a date or an origin narrows down which text it is, and whom it came from.\nRemove the field; what readers should know of the source stands in the codebook.";
    CommitmentNotSealed "commitment-not-sealed" Error Record, "a source that is not sealed has a commitment",
        "A commitment stands for a text of which nothing else is told. Beside a capture, whose digest tells everything, it says nothing.\nRemove it; or, if the text is to be sealed and no release has told its digest yet, remove the captures and set rights.text to `sealed`.";
    LogOrder "log-order" Error Record, "the decision log is out of order",
        "The log is append only: days do not go back, and `restored` follows a retraction or a withdrawal.\nAppend the new decision at the end.";
    IdReused "id-reused" Error Reference, "two records of one kind have the same id",
        "An id names one record for ever.\nGive the later record an id of its own.";
    UnknownAgent "unknown-agent" Error Reference, "no agent has this id",
        "Every voice, publisher, author and holder is a record in agents.jsonl.\nAdd the agent, or correct the id.";
    UnknownEvent "unknown-event" Error Reference, "no event has this id",
        "Every claim is about an event in events.jsonl, and `within` names another one.\nAdd the event, or correct the id.";
    UnknownOrigin "unknown-origin" Error Reference, "no source and no agent has this id",
        "`from.what` names the source a text is derived from, or the agent where that text is not in the dataset.\nAdd the record, or correct the id.";
    UnknownCapture "unknown-capture" Error Reference, "no source has this capture",
        "An anchor names a capture as <source>.<n>.\nAdd the capture with `affiant capture`, or correct the name.";
    UnknownClaim "unknown-claim" Error Reference, "no claim has this id",
        "A link leads to a claim of the same dataset; withdrawn claims stay as tombstones so that links keep their ends.\nCorrect the id.";
    UnknownKind "unknown-kind" Error Reference, "the dataset does not declare this kind of claim",
        "Kinds are a vocabulary in dataset.json, each with a definition, so that two curators mean the same.\nUse a declared kind, or declare this one.";
    UnknownUnit "unknown-unit" Error Reference, "this kind of claim does not count in this unit",
        "dataset.json lists the units of each kind, and defines each unit.\nUse one of them, or declare the unit for the kind.";
    EventCycle "event-cycle" Error Reference, "events lie within each other in a circle",
        "`within` leads from narrower to wider events.\nRemove one of the links.";
    DerivationCycle "derivation-cycle" Error Reference, "sources are derived from each other in a circle",
        "`from` leads back to where a text was first published.\nCorrect the derivation.";
    SupersedesCycle "supersedes-cycle" Error Reference, "claims supersede each other in a circle",
        "Of two claims the later one supersedes the earlier.\nRemove the link on the earlier claim.";
    LinkToItself "link-to-itself" Error Reference, "a claim links to itself",
        "A link relates two claims.\nCorrect `to`.";
    LinkStoredTwice "link-stored-twice" Error Reference, "the same relation is stored more than once",
        "A link is stored once, on the later record; the other direction is computed.\nRemove one of the two.";
    VoiceMissing "voice-missing" Error Reference, "the claim leaves out the author of the part it quotes",
        "A reader's comment speaks for its own author. A claim anchored in a part with an author names that author in `by`.\nAdd the author to the chain of voices.";
    TextMissing "text-missing" Error Text, "an included text is not in texts/",
        "A source with rights.text `included` has the bytes of each capture in texts/<capture>.txt.\nAdd the file, or mark the text withheld.";
    TextUnexpected "text-unexpected" Error Text, "texts/ holds a file that no included capture accounts for",
        "Only included texts travel. A file for a withheld or sealed source would publish what must stay back.\nMove the file out of the dataset; keep withheld texts in a folder of their own and pass it with --texts.";
    CaptureDigestMismatch "capture-digest-mismatch" Error Text, "the text is not the one that was captured",
        "The digest or the length of the text differs from the capture's record: some byte changed.\nRestore the bytes as captured. If the page itself changed, add a new capture (n+1) and keep the old one.";
    AnchorOutOfRange "anchor-out-of-range" Error Anchor, "the anchor reaches past the end of the capture",
        "Spans are byte offsets [start, end) into the capture as received.\nRun `affiant anchor SOURCE \"words\"` for the right ones.";
    AnchorSplitsCharacter "anchor-splits-character" Error Anchor, "the anchor begins or ends inside a character",
        "Offsets count bytes; a character outside ASCII has two to four of them.\nRun `affiant anchor SOURCE \"words\"` for the right offsets.";
    QuoteNotFound "quote-not-found" Error Anchor, "the anchored bytes are not what the claim recorded",
        "The digest of the bytes at the span differs from the anchor's: the span is wrong, or the text is another one.\nIf the words stand elsewhere in the same capture the finding says where; otherwise anchor the claim anew.";
    QuoteDiffers "quote-differs" Error Anchor, "the quote is not what the anchored bytes say",
        "`quote` repeats the anchored bytes exactly, character for character, without normalisation.\nCopy the entry that `affiant anchor` prints.";
    AnchorInChrome "anchor-in-chrome" Error Anchor, "the anchor lies in the page's chrome",
        "Menus, paywall lines and teasers are not what the text asserts, so no claim may stand on them.\nAnchor the claim in the body, or correct the part's role.";
    AnchorAcrossParts "anchor-across-parts" Error Anchor, "the anchor crosses the boundary of a part",
        "Words from two parts of a page were never said together.\nAnchor each piece by itself, as two entries of `at`.";
    AnchorOutsideParts "anchor-outside-parts" Error Anchor, "the anchor lies in no part of the capture",
        "Where a capture lists its parts, a claim stands in one of them.\nAdd the stretch to the parts, with its role.";
    AnchorRepeated "anchor-repeated" Error Anchor, "the claim names the same bytes twice",
        "Each anchor of a claim is another piece of evidence.\nRemove one of the two.";
    WithheldTextQuoted "withheld-text-quoted" Error Anchor, "the claim quotes a text that may not travel",
        "Where rights.text is `withheld` or `sealed`, an anchor holds digest and span only.\nRemove `quote`.";
    TollWithoutOffice "toll-without-office" Warning Quality, "people are counted in an event, and by no office",
        "Live claims count people in the event (unit `person`), and the root voice of none of them is of kind office: a reader cannot hold these figures against official ones.\nLook for an official figure in the texts; that the texts have none is worth saying.";
    YearWithoutBasis "year-without-basis" Warning Quality, "a claim names a year that its words do not have, and does not say where it comes from",
        "A year of `when` or `value.edtf` stands neither in the anchored words nor in `said`, there is no `basis`, and no reading completes the date or names the year. It is judged only where all of these words are at hand.\nSay `basis: inferred`, or give the ground in a reading with fix `relative-date`; where the words have the year after all, anchor it too.";
    RootUnknown "root-unknown" Warning Quality, "nothing shows on whose word a claim rests",
        "The last voice of the chain is only implied, and the source names it nowhere: neither as a voice of another claim nor as its publisher, author or origin. Or the record of the last voice has neither a name nor a note. Statuses rest on last voices: whoever is taken for two corroborates himself.\nName the voice as the text does, or note in its record what is known of it.";
    OrphanAgent "orphan-agent" Warning Quality, "no record refers to an agent",
        "It speaks in no claim, none is about it, and no source has it as publisher, author, holder or origin. A sealed agent may stand alone: that there is one is all its record says.\nLook for claims that lost their voice; if there are none and no release has the agent, remove it.";
    OrphanEvent "orphan-event" Warning Quality, "no record refers to an event",
        "No claim is about it, and no other event lies within it.\nLook for claims that are about another event by mistake; if there are none and no release has the event, remove it.";
    OrphanSource "orphan-source" Warning Quality, "no record refers to a source",
        "No claim stands on its text, and no other source is derived from it. A sealed source may stand alone: no claim can be anchored in it.\nRecord what it says; if that is nothing and no release has the source, remove it.";
    CopyAsVoice "copy-as-voice" Warning Quality, "a copy is linked as if it were a second voice",
        "One claim repeats or supports another by a different root voice, but its text is derived from the other's, or both from a third. The link corroborates nothing, and what was said once is counted twice.\nGive the later claim the root voice of the earlier one, or anchor the earlier claim in the copy too and withdraw the later.";
    AcceptedInVain "accepted-in-vain" Warning Quality, "dataset.json accepts a warning that is not given",
        "An entry of `accepted` names a code that no dataset is warned of, or a record that the warning is not about, or not any more: a reason that stands there for nothing hides the next one.\nRemove the entry, or correct its code and id.";
    VersionTooLow "version-too-low" Error Law, "the version is lower than the changes ask for",
        "The dataset's law says how far the version must rise for each class of change, so that readers can tell from the number alone whether claims they rely on may differ.\nGive the version that the message names; `affiant diff` shows the changes.";
    ChangeRefused "change-refused" Error Law, "no release may hold this change",
        "Some changes break what others have cited: a claim that vanishes, an id that names another claim, a capture or a decision that is rewritten.\nUndo it as `affiant explain` says for its class.";
    ChangeNotAllowed "change-not-allowed" Error Law, "the change needs the maintainer's leave by name",
        "Lost records, another licence or signer and weaker safeguards can be meant, but never by accident.\nIf it is meant, release with --allow and the class; the release then says that it was allowed.";
    ApprovalMissing "approval-missing" Error Law, "too few reviewers have approved a change",
        "dataset.json names the reviewers and how many of them must have approved each change. What counts is the rule of the release before, or if that had none the new one, so that no change can lift its own bar.\nLet a reviewer look at the change and run `affiant approve`; put the file into approvals/ of the dataset.";
    ApprovalNotCounted "approval-not-counted" Warning Law, "an approval does not count",
        "An approval counts for changes since one release, by the key of one reviewer, and only in the exact form that `affiant approve` writes.\nRemove it, or let its reviewer approve again.";
    ArchiveMalformed "archive-malformed" Error Release(1), "the archive is torn, or tools could read it differently",
        "A release may come as one .tar.zst, .tar or .zip. Nothing in it may be damaged, hidden, said twice in two ways or left to guess, so that everybody unpacks what was verified.\nFetch the release again, or ask its publisher for the folder.";
    FolderUnsafe "folder-unsafe" Error Release(1), "the folder holds something a release may not hold",
        "A release is plain files under safe relative paths: no links, no devices, and no two names that some file system takes for one.\nFetch the release again from its publisher.";
    FolderLimit "folder-limit" Error Release(1), "the folder is larger than a release may be",
        "Counts and sizes are bounded so that no folder can exhaust the reader.\nFetch the release again from its publisher.";
    SignatureMissing "signature-missing" Error Release(2), "the release lacks a seal",
        "A release carries all four seals of its first signer (OpenSSH, minisign, in-toto, the log's proof), and two files of each further one.\nFetch it again; an unsigned release is a draft.";
    SignatureMalformed "signature-malformed" Error Release(2), "a seal is not in its exact form",
        "Each seal has one spelling, in SPEC.md, section 7: as ssh-keygen and minisign print theirs, and no byte more. Weak keys and other algorithms are no seals.\nFetch the release again from its publisher.";
    SignatureInvalid "signature-invalid" Error Release(2), "a seal does not hold",
        "All seals are about the bytes of tagmanifest-sha256.txt, each for its own purpose and all of one key. One changed byte in either file breaks them.\nDo not use the release; fetch it again from its publisher.";
    KeyNotTrusted "key-not-trusted" Error Release(2), "the signing key is not in the trust file",
        "The signature itself fits, but nothing on your side vouches for its key.\nGet the publisher's allowed_signers by a way you trust, and compare fingerprints.";
    KeyNotValid "key-not-valid" Error Release(2), "the signing key was not valid at the release's date, or not for releases",
        "The trust file limits a key by valid-after, valid-before and namespaces; the release's own date decides.\nAsk the publisher which key signed this release.";
    ThresholdNotMet "threshold-not-met" Error Release(2), "fewer trusted keys signed than the dataset asks for",
        "dataset.json or --threshold names how many different keys must sign.\nAsk the publisher for the missing signatures.";
    TagManifestMalformed "tag-manifest-malformed" Error Release(3), "the tag manifest is not in its exact form",
        "tagmanifest-sha256.txt lists `digest  path`, sorted, each file once, LF at every end.\nFetch the release again from its publisher.";
    TagFileMissing "tag-file-missing" Error Release(3), "a file that the tag manifest lists is missing",
        "Every listed file belongs to the release.\nFetch the release again from its publisher.";
    TagFileExtra "tag-file-extra" Error Release(3), "the folder holds a file that the tag manifest does not list",
        "Nothing but what was signed belongs in a release.\nRemove the file, or fetch the release again.";
    TagFileChanged "tag-file-changed" Error Release(3), "a file differs from the digest in the tag manifest",
        "Some byte of the file changed after it was signed.\nFetch the release again from its publisher.";
    ManifestMalformed "manifest-malformed" Error Release(4), "the manifest is not in its exact form",
        "manifest-sha256.txt lists `digest  path` for every file under data/, sorted, each once, LF at every end.\nThe release was made by another tool or by mistake; tell its publisher.";
    PayloadMissing "payload-missing" Error Release(4), "a file that the manifest lists is missing",
        "Every listed file belongs to the release.\nFetch the release again from its publisher.";
    PayloadExtra "payload-extra" Error Release(4), "data/ holds a file that the manifest does not list",
        "Nothing but what was signed belongs in a release.\nRemove the file, or fetch the release again.";
    PayloadChanged "payload-changed" Error Release(4), "a file differs from the digest in the manifest",
        "Some byte of the file changed after it was signed.\nFetch the release again from its publisher.";
    ReleaseInfoMalformed "release-info-malformed" Error Release(5), "release.json or bag-info.txt is not in its exact form",
        "release.json is canonical JSON (RFC 8785) of the form in `affiant schema release`; bag-info.txt holds the labels of SPEC.md in their order.\nThe release was made by another tool or by mistake; tell its publisher.";
    ReleaseInfoDisagrees "release-info-disagrees" Error Release(5), "release.json does not agree with the rest of the release",
        "release.json, bag-info.txt, dataset.json, the schemas and the folder's name tell the same story: dataset, version, date, size. The folder is named <version> or <dataset>-<version>.\nIf only the folder was renamed, name it back; otherwise tell the publisher.";
    SealDisagrees "seal-disagrees" Error Release(5), "a seal speaks of another release",
        "The minisign comment, the in-toto statement and the log's entry name the dataset, version and number that release.json names.\nSeals of two releases were mixed: fetch the release again from its publisher.";
    RecordNotCanonical "record-not-canonical" Error Release(6), "a record is not in canonical form",
        "Released records are RFC 8785 lines: keys sorted, no white space, one spelling of each value.\nThe release was made by another tool or by mistake; tell its publisher.";
    RecordOrder "record-order" Error Release(6), "records are not sorted by id",
        "Released records stand in ascending order of id, each id once.\nThe release was made by another tool or by mistake; tell its publisher.";
    RootMismatch "root-mismatch" Error Release(6), "records do not have the count or the Merkle root that release.json states",
        "Each kind of record has a Merkle tree (RFC 6962) over its lines, from which receipts prove single claims.\nThe release was made by another tool or by mistake; tell its publisher.";
    StatusMismatch "status-mismatch" Error Release(6), "the computed statuses are not those that release.json states",
        "The status of every claim follows from the records alone; release.json counts them per event.\nThe release was made by another tool or by mistake; tell its publisher.";
    TollMismatch "toll-mismatch" Error Release(6), "what the release counts in events is not what its records give",
        "What is counted in every event (tolls.jsonl) follows from the records alone. It is in every release from format 3 on.\nThe release was made by another tool or by mistake; tell its publisher.";
    ChunkMismatch "chunk-mismatch" Error Release(6), "the digests of runs of lines are not what the records give",
        "Whoever compares two releases reads only the runs of lines whose digests (chunks.jsonl) differ, so these must be true. They are in every release from format 3 on.\nThe release was made by another tool or by mistake; tell its publisher.";
    SchemaUnknown "schema-unknown" Error Release(7), "the release carries a JSON Schema that this tool does not know",
        "Records are validated against the schemas of the release, and only schemas whose digests are known are trusted to say what a record is.\nUse the version of affiant that the publisher used, or a later one.";
    AnchorTallyMismatch "anchor-tally-mismatch" Error Release(8), "the release counts other anchors than it holds",
        "release.json states how many anchors were checked and how many were not when the release was made; together they are all anchors.\nThe release was made by another tool or by mistake; tell its publisher.";
    ChangesMalformed "changes-malformed" Error Release(9), "the changelog is not in its exact form",
        "data/changes.jsonl holds a header, the changes in their order, each with its fingerprint, and a trailer; every line is its own canonical form.\nThe release was made by another tool or by mistake; tell its publisher.";
    ChangesDisagree "changes-disagree" Error Release(9), "the changelog and the release do not agree",
        "What data/changes.jsonl says it leads from and to, how many changes it counts, what the law asks for them and what was allowed follow from release.json and from its own lines.\nThe release was made by another tool or by mistake; tell its publisher.";
    ChangelogDiffers "changelog-differs" Error Release(9), "CHANGELOG.md does not say what changes.jsonl says",
        "data/CHANGELOG.md is rendered from data/changes.jsonl, byte for byte: who reads the one must learn what the other says.\nRely on neither; tell the publisher.";
    LawBroken "law-broken" Error Release(9), "the release holds changes that its version or its law does not allow",
        "Each class of change asks for a version under the dataset's law, some need leave by name, and some no release may hold.\nRead data/CHANGELOG.md with care, and ask the publisher why the version says less.";
    ChangesNotReplayed "changes-not-replayed" Error Release(9), "the release before and the changelog do not give this release",
        "The release before, changed as data/changes.jsonl says, must be this one, byte for byte; and a comparison of the two must find exactly these changes. An edit without its line was made in silence; a line without its edit never happened.\nRely on neither what changed nor why; ask the publisher, in public.";
    PreviousMismatch "previous-mismatch" Error Release(9), "the release given with --from is not the one before",
        "release.json names the release before by version and digest.\nGive that one, or leave --from out: then the changelog is not replayed, and the verdict says so.";
    LogProofInvalid "log-proof-invalid" Error Release(10), "the log's proof does not hold",
        "release.tlog-proof shows that the tag manifest is an entry of the log whose checkpoint it carries, and a witness's signature on that checkpoint must hold.\nFetch the release again from its publisher.";
    Rollback "rollback" Error Release(10), "this reader has seen a newer release",
        "Somebody may be showing an old release as the newest.\nFetch the newest one. To look at an old release on purpose, verify it with --no-state.";
    Fork "fork" Error Release(10), "the history is not the one that this reader saw before",
        "Two different releases claim one place in the log, or the log was rewritten.\nKeep both: they are the proof. Ask the publisher, in public.";
    DateGoesBack "date-goes-back" Error Release(10), "a later release has an earlier date than one that this reader saw",
        "Dates only go forward from release to release. Whoever holds a key that was retired can only sign with an old date, and this is how it shows.\nDo not use the release; ask its publisher.";
    LogNeeded "log-needed" Error Release(10), "the log itself is needed to tell whether history was kept",
        "More than one release lies between what this reader saw and this one, so that only the log can show that they belong together.\nGive it with --log DIR; it stands beside the releases.";
    WitnessesMissing "witnesses-missing" Error Release(10), "fewer witnesses signed the log's checkpoint than the reader asks for",
        "Witnesses see to it that every reader is shown the same log.\nAsk the publisher for a checkpoint that they have signed.";
    LogMalformed "log-malformed" Error Log, "a file of the log is not in its exact form, or belongs to no log",
        "A log is a checkpoint, tiles of hashes and bundles of entries (C2SP tlog-checkpoint, tlog-tiles), each in the one spelling of SPEC.md, and nothing else.\nFetch the log again from its publisher; remove what you put there yourself.";
    LogFileMissing "log-file-missing" Error Log, "a file that a log of this size has is missing",
        "The checkpoint says how many entries the log has, and from that follows which files hold them.\nFetch the log again from its publisher.";
    LogUnfinished "log-unfinished" Warning Log, "a file stands in the log that its checkpoint does not count",
        "The checkpoint is written last. A run that was interrupted before leaves files that say nothing yet and harm nothing.\nMake the release again, which overwrites them; a file that stays even then may be removed.";
    LogTileMismatch "log-tile-mismatch" Error Log, "a tile or bundle is not that of the log's entries",
        "Every hash in a tile follows from the entries, also in the partial tiles of the sizes that the log once had. A file that disagrees shows its readers another history.\nDo not use the log; fetch it again, and tell its publisher.";
    LogRootMismatch "log-root-mismatch" Error Log, "the checkpoint's root is not that of the log's entries",
        "The log is an append-only Merkle tree (RFC 6962), and its checkpoint signs the root. Another root is another list of releases.\nDo not use the log; fetch it again, and tell its publisher.";
    LogSignatureInvalid "log-signature-invalid" Error Log, "no trusted key has signed the checkpoint, or a signature does not hold",
        "A checkpoint is signed (C2SP signed-note) under the name affiant/<dataset> by a key that the trust file holds valid for releases on the day of the newest one, and each witness's cosignature must hold too.\nDo not use the log; get the publisher's allowed_signers and the witness's key by a way you trust.";
    LogEntryMismatch "log-entry-mismatch" Error Log, "a release beside the log is not the one that the log holds",
        "The log holds the tag manifest of release number n as its n-th entry, byte for byte. A release of the same number with other bytes was put in its place, or was never published.\nVerify the release, and ask its publisher which of the two is theirs.";
    LogProofMismatch "log-proof-mismatch" Error Log, "a release does not prove that it is in this log",
        "release.tlog-proof (C2SP tlog-proof) leads from the tag manifest to a signed checkpoint, and this log must have had exactly that checkpoint. If not, its history was rewritten.\nKeep both the release and the log, and ask the publisher to explain them.";
    KeyringMalformed "keyring-malformed" Error Keyring, "a file of the keyring folder is not a keyring in its exact form",
        "Keyrings stand in their folder as 1.json, 2.json and on, each one DSSE envelope in the one spelling of SPEC.md, and nothing else stands there.\nFetch the folder again from its publisher; remove what you put there yourself.";
    KeyringMissing "keyring-missing" Error Keyring, "the chain of keyrings has a gap, or none is there",
        "Each keyring is good by the word of the one before it, so that none may be missing between the first and the newest.\nFetch the folder again from its publisher.";
    KeyringDisagrees "keyring-disagrees" Error Keyring, "a keyring does not fit where it stands",
        "A keyring is of the same dataset as the one before it, has the next version and no earlier date, and names the digest of that keyring's payload; and a release is of the dataset of its keyring.\nDo not use it; fetch the folder again, and tell its publisher.";
    KeyringSignatureInvalid "keyring-signature-invalid" Error Keyring, "a signature on a keyring does not hold, or is a stranger's",
        "Every signature on a keyring is by a key of that keyring or of the one before it, over exactly these bytes.\nDo not use the keyring; fetch the folder again, and tell its publisher.";
    KeyringThresholdNotMet "keyring-threshold-not-met" Error Keyring, "too few keys answer for a keyring",
        "A keyring is signed by at least as many keys of the one before it as that one asks for, and by at least as many of its own as it asks for itself, all of them good on its date.\nAs a reader, do not use it. As a maintainer, let the others add their signatures with `affiant sign`.";
    KeyringNotTrusted "keyring-not-trusted" Error Keyring, "no keyring of the chain is vouched for by the trust file",
        "The chain can be anybody's. It begins to count at the first keyring that enough keys of the reader's own trust file have signed, and from there on enough keys of each keyring must have signed the next; --threshold asks for more.\nGet the publisher's allowed_signers, or one of the keyrings, by a way you trust.";
    KeyringRollback "keyring-rollback" Error Keyring, "this reader has seen a newer keyring",
        "Somebody may be hiding that a key was retired.\nFetch the newest keyrings from their publisher.";
    KeyringFork "keyring-fork" Error Keyring, "the keyrings are not those that this reader saw before",
        "Two chains of keyrings part where the reader has seen one of them: one of the two was made with stolen keys, or history was rewritten.\nKeep both: they are the proof. Ask the publisher, in public.";
    ReceiptMalformed "receipt-malformed" Error Receipt, "the file is not a receipt in its exact form",
        "A receipt is one canonical JSON object and LF, as `affiant receipt` writes it.\nAsk whoever gave it to you for the file as it was made.";
    ReceiptProofInvalid "receipt-proof-invalid" Error Receipt, "a line of the receipt is not in the release",
        "Each line has a proof that leads to a root in the signed release.json.\nThe line or its proof was changed, or it comes from another release: do not rely on it.";
    ReceiptIncomplete "receipt-incomplete" Error Receipt, "the receipt does not hold exactly what belongs to its claim",
        "A receipt holds one claim, its status, its event, its sources and everybody whom they name.\nAsk for a receipt made with `affiant receipt`.";
    DisclosureMalformed "disclosure-malformed" Error Receipt, "the file is not a disclosure in its exact form",
        "A disclosure is one canonical JSON object (RFC 8785) and LF, of the form in SPEC.md, \"Sealed sources\".\nAsk whoever sent it for the file as `affiant disclose` wrote it.";
    DisclosureMismatch "disclosure-mismatch" Error Receipt, "what is disclosed is not what was sealed",
        "Words, salts and proof lead to the commitment in the source's record only if all of them are as they were when the text was sealed, word for word and in their place.\nDo not rely on these words; ask for the disclosure again.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No code has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no finding has the code {0:?}")]
pub struct UnknownCode(String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        let found = Code::ALL.iter().copied().find(|code| code.name() == name);
        found.ok_or_else(|| UnknownCode(name.to_owned()))
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
