//! Secrets by reference: what a TOML file may hold is where a secret stands, never the secret.

use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Where a secret stands: `{ file = "zto-secret" }` or `{ env = "ZTO_SECRET" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretReference {
    /// In a file: an absolute path, or a name among the service's credentials.
    File(String),
    /// In an environment variable.
    Env(String),
}

impl SecretReference {
    /// What is said of a secret that was written into the settings. It repeats nothing of it.
    pub const LITERAL: &str = "a secret is named by where it stands, never written here: { file = \"…\" } or { env = \"…\" }";
}

/// By hand, so that no error repeats a secret that was written where its place belongs.
impl<'de> Deserialize<'de> for SecretReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

struct Reference;

impl<'de> Visitor<'de> for Reference {
    type Value = SecretReference;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("where a secret stands")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom(SecretReference::LITERAL))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(E::custom(SecretReference::LITERAL))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(E::custom(SecretReference::LITERAL))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let wanted = || A::Error::custom("says either `file` or `env`, and the name: { file = \"…\" } or { env = \"…\" }");
        let (key, name) = map.next_entry::<String, String>().map_err(|_| wanted())?.ok_or_else(wanted)?;
        let reference = match key.as_str() {
            _ if name.trim().is_empty() => return Err(wanted()),
            "file" => SecretReference::File(name),
            "env" => SecretReference::Env(name),
            _ => return Err(wanted()),
        };
        if map.next_key::<String>()?.is_some() { Err(wanted()) } else { Ok(reference) }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SecretReference, String> {
        #[derive(serde::Deserialize, Debug)]
        struct Holder {
            secret: SecretReference,
        }
        toml::from_str::<Holder>(text).map(|h| h.secret).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn a_reference_is_a_file_or_a_variable() {
        assert_eq!(read(r#"secret = { file = "zto" }"#), Ok(SecretReference::File("zto".into())));
        assert_eq!(read(r#"secret = { env = "ZTO" }"#), Ok(SecretReference::Env("ZTO".into())));
        for bad in [r#"{ fil = "s3cret" }"#, "{}", r#"{ file = "" }"#, r#"{ file = "a", env = "b" }"#, "{ file = 5 }"] {
            let said = read(&format!("secret = {bad}")).unwrap_err();
            assert!(said.starts_with("says either"), "{bad}: {said}");
        }
    }

    #[test]
    fn a_secret_that_was_written_out_is_refused_and_not_repeated() {
        for literal in [r#""s3cret""#, "7331"] {
            assert_eq!(read(&format!("secret = {literal}")).unwrap_err(), SecretReference::LITERAL);
        }
    }
}
