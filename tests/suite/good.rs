//! Good releases that must verify for ever.

use crate::house::{key, signer};
use crate::spoiled::{Release, go_on};
use crate::tamper::history::{cosign, witness};
use affiant::format::ed25519::SigningKey;

/// A folder of releases, and what a reader asks about them.
pub struct Good {
    pub name: &'static str,
    make: fn(&mut Release),
    pub runs: &'static [Run],
}

/// One question, and the answer.
pub struct Run {
    /// What is verified.
    pub path: &'static str,
    /// What is added to `affiant verify PATH --trust trust`.
    pub arguments: &'static [&'static str],
    /// Exit code.
    pub exit: i32,
    /// The verdict in one word or three.
    pub verdict: &'static str,
}

impl Good {
    /// The releases.
    pub fn release(&self) -> Release {
        let mut release = Release::before();
        (self.make)(&mut release);
        release
    }
}

/// A release that is simply good.
const fn verified(path: &'static str, arguments: &'static [&'static str]) -> Run {
    Run { path, arguments, exit: 0, verdict: "verified" }
}

/// The day of the releases.
const DAY: &str = "2026-11-21";

pub const GOOD: &[Good] = &[
    Good {
        name: "first-and-second",
        make: |r| {
            r.cut("1.0.0", DAY, &[]);
            go_on(&r.house);
            r.cut("1.1.0", DAY, &[]);
        },
        runs: &[
            verified("1.1.0", &["--from", "1.0.0"]),
            verified("1.0.0", &[]),
            verified("1.0.0", &["--log", "log"]),
            verified("1.1.0", &[]),
            verified("1.1.0", &["--log", "log"]),
        ],
    },
    Good {
        name: "withheld-texts-at-hand",
        make: |r| {
            r.place("1.0.0");
            r.bring_texts();
        },
        runs: &[verified("1.0.0", &[])],
    },
    Good {
        name: "co-signed",
        make: |r| {
            let other = SigningKey::from_seed(&[9; 32]);
            r.house.write("dist/trust", format!("{}\n{}\n", signer("", &key()), signer("", &other)));
            r.ask_for_signers(2);
            r.cut("1.0.0", DAY, &[]);
            r.cosign(9);
        },
        runs: &[verified("1.0.0", &[]), verified("1.0.0", &["--threshold", "2"])],
    },
    Good {
        name: "co-signed-by-a-stranger-too",
        make: |r| {
            r.cut("1.0.0", DAY, &[]);
            r.cosign(9);
        },
        runs: &[verified("1.0.0", &[])],
    },
    Good {
        name: "key-retired-since",
        make: |r| {
            r.trust("namespaces=\"affiant-release\",valid-before=\"20261231Z\"");
            r.cut("1.0.0", DAY, &[]);
        },
        runs: &[verified("1.0.0", &["--at", "2040-01-01"])],
    },
    Good {
        name: "term-run-out",
        make: |r| r.cut("1.0.0", DAY, &["--fresh-until", "2026-12-31"]),
        runs: &[
            verified("1.0.0", &["--at", "2026-12-31T23:59:59Z"]),
            Run { path: "1.0.0", arguments: &["--at", "2027-01-01"], exit: 1, verdict: "stale" },
            Run { path: "1.0.0", arguments: &["--at", "2027-01-01", "--allow-stale"], exit: 0, verdict: "stale" },
        ],
    },
    Good {
        name: "witnessed",
        make: |r| {
            r.cut("1.0.0", DAY, &[]);
            cosign(r, str::to_owned);
            r.asked_with(["--witness", &witness()]);
        },
        runs: &[verified("1.0.0", &["--witnesses", "1"]), verified("1.0.0", &[])],
    },
    Good {
        name: "two-further-than-seen",
        make: |r| {
            r.cut("1.0.0", DAY, &[]);
            r.see("1.0.0");
            r.cut("1.1.0", DAY, &[]);
            r.cut("1.2.0", DAY, &[]);
        },
        runs: &[verified("1.2.0", &["--state", "state"])],
    },
    Good {
        name: "claims-alone",
        make: |r| {
            r.place("1.0.0");
            let files = r.house.files("dist/1.0.0/data");
            let others = files.iter().filter(|(path, _)| !["claims.jsonl", "dataset.json"].contains(&path.as_str()));
            others.for_each(|(path, _)| r.remove(&format!("data/{path}")));
        },
        runs: &[Run { path: "1.0.0", arguments: &["--only", "claim"], exit: 0, verdict: "verified in part" }],
    },
];
