//! The shipped template files: whole, well formed, and the same in both languages.

#![expect(clippy::expect_used, reason = "a helper of a test may fail the test")]

use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::text::{self, EVERYWHERE, NOT_ON_THIS_PLATFORM, PLACEHOLDERS, RawSteps, RawTexts, TaskText, Texts, WORD_TABLES};
use parcelward_casework::words::*;
use std::collections::BTreeSet;

const ZH: &str = include_str!("../../../config/templates/zh-CN.toml");
const EN: &str = include_str!("../../../config/templates/en.toml");
const FILES: [(&str, &str); 2] = [("zh-CN", ZH), ("en", EN)];

fn raw(file: &str) -> RawTexts {
    toml::from_str(file).expect("a template file parses")
}

fn compiled(file: &str) -> Texts {
    Texts::compile(raw(file)).expect("a shipped template file has no problems")
}

/// Every key of a file, down to each text; a list counts as one.
fn keys(file: &str) -> BTreeSet<String> {
    fn walk(at: &str, value: &toml::Value, out: &mut BTreeSet<String>) {
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(key, value)| walk(&format!("{at}/{key}"), value, out)),
            _ => drop(out.insert(at.to_owned())),
        }
    }
    let mut out = BTreeSet::new();
    walk("", &toml::from_str(file).expect("a template file parses"), &mut out);
    out
}

fn sorted<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words
}

#[test]
fn both_files_compile_without_problems() {
    for (language, file) in FILES {
        let raw = raw(file);
        assert_eq!(raw.language, language);
        assert_eq!(Texts::compile(raw).map(|_| ()), Ok(()), "{language}");
    }
}

#[test]
fn both_files_have_the_same_keys() {
    let (zh, en) = (keys(ZH), keys(EN));
    let differ: Vec<_> = zh.symmetric_difference(&en).filter(|key| !key.contains("/outcomes/")).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn every_word_of_every_enum_has_a_text() {
    for (language, file) in FILES {
        let (raw, texts) = (raw(file), compiled(file));
        let has = |keys: Vec<&String>, words: &[&str]| assert_eq!(keys, sorted(words), "{language}");
        has(raw.task.keys().collect(), TaskKind::WORDS);
        has(raw.rule.keys().collect(), RuleKind::WORDS);
        has(raw.case.keys().collect(), CaseKind::WORDS);
        has(raw.advice.keys().collect(), Advice::WORDS);
        for (table, words) in WORD_TABLES {
            has(raw.words[*table].keys().collect(), words);
            for word in *words {
                assert_ne!(texts.word(table, word), "", "{language} {table}.{word}");
            }
        }
        for &kind in RuleKind::ALL {
            assert!(!texts.rule_title(kind).is_empty() && !texts.consequence(kind).is_empty(), "{language} {kind}");
        }
        for &kind in CaseKind::ALL {
            assert!(!texts.case_title(kind).is_empty(), "{language} {kind}");
        }
        for &advice in Advice::ALL {
            assert!(!texts.advice(advice).is_empty(), "{language} {advice}");
        }
    }
}

/// Words that stand side by side in a list or a filter.
#[test]
fn words_that_stand_together_can_be_told_apart() {
    for (language, file) in FILES {
        let raw = raw(file);
        for table in ["queue", "urgency", "platform", "courier", "operation", "evidence", "after_sale_kind", "promise", "buyer_ask"] {
            let names: BTreeSet<_> = raw.words[table].values().collect();
            assert_eq!(names.len(), raw.words[table].len(), "{language} {table}");
        }
    }
}

#[test]
fn every_task_has_steps_or_a_plain_no_on_every_platform() {
    for (language, file) in FILES {
        let (raw, texts) = (raw(file), compiled(file));
        for &kind in TaskKind::ALL {
            for &platform in Platform::ALL {
                let given = raw.task[kind.word()].steps.get(platform.word());
                let said_no = matches!(given, Some(RawSteps::Word(word)) if word == NOT_ON_THIS_PLATFORM);
                let count = texts.steps(kind, platform).len();
                assert!(if said_no { count == 0 } else { count >= 3 }, "{language} {kind} {platform}: {count} steps");
            }
        }
    }
}

/// The appeal against an automatic refund closes on Pinduoduo only, and so the last look before it is only taken there.
#[test]
fn a_task_that_only_one_platform_knows_says_no_elsewhere() {
    for (language, file) in FILES {
        let texts = compiled(file);
        let with_steps: Vec<_> =
            Platform::ALL.iter().filter(|&&p| !texts.steps(TaskKind::CheckOutcomeBeforeAppealCloses, p).is_empty()).collect();
        assert_eq!(with_steps, [&Platform::Pinduoduo], "{language}");
    }
}

#[test]
fn the_back_office_paths_that_staff_know_are_there() {
    let (zh, en) = (compiled(ZH), compiled(EN));
    for (kind, platform, path) in [
        (TaskKind::SubmitEvidence, Platform::Pinduoduo, "售后管理 → 退款/售后 → 商家举证"),
        (TaskKind::AppealRuling, Platform::Pinduoduo, "商家服务号 → 我要申诉"),
        (TaskKind::AppealOrder, Platform::Pinduoduo, "发货管理 → 物流工具 → 二级地址不配送设置"),
        (TaskKind::AppealBadAddress, Platform::Pinduoduo, "订单申诉"),
        (TaskKind::ExtendOrAppealReturn, Platform::Pinduoduo, "延长收货"),
        (TaskKind::PayCompensation, Platform::Pinduoduo, "小额打款"),
        (TaskKind::HandOverToCourier, Platform::Pinduoduo, "包裹中心"),
        (TaskKind::AnswerAfterSale, Platform::Taobao, "千牛"),
        (TaskKind::AnswerAfterSale, Platform::Tmall, "千牛"),
        (TaskKind::AnswerAfterSale, Platform::Jd, "京麦"),
        (TaskKind::AnswerAfterSale, Platform::Douyin, "抖店"),
    ] {
        assert!(zh.steps(kind, platform).iter().any(|step| step.contains(path)), "zh-CN {kind} {platform}: {path}");
        for menu in path.split(" → ") {
            assert!(en.steps(kind, platform).iter().any(|step| step.contains(menu)), "en {kind} {platform}: {menu}");
        }
    }
}

/// The back offices are Chinese: English steps go through the same ones, step by step, and name their menus as they are written there.
#[test]
fn english_steps_keep_the_chinese_menu_words() {
    let (zh, en) = (compiled(ZH), compiled(EN));
    for &kind in TaskKind::ALL {
        for &platform in Platform::ALL {
            let (zh, en) = (zh.steps(kind, platform), en.steps(kind, platform));
            assert_eq!(zh.len(), en.len(), "{kind} {platform}");
            for (zh, en) in zh.iter().zip(en) {
                for office in ["商家后台", "千牛", "京麦", "抖店"] {
                    assert_eq!(zh.contains(office), en.contains(office), "{kind} {platform}: {zh} / {en}");
                }
            }
        }
    }
}

#[test]
fn both_languages_fill_in_the_same_things() {
    let (zh, en) = (raw(ZH), raw(EN));
    for (kind, text) in &zh.task {
        let used = |template: &str| PLACEHOLDERS.iter().filter(|p| template.contains(&format!("{{{p}}}"))).collect::<BTreeSet<_>>();
        for ((field, zh), (_, en)) in filled_fields(text).into_iter().zip(filled_fields(&en.task[kind])) {
            assert_eq!(used(zh), used(en), "{kind}.{field}");
        }
    }
}

fn filled_fields(text: &TaskText) -> [(&'static str, &str); 4] {
    [("title", &text.title), ("why", &text.why), ("missed", &text.missed), ("reply", text.reply.as_deref().unwrap_or_default())]
}

#[test]
fn a_title_is_one_short_line() {
    for (language, file) in FILES {
        let raw = raw(file);
        let titles = raw.task.iter().map(|(k, t)| (k, &t.title)).chain(raw.case.iter().map(|(k, t)| (k, &t.title)));
        for (kind, title) in titles.chain(raw.rule.iter().map(|(k, t)| (k, &t.title))) {
            let length = title.chars().count();
            assert!((1..=60).contains(&length) && !title.contains('\n'), "{language} {kind}: {length} characters");
        }
    }
}

#[test]
fn nothing_is_left_unfilled_and_a_missing_value_leaves_no_hole() {
    let all = |name: &str| Some(format!("<{name}>"));
    // What every task about a parcel has.
    let least = |name: &str| matches!(name, "order_id" | "waybill" | "courier" | "due" | "case" | "promise").then(|| "X".to_owned());
    for (language, file) in FILES {
        for (kind, text) in &raw(file).task {
            for (field, template) in filled_fields(text) {
                for filled in [text::fill(template, &all), text::fill(template, &least)] {
                    assert!(!filled.contains(['{', '}', '[', ']']), "{language} {kind}.{field}: {filled}");
                    for hole in ["（）", "()", "  ", " .", " ,", "，，", "。。", "：，", "：。", "， ", "（，"] {
                        assert!(!filled.contains(hole), "{language} {kind}.{field}: {filled}");
                    }
                }
            }
        }
    }
}

/// Staff answer the buyer in these tasks, so a draft stands ready.
#[test]
fn tasks_that_talk_to_the_buyer_have_a_reply() {
    use TaskKind as K;
    #[rustfmt::skip]
    let kinds = [
        K::TellBuyer, K::ReassureBuyer, K::AnswerBuyer, K::ExplainTooLate, K::CorrectRecipient, K::RemindPickup, K::ArrangeRedelivery,
        K::AskBuyerReshipOrRefund, K::AskBuyerToRefuse, K::AgreeAddressChangeFee, K::HelpBuyerLook, K::OfferSolution,
        K::CollectDamageEvidence, K::PayCompensation, K::KeepCommitment, K::RecoverFromBuyer, K::AskReturnWaybill,
        K::AskBuyerToChaseReturn, K::AnswerAfterSale, K::ChooseDeliveryPlan, K::CorrectOrderAddress, K::RefundBuyer, K::Reship,
    ];
    for (language, file) in FILES {
        let texts = compiled(file);
        for kind in kinds {
            let reply = texts.task(kind).and_then(|t| t.reply.as_deref()).unwrap_or_default();
            assert!(!reply.is_empty(), "{language} {kind}");
        }
        for &kind in TaskKind::ALL {
            let reply = texts.task(kind).and_then(|t| t.reply.as_deref()).unwrap_or_default();
            for ours in ["{due}", "{amount}", "{hotline}", "{case}"] {
                assert!(!reply.contains(ours), "{language} {kind}: {ours} is ours, not a promise to a buyer");
            }
        }
    }
}

/// The result that a step tells staff to choose is called the same on its button.
#[test]
fn steps_name_results_as_the_buttons_do() {
    let marks: [(&str, &str, &[&str], char); 2] = [("zh-CN", ZH, &["填「", "选「"], '」'), ("en", EN, &["choose \"", "Choose \""], '"')];
    for (language, file, marks, end) in marks {
        let (raw, texts) = (raw(file), compiled(file));
        let mut named = 0;
        for &kind in TaskKind::ALL {
            let buttons: BTreeSet<&str> = TaskOutcome::ALL.iter().map(|&outcome| texts.outcome(kind, outcome)).collect();
            let steps = raw.task[kind.word()].steps.values().filter_map(|s| if let RawSteps::List(list) = s { Some(list) } else { None });
            for step in steps.flatten() {
                for (at, mark) in marks.iter().flat_map(|mark| step.match_indices(mark)) {
                    let name = step[at + mark.len()..].split(end).next().unwrap_or_default();
                    assert!(buttons.contains(name), "{language} {kind}: no button is called {name}");
                    named += 1;
                }
            }
        }
        assert!(named > 200, "{language}: only {named}");
    }
}

/// What compiling says about the Chinese file after one change.
fn problems_after(change: impl FnOnce(&mut RawTexts)) -> Vec<String> {
    let mut raw = raw(ZH);
    change(&mut raw);
    Texts::compile(raw).err().unwrap_or_default()
}

type Change = fn(&mut RawTexts);

fn task<'a>(raw: &'a mut RawTexts, kind: &str) -> &'a mut TaskText {
    raw.task.get_mut(kind).expect("a task that is in the file")
}

#[test]
fn a_missing_text_is_reported_by_its_key() {
    let cases: [(&str, Change); 11] = [
        ("task.ship_now is missing", |r| drop(r.task.remove("ship_now"))),
        ("task.ship_now.why is missing", |r| task(r, "ship_now").why.clear()),
        ("task.tell_buyer.reply is missing", |r| task(r, "tell_buyer").reply = Some(String::new())),
        ("task.appeal_ruling.steps.jd is missing: give a list, or \"not on this platform\"", |r| {
            drop(task(r, "appeal_ruling").steps.remove("jd"));
        }),
        ("rule.collect is missing", |r| drop(r.rule.remove("collect"))),
        ("rule.\"courier.claim_filing\" is missing", |r| drop(r.rule.remove("courier.claim_filing"))),
        ("rule.collect.consequence is missing", |r| r.rule.get_mut("collect").unwrap().consequence.clear()),
        ("case.lost is missing", |r| drop(r.case.remove("lost"))),
        ("advice.agree_refund is missing", |r| drop(r.advice.remove("agree_refund"))),
        ("outcome.won is missing", |r| drop(r.words.get_mut("outcome").unwrap().remove("won"))),
        ("queue is missing", |r| drop(r.words.remove("queue"))),
    ];
    for (problem, change) in cases {
        assert_eq!(problems_after(change), [problem]);
    }
    let without_everywhere = problems_after(|r| drop(task(r, "intercept_by_phone").steps.remove(EVERYWHERE)));
    assert_eq!(without_everywhere.len(), Platform::ALL.len(), "{without_everywhere:?}");
}

#[test]
fn a_text_that_is_wrong_is_reported_by_its_key() {
    let cases: [(&str, Change); 10] = [
        ("language: `fr` is not one of zh-CN, en", |r| r.language = "fr".into()),
        ("task.ship_now.title: unknown placeholder {buyer}", |r| task(r, "ship_now").title = "{buyer}".into()),
        ("task.ship_now.why: a brace without its partner", |r| task(r, "ship_now").why = "{order_id".into()),
        ("task.ship_now.outcomes.sent names nothing: remove it", |r| {
            drop(task(r, "ship_now").outcomes.insert("sent".into(), "发了".into()));
        }),
        ("task.ship_now.steps.ebay names no platform: one of pinduoduo, taobao, tmall, jd, douyin, other, everywhere", |r| {
            drop(task(r, "ship_now").steps.insert("ebay".into(), RawSteps::List(vec!["click".into()])));
        }),
        ("task.ship_now.steps.jd: give a list, or \"not on this platform\"", |r| {
            drop(task(r, "ship_now").steps.insert("jd".into(), RawSteps::Word("no".into())));
        }),
        ("task.ship_now.steps.jd is shown as it stands: no placeholders here", |r| {
            drop(task(r, "ship_now").steps.insert("jd".into(), RawSteps::List(vec!["look for {order_id}".into()])));
        }),
        ("task.review_case.steps.everywhere: give a list", |r| {
            drop(task(r, "review_case").steps.insert(EVERYWHERE.into(), RawSteps::Word(NOT_ON_THIS_PLATFORM.into())));
        }),
        ("task.shp_now names nothing: remove it", |r| {
            let text = r.task["ship_now"].clone();
            drop(r.task.insert("shp_now".into(), text));
        }),
        ("colour names nothing: remove it", |r| drop(r.words.insert("colour".into(), Default::default()))),
    ];
    for (problem, change) in cases {
        assert_eq!(problems_after(change), [problem]);
    }
}

#[test]
fn one_list_stands_for_every_platform_without_its_own() {
    let mut raw = raw(ZH);
    let steps = &mut task(&mut raw, "review_case").steps;
    steps.insert("jd".into(), RawSteps::List(vec!["only here".into()]));
    steps.insert("other".into(), RawSteps::Word(NOT_ON_THIS_PLATFORM.into()));
    let texts = Texts::compile(raw).expect("a platform may have its own steps beside `everywhere`");
    assert_eq!(texts.steps(TaskKind::ReviewCase, Platform::Jd), ["only here"]);
    assert!(texts.steps(TaskKind::ReviewCase, Platform::Other).is_empty());
    assert_eq!(texts.steps(TaskKind::ReviewCase, Platform::Douyin), compiled(ZH).steps(TaskKind::ReviewCase, Platform::Tmall));
    assert!(texts.steps(TaskKind::ReviewCase, Platform::Douyin).len() > 1);
}

#[test]
fn a_task_may_call_an_outcome_by_its_own_name() {
    let texts = compiled(ZH);
    assert_eq!(texts.outcome(TaskKind::ConfirmLoss, TaskOutcome::Lost), "丢件");
    assert_eq!(texts.outcome(TaskKind::CheckRuling, TaskOutcome::Lost), "输了");
}
