//! What people type becomes facts that the contract takes; what makes no sense is named.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use clap::{CommandFactory, Parser};
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_import::record::{RecordArgs, RecordError, Told};
use serde_json::{Value, json};

#[derive(Debug, Parser)]
#[command(name = "record")]
struct Cli {
    #[command(flatten)]
    args: RecordArgs,
}

const ORDER: &str = "pinduoduo/shop1/P1";

fn now() -> Instant {
    Instant::parse("2026-03-10T12:00:00+08:00").unwrap()
}

fn told(args: &[&str]) -> Result<Told, RecordError> {
    let cli = Cli::try_parse_from(["record"].iter().chain(args)).unwrap_or_else(|e| panic!("{args:?}: {e}"));
    cli.args.fact("zhou", "fresh-id", now())
}

fn fact(args: &[&str]) -> Value {
    let told = told(args).unwrap_or_else(|e| panic!("{args:?}: {e}"));
    parse_fact(&told.line.json).unwrap();
    serde_json::from_str(&told.line.json).unwrap()
}

fn refused(args: &[&str]) -> String {
    Cli::try_parse_from(["record"].iter().chain(args)).map(|cli| panic!("{cli:?}")).unwrap_or_else(|e: clap::Error| e.to_string())
}

#[test]
fn the_arguments_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_kind_makes_its_fact() {
    let order = json!({"platform": "pinduoduo", "shop": "shop1", "order_id": "P1"});
    for (args, fact_type, data) in [
        (
            vec![
                "buyer-request",
                ORDER,
                "change_address",
                "--waybill",
                "zto:1",
                "--text",
                "搬家了",
                "--urgent",
                "--wants",
                "keep",
                "--new-address",
                "湖北省武汉市洪山区珞喻路1号",
                "--new-phone",
                "10000000001",
            ],
            "buyer_request",
            json!({"request": "change_address", "waybill": {"courier": "zto", "number": "1"}, "text": "搬家了", "urgent": true, "wants": "keep",
                "new_address": {"province": "湖北省", "city": "武汉市", "district": "洪山区", "detail": "珞喻路1号", "phone": "10000000001"}}),
        ),
        (
            vec!["promise", ORDER, "reply", "--due", "2026-03-11 10:00", "--text", "明天上午答复"],
            "commitment",
            json!({"commitment_id": "fresh-id", "promise": "reply", "status": "made", "due_at": "2026-03-11T10:00:00+08:00", "text": "明天上午答复"}),
        ),
        (
            vec!["promise", ORDER, "reply", "--kept", "--id", "C1"],
            "commitment",
            json!({"commitment_id": "C1", "promise": "reply", "status": "kept"}),
        ),
        (
            vec!["promise", ORDER, "reship", "--withdrawn", "--id", "C1"],
            "commitment",
            json!({"commitment_id": "C1", "promise": "reship", "status": "withdrawn"}),
        ),
        (
            vec!["evidence", ORDER, "damage", "file:///a.jpg", "--waybill", "zto:1", "--note", "左上角"],
            "evidence",
            json!({"evidence_id": "fresh-id", "kind": "damage", "uri": "file:///a.jpg", "waybill": {"courier": "zto", "number": "1"}, "note": "左上角"}),
        ),
        (
            vec!["dispute", ORDER, "D1", "evidence_requested", "--evidence-by", "+48h", "--amount", "￥1,059.8"],
            "dispute",
            json!({"dispute_id": "D1", "status": "evidence_requested", "evidence_by": "2026-03-12T12:00:00+08:00", "amount": "1059.80"}),
        ),
        (
            vec!["claim", ORDER, "zto:1", "decided", "--amount", "59.9"],
            "claim",
            json!({"waybill": {"courier": "zto", "number": "1"}, "claim_id": "zto:1", "status": "decided", "amount": "59.90", "by": "zhou"}),
        ),
        (
            vec!["note", ORDER, "买家周末前要答复", "--remind", "18:30"],
            "note",
            json!({"text": "买家周末前要答复", "remind_at": "2026-03-10T18:30:00+08:00", "by": "zhou"}),
        ),
        (
            vec!["report", ORDER, "complaint", "--text", "态度恶劣"],
            "report",
            json!({"case": "complaint", "text": "态度恶劣", "by": "zhou"}),
        ),
    ] {
        let fact = fact(&args);
        assert_eq!(fact["type"], format!("parcelward.{fact_type}"));
        assert_eq!((fact["source"].as_str(), fact["id"].as_str()), (Some("record:zhou"), Some("fresh-id")));
        assert_eq!(fact["time"], "2026-03-10T12:00:00+08:00");
        let mut expected = order.clone();
        expected.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        assert_eq!(fact["data"], expected, "{args:?}");
    }
}

#[test]
fn what_is_no_orders_names_none() {
    let scan = fact(&["scan", "yto:YT1", "exception", "--reason", "damaged", "--place", "武汉转运中心", "--at", "-2h"]);
    assert_eq!(scan["type"], "parcelward.tracking");
    assert_eq!(scan["time"], "2026-03-10T10:00:00+08:00");
    assert_eq!(
        scan["data"],
        json!({"waybill": {"courier": "yto", "number": "YT1"}, "status": "exception", "reason": "damaged", "place": "武汉转运中心"})
    );
    let storm = fact(&[
        "disruption",
        "suspend",
        "--from",
        "2026-03-12 18:00",
        "--until",
        "2026-03-14 18:00",
        "--province",
        "内蒙古自治区,甘肃省",
        "--courier",
        "zto,yto",
        "--reason",
        "暴雪",
    ]);
    assert_eq!(
        storm["data"],
        json!({"disruption_id": "fresh-id", "effect": "suspend", "from": "2026-03-12T18:00:00+08:00", "until": "2026-03-14T18:00:00+08:00",
            "provinces": ["内蒙古自治区", "甘肃省"], "couriers": ["zto", "yto"], "reason": "暴雪"})
    );
    let reach = fact(&["coverage", "jt", "甘肃省", "--city", "兰州市", "--no-reach", "--until", "2026-04-01"]);
    assert_eq!(
        reach["data"],
        json!({"courier": "jt", "province": "甘肃省", "city": "兰州市", "serves": false, "until": "2026-04-01T00:00:00+08:00"})
    );
    assert_eq!(fact(&["coverage", "jt", "甘肃省", "--serves"])["data"]["serves"], true);
}

#[test]
fn ids_that_were_made_are_told() {
    assert_eq!(told(&["promise", ORDER, "reply"]).unwrap().made_id.as_deref(), Some("fresh-id"));
    assert_eq!(told(&["promise", ORDER, "reply", "--kept", "--id", "C1"]).unwrap().made_id, None);
    assert_eq!(told(&["claim", ORDER, "zto:1", "filed"]).unwrap().made_id.as_deref(), Some("zto:1"));
    assert_eq!(told(&["note", ORDER, "x"]).unwrap().made_id, None);
}

#[test]
fn who_tells_it_can_be_somebody_else() {
    let fact = fact(&["note", ORDER, "x", "--by", "阿敏"]);
    assert_eq!((fact["source"].as_str(), fact["data"]["by"].as_str()), (Some("record:阿敏"), Some("阿敏")));
}

#[test]
fn what_makes_no_sense_is_named() {
    for (args, part) in [
        (vec!["buyer-request", ORDER, "chang_address"], "change_address"),
        (vec!["buyer-request", "P1", "urge"], "PLATFORM/SHOP/ORDER"),
        (vec!["buyer-request", "pdd/shop1/P1", "urge"], "pinduoduo"),
        (vec!["scan", "zto:1", "exception"], "--reason"),
        (vec!["scan", "YT1", "collected"], "COURIER:NUMBER"),
        (vec!["promise", ORDER, "reply", "--kept"], "--id"),
        (vec!["promise", ORDER, "reply", "--kept", "--withdrawn", "--id", "1"], "cannot be used with"),
        (vec!["coverage", "jt", "甘肃省"], "--serves"),
        (vec!["coverage", "jt", "甘肃省", "--no-reach", "--district", "城关区"], "--city"),
        (vec!["disruption", "extend", "--from", "08:00", "--until", "09:00"], "--extend-by"),
    ] {
        let message = refused(&args);
        assert!(message.contains(part), "{args:?}: {message}");
    }
    for (args, part) in [
        (vec!["note", ORDER, "x", "--remind", "tomorrow"], "--remind: `tomorrow` is no time"),
        (vec!["note", ORDER, "x", "--at", "soon"], "--at: `soon` is no time"),
        (vec!["note", ORDER, "  "], "TEXT: is empty"),
        (vec!["dispute", ORDER, "D1", "ruled"], "--ruling"),
        (vec!["dispute", ORDER, "D1", "opened", "--amount", "viel"], "--amount: is not an amount"),
        (vec!["disruption", "waive", "--from", "2026-03-12", "--until", "2026-03-11"], "data.until"),
        (vec!["disruption", "extend", "--from", "08:00", "--until", "09:00", "--extend-by", "long"], "data.extend_by"),
        (vec!["dispute", ORDER, "", "opened"], "data.dispute_id"),
    ] {
        let message = told(&args).map(|t| panic!("{t:?}")).unwrap_or_else(|e: RecordError| e.to_string());
        assert!(message.contains(part), "{args:?}: {message}");
    }
}
