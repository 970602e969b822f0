//! The shipped files of `config/couriers/`: one a carrier, made from what the carrier's plugin says of itself, so that neither is forgotten.
//!
//! `PARCELWARD_UPDATE=1` writes them anew.

use super::example;
use crate::carriers;
use crate::config::files::{ConfigFiles, shipped_files};
use parcelward_courier::{Abilities, Ability, Courier, Plugin};
use std::fmt::Write;
use std::path::Path;

/// What a carrier can do with the right account, in a comment.
fn abilities(plugin: &Plugin, courier: Courier) -> String {
    let adapters = example::adapters(plugin);
    let adapter = adapters.iter().find(|adapter| adapter.identity().courier == courier).unwrap();
    let words: Vec<&str> = Abilities::of(&**adapter).iter().map(Ability::word).collect();
    words.join(" ")
}

fn route(courier: Courier, out: &mut String) {
    let all = carriers::all();
    let serving: Vec<&Plugin> = all.iter().filter(|plugin| plugin.couriers.contains(&courier)).collect();
    out.push_str(
        "\n# Who is asked for what, in order of trust: the first account that serves the shop and can do it. `default` holds for every\n\
         # ability that has no line of its own; an empty list asks nobody, and a person does it.\n",
    );
    for plugin in &serving {
        writeln!(out, "#   {:<10} {}", plugin.code, abilities(plugin, courier)).unwrap();
    }
    let codes: Vec<String> = serving.iter().map(|plugin| format!("{:?}", plugin.code)).collect();
    writeln!(out, "[route.{courier}]\ndefault = [{}]", codes.join(", ")).unwrap();
    writeln!(out, "# tracking = [{}]", codes.join(", ")).unwrap();
}

fn account(plugin: &Plugin, out: &mut String) {
    let code = plugin.code;
    let adapters = example::adapters(plugin);
    let pushes = adapters.iter().find_map(|adapter| adapter.push_in().map(|push| push.verification()));
    let mut lines = format!(
        "[account.{code}]\nadapter = \"{code}\"\n# The shops whose parcels it serves; left out: every shop.\n# shops = [\"my-shop\"]\n\
         # How many calls in a hundred polls leave to operations near their cut-off, and how many calls are under way at once.\n\
         # reserved_percent = 20\n# at_once = 8\n\n[account.{code}.settings]\n"
    );
    for line in plugin.example.lines() {
        let commented = line.starts_with("# [");
        let table = line.trim_start_matches("# ").strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match table {
            Some(table) => {
                writeln!(lines, "{}[account.{code}.settings.{table}]", if commented { "# " } else { "" }).unwrap();
            }
            None => writeln!(lines, "{line}").unwrap(),
        }
    }
    if let Some(verification) = pushes {
        let signed = verification == parcelward_courier::Verification::Signed;
        write!(
            lines,
            "\n# What it pushes comes in at <public_url>/push/{code}/<secret>: see pushes.toml. The secret: 20 letters or digits at least.\n\
             [account.{code}.push]\nsecret = {{ file = \"{code}-push\" }}\n"
        )
        .unwrap();
        lines.push_str(if signed {
            "# Where its pushes come from, where that is known; they are signed.\n# from = [\"203.0.113.0/24\"]\n"
        } else {
            "# Where its pushes come from. They are not signed: nothing else is taken.\nfrom = [\"203.0.113.0/24\"]\n"
        });
    }
    write!(
        lines,
        "\n# In place of what the courier allows.\n# [account.{code}.limits]\n# per_second = 5\n# per_minute = 200\n# per_day = 50000\n# batch = 1\n\
         # least_gap_seconds = 1800\n\n# How it goes out.\n# [account.{code}.transport]\n# connect_ms = 5000\n# total_ms = 20000\n\
         # proxy = \"http://10.0.0.1:3128\"\n# allow_plain_http = false\n"
    )
    .unwrap();
    writeln!(
        out,
        "\n# An account. Without one {} is off: what it would be asked becomes tasks for people. To switch it on, copy this into a file of\n\
         # your own folder, take the first `# ` of each line away, and fill it in; `parcelward check` then says what is missing.\n#",
        plugin.name
    )
    .unwrap();
    for line in lines.lines() {
        writeln!(out, "{}", format!("# {line}").trim_end()).unwrap();
    }
}

fn file(plugin: &Plugin) -> String {
    let mut out = format!("#:schema ../schema/couriers.schema.json\n# {}.\n", plugin.name);
    // An aggregator has no parcels of its own: it stands in the routes of the couriers.
    if let Some(courier) = Courier::from_word(plugin.code) {
        route(courier, &mut out);
    }
    account(plugin, &mut out);
    out
}

#[test]
fn the_shipped_files_show_every_carrier_as_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/couriers");
    let mut stale = Vec::new();
    for plugin in carriers::all() {
        let path = folder.join(plugin.code).with_extension("toml");
        if std::env::var_os("PARCELWARD_UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, file(&plugin)).unwrap();
        } else if std::fs::read_to_string(&path).ok() != Some(file(&plugin)) {
            stale.push(plugin.code);
        }
    }
    assert!(stale.is_empty(), "config/couriers is stale for {stale:?}: PARCELWARD_UPDATE=1 writes it anew");
}

/// What stands in the comments is right: with the `# ` taken away, and the secrets there, every account is on.
#[test]
fn every_shipped_account_works_once_its_comment_is_taken_away() {
    for plugin in carriers::all() {
        let (_, text) = shipped_files().find(|(name, _)| *name == format!("couriers/{}.toml", plugin.code)).unwrap();
        let account = text.split("says what is missing.\n#\n").nth(1).unwrap();
        let lines: Vec<&str> = account.lines().map(|line| line.strip_prefix("# ").unwrap_or_default()).collect();
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("couriers")).unwrap();
        std::fs::write(dir.path().join("couriers/mine.toml"), lines.join("\n")).unwrap();
        let names = ["_KEY", "SECRET", "SALT", "CHECKWORD", "AUTHORIZATION", "ACCESS_TOKEN"];
        let variables = plugin.example.split('"').filter(|word| names.iter().any(|name| word.ends_with(name)));
        let mut environment: Vec<(String, String)> =
            variables.map(|name| (name.to_owned(), "MDEyMzQ1Njc4OWFiY2RlZg==".to_owned())).collect();
        let credential = dir.path().join(format!("{}-push", plugin.code));
        std::fs::write(credential, "0123456789abcdefghij\n").unwrap();
        environment.push(("CREDENTIALS_DIRECTORY".to_owned(), dir.path().display().to_string()));
        let mut problems = Vec::new();
        let merged = super::merged(&ConfigFiles::new(Some(dir.path())).unwrap(), &mut problems);
        let couriers = super::read(&merged, &environment, &mut problems);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}: {problems:#?}", plugin.code);
        assert!(couriers.accounts.len() == 1 && couriers.routes.lane(plugin.code).is_some(), "{}", plugin.code);
        let takes_pushes = example::adapters(&plugin).iter().any(|adapter| adapter.push_in().is_some());
        assert_eq!(couriers.doors.len(), usize::from(takes_pushes), "{}", plugin.code);
    }
}
