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
/// The OpenSSH signature over the tag manifest's bytes.
pub const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";
/// The declaration of the dataset, in the payload.
pub const DATASET: &str = "dataset.json";
/// The codebook, in the payload.
pub const CODEBOOK: &str = "README.md";
/// The included texts, in the payload.
pub const TEXTS: &str = "texts/";
/// The JSON Schemas, in the payload.
pub const SCHEMAS: &str = "schemas/";

/// The tag files a tag manifest lists, sorted: no more and no fewer.
pub const TAG_FILES: [&str; 4] = [BAG_INFO, BAG_DECLARATION, MANIFEST, RELEASE_INFO];

/// SSHSIG namespace of a release's signature.
pub const NAMESPACE: &str = "affiant-release";
