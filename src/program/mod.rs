//! This very program in a container: what it needs there, and the tar that it goes in.
//!
//! What is to be done beside an engine's own volumes is done there, where they are: the engine may be on another machine, and an image may have
//! nothing to do it with.

mod executable;
mod files;

pub use executable::Executable;
pub use files::{Entry, tar};

impl Executable {
    /// Returns the entries of a tar that puts it into a container.
    pub fn entries(&self) -> Vec<Entry> {
        let programs = self.files().into_iter().map(|(from, to)| Entry::Program(from, to));
        [Entry::Folder("opt/localspace/"), Entry::Folder("opt/localspace/lib/")].into_iter().chain(programs).collect()
    }
}
