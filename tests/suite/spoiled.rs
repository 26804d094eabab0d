//! The harbour's release 1.0.0, to be spoiled: whatever is done to its files, it can be sealed again by the right key.

use std::os::unix::fs::symlink;
use std::sync::OnceLock;

use affiant::format::changelog::Changelog;
use affiant::format::changes::{self, ChangesLine};
use affiant::format::checkpoint::Checkpoint;
use affiant::format::dsse::Envelope;
use affiant::format::ed25519::SigningKey;
use affiant::format::merkle::CompactRange;
use affiant::format::tlog_proof::TlogProof;
use affiant::format::{canonical, layout, merkle, minisig, private_key, sshsig, statement};
use affiant::model::change::Change;
use affiant::model::dataset::Law;
use affiant::model::digest::Digest;
use affiant::model::release_info::ReleaseInfo;
use affiant::stage::{log, seal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::house::{Ended, House, key, signer};

/// The folder of all releases.
pub const RELEASES: &str = "dist";

/// A receipt in the place of a release.
pub const RECEIPT: &str = "receipt";

/// The order of the group that Ed25519 signs in, smallest byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The files of a release, by their path in it.
type Files = Vec<(String, Vec<u8>)>;

/// A release, the house it stands in, and how its reader is to be asked.
pub struct Release {
    /// With the dataset, the texts, the key and the trust file.
    pub house: House,
    /// The folder below [`RELEASES`] that is meant.
    pub version: &'static str,
    /// What the reader adds to `affiant verify RELEASE --trust trust`.
    pub arguments: Vec<String>,
}

/// The first two releases of the harbour: made once for all tests.
pub fn harbour(version: &str) -> &'static Files {
    static FIRST_TWO: OnceLock<[Files; 2]> = OnceLock::new();
    let [first, second] = FIRST_TWO.get_or_init(|| {
        let house = House::new();
        let release = |version: &str| {
            house.release(version).with_code(0);
            house.files(&format!("{RELEASES}/{version}"))
        };
        let first = release("1.0.0");
        go_on(&house);
        [first, release("1.1.0")]
    });
    if version == "1.0.0" { first } else { second }
}

/// Changes the dataset between its first two releases.
pub fn go_on(house: &House) {
    house.swap("dataset/events.jsonl", "Strike at the docks", "Strike");
    house.swap("dataset/claims.jsonl", r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
    house.swap("dataset/claims.jsonl", "is carried over from the sentence before.", "is carried over.");
}

impl Release {
    /// The good release 1.0.0.
    pub fn new() -> Self {
        let release = Self::before();
        release.place("1.0.0");
        release
    }

    /// The good release 1.1.0, with 1.0.0 before it.
    pub fn second() -> Self {
        let mut release = Self::new();
        release.place("1.1.0");
        release.version = "1.1.0";
        release
    }

    /// Writes the changelog with edited lines, and everything that an attacker with the key would make of them.
    pub fn write_changes(&self, edit: impl FnOnce(&mut Vec<Vec<u8>>)) {
        let path = format!("data/{}", layout::CHANGES);
        let mut lines: Vec<Vec<u8>> = self.text(&path).lines().map(|line| line.as_bytes().to_vec()).collect();
        edit(&mut lines);
        let (mut tree, mut changelog) = (CompactRange::new(), Changelog::default());
        for line in &lines {
            tree.push(merkle::leaf_hash(line));
            if let Ok(parsed) = ChangesLine::parse(line) {
                changelog.push(parsed);
            }
        }
        self.write(&path, lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect::<Vec<u8>>());
        self.write(&format!("data/{}", layout::CHANGELOG), changelog.finish());
        self.info(|info| info["changes"]["tree"] = json!({ "count": tree.size(), "root": tree.root() }));
        self.seal_payload();
    }

    /// The same with edited changes, which are counted and fingerprinted anew.
    pub fn tell(&self, edit: impl FnOnce(&mut Vec<Change>)) {
        let path = format!("data/{}", layout::CHANGES);
        let mut lines: Vec<ChangesLine> =
            self.text(&path).lines().map(|line| ChangesLine::parse(line.as_bytes()).expect("a line")).collect();
        let mut told: Vec<Change> = Vec::new();
        lines.retain(|line| match line {
            ChangesLine::Change(change) => {
                told.push((**change).clone());
                false
            }
            _ => true,
        });
        edit(&mut told);
        told.iter_mut().for_each(|change| change.fingerprint = changes::fingerprint(change));
        let bump = |change: &Change| change.classes.iter().map(|class| class.bump(Law::Living)).max();
        let highest = told.iter().filter_map(bump).max();
        if let Some(ChangesLine::Trailer(trailer)) = lines.last_mut() {
            trailer.changes = told.len() as u64;
            trailer.bump = highest;
            trailer.classes.clear();
            for class in told.iter().flat_map(|change| &change.classes) {
                *trailer.classes.entry(*class).or_default() += 1;
            }
            let classes = trailer.classes.clone();
            let deciding: Vec<&String> =
                told.iter().filter(|change| bump(change) == highest).map(|change| &change.fingerprint).collect();
            self.info(|info| {
                info["changes"]["bump"] = json!(highest);
                info["changes"]["classes"] = json!(classes);
                info["changes"]["deciding"] = json!(deciding);
            });
        }
        lines.splice(1..1, told.into_iter().map(|change| ChangesLine::Change(change.into())));
        self.write_changes(|written| *written = lines.iter().map(changes::to_line).collect());
    }

    /// The house before its first release.
    pub fn before() -> Self {
        let house = House::new();
        house.write(&format!("{RELEASES}/trust"), house.text("trust"));
        Self { house, version: "1.0.0", arguments: Vec::new() }
    }

    /// Takes the release away, so that another one can be cut.
    pub fn start_again(&self) {
        self.house.remove_folder(&self.at(""));
    }

    /// Takes the log away.
    pub fn forget_log(&self) {
        self.house.remove_folder(&format!("{RELEASES}/{}", layout::LOG));
    }

    /// Gives the reader copies of the withheld texts.
    pub fn bring_texts(&mut self) {
        for (path, bytes) in self.house.files("texts") {
            self.house.write(&format!("{RELEASES}/texts/{path}"), bytes);
        }
        self.asked_with(["--texts", "texts"]);
    }

    /// Gives the dataset another title, so that the next release is another one.
    pub fn swap_title(&self) {
        self.house.swap("dataset/dataset.json", "never burned", "did not burn");
    }

    /// Puts one of the first two releases among the others.
    pub fn place(&self, version: &str) {
        for (path, bytes) in harbour(version) {
            self.house.write(&format!("{RELEASES}/{version}/{path}"), bytes);
        }
    }

    /// The path of a file in the house.
    fn at(&self, file: &str) -> String {
        format!("{RELEASES}/{}/{file}", self.version)
    }

    pub fn swap(&self, file: &str, old: &str, new: &str) {
        self.house.swap(&self.at(file), old, new);
    }

    pub fn edit(&self, file: &str, edit: impl FnOnce(String) -> String) {
        self.write(file, edit(self.text(file)));
    }

    pub fn text(&self, file: &str) -> String {
        self.house.text(&self.at(file))
    }

    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        self.house.write(&self.at(file), bytes);
    }

    pub fn remove(&self, file: &str) {
        self.house.remove(&self.at(file));
    }

    pub fn link(&self, file: &str, to: &str) {
        symlink(to, self.house.path(&self.at(file))).expect("a link");
    }

    /// Takes a file from release 1.1.0.
    pub fn take_from_second(&self, file: &str) {
        let (_, bytes) = harbour("1.1.0").iter().find(|(path, _)| path == file).expect("the file");
        self.write(file, bytes);
    }

    /// Writes release.json after an edit of its content.
    pub fn info(&self, edit: impl FnOnce(&mut Value)) {
        let mut info = self.house.json(&self.at(layout::RELEASE_INFO));
        edit(&mut info);
        self.write(layout::RELEASE_INFO, [canonical::to_vec(&info), b"\n".to_vec()].concat());
    }

    fn manifest(&self, paths: &[String]) -> String {
        let line = |path: &String| format!("{}  {path}\n", Digest::of(&self.house.bytes(&self.at(path))));
        paths.iter().map(line).collect()
    }

    /// Makes the manifest and the labels those of the payload as it is, and seals everything anew.
    pub fn seal_payload(&self) {
        let files = self.house.files(&self.at(""));
        let payload: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(layout::PAYLOAD)).collect();
        let paths: Vec<String> = payload.iter().map(|(path, _)| path.clone()).collect();
        let bytes: usize = payload.iter().map(|(_, bytes)| bytes.len()).sum();
        self.write(layout::MANIFEST, self.manifest(&paths));
        self.edit(layout::BAG_INFO, |labels| {
            let (before, _) = labels.split_once("Payload-Oxum: ").expect("the label");
            format!("{before}Payload-Oxum: {bytes}.{}\n", paths.len())
        });
        self.seal();
    }

    /// Makes the tag manifest that of the tag files as they are, and seals it.
    pub fn seal(&self) {
        self.write(layout::TAG_MANIFEST, self.manifest(&layout::TAG_FILES.map(str::to_owned)));
        self.sign(&key());
    }

    /// Makes all seals of the tag manifest as it is.
    pub fn sign(&self, key: &SigningKey) {
        let comment = self.release_info().as_ref().map_or_else(|| "no release".to_owned(), seal::trusted_comment);
        self.openssh(key, layout::NAMESPACE);
        self.minisign(key, &comment);
        self.envelope(key, statement::PAYLOAD_TYPE, |statement| statement);
        self.prove(key, "harbour", |_| ());
    }

    fn release_info(&self) -> Option<ReleaseInfo> {
        serde_json::from_str(&self.text(layout::RELEASE_INFO)).ok()
    }

    /// Makes the OpenSSH signature for a purpose.
    pub fn openssh(&self, key: &SigningKey, namespace: &str) {
        let tag_manifest = self.text(layout::TAG_MANIFEST);
        self.write(layout::SIGNATURE, sshsig::sign(key, namespace, tag_manifest.as_bytes()).expect("signs"));
    }

    /// Makes the minisign signature with a trusted comment.
    pub fn minisign(&self, key: &SigningKey, comment: &str) {
        let tag_manifest = self.text(layout::TAG_MANIFEST);
        self.write(layout::MINISIGN, minisig::sign(key, comment, tag_manifest.as_bytes()).expect("signs"));
    }

    /// Makes the envelope of an edited statement.
    pub fn envelope(&self, key: &SigningKey, payload_type: &str, edit: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let (json, tag_manifest) = (self.text(layout::RELEASE_INFO), self.text(layout::TAG_MANIFEST));
        let statement = statement::to_bytes(&Digest::of(tag_manifest.as_bytes()), json.trim_end().as_bytes());
        let envelope = Envelope::sign(key, payload_type, &edit(statement)).expect("signs");
        self.write(layout::INTOTO, envelope.to_bytes());
    }

    /// Makes the proof of an edited place in the log of a dataset.
    pub fn prove(&self, key: &SigningKey, dataset: &str, edit: impl FnOnce(&mut TlogProof)) {
        let before = if self.version == "1.1.0" { harbour("1.0.0").as_slice() } else { &[] };
        let before = before.iter().find(|(path, _)| path == layout::TAG_MANIFEST);
        self.prove_behind(key, dataset, before.map(|(_, tag_manifest)| tag_manifest.as_slice()), edit);
    }

    /// Makes the proof of the second place in the log, behind a release with this tag manifest.
    pub fn prove_after(&self, key: &SigningKey, before: &[u8]) {
        self.prove_behind(key, "harbour", Some(before), |_| ());
    }

    fn prove_behind(&self, key: &SigningKey, dataset: &str, before: Option<&[u8]>, edit: impl FnOnce(&mut TlogProof)) {
        let leaf = merkle::leaf_hash(self.text(layout::TAG_MANIFEST).as_bytes());
        let first = before.map(merkle::leaf_hash);
        let root = first.map_or(leaf, |first| merkle::node_hash(first, leaf));
        let path: Vec<_> = first.into_iter().collect();
        let (index, size) = (path.len() as u64, path.len() as u64 + 1);
        let origin = log::origin(&dataset.parse().expect("an id"));
        let note = Checkpoint { origin, size, root }.sign(key).expect("signs");
        let mut proof = TlogProof { index, path, note };
        edit(&mut proof);
        self.write(layout::TLOG_PROOF, proof.to_string());
    }

    /// Edits what a line of base64 holds.
    pub fn recode(&self, file: &str, line: &str, edit: fn(&mut [u8])) {
        self.edit(file, |text| text.replace(line, &recoded(line, edit)));
    }

    /// Makes the trust file one line for the key, with options.
    pub fn trust(&self, options: &str) {
        self.house.write(&format!("{RELEASES}/trust"), signer(options, &key()));
    }

    /// Asks for as many signers as this.
    pub fn ask_for_signers(&self, threshold: u32) {
        self.house.swap("dataset/dataset.json", "\"threshold\": 1", &format!("\"threshold\": {threshold}"));
    }

    /// Cuts a release of the dataset as it is now, on a day.
    pub fn cut(&self, version: &str, date: &str, more: &[&str]) {
        let arguments =
            ["release", "dataset", "--texts", "texts", "--version", version, "--date", date, "--key", "key"];
        self.house.affiant(&[&arguments[..], more].concat()).with_code(0);
    }

    /// Adds the seals of a co-signer.
    pub fn cosign(&self, seed: u8) {
        let other = private_key::to_openssh(&SigningKey::from_seed(&[seed; 32]), "tests");
        self.house.write("other-key", other.as_bytes());
        let release = self.at("");
        let arguments = ["sign", &release, "--key", "other-key", "--trust", "dist/trust", "--texts", "texts"];
        self.house.affiant(&arguments).with_code(0);
    }

    /// Makes a receipt of a claim, which the reader has in the release's place.
    pub fn hand_out(&mut self, claim: &str, more: &[&str]) {
        let file = format!("{RELEASES}/{RECEIPT}");
        let arguments = ["receipt", &self.at(""), claim, "--out", &file];
        self.house.affiant(&[&arguments[..], more].concat()).with_code(0);
        self.start_again();
        self.version = RECEIPT;
    }

    /// What the reader adds when he asks.
    pub fn asked_with<const N: usize>(&mut self, arguments: [&str; N]) {
        self.arguments = arguments.map(str::to_owned).into();
    }

    /// Has a reader see a release, in the folder `dist/state`.
    pub fn see(&self, version: &str) {
        let (release, state) = (format!("{RELEASES}/{version}"), format!("{RELEASES}/state"));
        self.house.affiant(&["verify", &release, "--trust", "dist/trust", "--state", &state]).with_code(0);
    }

    /// What the verifier says of it in a format, asked from the folder of all releases.
    pub fn verify(&self, format: &str) -> Ended {
        let arguments = ["verify", self.version, "--trust", "trust", "--format", format];
        let more: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = self.house.command(&[&arguments[..], &more].concat());
        Ended(command.current_dir(self.house.path(RELEASES)).output().expect("the program runs"))
    }
}

/// Gives the signature at the end of some bytes its other spelling, with S + L in the place of S.
pub fn add_order(bytes: &mut [u8]) {
    let start = bytes.len() - ORDER.len();
    let mut carry = 0;
    for (byte, order) in bytes[start..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
}

/// A line of base64, or several of an armoured signature, with what it holds edited.
fn recoded(line: &str, edit: fn(&mut [u8])) -> String {
    let mut bytes = BASE64.decode(line.replace('\n', "")).expect("base64");
    edit(&mut bytes);
    let text = BASE64.encode(bytes);
    // An armoured signature has lines of 70 characters.
    let lines: Vec<&str> = (0..text.len()).step_by(70).map(|at| &text[at..text.len().min(at + 70)]).collect();
    if line.contains('\n') { lines.join("\n") } else { text }
}
