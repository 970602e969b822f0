//! `courier list`, `courier probe` and `track` as commands, against a courier that stands on loopback.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Command;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

struct Said {
    status: i32,
    out: String,
    err: String,
}

/// Runs a command with an account at SF whose address is `peer`.
async fn run(peer: &str, args: &[&str]) -> Said {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("couriers")).unwrap();
    let text = format!(
        "[account.main]\nadapter = \"sf\"\ntransport = {{ allow_plain_http = true }}\n[account.main.settings]\npartner_id = \"TESTPARTNER\"\n\
         checkword = {{ env = \"SF_CHECKWORD\" }}\nbase_url = \"{peer}\"\ntracking_url = \"{peer}\"\n"
    );
    std::fs::write(dir.path().join("couriers/mine.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.args(args).arg("--config").arg(dir.path()).env("SF_CHECKWORD", "TESTCHECKWORD0123456789").env("NO_COLOR", "1");
    let out = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    drop(dir);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { status: out.status.code().unwrap(), out: text(&out.stdout), err: text(&out.stderr) }
}

async fn sf(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

/// What SF answers in a fixture of its plugin.
fn recorded(name: &str) -> ResponseTemplate {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../plugins/sf/fixtures/tracking/{name}.toml"));
    let fixture: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let response = fixture["exchange"].as_array().unwrap().last().unwrap()["response"].clone();
    ResponseTemplate::new(200).set_body_raw(response["body"].as_str().unwrap().trim_end().to_owned(), "application/json")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_says_in_words_what_came_of_it() {
    for (answer, status, word, words) in [
        (recorded("empty"), 0, "ok", "It answers"),
        (recorded("throttled"), 1, "throttled", "turns the call away"),
        (recorded("gateway-error"), 1, "account_refused", "It refuses the account"),
        (ResponseTemplate::new(200).set_body_string("<html>log in</html>"), 1, "malformed", "not this interface's answer"),
        (ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example"), 1, "misconfigured", "points elsewhere"),
    ] {
        let server = sf(answer).await;
        let said = run(&server.uri(), &["courier", "probe", "sf", "--json"]).await;
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{word}: {}{}", said.out, said.err));
        assert_eq!((json[0]["result"].as_str(), json[0]["account"].as_str()), (Some(word), Some("main")), "{json}");
        assert_eq!(said.status, status, "{word}");
        let said = run(&server.uri(), &["courier", "probe", "sf"]).await;
        assert!(said.out.contains(words) && said.status == status, "{word}: {}", said.out);
        assert!(!said.out.contains("TESTCHECKWORD"), "{}", said.out);
    }
    // Nobody listens there.
    let said = run("http://127.0.0.1:9", &["courier", "probe", "sf"]).await;
    assert!(said.out.contains("No connection") && said.status == 1, "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_of_a_courier_that_is_off_asks_nobody_and_says_why() {
    for (code, words) in [("zto", "zto is off: no account"), ("acme", "there is no courier `acme`")] {
        let said = run("https://example.invalid", &["courier", "probe", code]).await;
        assert!(said.err.contains(words) && said.status == 2, "{}", said.err);
    }
    let said = run("https://example.invalid", &["track", "zto", "73100057041226"]).await;
    assert!(said.err.contains("nobody can be asked about parcels of zto") && said.status == 2, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_is_shown_with_its_scans_in_local_time() {
    let server = sf(recorded("ordinary")).await;
    let said = run(&server.uri(), &["track", "sf", "SF1234567890123", "--phone-tail", "1234"]).await;
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines[0].starts_with("sf SF1234567890123: "), "{}", said.out);
    let collected = lines.iter().find(|line| line.contains("2026-03-10 18:00:00")).unwrap();
    for part in ["collected", "杭州市", "已收取快件", "50"] {
        assert!(collected.contains(part), "{part}: {collected}");
    }
    let json = run(&server.uri(), &["track", "sf", "SF1234567890123", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json["result"].as_str(), json["events"][0]["status"].as_str()), (Some("known"), Some("collected")), "{json}");
    for (args, words) in [
        (&["track", "sff", "SF1"][..], "there is no courier `sff`"),
        (&["track", "sf", "SF 1"], "is no waybill number"),
        (&["track", "sf", "SF1", "--phone-tail", "12"], "four digits are needed"),
    ] {
        let said = run(&server.uri(), args).await;
        assert!(said.err.contains(words) && said.status == 2, "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_says_what_is_on_where_it_comes_from_and_what_is_off_and_why() {
    let said = run("https://example.invalid", &["courier", "list"]).await;
    assert_eq!(said.status, 0, "{}", said.err);
    let row =
        |name: &str| said.out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {}", said.out)).to_owned();
    assert_eq!(row("tracking").split_whitespace().collect::<Vec<_>>()[1..3], ["direct", "off"]);
    assert!(row("claim").split_whitespace().nth(1) == Some("–"), "SF takes no claims");
    assert!(row("sf ").contains("account main: every shop") && row("zto ").contains("no account"), "{}", said.out);
    let json = run("https://example.invalid", &["courier", "list", "sf", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["couriers"][0]["abilities"][0]["from"][0]["account"], "main", "{json}");
    assert_eq!((json["accounts"][0]["on"].as_bool(), json["couriers"].as_array().unwrap().len()), (Some(true), 1), "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_tells_an_account_that_lacks_a_setting_from_no_account() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("couriers")).unwrap();
    let account = "[account.agg]\nadapter = \"kuaidi100\"\n[account.agg.settings]\ncustomer = \"C\"\nkey = { env = \"K\" }\n";
    std::fs::write(dir.path().join("couriers/mine.toml"), account).unwrap();
    let list = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
        command.args(["courier", "list"]).args(more).arg("--config").arg(dir.path()).env("K", "0123456789").env("NO_COLOR", "1");
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    // Without a salt and an address for pushes the account tracks, and cannot subscribe; JD itself has no account.
    let detail = list(&["jd"]);
    let word = |ability: &str| detail.lines().find(|line| line.starts_with(ability)).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    assert_eq!(["tracking", "subscription", "proof"].map(word), ["aggr.", "unset", "off"], "{detail}");
    let whole = list(&[]);
    assert!(whole.contains("its account lacks a setting"), "the word is explained: {whole}");
}
