//! Settings from the environment: `PARCELWARD_SERVER__LISTEN` stands for `server.listen`.
//!
//! Deliberately absent: rules, calendars and texts. They belong in files, where a change can be read and reviewed.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// What the names of our environment variables begin with.
pub const PREFIX: &str = "PARCELWARD_";

/// Variables that commands read by themselves; they are no settings.
pub const COMMAND_VARIABLES: &[&str] = &["PARCELWARD_CONFIG", "PARCELWARD_LOG", "PARCELWARD_URL", "PARCELWARD_TOKEN"];

/// One environment variable as a layer.
pub(super) struct Variable {
    name: String,
    value: String,
}

/// The variables among these that are settings, sorted by name.
pub(super) fn variables(all: impl Iterator<Item = (String, String)>) -> Vec<Variable> {
    let mut ours: Vec<Variable> = all
        .filter(|(name, _)| name.starts_with(PREFIX) && !COMMAND_VARIABLES.contains(&name.as_str()))
        .map(|(name, value)| Variable { name, value })
        .collect();
    ours.sort_by(|a, b| a.name.cmp(&b.name));
    ours
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable {}", self.name))
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let path: Vec<String> = self.name.trim_start_matches(PREFIX).to_ascii_lowercase().split("__").map(str::to_owned).collect();
        // Every setting is a text: a number of bytes or a port would otherwise be read as a number and refused.
        let value = path.iter().rev().fold(Value::from(self.value.clone()), |inner, key| Value::from(Dict::from([(key.clone(), inner)])));
        match value {
            Value::Dict(_, dict) => Ok(Profile::Default.collect(dict)),
            _ => Ok(Map::new()),
        }
    }
}
