//! Pushes over real HTTP: every courier's own bytes, from its plugin's fixtures, against a running daemon.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{TestClock, answer, order, shipment};
use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Every account that pushes: its carrier, its settings as the fixtures were made with, what it answers where it takes nothing.
const ACCOUNTS: &[(&str, &str, &str)] = &[
    (
        "sf",
        "partner_id = \"TESTPARTNER\"\ncheckword = { env = \"SF_CHECKWORD\" }\n\
         base_url = \"https://127.0.0.1:9/\"\ntracking_url = \"https://127.0.0.1:9/\"",
        r#"{"return_code":"1000","return_msg":"系统异常"}"#,
    ),
    (
        "zto",
        "app_key = \"test-key\"\napp_secret = { env = \"ZTO\" }\nredirect_kinds = [\"改址\"]\nreturn_kinds = [\"退回\"]",
        r#"{"status":false,"message":"not accepted","result":"","statusCode":"1"}"#,
    ),
    (
        "yto",
        "user_code = \"U1\"\ncustomer_code = \"C1\"\nsecret = { env = \"YTO\" }",
        "<Response><logisticProviderID>YTO</logisticProviderID><txLogisticID></txLogisticID><success>false</success><reason>not accepted</reason></Response>",
    ),
    (
        "sto",
        "app_key = \"CAKtest\"\nfrom_code = \"CODEtest\"\nsecret = { env = \"STO\" }",
        r#"{"success":false,"errorCode":"1","errorMsg":"not accepted"}"#,
    ),
    ("jt", "api_account = \"990000000000001\"\nprivate_key = { env = \"JT\" }", r#"{"code":"0","msg":"not accepted"}"#),
    (
        "ems",
        "sender_no = \"1100000000000\"\nauthorization = { env = \"EMS_A\" }\nsigning_key = { env = \"EMS_K\" }",
        r#"{"serialNo":"","code":"99999","codeMessage":"失败","senderNo":"1100000000000"}"#,
    ),
    (
        "kuaidi100",
        "customer = \"TESTCUSTOMER1\"\nkey = { env = \"K\" }\nsalt = { env = \"K_SALT\" }",
        r#"{"result":false,"returnCode":"500","message":"失败"}"#,
    ),
];

const SECRETS: &[(&str, &str)] = &[
    ("SF_CHECKWORD", "TESTCHECKWORD0123456789"),
    ("ZTO", "test_secret"),
    ("YTO", "123456"),
    ("STO", "test_secret"),
    ("JT", "test_key"),
    ("EMS_A", "TESTAUTHORIZATION1"),
    ("EMS_K", "MDEyMzQ1Njc4OWFiY2RlZg=="),
    ("K", "TESTKEY1"),
    ("K_SALT", "abc"),
];

#[derive(Deserialize)]
struct Fixture {
    push: Push,
    expect: Expect,
}

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: String,
    body: Option<String>,
    form: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Expect {
    acknowledge: Option<String>,
    problem: Option<String>,
    #[serde(default)]
    items: Vec<toml::Table>,
}

fn secret_of(code: &str) -> String {
    format!("{code}-path-secret-0123456789")
}

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn fixture(code: &str, name: &str) -> Fixture {
    toml::from_str(&std::fs::read_to_string(plugins().join(format!("{code}/fixtures/push_in/{name}.toml"))).unwrap()).unwrap()
}

fn fixtures(code: &str) -> Vec<String> {
    let files = std::fs::read_dir(plugins().join(format!("{code}/fixtures/push_in"))).unwrap();
    let mut names: Vec<String> = files.map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

struct Ward {
    running: Running,
    client: Client,
    _dir: TempDir,
}

impl Ward {
    /// With every account; pushes come from `from`. No courier is asked anything: only what comes in is looked at.
    async fn taking_from(from: &str) -> Ward {
        Ward::with(from, false).await
    }

    /// The same; with `asks`, couriers are asked, and none can be reached.
    async fn with(from: &str, asks: bool) -> Ward {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let mut text = "[push]\ntrusted_proxies = [\"127.0.0.1\"]\n".to_owned();
        for (code, settings, _) in ACCOUNTS {
            text += &format!(
                "[account.{code}]\nadapter = \"{code}\"\npush = {{ secret = {{ env = \"PUSH_{code}\" }}, from = [\"{from}\"] }}\n\
                 [account.{code}.settings]\n{settings}\n"
            );
        }
        std::fs::create_dir_all(dir.path().join("config/couriers")).unwrap();
        std::fs::write(dir.path().join("config/couriers/mine.toml"), text).unwrap();
        let database = format!("sqlite:{}", dir.path().join("test.db").display());
        let settings = [("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0"), ("PARCELWARD_DATABASE__URL", &database)];
        let mut environment: Vec<(String, String)> =
            settings.iter().chain(SECRETS).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        environment.extend(ACCOUNTS.iter().map(|(code, ..)| (format!("PUSH_{code}"), secret_of(code))));
        let mut config = load_with(Some(&dir.path().join("config")), environment.into_iter()).unwrap();
        if !asks {
            config.couriers.routes = Arc::default();
        }
        let running = start(config, TestClock::at("2026-03-20T08:00:00+08:00")).await.unwrap();
        Ward { running, client: Client::new(), _dir: dir }
    }

    async fn push(&self, code: &str, secret: &str, push: &Push) -> (StatusCode, String, String) {
        let query = if push.query.is_empty() { String::new() } else { format!("?{}", push.query) };
        let url = format!("http://{}/push/{code}/{secret}{query}", self.running.address());
        let mut request = self.client.post(url);
        for (name, value) in &push.headers {
            request = request.header(name, value);
        }
        request = match (&push.body, &push.form) {
            (Some(body), _) => request.body(body.trim_end().to_owned()),
            (None, Some(form)) => {
                let pairs: Vec<String> = form.iter().map(|(n, v)| format!("{n}={}", encoded(v.trim_end()))).collect();
                request.body(pairs.join("&"))
            }
            (None, None) => request,
        };
        let response = request.send().await.unwrap();
        let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (response.status(), kind, response.text().await.unwrap())
    }

    /// Everything that the daemon holds.
    async fn facts(&self) -> Vec<Value> {
        let text = self.client.get(format!("http://{}/v1/export", self.running.address())).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn tell(&self, facts: &[Value]) {
        let url = format!("http://{}/v1/facts", self.running.address());
        let (status, body) = answer(self.client.post(url).json(facts)).await;
        assert!(status == StatusCode::OK && body["rejected"] == 0, "{body}");
    }
}

fn encoded(text: &str) -> String {
    let byte = |b: u8| if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_couriers_pushes_are_answered_to_the_byte_and_stored_once() {
    let ward = Ward::taking_from("127.0.0.0/8").await;
    let mut keys = std::collections::BTreeSet::new();
    for (code, _, declined) in ACCOUNTS {
        let mut taken = 0;
        for name in fixtures(code) {
            let Fixture { push, expect } = fixture(code, &name);
            if push.query.contains("suite") {
                continue;
            }
            let before = ward.facts().await.len();
            let (status, kind, body) = ward.push(code, &secret_of(code), &push).await;
            let after = ward.facts().await.len();
            match (&expect.acknowledge, &expect.problem) {
                (Some(acknowledge), _) => {
                    assert_eq!((status, &body), (StatusCode::OK, acknowledge), "{code}/{name}");
                    let scans = expect.items.iter().filter(|item| item.contains_key("scan")).count();
                    assert!(after - before <= scans, "{code}/{name}: {scans} scans, {} facts", after - before);
                    taken += after - before;
                    let again = ward.push(code, &secret_of(code), &push).await;
                    assert_eq!((again.2, ward.facts().await.len()), (body, after), "{code}/{name}: pushed again");
                }
                (None, Some(_)) => {
                    assert_eq!((status, body.as_str(), after), (StatusCode::OK, *declined, before), "{code}/{name}");
                }
                (None, None) => panic!("{code}/{name} expects nothing"),
            }
            assert!(kind.contains("json") || kind.contains("xml"), "{code}/{name}: {kind}");
        }
        assert!(taken >= 3, "{code}: {taken} facts from its fixtures");
    }
    for fact in ward.facts().await {
        let source = fact["source"].as_str().unwrap().to_owned();
        let unsigned = source == "courier/sf/unsigned" || source == "courier/ems/unsigned";
        let signed = ["zto", "yto", "sto", "jt", "kuaidi100"].iter().any(|code| source == format!("courier/{code}"));
        assert!(unsigned || signed, "{source}");
        assert!(keys.insert((source, fact["id"].to_string())), "an id names one fact");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_taken_gets_the_right_refusal_and_changes_nothing() {
    let ward = Ward::taking_from("127.0.0.0/8").await;
    for (code, _, declined) in ACCOUNTS {
        let ordinary = fixture(code, "ordinary").push;
        let large = Push { body: Some("x".repeat(10 << 20)), form: None, headers: BTreeMap::new(), query: String::new() };
        let (status, _, body) = ward.push(code, &secret_of(code), &large).await;
        assert_eq!((status, body.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, *declined), "{code}: 10 MB");
        let other = if *code == "zto" { "sf" } else { "zto" };
        for (path, secret) in [
            (*code, "not-the-secret-0123456789"),
            (other, secret_of(code).as_str()),
            ("yunda", &secret_of(code)),
            ("acme", &secret_of(code)),
        ] {
            let (status, kind, body) = ward.push(path, secret, &ordinary).await;
            assert_eq!((status, kind.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"), "{code} at {path}: {body}");
            assert!(!body.contains(secret), "{body}");
        }
    }
    assert_eq!(ward.facts().await, Vec::<Value>::new());
    let (status, _) = answer(ward.client.get(format!("http://{}/push/sf/{}", ward.running.address(), secret_of("sf")))).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_from_elsewhere_is_not_taken_and_a_proxy_is_believed() {
    let ward = Ward::taking_from("203.0.113.0/24").await;
    let ordinary = |from: &str| {
        let mut push = fixture("sf", "ordinary").push;
        push.headers.insert("x-forwarded-for".to_owned(), from.to_owned());
        push
    };
    for from in ["", "198.51.100.7", "203.0.113.9, 198.51.100.7"] {
        let (status, ..) = ward.push("sf", &secret_of("sf"), &ordinary(from)).await;
        assert_eq!((status, ward.facts().await.len()), (StatusCode::FORBIDDEN, 0), "{from}");
    }
    let (status, ..) = ward.push("sf", &secret_of("sf"), &ordinary("198.51.100.7, 203.0.113.9")).await;
    assert!(status == StatusCode::OK && !ward.facts().await.is_empty());
}

/// A callback whose word no list has moves nothing, and is shown with its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_word_about_an_intercept_stands_in_the_orders_timeline() {
    let ward = Ward::taking_from("127.0.0.1").await;
    let Fixture { push, expect } = fixture("kuaidi100", "intercept-callback");
    let number = expect.items[0]["number"].as_str().unwrap();
    let mut parcel = shipment("P1", number, "2026-03-10T08:00:00+08:00");
    parcel["data"]["waybill"]["courier"] = "jd".into();
    ward.tell(&[order("P1", "2026-03-10T07:00:00+08:00", "59.90"), parcel]).await;
    let (status, ..) = ward.push("kuaidi100", &secret_of("kuaidi100"), &push).await;
    assert_eq!(status, StatusCode::OK);
    let facts = ward.facts().await;
    let message = facts.iter().find(|fact| fact["type"] == "parcelward.message").unwrap();
    assert_eq!((&message["data"]["from"], &message["data"]["order_id"]), (&"courier".into(), &"P1".into()), "{message}");
    assert!(message["data"]["text"].as_str().unwrap().starts_with("intercept: "), "{message}");
}

/// A parcel that goes on under another number is followed, as where a look says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pushed_new_number_is_followed() {
    let ward = Ward::taking_from("127.0.0.0/8").await;
    let mut parcel = shipment("P1", "SF1234567890123", "2026-03-10T08:00:00+08:00");
    parcel["data"]["waybill"]["courier"] = "sf".into();
    ward.tell(&[order("P1", "2026-03-10T07:00:00+08:00", "59.90"), parcel]).await;
    let push = fixture("sf", "new-number").push;
    for _ in 0..2 {
        assert_eq!(ward.push("sf", &secret_of("sf"), &push).await.0, StatusCode::OK);
    }
    let facts = ward.facts().await;
    let shipments: Vec<&Value> = facts.iter().filter(|fact| fact["type"] == "parcelward.shipment").collect();
    assert_eq!(shipments.len(), 2, "{shipments:?}");
    let data = &shipments[1]["data"];
    assert_eq!(
        (data["waybill"]["number"].as_str(), data["replaces"]["number"].as_str()),
        (Some("SF1234567890124"), Some("SF1234567890123"))
    );
    assert_eq!((data["direction"].as_str(), data["order_id"].as_str()), (Some("return"), Some("P1")));
    // One of no order of ours is a scan and nothing more.
    assert_eq!(facts.iter().filter(|fact| fact["type"] == "parcelward.tracking").count(), 1);
}

/// What nobody signed is asked about: nothing that hangs on it is decided by it alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_signed_is_looked_up_again() {
    let ward = Ward::with("127.0.0.0/8", true).await;
    let Fixture { push, expect } = fixture("sf", "ordinary");
    let number = expect.items[0]["number"].as_str().unwrap();
    let mut parcel = shipment("P1", number, "2026-03-10T08:00:00+08:00");
    parcel["data"]["waybill"]["courier"] = "sf".into();
    ward.tell(&[order("P1", "2026-03-10T07:00:00+08:00", "59.90"), parcel]).await;
    let waybill = parcelward_casework::fact::Waybill { courier: parcelward_casework::words::Courier::Sf, number: number.to_owned() };
    let in_doubt = || async { ward.running.app().store.last_looks(&waybill).await.unwrap().iter().any(|look| look.in_doubt) };
    assert!(!in_doubt().await);
    assert_eq!(ward.push("sf", &secret_of("sf"), &push).await.0, StatusCode::OK);
    assert!(in_doubt().await, "the courier cannot be reached, and the parcel stays in doubt until it says the same");
}

/// What a courier told by itself stands among what was said about the parcel, without what is personal and without the secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_courier_pushed_is_shown_with_the_parcel() {
    let ward = Ward::taking_from("127.0.0.0/8").await;
    for (code, signed) in [("sf", false), ("zto", true)] {
        let Fixture { push, expect } = fixture(code, "ordinary");
        let number = expect.items[0]["number"].as_str().unwrap();
        let mut parcel = shipment(code, number, "2026-03-10T08:00:00+08:00");
        parcel["data"]["waybill"]["courier"] = code.into();
        ward.tell(&[order(code, "2026-03-10T07:00:00+08:00", "59.90"), parcel]).await;
        for _ in 0..2 {
            assert_eq!(ward.push(code, &secret_of(code), &push).await.0, StatusCode::OK);
        }
        let forged = Push { headers: BTreeMap::new(), query: String::new(), body: Some(format!("{number} delivered")), form: None };
        ward.push(code, &secret_of(code), &forged).await;

        let url = |path: &str| format!("http://{}{path}", ward.running.address());
        let (_, view) = answer(ward.client.get(url(&format!("/v1/orders/pinduoduo/shop/{code}")))).await;
        let id = view["deadlines"].as_array().unwrap().iter().find(|d| d["waybill"]["number"] == number);
        let id = id.unwrap_or_else(|| panic!("{view}"))["deadline_id"].as_str().unwrap().to_owned();
        let (_, json) = answer(ward.client.get(url(&format!("/v1/explain/{id}")))).await;
        let told: Vec<&Value> = json["tracking"].as_array().unwrap().iter().filter(|source| source["account"] == code).collect();
        assert_eq!(told.len(), 1, "{json}");
        assert!(told[0]["text"].as_str().unwrap().starts_with(&format!("tells of it by itself to account {code}, last ")), "{}", told[0]);
        let pushes = told[0]["questions"].as_array().unwrap();
        let outcomes: Vec<_> = pushes.iter().map(|push| push["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["taken", "known"], "what was not taken is not believed to be about it: {}", told[0]);
        let (first, exchange) = (&pushes[0]["text"], &pushes[0]["exchanges"][0]);
        let said = first.as_str().unwrap();
        assert!(said.starts_with(&format!("pushed to account {code}: it was news, and is taken (")), "{first}");
        assert_eq!(said.contains("nobody signed it"), !signed, "{first}");
        assert_eq!((exchange["direction"].as_str(), exchange["status"].as_u64()), (Some("in"), Some(200)), "{exchange}");
        assert!(exchange["to"].as_str().unwrap().contains(&format!("/push/{code}/***")), "{exchange}");
        assert!(exchange["request"].as_str().unwrap().contains(number) && pushes[0]["at"]["utc"].is_string(), "{exchange}");
        let all = json.to_string();
        assert!(!all.contains(&secret_of(code)) && !all.contains("李雷") && !all.contains("13900000001"), "{all}");
        for (_, secret) in SECRETS.iter().filter(|(_, secret)| secret.len() > 6) {
            assert!(!all.contains(secret), "{all}");
        }
    }
    // Of a number that is none of ours nothing is kept.
    let Fixture { push, expect } = fixture("yto", "ordinary");
    ward.push("yto", &secret_of("yto"), &push).await;
    let number = expect.items[0]["number"].as_str().unwrap().to_owned();
    let waybill = parcelward_casework::fact::Waybill { courier: parcelward_casework::words::Courier::Yto, number };
    assert_eq!(ward.running.app().store.questions(&waybill).await.unwrap(), []);
}
