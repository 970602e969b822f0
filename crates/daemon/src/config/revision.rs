//! The revision of a configuration: a short word that is another where a value that holds is another.
//!
//! Comments, layout and the names of files do not count. Deliberately absent: secrets; two passwords of one database are one revision.

use super::files::{ConfigFiles, FOLDERS};
use super::settings::Settings;
use sha2::{Digest, Sha256};

/// The revision of what these files and settings say: 12 hexadecimal digits.
pub(super) fn of(files: &ConfigFiles, settings: &Settings) -> String {
    let mut digest = Sha256::new();
    // What stands in parcelward.toml and in the environment over it; `Debug` of a database leaves its password out.
    digest.update(format!("{settings:?}"));
    for folder in FOLDERS {
        // Files that cannot be read were said already: without them there is no configuration.
        for file in files.folder(folder, &mut Vec::new()) {
            digest.update(format!("\n{folder}/{}\n", file.stem));
            digest.update(file.text.parse::<toml::Table>().map(|table| table.to_string()).unwrap_or_default());
        }
    }
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
