//! The revision of a configuration: a short word that is another where a value that holds is another.
//!
//! Comments, layout and the names of files do not count. Deliberately absent: secrets; two passwords of one database are one revision. And
//! what is a machine's own: daemons that work on one database with the same rules have one revision.

use super::extract::Merged;
use super::files::{ConfigFiles, FOLDERS, TomlFile};
use super::settings::DatabaseUrl;
use sha2::{Digest, Sha256};

/// Keys that differ from machine to machine without anything being decided otherwise.
const OF_THE_MACHINE: [[&str; 2]; 5] =
    [["server", "name"], ["server", "listen"], ["server", "token_file"], ["database", "password_file"], ["database", "connections"]];

/// The revision of what these files and `parcelward.toml`, with the environment over it, say: 12 hexadecimal digits. The files are added to
/// those that were `read`, each with its folder.
pub(super) fn of(files: &ConfigFiles, settings: &Merged, read: &mut Vec<(&'static str, TomlFile)>) -> String {
    let mut digest = Sha256::new();
    for (path, node, _) in settings.effective().into_iter().filter(|(path, ..)| !OF_THE_MACHINE.iter().any(|own| path == own)) {
        let url = node.text().filter(|_| path == ["database", "url"]);
        let shown = url.map_or_else(|| node.to_toml(), |url| DatabaseUrl::new(url).to_string());
        digest.update(format!("{}={shown}\n", path.join(".")));
    }
    for folder in FOLDERS {
        // Files that cannot be read were said already: without them there is no configuration.
        for file in files.folder(folder, &mut Vec::new()) {
            digest.update(format!("\n{folder}/{}\n", file.stem));
            digest.update(file.digest());
            read.push((*folder, file));
        }
    }
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
