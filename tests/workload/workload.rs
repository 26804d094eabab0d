//! The whole workload: two versions of a dataset, the answers, and the lines that go wrong.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use crate::agent::Cast;
use crate::claim::{Claim, Scene};
use crate::event;
use crate::faults::{Fault, Faults};
use crate::files::{self, Lines};
use crate::folder::Folder;
use crate::json::object;
use crate::plan::{Plan, Plant};
use crate::random::{Random, Stream};
use crate::source::Source;
use crate::tamper::Tampered;
use crate::text::Language;
use crate::vocabulary;

/// What to write, and where.
pub struct Workload {
    pub claims: usize,
    pub sources: usize,
    pub seed: u64,
    pub out: PathBuf,
    pub is_shuffled: bool,
    pub has_second_version: bool,
    pub edits_per_mille: usize,
}

/// Sources that further anchors of a claim may lie in: those just before its own.
const EARLIER: usize = 64;
/// Lines that are moved wait until there are this many.
const HELD: usize = 40;

/// The second version while it is being written.
struct Second {
    folder: Folder,
    held: Vec<Vec<u8>>,
    added: usize,
}

impl Second {
    fn new(folder: Folder) -> Self {
        Self { folder, held: Vec::new(), added: 0 }
    }
}

impl Workload {
    /// Writes everything into a folder that must be new or empty.
    pub fn write(&self) -> io::Result<()> {
        files::create(&self.out)?;
        let (languages, cast) = (Language::all(self.seed), Cast::new());
        let plan = Plan::draw(self.seed, self.claims, self.edits_per_mille);
        let mut first = self.folder("v1")?;
        let mut second = self.has_second_version.then(|| self.folder("v2")).transpose()?.map(Second::new);
        self.write_surroundings(&first, &cast)?;

        let mut sources = Lines::create(first.file("sources.jsonl"))?;
        let mut tampered = Tampered::new();
        let mut earlier = VecDeque::with_capacity(EARLIER);
        let mut positions = 0..self.claims;
        for n in 0..self.sources {
            let source = Source::draw(self.seed, n, &languages, &cast);
            sources.push(&source.line(&cast))?;
            first.text(&source)?;
            if let Some(second) = &second {
                second.folder.same_text(&first, &source)?;
            }
            let scene = Scene { source: &source, earlier: &earlier, cast: &cast };
            let share = self.claims / self.sources + usize::from(n < self.claims % self.sources);
            for position in positions.by_ref().take(share) {
                let claim = self.claim(&plan, position, &scene);
                if position == 0 {
                    self.write_faults("invalid", &Faults::invalid(&claim))?;
                    self.write_faults("tricky_valid", &Faults::tricky(&claim))?;
                    self.write_faults("policy", &Faults::policy(&claim))?;
                }
                tampered.offer(&claim, &scene);
                let line = claim.line();
                first.claim(&line)?;
                if let Some(second) = &mut second {
                    self.follow(second, &plan, position, claim, line, &scene)?;
                }
            }
            if earlier.len() == EARLIER {
                earlier.pop_front();
            }
            earlier.push_back(source);
        }
        sources.finish()?;
        self.write_faults("tampered", &tampered.faults)?;
        if let Some(Second { mut folder, held, .. }) = second {
            held.iter().try_for_each(|line| folder.claim(line))?;
            folder.same_records(&first)?;
            folder.finish(&mut Random::new(self.seed, Stream::Order, 2))?;
            files::write(&self.out.join("answer_key.json"), &plan.answer_key())?;
        }
        first.finish(&mut Random::new(self.seed, Stream::Order, 1))
    }

    /// Writes what does not depend on any text.
    fn write_surroundings(&self, folder: &Folder, cast: &Cast) -> io::Result<()> {
        files::write(&folder.file("dataset.json"), &vocabulary::dataset())?;
        files::write(&folder.file("agents.jsonl"), &cast.lines())?;
        let mut events = Lines::create(folder.file("events.jsonl"))?;
        (0..self.claims.div_ceil(event::CLAIMS)).try_for_each(|n| events.push(&event::line(self.seed, n)))?;
        events.finish()
    }

    fn folder(&self, name: &str) -> io::Result<Folder> {
        Folder::create(self.out.join(name), self.is_shuffled)
    }

    /// The claim at a position of the first version.
    fn claim<'a>(&self, plan: &Plan, position: usize, scene: &Scene<'_, 'a>) -> Claim<'a> {
        let random = &mut Random::new(self.seed, Stream::Claim, position);
        let mut claim = Claim::draw(random, plan.number(position), position / event::CLAIMS, scene);
        claim.link = plan.link(random, position, position / event::CLAIMS);
        match plan.plant(position) {
            Some(Plant::Edit(edit)) => edit.prepare(&mut claim, scene.source),
            Some(Plant::Respelling(way)) => way.prepare(&mut claim),
            _ => {}
        }
        claim
    }

    /// Writes into the second version what becomes of a claim of the first.
    fn follow<'a>(
        &self,
        second: &mut Second,
        plan: &Plan,
        position: usize,
        mut claim: Claim<'a>,
        line: Vec<u8>,
        scene: &Scene<'_, 'a>,
    ) -> io::Result<()> {
        let folder = &mut second.folder;
        match plan.plant(position) {
            None => folder.claim(&line)?,
            Some(Plant::Removed) => {}
            Some(Plant::Followed) => {
                let n = self.claims + second.added;
                second.added += 1;
                let random = &mut Random::new(self.seed, Stream::Claim, n);
                let mut new = Claim::draw(random, plan.number(n), position / event::CLAIMS, scene);
                new.link = plan.link(random, n, position / event::CLAIMS);
                folder.claim(&line)?;
                folder.claim(&new.line())?;
            }
            Some(Plant::Moved) => second.held.push(line),
            Some(Plant::Edit(edit)) => {
                edit.apply(&mut claim, scene.source);
                folder.claim(&claim.line())?;
            }
            Some(Plant::Respelling(way)) => {
                folder.claim(way.apply(&claim, &String::from_utf8_lossy(&line)).as_bytes())?;
            }
        }
        if second.held.len() == HELD {
            second.held.drain(..).try_for_each(|line| folder.claim(&line))?;
        }
        Ok(())
    }

    /// Writes `<name>.jsonl`, and the key to it.
    fn write_faults(&self, name: &str, faults: &[Fault]) -> io::Result<()> {
        let lines: Vec<u8> = faults.iter().flat_map(|fault| fault.line.iter().chain(b"\n")).copied().collect();
        let mut key = Vec::new();
        object(&mut key, |key| faults.iter().for_each(|fault| key.text(&fault.key, fault.name)));
        key.push(b'\n');
        files::write(&self.out.join(format!("{name}.jsonl")), &lines)?;
        files::write(&self.out.join(format!("{name}_key.json")), &key)
    }
}
