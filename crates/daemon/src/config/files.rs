//! The files that a configuration is made of: the shipped ones, built into the binary, and an operator's folder of the same layout.
//!
//! Deliberately absent: what stands in them.

use super::extract::{Layer, Rank};
use super::fingerprint::Fingerprint;
use super::problem::{Place, Problem};
use super::snapshot::{Entry, Snapshot};
use super::tree::{self, Node, SyntaxError};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

/// The repository's `config/` folder, as bytes in the binary (in debug builds too).
#[derive(rust_embed::RustEmbed)]
#[folder = "../../config/"]
struct Shipped;

/// The folders whose files are configuration.
pub(super) const FOLDERS: &[&str] = &["rules", "schedules", "couriers", "calendars", "disruptions", "templates", "imports"];

/// The text of every shipped file, by its path below `config/`, sorted. Schemas are among them.
pub fn shipped_files() -> impl Iterator<Item = (String, String)> {
    let mut names: Vec<String> = Shipped::iter().map(|name| name.into_owned()).collect();
    names.sort();
    names.into_iter().filter_map(|name| {
        let file = Shipped::get(&name)?;
        Some((name, String::from_utf8_lossy(&file.data).into_owned()))
    })
}

/// The shipped TOML files, read once a process.
static BUILT_IN: LazyLock<Vec<(String, TomlFile)>> = LazyLock::new(|| {
    let toml = shipped_files().filter(|(name, _)| name.ends_with(".toml"));
    toml.map(|(name, text)| {
        let stem = stem_of(Path::new(&name));
        let file = TomlFile::new(format!("(built-in) {name}"), stem, Rank::BuiltIn, text);
        (name, file)
    })
    .collect()
});

/// One file of one layer.
#[derive(Debug, Clone)]
pub struct TomlFile {
    /// As problems name it: its path below the folder.
    pub name: String,
    /// Its name without folder and ending: what files of several layers are brought together by.
    pub stem: String,
    /// How high it lies.
    pub rank: Rank,
    /// What stands in it.
    pub text: Arc<str>,
    /// Whether it says, word for word, what the shipped file of its name says: as written out by `config init`.
    pub(super) as_shipped: bool,
    /// Of what it says; made once, and shared by every copy.
    digest: Arc<OnceLock<[u8; 32]>>,
    read: Result<Arc<Node>, Vec<SyntaxError>>,
}

impl TomlFile {
    fn new(name: String, stem: String, rank: Rank, text: String) -> Self {
        // Editors for Windows put a mark before the text that says nothing.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let read = tree::parse(&text).map(Arc::new);
        TomlFile { name, stem, rank, text: text.into(), as_shipped: rank == Rank::BuiltIn, digest: Arc::default(), read }
    }

    /// A file of the operator's folder. One that is as shipped need not be read again.
    fn own(name: String, stem: String, rank: Rank, text: String) -> Self {
        match BUILT_IN.iter().find(|(shipped, file)| *shipped == name && *file.text == *text) {
            Some((_, file)) => TomlFile { name, stem, rank, ..file.clone() },
            None => Self::new(name, stem, rank, text),
        }
    }

    /// What it says; `None` where it is no TOML.
    pub(super) fn tree(&self) -> Option<&Node> {
        self.read.as_deref().ok()
    }

    /// A digest of what it says. Comments and layout do not count.
    pub(super) fn digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| Sha256::digest(self.tree().map(Node::to_toml).unwrap_or_default()).into())
    }

    /// Why its text is no TOML; nothing where it is.
    pub(super) fn syntax_problems(&self) -> Vec<Problem> {
        self.read.as_ref().err().into_iter().flatten().map(|(message, span)| self.syntax_problem(message, span)).collect()
    }

    fn syntax_problem(&self, message: &str, span: &std::ops::Range<usize>) -> Problem {
        let place = Place::new(&self.text, span.clone());
        if message == "duplicate key" {
            let name = self.text.get(span.clone()).unwrap_or_default().to_owned();
            return Problem::new(&self.name, "", format!("`{name}` is said twice: keep one")).code("duplicate-key").at(Some(place));
        }
        let marked = self.text.get(span.clone()).unwrap_or_default();
        let line = self.text.lines().nth(place.line - 1).unwrap_or_default();
        let said = message.split(", expected").next().unwrap_or(message);
        let what = match said {
            _ if line.contains(['“', '”', '＂']) => "the quotes are full-width: write `\"`".to_owned(),
            _ if line.contains('＝') => "the equals sign is full-width: write `=`".to_owned(),
            "string values must be quoted" if marked.trim().is_empty() => "there is no value behind the `=`".to_owned(),
            "string values must be quoted" => format!("a text stands in quotes: write `\"{marked}\"`"),
            "key with no value" if line.contains(':') => "a key and its value have `=` between them, not `:`".to_owned(),
            "key with no value" => "the key has no value: write `key = value`".to_owned(),
            "invalid basic string" | "invalid literal string" => "the text has no closing quote on its line".to_owned(),
            "unclosed table" | "unclosed array table" => "the table's name ends with `]`, which is missing".to_owned(),
            "unclosed array" => "the list ends with `]`, which is missing".to_owned(),
            "missing comma between array elements" => "a `,` is missing, or the `]` of the list before it".to_owned(),
            other => other.to_owned(),
        };
        self.as_syntax(&what, place)
    }

    fn as_syntax(&self, message: &str, place: Place) -> Problem {
        Problem::new(&self.name, "", format!("is no TOML: {message}")).code("syntax").at(Some(place))
    }

    /// As a layer to be merged.
    pub(super) fn layer(&self) -> Result<Layer, Vec<Problem>> {
        match &self.read {
            Ok(tree) => Ok(Layer { name: self.name.clone(), rank: self.rank, text: Some(Arc::clone(&self.text)), tree: Arc::clone(tree) }),
            Err(_) => Err(self.syntax_problems()),
        }
    }
}

/// The files of the layers: shipped first, an operator's after them.
#[derive(Debug, Clone, Default)]
pub struct ConfigFiles {
    /// The operator's folder.
    dir: Option<PathBuf>,
    /// What stood in it when it was read.
    snapshot: Arc<Snapshot>,
}

impl ConfigFiles {
    /// Shipped files, and those of `dir` over them.
    ///
    /// # Errors
    /// Where `dir` is no folder that can be read, or does not stand still.
    pub fn new(dir: Option<&Path>) -> Result<Self, Box<Problem>> {
        let Some(dir) = dir else { return Ok(ConfigFiles::default()) };
        let snapshot = Snapshot::of(dir).map_err(|e| {
            let what = match e.kind() {
                std::io::ErrorKind::Other => e.to_string(),
                _ => format!("is no folder that can be read ({e})"),
            };
            Box::new(Problem::new(dir.display().to_string(), "", what).code("unreadable"))
        })?;
        Ok(ConfigFiles { dir: Some(dir.to_owned()), snapshot: Arc::new(snapshot) })
    }

    /// What the operator's folder looked like when it was read.
    pub(super) fn seen(&self) -> &Fingerprint {
        &self.snapshot.seen
    }

    /// The operator's folder, if there is one.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The files named `stem.toml` at the top, shipped, then the operator's, then its drop-ins (`stem.d/*.toml`).
    pub fn top(&self, stem: &str, problems: &mut Vec<Problem>) -> Vec<TomlFile> {
        let wanted = format!("{stem}.toml");
        let mut files: Vec<TomlFile> = BUILT_IN.iter().filter(|(name, _)| *name == wanted).map(|(_, file)| file.clone()).collect();
        if let Some(dir) = &self.dir {
            let own = dir.join(&wanted);
            self.read_all([own], Rank::File, &mut files, problems);
            self.read_all(self.toml_paths(&dir.join(format!("{stem}.d")), problems), Rank::DropIn, &mut files, problems);
        }
        files
    }

    /// The files of a folder (`rules`, `calendars`, `templates`, …): shipped, then the operator's, then its drop-ins
    /// (`rules/NAME.d/*.toml`, then `rules.d/*.toml`). Files come sorted by name within each.
    pub fn folder(&self, folder: &str, problems: &mut Vec<Problem>) -> Vec<TomlFile> {
        let prefix = format!("{folder}/");
        let mut files: Vec<TomlFile> =
            BUILT_IN.iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(_, file)| file.clone()).collect();
        if let Some(dir) = &self.dir {
            let own = dir.join(folder);
            self.read_all(self.toml_paths(&own, problems), Rank::File, &mut files, problems);
            for drop_ins in self.drop_in_folders(&own, problems) {
                self.read_all(self.toml_paths(&drop_ins, problems), Rank::DropIn, &mut files, problems);
            }
            self.read_all(self.toml_paths(&dir.join(format!("{folder}.d")), problems), Rank::DropIn, &mut files, problems);
        }
        files
    }

    /// Every file of the operator's folder that is read, by its path below it.
    pub fn own(&self, problems: &mut Vec<Problem>) -> Vec<(String, Arc<str>)> {
        let folders = FOLDERS.iter().flat_map(|folder| self.folder(folder, problems)).collect::<Vec<_>>();
        let all = self.top("parcelward", problems).into_iter().chain(folders);
        all.filter(|file| file.rank != Rank::BuiltIn).map(|file| (file.name, file.text)).collect()
    }

    fn name(&self, path: &Path) -> String {
        let below = self.dir.as_deref().and_then(|dir| path.strip_prefix(dir).ok()).unwrap_or(path);
        below.display().to_string()
    }

    fn read_all(&self, paths: impl IntoIterator<Item = PathBuf>, rank: Rank, files: &mut Vec<TomlFile>, problems: &mut Vec<Problem>) {
        for path in paths {
            let name = self.name(&path);
            let Some(read) = self.snapshot.text(&path) else { continue };
            match read.map(|bytes| String::from_utf8(bytes.to_owned())) {
                Ok(Ok(text)) => files.push(TomlFile::own(name, stem_of(&path), rank, text)),
                Ok(Err(e)) => {
                    let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
                    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
                    let message = format!("is not in UTF-8 (line {line}): save it as UTF-8");
                    problems.push(Problem::new(name, "", message).code("unreadable"));
                }
                Err(e) => problems.push(Problem::new(name, "", format!("cannot be read ({e})")).code("unreadable")),
            }
        }
    }

    /// The `*.toml` files of a folder, sorted; none where there is no such folder.
    fn toml_paths(&self, dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
        self.entries(dir, problems, |entry| !entry.is_folder && entry.ends_in("toml"))
    }

    fn drop_in_folders(&self, dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
        self.entries(dir, problems, |entry| entry.is_folder && entry.ends_in("d"))
    }

    fn entries(&self, dir: &Path, problems: &mut Vec<Problem>, wanted: impl Fn(&Entry) -> bool) -> Vec<PathBuf> {
        match self.snapshot.entries(dir) {
            Ok(entries) => entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.path.clone()).collect(),
            Err(e) => {
                problems.push(Problem::new(self.name(dir), "", format!("cannot be read ({e})")).code("unreadable"));
                Vec::new()
            }
        }
    }

    /// What lies in the operator's folder and is read by nobody: a misspelt folder, a file of another ending.
    pub(super) fn strays(&self) -> Vec<Problem> {
        let Some(dir) = &self.dir else { return Vec::new() };
        let mut ignored = Vec::new();
        let known: Vec<String> = FOLDERS.iter().map(|f| (*f).to_owned()).chain(["parcelward.toml".to_owned()]).collect();
        let folders = self.entries(dir, &mut Vec::new(), |entry| entry.is_folder);
        for path in self.entries(dir, &mut ignored, |_| true) {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let stem = name.strip_suffix(".d").unwrap_or(&name);
            let is_known = FOLDERS.contains(&stem) || name == "parcelward.toml" || name == "parcelward.d" || name == "schema";
            if is_known || name.starts_with('.') || !(folders.contains(&path) || name.ends_with(".toml")) {
                continue;
            }
            let what = if folders.contains(&path) { "no file in this folder is read" } else { "this file is not read" };
            let meant = super::problem::nearest(&name, known.iter().map(String::as_str));
            ignored.push(Problem::new(name.clone(), "", what).code("stray").warning().meant(meant));
        }
        for folder in FOLDERS {
            let own = dir.join(folder);
            for path in self.entries(&own, &mut Vec::new(), |entry| !entry.is_folder) {
                let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
                if ["tml", "tom", "toml1", "yaml", "yml", "json", "txt"].contains(&ending.as_str()) {
                    let problem = Problem::new(self.name(&path), "", "this file is not read: its name must end in `.toml`");
                    ignored.push(problem.code("stray").warning());
                }
            }
        }
        ignored
    }
}

/// `pinduoduo` for `rules/pinduoduo.toml`, and for each drop-in in `rules/pinduoduo.d/`.
fn stem_of(path: &Path) -> String {
    let folder = path.parent().filter(|p| p.extension().is_some_and(|e| e == "d"));
    let named = match folder {
        // A drop-in of one file belongs to it; one of the whole folder stands by its own name.
        Some(folder) if !folder.file_stem().is_some_and(|stem| FOLDERS.iter().any(|f| stem == *f)) => folder,
        _ => path,
    };
    named.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}
