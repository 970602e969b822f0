//! What an account may set: an older one keeps its own address, method, version and secret for an interface; what cannot work is told at once.

use parcelward_courier::conformance::{Subject, fixtures_hold, pushes_hold};
use parcelward_courier::{
    Account, Courier, LimitsSettings, SecretReference, SecretSource, SecretString, TransportSettings, UnreadableSecret,
};

const OLDER: Subject = Subject {
    plugin: parcelward_courier_yto::PLUGIN,
    courier: Courier::Yto,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures-older"),
    settings: |peer| {
        format!(
            r#"
            user_code = "U1"
            customer_code = "C1"
            client_id = "CLIENT9"
            secret = {{ env = "YTO_SECRET" }}
            base_url = "{peer}/open/"
            body = "form"
            number_field = "Number"
            intercept_words = "请退回发件人"
            [track]
            url = "{peer}/service/waybill_query/v1/KqfQ1/K1"
            method = "yto.Marketing.WaybillTrace"
            version = "1.01"
            secret = {{ env = "YTO_TRACK_SECRET" }}
            [push]
            secret = {{ file = "yto-push" }}
            "#
        )
    },
    secrets: &[("YTO_SECRET", "654321"), ("YTO_TRACK_SECRET", "1QLlIZ"), ("yto-push", "push-secret")],
    not_applicable: &[],
};

#[tokio::test]
async fn an_older_account_keeps_what_its_interfaces_were_issued() {
    let breaches = [fixtures_hold(&OLDER).await, pushes_hold(&OLDER).await].concat();
    assert!(breaches.is_empty(), "\n  {}\n", breaches.join("\n  "));
}

struct OneSecret;

impl SecretSource for OneSecret {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        match reference {
            SecretReference::Env(name) if name == "YTO_SECRET" => Ok("a-secret".into()),
            _ => Err(UnreadableSecret { place: "elsewhere".to_owned(), problem: "it is not set".to_owned() }),
        }
    }
}

/// The fields that are told to be wrong.
fn wrong(settings: &str) -> Vec<String> {
    let Ok(settings) = settings.parse::<toml::Table>() else { panic!("no TOML: {settings}") };
    let account = Account {
        name: "checked",
        settings: &settings,
        limits: &LimitsSettings::default(),
        transport: &TransportSettings::default(),
        secrets: &OneSecret,
        push_url: None,
    };
    let problems = (parcelward_courier_yto::PLUGIN.build)(&account).err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.field).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    const SECRET: &str = "secret = { env = \"YTO_SECRET\" }";
    assert_eq!(wrong(SECRET), ["track.url", "subscribe.url", "intercept.url", "address_change.url", "intercept_cancel.url", "client_id"]);
    let mixed = format!(
        "{SECRET}\nuser_code = \"U\"\ncustomer_code = \"C\"\nbase_url = \"http://yto.example\"\ncancel_words = \" \"\n\
         [track]\nsecret = {{ env = \"OTHER\" }}\n[intercept]\nurl = \"nowhere\"\nmethod = \"\""
    );
    assert_eq!(wrong(&mixed), ["cancel_words", "base_url", "track.secret", "intercept.method", "intercept.url"]);
    assert_eq!(wrong(&format!("{SECRET}\nuser_code = \"U\"\ncustomer_code = \"C\"")), Vec::<String>::new());
}
