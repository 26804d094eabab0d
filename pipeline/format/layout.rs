//! Where things stand in a release folder (SPEC.md, "The folder").

/// The payload folder, with its slash.
pub const PAYLOAD: &str = "data/";
/// RFC 8493 section 2.1.1.
pub const BAG_DECLARATION: &str = "bagit.txt";
/// RFC 8493 section 2.2.2.
pub const BAG_INFO: &str = "bag-info.txt";
/// RFC 8493 section 2.1.3: digests of the payload.
pub const MANIFEST: &str = "manifest-sha256.txt";
/// RFC 8493 section 2.2.1: digests of the tag files; the signed bytes.
pub const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// What the release says about itself.
pub const RELEASE_INFO: &str = "release.json";
/// The first signer's OpenSSH signature over the tag manifest's bytes.
pub const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";
/// The first signer's minisign signature over the same bytes.
pub const MINISIGN: &str = "tagmanifest-sha256.txt.minisig";
/// The DSSE envelope with all signers' signatures over an in-toto statement about the tag manifest.
pub const INTOTO: &str = "release.intoto.json";
/// The C2SP proof that the tag manifest's bytes are an entry of the log.
pub const TLOG_PROOF: &str = "release.tlog-proof";
/// The folder of the log, beside the releases.
pub const LOG: &str = "log";
/// The declaration of the dataset, in the payload.
pub const DATASET: &str = "dataset.json";
/// The computed status of every claim, in the payload.
pub const STATUSES: &str = "statuses.jsonl";
/// What is counted in every event, in the payload.
pub const TOLLS: &str = "tolls.jsonl";
/// The digests of runs of lines of the sorted files, in the payload.
pub const CHUNKS: &str = "chunks.jsonl";
/// What changed since the release before, in the payload.
pub const CHANGES: &str = "changes.jsonl";
/// The same for people, rendered from it.
pub const CHANGELOG: &str = "CHANGELOG.md";
/// The reviewers' approvals of these changes, in the payload.
pub const APPROVALS: &str = "approvals.jsonl";
/// The folder of approvals in a dataset, with its slash.
pub const APPROVALS_FOLDER: &str = "approvals/";
/// The codebook, in the payload.
pub const CODEBOOK: &str = "README.md";
/// The included texts, in the payload.
pub const TEXTS: &str = "texts/";
/// The JSON Schemas, in the payload.
pub const SCHEMAS: &str = "schemas/";

/// The tag files a tag manifest lists, sorted: no more and no fewer.
pub const TAG_FILES: [&str; 4] = [BAG_INFO, BAG_DECLARATION, MANIFEST, RELEASE_INFO];

/// The seals that every release carries: the first signer's.
pub const SEALS: [&str; 4] = [INTOTO, TLOG_PROOF, MINISIGN, SIGNATURE];

/// Largest tag file or seal, in bytes.
pub const MAX_TAG_BYTES: u64 = 256 << 20;

/// SSHSIG namespace of a release's signature.
pub const NAMESPACE: &str = "affiant-release";

/// Where a co-signer's OpenSSH and minisign signatures stand; `key_id` is that of [`super::minisig::key_id`].
pub fn cosigner_seals(key_id: [u8; 8]) -> [String; 2] {
    let id: String = key_id.iter().map(|byte| format!("{byte:02x}")).collect();
    ["sig", "minisig"].map(|suffix| format!("{TAG_MANIFEST}.{id}.{suffix}"))
}

/// The key id in the name of a co-signer's OpenSSH or minisign signature, if this is the name of one.
pub fn cosigner(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".sig").or_else(|| path.strip_suffix(".minisig"))?;
    let id = stem.strip_prefix(TAG_MANIFEST)?.strip_prefix('.')?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (id.len() == 16 && id.bytes().all(is_hex)).then_some(id)
}

/// Whether a file beside the payload is a seal.
pub fn is_seal(path: &str) -> bool {
    SEALS.contains(&path) || cosigner(path).is_some()
}
