//! Every name that is stored or sent. They are durable: one may be added, none renamed or taken away.
//!
//! Where this fails on an addition, add the word here. Where it fails on a rename, undo the rename: stored case files, journals
//! and the other side of the wire still say the old one.

use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::task_table::Answer;
use parcelward_casework::words::{
    Advice, AfterSaleKind, AfterSaleStatus, BuyerAsk, BuyerWants, CaseKind, CaseOutcome, ClaimStatus, ClockKind, CommitmentStatus, Courier,
    DecidedBy, DecisionType, Direction, DisputeStatus, DisruptionEffect, EvidenceKind, ExceptionReason, FactType, Language, MessageFrom,
    OpenDeadlines, OperationKind, OperationStatus, OrderStatus, Platform, Promise, Queue, Ruling, SeenBy, TaskKind, TaskOutcome, TaskVerb,
    TrackingStatus, Urgency,
};
use parcelward_tests::workspace::{files, root};
use std::collections::BTreeSet;

/// A vocabulary: its type, the words that the type has, and the words as they were first written.
type Vocabulary = (&'static str, &'static [&'static str], &'static str);

/// Every vocabulary of the rules.
const VOCABULARIES: [Vocabulary; 37] = [
    ("Answer", Answer::WORDS, "amount fee waybill until reference address phone cause outcome"),
    ("Platform", Platform::WORDS, "pinduoduo taobao tmall jd douyin other"),
    ("Courier", Courier::WORDS, "sf zto yto sto yunda jt jd ems deppon other"),
    (
        "FactType",
        FactType::WORDS,
        "order shipment tracking after_sale buyer_request dispute commitment claim evidence message note report \
         operation_update task_update coverage disruption configuration",
    ),
    ("OpenDeadlines", OpenDeadlines::WORDS, "keep move"),
    ("OrderStatus", OrderStatus::WORDS, "paid cancelled closed"),
    ("Direction", Direction::WORDS, "outbound return reship"),
    (
        "TrackingStatus",
        TrackingStatus::WORDS,
        "registered collected in_transit arrived out_for_delivery delivery_failed ready_for_pickup delivered refused returning \
         returned exception unrecognized",
    ),
    (
        "ExceptionReason",
        ExceptionReason::WORDS,
        "damaged lost misrouted out_of_range address_unknown recipient_unreachable intercepted held other",
    ),
    ("SeenBy", SeenBy::WORDS, "courier platform aggregator"),
    ("AfterSaleKind", AfterSaleKind::WORDS, "refund_only return_refund exchange reship repair"),
    ("AfterSaleStatus", AfterSaleStatus::WORDS, "requested agreed rejected buyer_shipped received refunded closed cancelled"),
    ("DecidedBy", DecidedBy::WORDS, "merchant platform timeout buyer"),
    ("BuyerAsk", BuyerAsk::WORDS, "change_address cancel urge not_received damaged misrouted compensate wrong_contact self_pickup_forced"),
    ("BuyerWants", BuyerWants::WORDS, "reship refund keep"),
    ("DisputeStatus", DisputeStatus::WORDS, "opened evidence_requested evidence_submitted ruled appealed appeal_ruled closed"),
    ("Ruling", Ruling::WORDS, "merchant buyer split"),
    ("Promise", Promise::WORDS, "reship reply compensate refund_freight other"),
    ("CommitmentStatus", CommitmentStatus::WORDS, "made kept withdrawn"),
    ("ClaimStatus", ClaimStatus::WORDS, "filed answered decided paid refused withdrawn"),
    (
        "EvidenceKind",
        EvidenceKind::WORDS,
        "outer_packaging waybill_label damage contents goods_value_statement tracking_screenshot sign_off_proof chat weight \
         other",
    ),
    ("MessageFrom", MessageFrom::WORDS, "buyer merchant courier platform"),
    ("OperationStatus", OperationStatus::WORDS, "accepted succeeded failed rejected unknown"),
    ("TaskVerb", TaskVerb::WORDS, "claimed done dismissed snoozed reopened assigned"),
    ("DisruptionEffect", DisruptionEffect::WORDS, "waive suspend extend"),
    (
        "CaseKind",
        CaseKind::WORDS,
        "late_shipment uncollected stalled undelivered lost intercept out_of_range bad_address address_change misrouted damaged \
         not_received return_parcel after_sale exchange repair dispute commitment claim complaint buyer_request",
    ),
    (
        "CaseOutcome",
        CaseOutcome::WORDS,
        "recovered shipped corrected delivered returned reshipped refunded compensated found explained declined answered kept \
         broken withdrawn paid refused won lost filed written_off closed_by_hand",
    ),
    ("OperationKind", OperationKind::WORDS, "intercept intercept_cancel address_change phone_change urge claim complaint"),
    (
        "TaskKind",
        TaskKind::WORDS,
        "ship_now hand_over_to_courier trace_unhanded_parcel pull_parcel appeal_order appeal_bad_address appeal_auto_refund \
         appeal_ruling check_ruling check_appeal_result confirm_money_back chase_courier tell_buyer reassure_buyer answer_buyer \
         explain_too_late decide_reship_or_refund decide_reship correct_recipient arrange_redelivery remind_pickup confirm_loss \
         ask_buyer_reship_or_refund reship send_replacement send_repaired_back send_to_maker refund_buyer intercept_by_phone \
         cancel_intercept_by_phone change_address_by_phone change_phone_by_phone chase_intercept chase_address_change \
         ask_buyer_to_refuse recover_from_buyer check_outcome_before_appeal_closes change_courier choose_delivery_plan \
         correct_order_address agree_address_change_fee collect_damage_evidence assess_damage pay_compensation help_buyer_look \
         offer_solution chase_return decide_return_missing ask_return_waybill ask_buyer_to_chase_return inspect_return \
         extend_or_appeal_return settle_return answer_after_sale record_auto_refund prepare_evidence submit_evidence \
         keep_commitment file_claim_by_hand chase_claim confirm_claim_payment withdraw_claim complain_to_headquarters \
         complain_to_authority check_complaint follow_up review_case courier_outage",
    ),
    ("Queue", Queue::WORDS, "warehouse service lead"),
    ("Urgency", Urgency::WORDS, "normal high critical"),
    ("ClockKind", ClockKind::WORDS, "hours working_days staffed_hours"),
    ("Advice", Advice::WORDS, "agree_and_intercept steer_to_refusal agree_refund refuse_with_evidence cancel_order"),
    ("Language", Language::WORDS, "zh-CN en"),
    (
        "DecisionType",
        DecisionType::WORDS,
        "case.opened case.closed deadline.set deadline.moved deadline.met deadline.breached deadline.cancelled task.opened \
         task.updated task.closed operation.requested operation.settled coverage.noted",
    ),
    (
        "TaskOutcome",
        TaskOutcome::WORDS,
        "shipped handed_over not_found found lost_at_outlet never_packed pulled already_gone filed not_worth_it won lost \
         no_answer received missing accepted moving refused told reship refund wait corrected unreachable arranged searching \
         keep out_of_stock refunded turned_round changed waiting will_refuse will_keep paid written_off returning signed \
         still_moving forward change_address wait_and_reship self_pickup not_possible buyer_pays merchant_pays free declined \
         not_obtainable minor severe discount_next_time compensate got as_expected damaged short empty not_ours not_arrived \
         extended rejected appealed agree talked refuse noted appeal prepared submitted kept not_needed new_time answered \
         decided withdrawn satisfied not_satisfied done close_case restored missed dismissed no_longer_needed",
    ),
    (
        "RuleKind",
        RuleKind::WORDS,
        "ship_by collect second_scan first_hub movement after_sale_response refund_response after_sale_review return_receipt \
         auto_refund_appeal intervention evidence ruling_wait ruling_appeal appeal_answer courier.intercept_result \
         courier.address_change_result courier.operation_answer courier.delivery_attempt courier.pickup_wait \
         courier.presumed_lost courier.claim_filing courier.claim_answer courier.claim_decision courier.claim_payout \
         courier.complaint_answer courier.authority_latest internal.reship_collect internal.reship_movement \
         internal.return_home internal.return_movement internal.return_waybill internal.commitment internal.first_answer \
         internal.not_received internal.dispute_answer",
    ),
];

/// Every table of the store.
const TABLES: &str = "account_task case_file config_revision courier_gate courier_spent daemon db_meta deadline inbox journal open_batch open_case operation \
     operation_attempt poll rouse rule_change schedule schedule_run schema_version subscription task waybill_index world_change world_size";

#[test]
fn no_word_is_renamed() {
    for (name, words, written) in VOCABULARIES {
        assert_eq!(words.join(" "), written, "the words of {name}");
        let distinct: BTreeSet<&str> = words.iter().copied().collect();
        assert_eq!(distinct.len(), words.len(), "a word of {name} stands twice");
    }
}

/// The list above is of use only while it is whole: each vocabulary that the sources declare stands in it.
#[test]
fn every_vocabulary_is_listed() {
    let mut declared = BTreeSet::new();
    for path in files().expect("the files can be listed").into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = std::fs::read_to_string(root().join(&path)).expect("a source is read");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line == "words! {" || line.ends_with("::words! {") {
                let name = lines.by_ref().map(str::trim).find(|line| !line.starts_with("//") && !line.starts_with('#'));
                let name = name.and_then(|line| line.split([' ', '{']).next()).unwrap_or_default();
                declared.insert(name.to_owned());
            }
        }
    }
    let listed: BTreeSet<String> = VOCABULARIES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(declared, listed);
}

#[test]
fn no_table_is_renamed() {
    let mut tables = BTreeSet::new();
    for path in files().expect("the files can be listed") {
        if !path.starts_with("crates/store/migrations") || path.extension().is_none_or(|end| end != "sql") {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&path)).expect("a migration is read");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
            assert!(!line.to_ascii_lowercase().contains("rename "), "{}: {line}", path.display());
            let mut words = line.split_whitespace().map(|word| word.trim_matches(['(', ';', '"']).to_ascii_lowercase());
            if let (Some("create"), Some("table")) = (words.next().as_deref(), words.next().as_deref()) {
                tables.extend(words.find(|word| !matches!(word.as_str(), "if" | "not" | "exists")));
            }
        }
    }
    assert_eq!(tables.into_iter().collect::<Vec<_>>().join(" "), TABLES);
}

/// Every metric, without `parcelward_`: dashboards and alert rules of others stand on them.
const METRICS: &str = "build_info facts_total facts_unread_total tracking_unrecognized_total decisions_total cases_opened_total \
     cases_closed_total tasks_opened_total tasks_closed_total deadlines_met_total deadlines_breached_total \
     operations_requested_total operations_settled_total pushes_total courier_calls_total courier_calls_forfeited_total \
     courier_attempts_total courier_outages_total courier_disagreements_total \
     courier_facts_changed_total courier_facts_refused_total wakes_total wake_lateness_seconds rule_lateness_seconds \
     task_notice_seconds batches_total batches_failed_total batch_facts batch_wakes transaction_seconds decide_seconds \
     commit_seconds transaction_retries_total engine_panics_total set_aside_total wakes_stuck_total requests_waiting \
     clock_set_back_seconds clock_held clock_jumps_total open_cases open_tasks running_deadlines parked_facts case_files_set_aside case_files_overdue \
     most_overdue_seconds config_reload_failed schedule_runs_total http_requests_total \
     http_request_seconds";

#[test]
fn no_metric_is_renamed() {
    let written: Vec<String> = METRICS.split(' ').map(|name| format!("parcelward_{name}")).collect();
    let named: Vec<&str> = parcelward_scheduler::metric::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(named, written);
}

/// The list is of use only while it is whole: nothing is counted under a name of its own.
#[test]
fn every_metric_is_listed() {
    for path in files().expect("the files can be listed") {
        let shown = path.to_string_lossy().replace('\\', "/");
        if !shown.ends_with(".rs") || !(shown.contains("/src/") || shown.contains("/examples/")) {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&path)).expect("a source is read");
        for macro_name in ["counter!(", "gauge!(", "histogram!("] {
            for (at, _) in text.match_indices(macro_name) {
                let first = text[at + macro_name.len()..].trim_start();
                assert!(!first.starts_with('"'), "{shown}: {macro_name} names a metric by a text: take a constant of `metric`");
            }
        }
    }
}
