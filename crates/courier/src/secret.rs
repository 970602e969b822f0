//! Secrets by reference: what a TOML file may hold is where a secret stands, never the secret.

use secrecy::SecretString;
use serde::Deserialize;

/// Where a secret stands: `{ file = "zto-secret" }` or `{ env = "ZTO_SECRET" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretReference {
    /// In a file: an absolute path, or a name among the service's credentials.
    File(String),
    /// In an environment variable.
    Env(String),
}

/// Where secrets are read.
pub trait SecretSource: Send + Sync {
    /// Reads one, without the line's end behind it.
    ///
    /// # Errors
    /// Where it is not there or empty.
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret>;
}

/// A secret that cannot be read. Says where it was looked for, and nothing of what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct UnreadableSecret {
    /// Where it was looked for.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// Secrets of this process: its environment, files, and the credentials folder that systemd gives a service.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessSecrets;

impl SecretSource for ProcessSecrets {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        let (place, text) = match reference {
            SecretReference::Env(name) => {
                (format!("environment variable {name}"), std::env::var(name).map_err(|_| "it is not set".to_owned()))
            }
            SecretReference::File(name) => {
                let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|_| !std::path::Path::new(name).is_absolute());
                let path = credentials.map_or_else(|| name.into(), |folder| std::path::Path::new(&folder).join(name));
                (format!("file {}", path.display()), std::fs::read_to_string(&path).map_err(|e| e.kind().to_string()))
            }
        };
        let problem = |problem: &str| UnreadableSecret { place: place.clone(), problem: problem.to_owned() };
        let text = text.map_err(|e| problem(&e))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() { Err(problem("it is empty")) } else { Ok(secret.into()) }
    }
}
