//! Releases that were touched after they were made: what `affiant verify` says of each.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::OnceLock;

use affiant::finding::{Code, Group};
use affiant::format::checkpoint::Checkpoint;
use affiant::format::dsse::Envelope;
use affiant::format::ed25519::SigningKey;
use affiant::format::tlog_proof::TlogProof;
use affiant::format::{canonical, layout, merkle, minisig, sshsig, statement};
use affiant::model::digest::Digest;
use affiant::model::release_info::ReleaseInfo;
use affiant::stage::seal;
use serde_json::{Value, json};

use crate::house::{House, key, signer, strange_key};

const RELEASE: &str = "dist/1.0.0";
const CLAIMS: &str = "data/claims.jsonl";
const EVENTS: &str = "data/events.jsonl";
const SCHEMA: &str = "data/schemas/claim.schema.json";
const SUMMARY: &str = "data/texts/gazette-summary.1.txt";

/// The harbour's release 1.0.0, to be spoiled.
pub struct Release(House);

impl Release {
    pub fn new() -> Self {
        static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
        let house = House::new();
        let files = FILES.get_or_init(|| {
            house.release("1.0.0").with_code(0);
            house.files(RELEASE)
        });
        files.iter().for_each(|(path, bytes)| house.write(&format!("{RELEASE}/{path}"), bytes));
        Self(house)
    }

    fn swap(&self, file: &str, old: &str, new: &str) {
        self.0.swap(&format!("{RELEASE}/{file}"), old, new);
    }

    fn edit(&self, file: &str, edit: impl FnOnce(String) -> String) {
        self.0.write(&format!("{RELEASE}/{file}"), edit(self.text(file)));
    }

    fn text(&self, file: &str) -> String {
        self.0.text(&format!("{RELEASE}/{file}"))
    }

    fn write(&self, file: &str, text: &str) {
        self.0.write(&format!("{RELEASE}/{file}"), text);
    }

    fn remove(&self, file: &str) {
        self.0.remove(&format!("{RELEASE}/{file}"));
    }

    fn link(&self, file: &str, to: &str) {
        symlink(to, self.0.path(&format!("{RELEASE}/{file}"))).expect("a link");
    }

    /// Writes release.json after an edit of its content.
    fn info(&self, edit: impl FnOnce(&mut Value)) {
        let mut info = self.0.json(&format!("{RELEASE}/{}", layout::RELEASE_INFO));
        edit(&mut info);
        self.edit(layout::RELEASE_INFO, |_| String::from_utf8(canonical::to_vec(&info)).expect("UTF-8") + "\n");
    }

    fn manifest(&self, paths: &[String]) -> String {
        let line = |path: &String| format!("{}  {path}\n", Digest::of(&self.0.bytes(&format!("{RELEASE}/{path}"))));
        paths.iter().map(line).collect()
    }

    /// Makes the manifest and the labels those of the payload as it is, and signs everything anew.
    fn seal_payload(&self) {
        let files = self.0.files(RELEASE);
        let payload: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(layout::PAYLOAD)).collect();
        let paths: Vec<String> = payload.iter().map(|(path, _)| path.clone()).collect();
        let bytes: usize = payload.iter().map(|(_, bytes)| bytes.len()).sum();
        self.edit(layout::MANIFEST, |_| self.manifest(&paths));
        self.edit(layout::BAG_INFO, |labels| {
            let (before, _) = labels.split_once("Payload-Oxum: ").expect("the label");
            format!("{before}Payload-Oxum: {bytes}.{}\n", paths.len())
        });
        self.seal();
    }

    /// Makes the tag manifest that of the tag files as they are, and signs it.
    fn seal(&self) {
        let paths = layout::TAG_FILES.map(str::to_owned);
        self.edit(layout::TAG_MANIFEST, |_| self.manifest(&paths));
        self.sign(&key(), layout::NAMESPACE);
    }

    /// Makes all seals, by one key, and the OpenSSH signature for a purpose.
    fn sign(&self, key: &SigningKey, namespace: &str) {
        let tag_manifest = self.text(layout::TAG_MANIFEST);
        let signature = sshsig::sign(key, namespace, tag_manifest.as_bytes()).expect("signs");
        self.write(layout::SIGNATURE, &signature);
        let json = self.text(layout::RELEASE_INFO);
        let info: Option<ReleaseInfo> = serde_json::from_str(&json).ok();
        let comment = info.as_ref().map_or_else(|| "no release".to_owned(), seal::trusted_comment);
        self.write(layout::MINISIGN, &minisig::sign(key, &comment, tag_manifest.as_bytes()).expect("signs"));
        let statement = statement::to_bytes(&Digest::of(tag_manifest.as_bytes()), json.trim_end().as_bytes());
        let envelope = Envelope::sign(key, statement::PAYLOAD_TYPE, &statement).expect("signs");
        self.write(layout::INTOTO, &String::from_utf8(envelope.to_bytes()).expect("UTF-8"));
        let (leaf, origin) = (merkle::leaf_hash(tag_manifest.as_bytes()), "affiant/harbour".to_owned());
        let note = Checkpoint { origin, size: 1, root: leaf }.sign(key).expect("signs");
        self.write(layout::TLOG_PROOF, &TlogProof { index: 0, path: Vec::new(), note }.to_string());
    }

    fn trust(&self, options: &str) {
        self.0.write("trust", signer(options, &key()));
    }
}

/// What was done to a release, and what must be said first: the code, and the file it names.
type Case = (Code, &'static str, fn(&Release));

const FOLDER: &[Case] = &[
    (Code::FolderUnsafe, "data/alias.jsonl", |r| r.link("data/alias.jsonl", "claims.jsonl")),
    (Code::FolderUnsafe, CLAIMS, |r| {
        r.remove(CLAIMS);
        r.link(CLAIMS, "../../../dataset/claims.jsonl");
    }),
    (Code::FolderUnsafe, "data/schemas/more", |r| r.link("data/schemas/more", "../../../../dataset")),
    (Code::FolderUnsafe, CLAIMS, |r| r.write("data/Claims.jsonl", "")),
    (Code::FolderUnsafe, "data/\u{441}laims:1", |r| r.write("data/\u{441}laims:1", "")),
    (Code::FolderUnsafe, "data/e\u{301}", |r| r.write("data/e\u{301}", "")),
    (Code::FolderUnsafe, "nul.txt", |r| r.write("nul.txt", "")),
    (Code::FolderUnsafe, "data/socket", |r| {
        UnixListener::bind(r.0.path(&format!("{RELEASE}/data/socket"))).map(drop).expect("a socket");
    }),
    (Code::FolderLimit, layout::BAG_INFO, |r| {
        let file = std::fs::File::options().write(true).open(r.0.path(&format!("{RELEASE}/{}", layout::BAG_INFO)));
        file.and_then(|file| file.set_len((256 << 20) + 1)).expect("a hole");
    }),
];

const SIGNATURE: &[Case] = &[
    (Code::SignatureMissing, layout::SIGNATURE, |r| r.remove(layout::SIGNATURE)),
    (Code::SignatureMalformed, layout::SIGNATURE, |r| r.edit(layout::SIGNATURE, |text| text + "\n")),
    (Code::SignatureMalformed, layout::SIGNATURE, |r| r.edit(layout::SIGNATURE, |text| text.replace('\n', "\r\n"))),
    (Code::SignatureMalformed, layout::SIGNATURE, |r| r.edit(layout::SIGNATURE, |text| text.repeat(2))),
    (Code::SignatureMalformed, layout::SIGNATURE, |r| r.write(layout::SIGNATURE, "")),
    (Code::SignatureInvalid, layout::TAG_MANIFEST, |r| r.edit(layout::TAG_MANIFEST, |text| text + "\n")),
    (Code::SignatureInvalid, layout::TAG_MANIFEST, |r| r.sign(&key(), "git")),
    (Code::SignatureInvalid, layout::TAG_MANIFEST, |r| r.sign(&key(), "affiant-release2")),
    (Code::SignatureInvalid, layout::TAG_MANIFEST, |r| {
        r.0.release("1.1.0").with_code(0);
        r.write(layout::SIGNATURE, &r.0.text("dist/1.1.0/tagmanifest-sha256.txt.sig"));
    }),
    (Code::KeyNotTrusted, layout::SIGNATURE, |r| r.sign(&strange_key(), layout::NAMESPACE)),
    (Code::KeyNotTrusted, layout::SIGNATURE, |r| r.0.write("trust", "# nobody\n")),
    (Code::KeyNotValid, layout::SIGNATURE, |r| r.trust("namespaces=\"git\"")),
    (Code::KeyNotValid, layout::SIGNATURE, |r| r.trust("valid-after=\"20261122Z\"")),
    (Code::KeyNotValid, layout::SIGNATURE, |r| r.trust("valid-before=\"20261120235959Z\"")),
    (Code::ThresholdNotMet, layout::SIGNATURE, |r| {
        r.0.swap("dataset/dataset.json", "\"threshold\": 1", "\"threshold\": 2");
        std::fs::remove_dir_all(r.0.path(RELEASE)).expect("no release");
        r.0.release("1.0.0").with_code(0);
    }),
];

const TAG_FILES: &[Case] = &[
    (Code::TagManifestMalformed, layout::TAG_MANIFEST, |r| {
        r.edit(layout::TAG_MANIFEST, |text| text.trim_end().to_owned());
        r.sign(&key(), layout::NAMESPACE);
    }),
    (Code::TagManifestMalformed, layout::TAG_MANIFEST, |r| {
        r.edit(layout::TAG_MANIFEST, |text| text.split_inclusive('\n').rev().collect());
        r.sign(&key(), layout::NAMESPACE);
    }),
    (Code::TagManifestMalformed, layout::TAG_MANIFEST, |r| {
        r.edit(layout::TAG_MANIFEST, |text| text.split_inclusive('\n').skip(1).collect());
        r.sign(&key(), layout::NAMESPACE);
    }),
    (Code::TagManifestMalformed, layout::TAG_MANIFEST, |r| {
        r.edit(layout::TAG_MANIFEST, |text| text + &format!("{}  zz.txt\n", Digest::of(b"")));
        r.write("zz.txt", "");
        r.sign(&key(), layout::NAMESPACE);
    }),
    (Code::TagFileMissing, layout::TAG_MANIFEST, |r| r.remove(layout::TAG_MANIFEST)),
    (Code::TagFileMissing, layout::BAG_INFO, |r| r.remove(layout::BAG_INFO)),
    (Code::TagFileMissing, layout::MANIFEST, |r| {
        r.write("manifest-sha256.text", &r.text(layout::MANIFEST));
        r.remove(layout::MANIFEST);
    }),
    (Code::TagFileExtra, "notes.txt", |r| r.write("notes.txt", "")),
    (Code::TagFileExtra, "database/claims.jsonl", |r| r.write("database/claims.jsonl", "")),
    (Code::TagFileExtra, "tagmanifest-sha512.txt", |r| r.write("tagmanifest-sha512.txt", "")),
    (Code::TagFileChanged, layout::RELEASE_INFO, |r| r.info(|info| info["seq"] = json!(2))),
    (Code::TagFileChanged, layout::BAG_DECLARATION, |r| r.swap(layout::BAG_DECLARATION, "1.0", "0.97")),
];

const PAYLOAD: &[Case] = &[
    (Code::ManifestMalformed, layout::MANIFEST, |r| {
        r.edit(layout::MANIFEST, |text| text.split_inclusive('\n').rev().collect());
        r.seal();
    }),
    (Code::ManifestMalformed, layout::MANIFEST, |r| {
        r.edit(layout::MANIFEST, |text| text.replacen("  data/", " *data/", 1));
        r.seal();
    }),
    (Code::ManifestMalformed, layout::MANIFEST, |r| {
        r.edit(layout::MANIFEST, |text| text + &format!("{}  data/../../key\n", Digest::of(b"")));
        r.seal();
    }),
    (Code::ManifestMalformed, layout::MANIFEST, |r| {
        r.edit(layout::MANIFEST, |text| text + &format!("{}  release.json\n", Digest::of(b"")));
        r.seal();
    }),
    (Code::PayloadMissing, CLAIMS, |r| r.remove(CLAIMS)),
    (Code::PayloadMissing, SUMMARY, |r| r.remove(SUMMARY)),
    (Code::PayloadMissing, EVENTS, |r| r.0.rename("dist/1.0.0/data/events.jsonl", "dist/1.0.0/data/event.jsonl")),
    (Code::PayloadExtra, "data/claims/more.jsonl", |r| r.write("data/claims/more.jsonl", "")),
    (Code::PayloadExtra, "data/texts/gazette-1999.1.txt", |r| {
        r.write("data/texts/gazette-1999.1.txt", &r.0.text("texts/gazette-1999.txt"));
    }),
    (Code::PayloadChanged, CLAIMS, |r| r.swap(CLAIMS, "three workers", "four workers")),
    (Code::PayloadChanged, SUMMARY, |r| r.swap(SUMMARY, "айлақ.\n", "айлақ.")),
    (Code::PayloadChanged, SCHEMA, |r| r.write(SCHEMA, "{}")),
    (Code::PayloadChanged, "data/dataset.json", |r| r.write("data/dataset.json", "")),
    (Code::PayloadChanged, "data/README.md", |r| r.edit("data/README.md", |text| text.replace('\n', "\r\n"))),
];

const INFO: &[Case] = &[
    (Code::ReleaseInfoMalformed, layout::RELEASE_INFO, |r| {
        r.edit(layout::RELEASE_INFO, |text| text.replacen(':', ": ", 1));
        r.seal();
    }),
    (Code::ReleaseInfoMalformed, layout::RELEASE_INFO, |r| {
        r.edit(layout::RELEASE_INFO, |text| text.trim_end().to_owned());
        r.seal();
    }),
    (Code::ReleaseInfoMalformed, layout::RELEASE_INFO, |r| {
        r.info(|info| info["fresh"] = json!(true));
        r.seal();
    }),
    (Code::ReleaseInfoMalformed, layout::BAG_DECLARATION, |r| {
        r.swap(layout::BAG_DECLARATION, "1.0", "0.97");
        r.seal();
    }),
    (Code::ReleaseInfoMalformed, layout::BAG_INFO, |r| {
        r.edit(layout::BAG_INFO, |text| text.replace(": ", ":"));
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::BAG_INFO, |r| {
        r.swap(layout::BAG_INFO, "2026-11-21", "2026-11-22");
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::BAG_INFO, |r| {
        r.info(|info| info["date"] = json!("2026-11-22"));
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, |r| {
        r.info(|info| info["format"] = json!("affiant-release-other"));
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, |r| {
        r.info(|info| info["seq"] = json!(2));
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, |r| {
        r.info(|info| info["law"] = json!("strict"));
        r.seal();
    }),
    (Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, |r| {
        r.info(|info| info["schemas"]["claim.schema.json"] = json!(Digest::of(b"")));
        r.seal();
    }),
];

const RECORDS: &[Case] = &[
    (Code::RecordNotCanonical, CLAIMS, |r| {
        r.edit(CLAIMS, |text| text.replacen(":", ": ", 1));
        r.seal_payload();
    }),
    (Code::RecordNotCanonical, CLAIMS, |r| {
        r.edit(CLAIMS, |text| text.replacen("three workers", r"three w\u006frkers", 1));
        r.seal_payload();
    }),
    (Code::RecordNotCanonical, EVENTS, |r| {
        r.edit(EVENTS, |text| text.trim_end().to_owned());
        r.seal_payload();
    }),
    (Code::RecordOrder, EVENTS, |r| {
        r.edit(EVENTS, |text| text.split_inclusive('\n').rev().collect());
        r.seal_payload();
    }),
    (Code::RootMismatch, CLAIMS, |r| {
        r.swap(CLAIMS, "three workers", "four workers");
        r.seal_payload();
    }),
    (Code::RootMismatch, CLAIMS, |r| {
        r.edit(CLAIMS, |text| text.split_inclusive('\n').take(4).collect());
        r.seal_payload();
    }),
    (Code::RootMismatch, EVENTS, |r| {
        r.info(|info| info["records"]["event"]["count"] = json!(3));
        r.seal();
    }),
    (Code::StatusMismatch, layout::RELEASE_INFO, |r| {
        r.info(|info| info["statuses"]["pier-fire"] = json!({ "corroborated": 5 }));
        r.seal();
    }),
    (Code::SchemaUnknown, SCHEMA, |r| {
        r.edit(SCHEMA, |text| text + "\n");
        r.info(|info| info["schemas"]["claim.schema.json"] = json!(Digest::of(r.text(SCHEMA).as_bytes())));
        r.seal_payload();
    }),
    (Code::SchemaUnknown, SCHEMA, |r| {
        r.remove(SCHEMA);
        r.info(|info| _ = info["schemas"].as_object_mut().expect("schemas").remove("claim.schema.json"));
        r.seal_payload();
    }),
    (Code::AnchorTallyMismatch, layout::RELEASE_INFO, |r| {
        r.info(|info| info["anchors"]["checked"] = json!(10));
        r.seal();
    }),
    // What `check` finds in a dataset, `verify` finds in a release, whoever signed it.
    (Code::QuoteNotFound, CLAIMS, |r| {
        r.swap(CLAIMS, "[19,36]", "[20,37]");
        r.seal_payload();
    }),
    (Code::CaptureDigestMismatch, SUMMARY, |r| {
        r.swap(SUMMARY, "three dead", "there dead");
        r.seal_payload();
    }),
    (Code::UnknownAgent, CLAIMS, |r| {
        r.edit("data/agents.jsonl", |text| text.split_inclusive('\n').take(3).collect());
        r.edit("data/sources.jsonl", |text| text.replace("\"author\":\"person-01\",", ""));
        r.seal_payload();
    }),
];

fn cases() -> impl Iterator<Item = Case> {
    [FOLDER, SIGNATURE, TAG_FILES, PAYLOAD, INFO, RECORDS].into_iter().flatten().copied()
}

/// What differs from the refusal that the case asks for, if anything.
fn fault((code, file, spoil): Case) -> Option<String> {
    let release = Release::new();
    spoil(&release);
    let ended = release.0.verify(RELEASE);
    let words = release.0.affiant(&["verify", RELEASE, "--trust", "trust"]);
    let report = ended.json();
    let first = &report["findings"][0];
    let said = json!([report["verdict"], first["code"], first["file"]]);
    let refused = json!(["refused", code.name(), format!("{RELEASE}/{file}")]);
    let calm = words.code() == 1 && !words.stdout().contains("verified");
    let holds = ended.code() == 1 && said == refused && calm;
    (!holds).then(|| format!("expected {refused}\n{}{}", ended.stdout(), words.stdout()))
}

#[test]
fn each_change_is_refused_for_its_reason() {
    let faults: Vec<String> = cases().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_code_of_a_release_has_a_case() {
    for code in Code::ALL.iter().filter(|code| matches!(code.group(), Group::Release(_))) {
        assert!(cases().any(|(of, _, _)| of == *code), "{code} has no case");
    }
}

#[test]
fn what_the_cases_start_from_verifies() {
    let release = Release::new();
    let report = release.0.verify(RELEASE).with_code(0).json();
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["anchors"], json!({ "checked": 9, "not_checked": 0 }));
    assert_eq!(report["authentic"]["signers"][0]["key"], json!(key().verifying_key().fingerprint()));
    let before = release.0.files(RELEASE);
    release.info(|_| ());
    release.seal_payload();
    assert!(release.0.files(RELEASE) == before, "sealing an untouched release changes no byte of it");
}

#[test]
fn a_reader_may_ask_for_more_keys_than_signed() {
    let release = Release::new();
    let arguments = ["verify", RELEASE, "--trust", "trust", "--format", "json", "--threshold"];
    for (threshold, code) in [("0", 2), ("1", 0), ("2", 1)] {
        release.0.affiant(&[&arguments[..], &[threshold]].concat()).with_code(code);
    }
}

#[test]
fn a_release_is_known_by_its_folder() {
    let release = Release::new();
    release.0.rename(RELEASE, "dist/harbour-1.0.0");
    release.0.verify("dist/harbour-1.0.0").with_code(0);
    release.0.rename("dist/harbour-1.0.0", "dist/1.0.1");
    assert_eq!(release.0.verify("dist/1.0.1").with_code(1).codes(), ["release-info-disagrees"]);
}
