//! The configuration as a whole: layers, drop-ins, environment, and everything that is wrong at once.

use super::*;
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::Span;
use parcelward_casework::words::Platform;
use std::fs;

fn load_from(files: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    load_with(Some(dir.path()), env.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
}

fn problems(files: &[(&str, &str)], env: &[(&str, &str)]) -> Vec<Problem> {
    load_from(files, env).unwrap_err().0
}

fn collect_length(loaded: &Loaded) -> Span {
    loaded.rules.version(RuleKind::Collect, Platform::Pinduoduo, Instant::parse("2026-03-10T08:00:00+08:00").unwrap()).unwrap().span
}

#[test]
fn the_shipped_configuration_is_right() {
    if let Err(problems) = load_with(None, std::iter::empty()) {
        panic!("{problems}");
    }
}

#[test]
fn the_shipped_files_written_out_are_right_and_leave_no_doubt() {
    // A comment more: a file that is as shipped, word for word, is not looked at again.
    let files: Vec<(String, String)> = shipped_files().map(|(name, text)| (name, text + "# mine\n")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let warnings = load_from(&files, &[]).unwrap().warnings;
    assert!(warnings.is_empty(), "{}", Problems(warnings));
}

#[test]
fn each_value_says_which_layer_it_comes_from() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("config/parcelward.toml", "language = \"en\"\n\n[server]\nmax_body = \"1MiB\"\n");
    write("config/rules.d/mine.toml", "[rule.\"pdd.collect\"]\nlength = \"20h\"\n");
    write("credentials/database.url", "sqlite:/s3cret?password=s3cret\n");
    let env = [("PARCELWARD_SERVER__LISTEN", "127.0.0.1:9"), ("CREDENTIALS_DIRECTORY", dir.path().join("credentials").to_str().unwrap())]
        .map(|(a, b)| (a.to_owned(), b.to_owned()));
    let parts = effective(Some(&dir.path().join("config")), env.clone().into_iter()).unwrap();
    let value = |title: &str, key: &str| {
        let part = parts.iter().find(|part| part.title == title).unwrap();
        let value = part.values.iter().find(|value| value.key == key).unwrap();
        (value.value.as_str(), value.origin.to_string(), value.changed)
    };
    assert_eq!(value("parcelward.toml", "language"), ("\"en\"", "parcelward.toml:1".to_owned(), true));
    assert_eq!(value("parcelward.toml", "server.max_body"), ("\"1MiB\"", "parcelward.toml:4".to_owned(), true));
    let listen = ("\"127.0.0.1:9\"", "environment variable PARCELWARD_SERVER__LISTEN".to_owned(), true);
    assert_eq!(value("parcelward.toml", "server.listen"), listen);
    assert_eq!(value("parcelward.toml", "database.url"), ("\"sqlite:/s3cret\"", "credential database.url".to_owned(), true));
    assert_eq!(value("rules/*.toml", "rule.\"pdd.collect\".length"), ("\"20h\"", "rules.d/mine.toml:2".to_owned(), true));
    let (ladder, origin, changed) = value("rules/*.toml", "rule.\"pdd.collect\".ladder");
    assert_eq!((ladder, changed), ("[\"12h\", \"6h\", \"2h\"]", false));
    assert!(origin.starts_with("(built-in) rules/pinduoduo.toml:"), "{origin}");
    assert!(parts.iter().any(|part| part.title == "calendars/cn-2026.toml"));
    let loaded = load_with(Some(&dir.path().join("config")), env.into_iter()).unwrap();
    assert_eq!(loaded.settings.database.expose(), "sqlite:/s3cret?password=s3cret");
}

#[test]
fn staffed_hours_and_the_urgent_amount_reach_the_rules() {
    let file = ("parcelward.toml", "urgent_amount = \"99.50\"\n[staffed.lead]\ndaily = [\"10:00-12:00\"]\n");
    let rules = load_from(&[file], &[]).unwrap().rules;
    assert_eq!(rules.policy.urgent_amount.to_string(), "99.50");
    let at = |time: &str| Instant::parse(&format!("2026-03-10T{time}:00+08:00")).unwrap();
    let lead = rules.staffed(parcelward_casework::words::Queue::Lead);
    assert_eq!([lead.contains(at("10:00")), lead.contains(at("12:00"))], [true, false]);
    assert!(rules.staffed(parcelward_casework::words::Queue::Service).contains(at("12:00")), "the other queues keep theirs");
}

#[test]
fn a_disruption_is_read_with_its_days_whole() {
    let file = ("disruptions/mine.toml", "[disruption.spring]\nfrom = 2027-02-05\nuntil = \"2027-02-12\"\neffect = \"suspend\"\n");
    let disruptions = load_from(&[file], &[]).unwrap().disruptions;
    let at = |text: &str| Instant::parse(text).unwrap();
    assert_eq!(disruptions.len(), 1);
    assert_eq!(disruptions[0].disruption_id, "spring");
    assert_eq!((disruptions[0].from, disruptions[0].until), (at("2027-02-05T00:00:00+08:00"), at("2027-02-13T00:00:00+08:00")));
}

#[test]
fn an_operators_value_replaces_one_key_and_a_drop_in_replaces_it_again() {
    let shipped = load_with(None, std::iter::empty()).unwrap();
    assert_eq!(collect_length(&shipped), Span::parse("24h").unwrap());
    let file = ("rules/pinduoduo.toml", "[rule.\"pdd.collect\"]\nlength = \"20h\"\n");
    let loaded = load_from(&[file], &[]).unwrap();
    assert_eq!(collect_length(&loaded), Span::parse("20h").unwrap());
    let raw = &loaded.raw_rules.rule["pdd.collect"];
    assert_eq!(raw.as_of, shipped.raw_rules.rule["pdd.collect"].as_of, "the other keys stay");
    for drop_in in ["rules/pinduoduo.d/10-mine.toml", "rules.d/10-mine.toml"] {
        let loaded = load_from(&[file, (drop_in, "[rule.\"pdd.collect\"]\nlength = \"18h\"\n")], &[]).unwrap();
        assert_eq!(collect_length(&loaded), Span::parse("18h").unwrap(), "{drop_in}");
    }
}

#[test]
fn a_drop_in_of_a_calendar_belongs_to_that_calendar() {
    let files =
        [("calendars/cn-2026.toml", "covers_until = \"2026-12-30\"\n"), ("calendars/cn-2026.d/a.toml", "covers_until = \"soon\"\n")];
    let problems = problems(&files, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].file.as_str(), problems[0].key.as_str()), ("calendars/cn-2026.d/a.toml", "covers_until"));
}

#[test]
fn the_environment_is_over_the_files() {
    let file = ("parcelward.toml", "[server]\nlisten = \"127.0.0.1:1111\"\nmax_body = \"1MiB\"\n");
    let loaded =
        load_from(&[file], &[("PARCELWARD_SERVER__LISTEN", "127.0.0.1:2222"), ("PARCELWARD_CONFIG", "/etc/x"), ("HOME", "/")]).unwrap();
    assert_eq!(loaded.settings.server.listen.port(), 2222);
    assert_eq!(loaded.settings.server.max_body, 1 << 20);
    let loaded = load_from(&[], &[("PARCELWARD_SERVER__MAX_BODY", "1048576")]).unwrap();
    assert_eq!(loaded.settings.server.max_body, 1 << 20, "a number is a text as well");
}

#[test]
fn everything_wrong_is_said_at_once_with_its_file_and_key() {
    let files = [
        ("parcelward.toml", "language = \"de\"\n[server]\nlisten = \"here\"\nlissten = \"x\"\n"),
        ("rules/a.toml", "[rule.\"pdd.colect\"]\nlength = \"24h\"\n[rule.\"pdd.ship_by\"]\nlength = 48\nladder = [\"1h\", \"4h\"]\n"),
        ("rules/b.toml", "[task.ship_now]\nqueue = \"wharehouse\"\n[polices]\nreship = \"first\"\n"),
        ("rules/broken.toml", "[rule\n"),
        ("rules.d/c.toml", "[rule.\"pdd.movement\"]\nladder = \"never\"\nlenght = \"1h\"\n[rule.\"jd.movement\"]\nladder = 7\n"),
    ];
    let problems = problems(&files, &[("PARCELWARD_SERVER__PORT", "1")]);
    let told: Vec<(String, String)> = problems.iter().map(|p| (p.file.clone(), p.key.clone())).collect();
    for (file, key) in [
        ("parcelward.toml", "language"),
        ("parcelward.toml", "server.lissten"),
        ("environment variable PARCELWARD_SERVER__PORT", "server.port"),
        ("rules/a.toml", "rule.\"pdd.colect\""),
        ("rules/a.toml", "rule.\"pdd.ship_by\".length"),
        ("rules/a.toml", "rule.\"pdd.ship_by\".ladder[1]"),
        ("rules/b.toml", "task.ship_now.queue"),
        ("rules/b.toml", "polices"),
        ("rules/broken.toml", ""),
        ("rules.d/c.toml", "rule.\"pdd.movement\".ladder"),
        ("rules.d/c.toml", "rule.\"pdd.movement\".lenght"),
        ("rules.d/c.toml", "rule.\"jd.movement\".ladder"),
    ] {
        assert!(told.contains(&(file.to_owned(), key.to_owned())), "{file} {key} is not among\n{}", Problems(problems.clone()));
    }
    let message = |key: &str| problems.iter().find(|p| p.key == key).unwrap().to_string();
    assert!(message("rule.\"pdd.colect\"").contains("did you mean `pdd.collect`"));
    assert!(message("server.lissten").contains("did you mean `listen`"));
    assert!(message("rule.\"jd.movement\".ladder").contains("at due"));
    assert!(problems.iter().find(|p| p.file == "rules/broken.toml").unwrap().to_string().starts_with("rules/broken.toml:1:"));
    assert_eq!(told.iter().filter(|(_, key)| key == "rule.\"pdd.ship_by\".length").count(), 1, "said once");
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let error = load_with(Some(Path::new("/nowhere/at/all")), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

#[test]
fn without_tokens_only_a_loopback_address_is_right() {
    for (listen, right) in [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("192.168.0.3:1", false)] {
        assert_eq!(load_from(&[], &[("PARCELWARD_SERVER__LISTEN", listen)]).is_ok(), right, "{listen}");
        let token = ("PARCELWARD_SERVER__TOKEN_FILE", "/etc/parcelward/tokens");
        assert!(load_from(&[], &[("PARCELWARD_SERVER__LISTEN", listen), token]).is_ok(), "{listen}");
    }
}

#[test]
fn a_password_in_the_environment_is_never_in_a_problem() {
    let problems = problems(&[], &[("PARCELWARD_DATABASE__URL", "mysql://ward:s3cret@db/p")]);
    assert!(problems.iter().any(|p| p.key == "database.url"));
    assert!(!Problems(problems).to_string().contains("s3cret"));
}

#[test]
fn a_mapping_of_ones_own_is_laid_over_the_shipped_one() {
    assert!(load_from(&[("imports/pinduoduo.toml", "[words.courier]\n\"我的快递\" = \"other\"\n")], &[]).is_ok());
    let alone = "platform = \"pinduoduo\"\n[file.orders]\nrecognise = 5\n";
    let problems = problems(&[("imports/mine.toml", alone)], &[]);
    assert!(
        problems
            .iter()
            .any(|p| p.file == "imports/mine.toml" && p.key.contains("recognise") && p.place.as_ref().is_some_and(|p| p.line == 3)),
        "{problems:?}"
    );
}
