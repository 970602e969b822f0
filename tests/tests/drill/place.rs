//! Where a drill's database lies: a file of its own, or a database of a server that the tests start.

use crate::server::Server;
use parcelward_store::restore;
use std::path::Path;
use std::process::Command;

/// Where the database is.
pub enum Place {
    File(tempfile::TempDir),
    Server(&'static Server, String),
}

impl Place {
    /// The database's URL.
    pub fn url(&self) -> String {
        match self {
            Place::File(folder) => format!("sqlite:{}", folder.path().join("shop.db").display()),
            Place::Server(server, name) => server.url(name),
        }
    }

    /// A copy, while daemons work.
    pub async fn backup(&self, to: &Path) {
        match self {
            Place::File(_) => drop(parcelward_store::backup(&self.url(), to).await.unwrap()),
            Place::Server(server, name) => tool(server, "pg_dump", &["--format=custom", "--file", to.to_str().unwrap(), name]),
        }
    }

    /// The copy is brought back as an operator does it. The database that was there is gone.
    pub async fn restore(self, from: &Path) -> Place {
        match self {
            Place::File(_) => {
                assert!(restore(&self.url(), Some(from), true).await.unwrap().before.is_some());
                self
            }
            Place::Server(server, _) => {
                let name = server.fresh().await;
                tool(server, "pg_restore", &["--exit-on-error", "--dbname", &name, from.to_str().unwrap()]);
                restore(&server.url(&name), None, false).await.unwrap();
                Place::Server(server, name)
            }
        }
    }
}

/// One of the server's own tools.
fn tool(server: &Server, name: &str, arguments: &[&str]) {
    let mut command = Command::new(server.binaries().join(name));
    command.args(["--host", server.folder().to_str().unwrap(), "--username", "parcelward"]).args(arguments);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
}
