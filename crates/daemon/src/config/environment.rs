//! Settings from the environment (`PARCELWARD_SERVER__LISTEN` stands for `server.listen`) and secrets from the service manager's credentials.
//!
//! Deliberately absent: rules, calendars and texts. They belong in files, where a change can be read and reviewed.

use super::extract::{Layer, Rank};
use super::problem::Problem;
use std::path::Path;

/// What the names of our environment variables begin with.
pub const PREFIX: &str = "PARCELWARD_";

/// The variable that names the folder of credentials (systemd's `LoadCredential=`).
pub const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// Credentials that are settings: the name of the file, the key, and whether the file itself is meant rather than what stands in it.
const CREDENTIALS: &[(&str, &[&str], bool)] =
    &[("database.url", &["database", "url"], false), ("server.tokens", &["server", "token_file"], true)];

/// Variables that commands read by themselves; they are no settings.
pub const COMMAND_VARIABLES: &[&str] = &["PARCELWARD_CONFIG", "PARCELWARD_LOG", "PARCELWARD_URL", "PARCELWARD_TOKEN"];

/// The variables among these that are settings, sorted by name.
pub(super) fn variables(all: &[(String, String)]) -> Vec<Layer> {
    let mut ours: Vec<&(String, String)> =
        all.iter().filter(|(name, _)| name.starts_with(PREFIX) && !COMMAND_VARIABLES.contains(&name.as_str())).collect();
    ours.sort();
    ours.into_iter()
        .map(|(name, value)| {
            let path: Vec<String> = name.trim_start_matches(PREFIX).to_ascii_lowercase().split("__").map(str::to_owned).collect();
            // Every setting is a text: a number of bytes or a port would otherwise be read as a number and refused.
            Layer::of_one(format!("environment variable {name}"), Rank::Environment, &path, value)
        })
        .collect()
}

/// The credentials that are settings. Others in the folder are somebody else's.
pub(super) fn credentials(all: &[(String, String)], problems: &mut Vec<Problem>) -> Vec<Layer> {
    let Some((_, dir)) = all.iter().find(|(name, _)| name == CREDENTIALS_VARIABLE) else { return Vec::new() };
    let mut layers = Vec::new();
    for (name, key, itself) in CREDENTIALS {
        let path = Path::new(dir).join(name);
        let shown = format!("credential {name}");
        let text = if *itself {
            path.exists().then(|| path.display().to_string())
        } else {
            match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim().to_owned()),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
                Err(e) => {
                    problems.push(Problem::new(&shown, "", format!("cannot be read ({e})")).code("unreadable"));
                    None
                }
            }
        };
        let key: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
        layers.extend(text.map(|text| Layer::of_one(shown, Rank::Credential, &key, &text)));
    }
    layers
}
