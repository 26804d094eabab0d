//! A run of whole lines of one sorted file of a release, small enough to be read by itself.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::kind::RecordKind;

/// A line of `chunks.jsonl`, in the order of its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    /// Bytes of its lines, each with its LF.
    pub bytes: u64,
    /// How many lines.
    pub count: u64,
    /// The file that they stand in.
    pub file: ChunkedFile,
    /// The id of its first line.
    pub first: String,
    /// Root of the Merkle tree (RFC 6962) over these lines alone.
    pub root: Digest,
    /// Of claims, the lines of their statuses: as many, with the same ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Beside>,
}

/// The same run of lines of another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Their bytes, each line with its LF.
    pub bytes: u64,
    /// Root of the Merkle tree over them.
    pub root: Digest,
}

/// A file that is cut into chunks, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChunkedFile {
    /// `agents.jsonl`.
    Agents,
    /// `claims.jsonl`, and `statuses.jsonl` beside it.
    Claims,
    /// `events.jsonl`.
    Events,
    /// `sources.jsonl`.
    Sources,
    /// `tolls.jsonl`.
    Tolls,
}

impl ChunkedFile {
    /// All of them.
    pub const ALL: [ChunkedFile; 5] =
        [ChunkedFile::Agents, ChunkedFile::Claims, ChunkedFile::Events, ChunkedFile::Sources, ChunkedFile::Tolls];

    /// Its name in the payload.
    pub fn name(self) -> &'static str {
        match self {
            ChunkedFile::Agents => "agents.jsonl",
            ChunkedFile::Claims => "claims.jsonl",
            ChunkedFile::Events => "events.jsonl",
            ChunkedFile::Sources => "sources.jsonl",
            ChunkedFile::Tolls => "tolls.jsonl",
        }
    }
}

impl From<RecordKind> for ChunkedFile {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Agent => ChunkedFile::Agents,
            RecordKind::Claim => ChunkedFile::Claims,
            RecordKind::Event => ChunkedFile::Events,
            RecordKind::Source => ChunkedFile::Sources,
        }
    }
}

impl Chunk {
    /// Most lines of a chunk.
    pub const LINES: usize = 1 << 11;

    /// Whether a chunk ends with the line whose id has this digest, short though it may be: so that what comes and goes
    /// elsewhere leaves it alone. One line in 128 has such an id.
    pub fn ends_with(id: &Digest) -> bool {
        id.as_bytes()[0] < 2
    }
}
