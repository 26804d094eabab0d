//! A git repository, asked through the installed git: for the objects it holds, and for nothing that attributes,
//! filters, replacements or hooks would make of them.
//!
//! No shell is in between. Git runs no program that a repository could name, and fetches nothing: where a partial clone
//! lacks an object, it is lacking.

mod folder;
mod listing;

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::error::{Error, Result};

pub use folder::GitFolder;

/// What git is told before every verb.
const MANNERS: [&str; 5] = ["--no-pager", "--no-optional-locks", "--no-replace-objects", "-c", "core.fsmonitor=false"];

/// What git is told where no option does: fetch nothing, ask nobody. Older versions of git heed only the second.
const ENVIRONMENT: [(&str, &str); 3] =
    [("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none"), ("GIT_TERMINAL_PROMPT", "0")];

/// The repository that a folder belongs to.
#[derive(Clone, Debug)]
pub struct Git {
    folder: PathBuf,
}

/// What git prints for a short question, without the last line feed; or its complaint.
type Answer = std::result::Result<String, String>;

impl Git {
    /// The repository of the current folder.
    pub fn here() -> Self {
        Self::of(Path::new("."))
    }

    /// The repository of this folder.
    pub fn of(folder: &Path) -> Self {
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        Self { folder: folder.to_owned() }
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.folder).stdin(Stdio::null()).envs(ENVIRONMENT).args(MANNERS).args(arguments);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Result<Answer> {
        answer_of(&mut self.command(arguments))
    }

    /// The answer to a question that a healthy repository has one to.
    fn answer(&self, arguments: &[&str]) -> Result<String> {
        self.ask(arguments)?.map_err(Error::Refused)
    }

    /// The id of an object; `None` if there is none of this name.
    fn object(&self, name: &str) -> Result<Option<String>> {
        Ok(self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", name])?.ok())
    }

    /// What git prints for a long question, to be read piece by piece.
    fn stream(&self, arguments: &[&str]) -> Result<Printed> {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(Error::io("git"))?;
        let stdout = child.stdout.take();
        Ok(Printed { child, stdout })
    }

    /// The tree of what is staged, which git keeps like any other.
    ///
    /// It is made from a copy of the index, far from the work tree: else git would hold files against the index, through
    /// the filters that the repository names, and call the hook for a changed index.
    fn staged(&self) -> Result<String> {
        let place = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
        let (copy, empty) = (place.path().join("index"), place.path().join("empty"));
        fs::create_dir(&empty).map_err(Error::io("a temporary folder"))?;
        let index = self.folder.join(self.answer(&["rev-parse", "--git-path", "index"])?);
        if super::exists(&index) {
            fs::copy(&index, &copy).map_err(Error::io(index.display().to_string()))?;
        }
        let mut command = self.command(["-c", "core.hooksPath=/dev/null", "write-tree"]);
        command.env("GIT_DIR", self.answer(&["rev-parse", "--absolute-git-dir"])?);
        // Entries as young as the index are held against files by their paths from where git stands.
        command.env("GIT_WORK_TREE", &empty).env("GIT_INDEX_FILE", &copy).current_dir(&empty);
        answer_of(&mut command)?.map_err(Error::Refused)
    }

    /// The id of a folder, given from the top of the repository, as the last commit has it.
    pub fn committed_folder(&self, folder: &str) -> Result<Option<String>> {
        self.object(&format!("HEAD:{folder}"))
    }

    /// The id of a folder, given from the top of the repository, as it is staged.
    pub fn staged_folder(&self, folder: &str) -> Result<Option<String>> {
        self.object(&format!("{}:{folder}", self.staged()?))
    }

    /// Where a folder of the repository's stands in it: ends in a slash, or is empty at its top.
    pub fn prefix(&self) -> Result<String> {
        self.answer(&["rev-parse", "--show-prefix"])
    }

    /// A setting, wherever it was made.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        Ok(self.ask(&["config", "--get", name])?.ok())
    }

    /// Makes a setting for this repository alone.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        self.answer(&["config", "--local", name, value]).map(drop)
    }

    /// Where the repository looks for one of its hooks.
    pub fn hook(&self, name: &str) -> Result<PathBuf> {
        Ok(self.folder.join(self.answer(&["rev-parse", "--git-path", &format!("hooks/{name}")])?))
    }
}

fn answer_of(command: &mut Command) -> Result<Answer> {
    let output = command.output().map_err(Error::io("git"))?;
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned();
    Ok(if output.status.success() { Ok(words(&output.stdout)) } else { Err(words(&output.stderr)) })
}

/// Writes a program that must not exist yet.
pub fn write_program(path: &Path, text: &str) -> Result<()> {
    let place = path.display().to_string();
    super::make_parent(path)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o777).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io(place))
}

/// What git prints. That it ended well is part of reading it to the end.
struct Printed {
    child: Child,
    stdout: Option<ChildStdout>,
}

impl Printed {
    fn end(&mut self) -> io::Result<()> {
        self.stdout = None;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("git does not hold it whole ({status})"))) }
    }
}

impl Read for Printed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(stdout) = &mut self.stdout else { return Ok(0) };
        let read = stdout.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.end()?;
        }
        Ok(read)
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        if self.stdout.take().is_some() {
            // Nobody wants the rest.
            _ = self.child.kill();
            _ = self.child.wait();
        }
    }
}
