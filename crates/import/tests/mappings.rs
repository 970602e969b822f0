//! Mappings: every mistake is named with its place, and none is half used.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use parcelward_import::{Importer, Problem};

const GOOD: &str = r#"platform = "taobao"
empty = ["-"]
[words.state]
"交易成功" = "paid"
"*" = ""
[file.orders]
recognise = ["订单编号", "订单状态"]
skip = { status = ["unpaid"] }
[file.orders.column]
order_id = { header = "订单编号", as = "id", required = true }
status = { header = "订单状态", as = "words.state" }
paid_at = { header = ["付款时间"], as = "time" }
[[file.orders.fact]]
type = "order"
time = "$paid_at"
key = "$order_id"
data = { order_id = "$order_id", paid_at = "$paid_at", status = "$status" }
"#;

fn problems(text: &str) -> Vec<Problem> {
    Importer::load(&[("imports/test.toml", text)]).err().unwrap_or_default()
}

#[test]
fn another_platform_is_only_another_file() {
    let importer = Importer::load(&[("imports/test.toml", GOOD)]).unwrap();
    assert_eq!(importer.kinds(), ["taobao.orders"]);
}

#[test]
fn a_mistake_is_named_with_line_key_and_what_was_meant() {
    for (from, to, line, key, message) in [
        ("platform = \"taobao\"", "platform = \"taobo\"", 1, "platform", "did you mean `taobao`?"),
        ("platform = \"taobao\"", "", 1, "platform", "is missing"),
        ("as = \"id\"", "as = \"ids\"", 10, "file.orders.column.order_id.as", "did you mean `id`?"),
        ("as = \"words.state\"", "as = \"words.stat\"", 11, "file.orders.column.status.as", "did you mean `words.state`?"),
        ("required = true", "requird = true", 10, "file.orders.column.order_id.requird", "did you mean `required`?"),
        ("required = true", "required = \"yes\"", 10, "file.orders.column.order_id.required", "true or false"),
        ("type = \"order\"", "type = \"ordr\"", 14, "file.orders.fact[0].type", "did you mean `order`?"),
        ("type = \"order\"", "type = \"task_update\"", 14, "file.orders.fact[0].type", "cannot be made from a table"),
        ("time = \"$paid_at\"", "time = \"$payd_at\"", 15, "file.orders.fact[0].time", "did you mean `paid_at`?"),
        ("time = \"$paid_at\"", "time = \"$status\"", 15, "file.orders.fact[0].time", "is no time"),
        ("time = \"$paid_at\"", "time = \"paid_at\"", 15, "file.orders.fact[0].time", "`$name`"),
        ("key = \"$order_id\"", "", 13, "file.orders.fact[0]", "needs `key`"),
        ("status = \"$status\" }", "statis = \"$status\" }", 17, "file.orders.fact[0].data.statis", "did you mean `status`?"),
        ("data = { order_id = \"$order_id\", ", "data = { ", 17, "file.orders.fact[0].data", "need `order_id`"),
        ("status = \"$status\" }", "status = \"$status.city\" }", 17, "file.orders.fact[0].data.status", "has no part"),
        ("status = \"$status\" }", "status = 1.5 }", 17, "file.orders.fact[0].data.status", "must be"),
        ("recognise = [\"订单编号\", \"订单状态\"]", "", 6, "file.orders", "needs `recognise`"),
        ("skip = { status", "skip = { state", 8, "file.orders.skip.state", "did you mean `status`?"),
        ("header = \"订单状态\"", "header = \"\"", 11, "file.orders.column.status", "needs `header`"),
        ("empty = [\"-\"]", "empty = [1]", 2, "empty[0]", "must be a string"),
        ("empty = [\"-\"]", "empty = [", 4, "", "comma"),
    ] {
        let found = problems(&GOOD.replacen(from, to, 1));
        assert!(
            found.iter().any(|p| p.line == line && p.key == key && p.message.contains(message)),
            "{from} -> {to}: expected line {line} `{key}` {message}, found {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = GOOD
        .replace("as = \"id\"", "as = \"ids\"")
        .replace("type = \"order\"", "type = \"ordr\"")
        .replace("skip = { status", "skip = { state");
    assert_eq!(problems(&text).len(), 3, "{:#?}", problems(&text));
    let text = problems(&text)[0].to_string();
    assert!(text.starts_with("imports/test.toml:8:") || text.starts_with("imports/test.toml:10:"), "{text}");
}

#[test]
fn one_kind_stands_in_one_mapping() {
    let found = Importer::load(&[("a.toml", GOOD), ("b.toml", GOOD)]).unwrap_err();
    assert!(found[0].to_string().contains("b.toml") && found[0].message.contains("two mappings"), "{found:?}");
}
