//! The files that a configuration is made of: the shipped ones, built into the binary, and an operator's folder of the same layout.
//!
//! Deliberately absent: what stands in them.

use super::problem::Problem;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};
use std::path::{Path, PathBuf};

/// The repository's `config/` folder, as bytes in the binary (in debug builds too).
#[derive(rust_embed::RustEmbed)]
#[folder = "../../config/"]
struct Shipped;

/// The text of every shipped file, by its path below `config/`, sorted.
pub fn shipped_files() -> impl Iterator<Item = (String, String)> {
    let mut names: Vec<String> = Shipped::iter().map(|name| name.into_owned()).filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    names.into_iter().filter_map(|name| {
        let file = Shipped::get(&name)?;
        Some((name, String::from_utf8_lossy(&file.data).into_owned()))
    })
}

/// The folders that a configuration has beside `parcelward.toml`.
pub(super) const FOLDERS: &[&str] = &["rules", "calendars", "templates", "imports"];

/// One file of one layer.
#[derive(Debug, Clone)]
pub struct TomlFile {
    /// As problems name it.
    pub name: String,
    /// Its name without folder and ending: what files of several layers are brought together by.
    pub stem: String,
    /// What stands in it.
    pub text: String,
}

impl Provider for TomlFile {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let dict = Toml::from_str::<Dict>(&self.text).map_err(|e| figment::Error::from(e.to_string()))?;
        Ok(Profile::Default.collect(dict))
    }
}

impl TomlFile {
    /// Why its text is no TOML, if it is none.
    pub(super) fn syntax_problem(&self) -> Option<Problem> {
        let error = Toml::from_str::<Dict>(&self.text).err()?;
        let message = error.message().trim().to_owned();
        let message = match error.span() {
            Some(span) => {
                let before = self.text.get(..span.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                format!("line {line}, column {column}: {message}")
            }
            None => message,
        };
        Some(Problem { file: self.name.clone(), key: String::new(), message })
    }
}

/// The files of the layers: shipped first, an operator's after them.
#[derive(Debug, Clone, Default)]
pub struct ConfigFiles {
    /// The operator's folder.
    dir: Option<PathBuf>,
}

impl ConfigFiles {
    /// Shipped files, and those of `dir` over them.
    ///
    /// # Errors
    /// Where `dir` is no folder that can be read.
    pub fn new(dir: Option<&Path>) -> Result<Self, Problem> {
        if let Some(dir) = dir {
            let problem = |message: String| Problem { file: dir.display().to_string(), key: String::new(), message };
            std::fs::read_dir(dir).map_err(|e| problem(format!("is no folder that can be read ({e})")))?;
        }
        Ok(ConfigFiles { dir: dir.map(Path::to_owned) })
    }

    /// The operator's folder, if there is one.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The files named `stem.toml` at the top, shipped, then the operator's, then its drop-ins (`stem.d/*.toml`).
    pub fn top(&self, stem: &str, problems: &mut Vec<Problem>) -> Vec<TomlFile> {
        let wanted = format!("{stem}.toml");
        let mut files: Vec<TomlFile> =
            shipped_files().filter(|(name, _)| *name == wanted).map(|(name, text)| shipped(name, text)).collect();
        if let Some(dir) = &self.dir {
            let own = dir.join(&wanted);
            let paths = own.exists().then_some(own).into_iter().chain(toml_paths(&dir.join(format!("{stem}.d")), problems));
            read_all(paths, &mut files, problems);
        }
        files
    }

    /// The files of a folder (`rules`, `calendars`, `templates`, `imports`): shipped, then the operator's, then its drop-ins
    /// (`rules/NAME.d/*.toml`, then `rules.d/*.toml`). Files come sorted by name within each.
    pub fn folder(&self, folder: &str, problems: &mut Vec<Problem>) -> Vec<TomlFile> {
        let prefix = format!("{folder}/");
        let mut files: Vec<TomlFile> =
            shipped_files().filter(|(name, _)| name.starts_with(&prefix)).map(|(name, text)| shipped(name, text)).collect();
        if let Some(dir) = &self.dir {
            let own = dir.join(folder);
            read_all(toml_paths(&own, problems), &mut files, problems);
            for drop_ins in drop_in_folders(&own, problems) {
                read_all(toml_paths(&drop_ins, problems), &mut files, problems);
            }
            read_all(toml_paths(&dir.join(format!("{folder}.d")), problems), &mut files, problems);
        }
        files
    }
}

fn shipped(name: String, text: String) -> TomlFile {
    TomlFile { stem: stem_of(Path::new(&name)), name: format!("(shipped) {name}"), text }
}

/// `pinduoduo` for `rules/pinduoduo.toml`, and for each drop-in in `rules/pinduoduo.d/`.
fn stem_of(path: &Path) -> String {
    let folder = path.parent().filter(|p| p.extension().is_some_and(|e| e == "d"));
    let named = match folder {
        // A drop-in of one file belongs to it; one of the whole folder stands by its own name.
        Some(folder) if folder.parent().and_then(Path::file_name).is_some() && folder.with_extension("toml").exists() => folder,
        _ => path,
    };
    named.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_all(paths: impl IntoIterator<Item = PathBuf>, files: &mut Vec<TomlFile>, problems: &mut Vec<Problem>) {
    for path in paths {
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push(TomlFile { name, stem: stem_of(&path), text }),
            Err(e) => problems.push(Problem { file: name, key: String::new(), message: format!("cannot be read ({e})") }),
        }
    }
}

/// The `*.toml` files of a folder, sorted; none where there is no such folder.
fn toml_paths(dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    entries(dir, problems, |path| path.is_file() && path.extension().is_some_and(|e| e == "toml"))
}

fn drop_in_folders(dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    entries(dir, problems, |path| path.is_dir() && path.extension().is_some_and(|e| e == "d"))
}

fn entries(dir: &Path, problems: &mut Vec<Problem>, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(dir) {
        Ok(entries) => entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|path| wanted(path)).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => {
            problems.push(Problem { file: dir.display().to_string(), key: String::new(), message: format!("cannot be read ({e})") });
            Vec::new()
        }
    };
    paths.sort();
    paths
}
