//! Secrets as an account refers to them: read from files, from the service's credentials and from the environment that was given.

use parcelward_courier::{ExposeSecret, SecretReference, SecretSource, SecretString, UnreadableSecret};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::config::environment::CREDENTIALS_VARIABLE;

/// Secrets of one account. Remembers which could not be read, so that an account without its secrets is told from one that is wrong.
pub(super) struct Secrets<'a> {
    environment: &'a [(String, String)],
    unreadable: Mutex<Vec<String>>,
    digest: Mutex<Sha256>,
}

impl<'a> Secrets<'a> {
    pub(super) fn of(environment: &'a [(String, String)]) -> Self {
        Secrets { environment, unreadable: Mutex::default(), digest: Mutex::default() }
    }

    /// Whether these are the words for a secret that could not be read.
    pub(super) fn are_words_for_unreadable(&self, problem: &str) -> bool {
        lock(&self.unreadable).iter().any(|known| known == problem)
    }

    /// Another where a secret that was read is another.
    pub(super) fn digest(self) -> [u8; 32] {
        self.digest.into_inner().unwrap_or_else(PoisonError::into_inner).finalize().into()
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl SecretSource for Secrets<'_> {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        let (place, text) = match reference {
            SecretReference::Env(name) => {
                (format!("environment variable {name}"), self.variable(name).map(str::to_owned).ok_or_else(|| "it is not set".to_owned()))
            }
            SecretReference::File(name) => {
                let credentials = self.variable(CREDENTIALS_VARIABLE).filter(|_| !Path::new(name).is_absolute());
                let path = credentials.map_or_else(|| PathBuf::from(name), |folder| Path::new(folder).join(name));
                let read = std::fs::read_to_string(&path).map_err(|e| e.kind().to_string());
                // The folder of credentials is another at each start; its name says nothing to an operator.
                let place = if credentials.is_some() { format!("credential {name}") } else { format!("file {name}") };
                (place, read)
            }
        };
        let text = text.and_then(|text| match text.trim_end_matches(['\r', '\n']) {
            "" => Err("it is empty".to_owned()),
            secret => Ok(SecretString::from(secret)),
        });
        match text {
            Ok(secret) => {
                let mut digest = lock(&self.digest);
                digest.update(secret.expose_secret());
                digest.update([0]);
                Ok(secret)
            }
            Err(problem) => {
                let error = UnreadableSecret { place, problem };
                lock(&self.unreadable).push(error.to_string());
                Err(error)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
