//! Who publishes and who speaks: some two hundred agents, the same for every seed.

use crate::json::{object, text};
use crate::words::PLACES;

/// One agent; open if it has a name, else masked.
pub struct Agent {
    pub id: String,
    kind: &'static str,
    name: Option<String>,
}

/// All agents: first who keeps the dataset, then who publishes, then everybody else.
pub struct Cast(Vec<Agent>);

/// Open agents, of whom every place has one each: the word in their ids, their kind, and what they are called.
const SEATS: [(&str, &str, &[&str]); 4] = [
    ("outlet", "org", &["Courier", "Evening Post", "Radio", "Telegraph", "Weekly"]),
    ("office", "office", &["Mayor", "Prosecutor", "Police", "City hospital"]),
    ("crowd", "crowd", &["Residents", "Strikers"]),
    ("document", "document", &["Court file"]),
];
const OUTLETS: usize = SEATS[0].2.len() * PLACES.len();
const PERSONS: usize = 80;

impl Cast {
    /// Everybody.
    pub fn new() -> Self {
        let mut agents =
            vec![Agent { id: "keepers".into(), kind: "org", name: Some("Keepers of the workload".into()) }];
        for (word, kind, titles) in SEATS {
            let names = titles.iter().flat_map(|title| PLACES.map(|(place, ..)| format!("{title} of {place}")));
            agents.extend((1..).zip(names).map(|(n, name)| Agent {
                id: format!("{word}-{n:02}"),
                kind,
                name: Some(name),
            }));
        }
        agents.extend((1..=PERSONS).map(|n| Agent { id: format!("person-{n:02}"), kind: "person", name: None }));
        Self(agents)
    }

    /// Who captured the texts.
    pub fn keepers(&self) -> &Agent {
        &self.0[0]
    }

    /// Who publishes texts.
    pub fn outlets(&self) -> &[Agent] {
        &self.0[1..=OUTLETS]
    }

    /// Who is quoted in them.
    pub fn speakers(&self) -> &[Agent] {
        &self.0[1 + OUTLETS..]
    }

    /// The file `agents.jsonl`.
    pub fn lines(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for agent in &self.0 {
            agent.write(&mut out);
        }
        out
    }
}

impl Agent {
    fn write(&self, out: &mut Vec<u8>) {
        object(out, |agent| {
            agent.text("id", &self.id);
            agent.text("kind", self.kind);
            agent.array("names", &self.name, |out, name| text(out, name));
            if self.name.is_none() {
                agent.text("note", "a witness quoted in the texts");
            }
            agent.text("privacy", if self.name.is_some() { "open" } else { "masked" });
        });
        out.push(b'\n');
    }
}
