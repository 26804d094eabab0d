//! STUB
use crate::format::merkle;
use crate::model::digest::Digest;
#[derive(Debug)]
pub struct Log { origin: String, entries: Vec<Vec<u8>> }
impl Log {
    pub fn from_entries(origin: String, entries: Vec<Vec<u8>>) -> Self { Self { origin, entries } }
    pub fn read(_: &dyn crate::stage::folder::Folder) -> crate::error::Result<crate::finding::Outcome<Option<Log>>> { todo!() }
    pub fn entries(&self) -> &[Vec<u8>] { &self.entries }
    pub fn files(&self) -> Vec<(String, Vec<u8>)> { Vec::new() }
    pub fn origin(&self) -> &str { &self.origin }
    pub fn size(&self) -> u64 { self.entries.len() as u64 }
    pub fn append(&mut self, entry: Vec<u8>) { self.entries.push(entry); }
    fn leaves(&self, size: u64) -> Option<Vec<Digest>> { Some(self.entries.get(..usize::try_from(size).ok()?)?.iter().map(|e| merkle::leaf_hash(e)).collect()) }
    pub fn root(&self, size: u64) -> Option<Digest> { Some(self.leaves(size)?.into_iter().collect::<merkle::CompactRange>().root()) }
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Digest>> { merkle::inclusion_proof(&self.leaves(size)?, usize::try_from(index).ok()?) }
}
