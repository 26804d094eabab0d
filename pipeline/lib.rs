//! affiant: signed datasets of contested claims.
//!
//! A dataset is a folder of records (agents, events, sources, claims) and of the texts they quote. The stages carry it
//! to a signed release and back; `pipeline/ARCHITECTURE.md` is the map of the house.
//!
//! One claim through every stage, with folders on disk:
//!
//! ```
//! use affiant::format::allowed_signers::AllowedSigners;
//! use affiant::format::ed25519::SigningKey;
//! use affiant::io::{DiskFolder, Lock, NewDiskFolder, Scratchpad};
//! use affiant::stage::{assemble, check, folder::Silent, log::Log, seal, sort::Sorter, sorted_record::SortedRecord, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let place = tempfile::tempdir()?;
//! # std::fs::create_dir_all(place.path().join("claims"))?;
//! # let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text);
//! write("dataset.json", r#"{"id":"tour","title":"Tour","license":"CC0-1.0","law":"living","threshold":1,
//!     "units":{"person":"one human being"},"kinds":{"killed":{"definition":"deaths","units":["person"]}}}"#)?;
//! write("agents.jsonl", "{\"id\":\"ministry\",\"kind\":\"office\",\"names\":[\"The ministry\"],\"privacy\":\"open\"}\n")?;
//! write("events.jsonl", "{\"id\":\"clash\",\"label\":\"The clash\"}\n")?;
//! write("sources.jsonl", "{\"id\":\"note\",\"publisher\":\"ministry\",\"lang\":\"en\",\
//!     \"rights\":{\"holder\":\"ministry\",\"text\":\"withheld\"},\"captures\":[{\"n\":1,\"bytes\":20,\"by\":\"ministry\",\"parts\":[],\
//!     \"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}\n")?;
//! write("claims/clash.jsonl", "{\"id\":\"c-1\",\"event\":\"clash\",\"kind\":\"killed\",\"stance\":\"asserts\",\
//!     \"value\":{\"unit\":\"person\",\"lo\":14,\"hi\":14,\"qual\":\"exact\",\"said\":\"14\"},\"by\":[\"ministry\"],\
//!     \"at\":[{\"capture\":\"note.1\",\"span\":[0,2],\"sha256\":\"8527a891e224136950ff32ca212b45bc93f69fbb801c3b1ebedac52775f99e61\"}]}\n")?;
//!
//! // check: the claim becomes an AnchoredClaim, the dataset Checked.
//! let dataset = DiskFolder::open(place.path())?;
//! let request = || check::Request { folder: &dataset, copies: None, spelling: check::Spelling::Free,
//!     scratch: &Scratchpad, progress: &Silent };
//! let checked = check::review(request())?.value.expect("no error was found");
//! assert_eq!(checked.anchors().not_checked, 1); // the text is withheld and not at hand
//!
//! // release: written under another name, signed, and made visible by one rename.
//! let dist = place.path().join("dist");
//! let out = NewDiskFolder::begin(&Lock::take(&dist)?, &dist, "1.0.0")?;
//! let terms = assemble::Terms { version: "1.0.0".parse()?, seq: 1, date: "2026-11-21".parse()?,
//!     fresh_until: None, previous: None };
//! let gathered = assemble::gather(request(), &out)?.value.expect("no error was found");
//! let release = gathered.payload(&dataset, &Silent)?.finish(terms)?;
//! let key = SigningKey::from_seed(&[7; 32]);
//! let mut log = Log::new("affiant/tour");
//! seal::seal(release, &key, &mut log, &out)?;
//! let release = DiskFolder::open(out.commit()?)?;
//!
//! // verify: by whoever trusts the key.
//! let signers = AllowedSigners::parse(&format!("us@example {}", key.verifying_key().to_openssh_line("")))?;
//! let verified = verify::verify(verify::Request {
//!     folder: &release,
//!     folder_name: Some("1.0.0"),
//!     trust: verify::TrustedSigners { signers: &signers, threshold: Some(1), keyring: None },
//!     history: verify::History::default(),
//!     previous: None,
//!     extent: verify::Extent::Whole,
//!     copies: None,
//!     scratch: &Scratchpad,
//!     progress: &Silent,
//! })?;
//! assert_eq!(verified.value.expect("verified").head().signers()[0].principal, "us@example");
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod command;
pub mod error;
pub mod finding;
pub mod format;
pub mod io;
pub mod model;
pub mod render;
pub mod stage;
