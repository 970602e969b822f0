//! Facts out of a history's plain numbers. What is told fits what is there: a task update names a task that is open.

use super::history::{History, Step, What};
use super::life::Life;
use parcelward_casework::casefile::{Task, TaskState};
use parcelward_casework::fact::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::money::Money;
use parcelward_casework::rules::{RawLadder, rule_ids};
use parcelward_casework::task_table::{Answer, ways};
use parcelward_casework::words::*;

/// Small numbers, one after the other.
pub struct Draw<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Draw<'a> {
    /// Out of these.
    pub fn of(bytes: &'a [u8]) -> Self {
        Draw { bytes, at: 0 }
    }
    /// One of so many.
    pub fn below(&mut self, n: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) * n / 256
    }
    /// One of these.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
    /// One of these, or none, as often as any of them.
    fn maybe<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        self.below(all.len() + 1).checked_sub(1).map(|i| all[i])
    }
    /// Yes once in so many times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
    fn money(&mut self) -> Option<Money> {
        let fen = self.pick(&[-1, 300, 3_000, 6_000, 9_900]);
        (fen >= 0).then(|| Money::from_fen(fen))
    }
    /// A time about now: none, past, soon, later.
    fn time(&mut self, now: Instant) -> Option<Instant> {
        let hours = self.pick(&[0, 0, -2, 1, 7, 30, 60, 200]);
        (hours != 0).then(|| now + Length::hours(hours))
    }
}

/// The order's names.
pub fn key(history: &History, order: &str) -> OrderKey {
    OrderKey { platform: history.platform, shop: "shop1".to_owned(), order_id: order.to_owned() }
}

/// When the history begins.
pub fn beginning(history: &History) -> Instant {
    Instant::parse("2026-01-01T00:00:00+08:00").expect("a time") + Length::minutes(i64::from(history.start))
}

/// The order's n-th waybill.
pub fn waybill(history: &History, key: &OrderKey, n: usize) -> Waybill {
    let courier = Courier::ALL[(usize::from(history.courier) + n) % Courier::ALL.len()];
    Waybill { courier, number: format!("{}-{n}", key.order_id) }
}

/// Addresses without anybody's name: near, far, remote, and two that cannot be.
fn address(n: usize) -> Address {
    let (province, city, district, detail) = [
        ("湖北省", "武汉市", "洪山区", "珞喻路1号"),
        ("广东省", "深圳市", "南山区", "科技路1号"),
        ("青海省", "西宁市", "城西区", "五四大街1号"),
        ("新疆维吾尔自治区", "乌鲁木齐市", "天山区", "解放路1号"),
        ("云南省", "拉萨市", "城关区", "北京路1号"),
        ("河北省", "石家庄市", "长安区", "内蒙古自治区呼和浩特市新城区1号"),
    ][n % 6];
    let text = |s: &str| Some(s.to_owned());
    Address { province: text(province), city: text(city), district: text(district), detail: text(detail), ..Address::default() }
}

fn fact(n: usize, now: Instant, late: i32, body: FactBody) -> Fact {
    let time = now - Length::minutes(i64::from(late));
    Fact { id: FactId { source: "test".to_owned(), id: format!("f{n}") }, time, recorded: Some(now), body, fingerprint: 0 }
}

/// What comes before anything arbitrary: the order, its parcel, its first scans.
pub fn beginnings(history: &History, key: &OrderKey) -> Vec<Fact> {
    let start = beginning(history);
    let zeros = [0_u8; 8];
    let mut draw = Draw::of(&zeros);
    let scan = |status| FactBody::Tracking(tracking(waybill(history, key, 0), status, None));
    let bodies = [
        order(key, start, history, &mut draw),
        shipment(key, start + Length::hours(5), history, &mut draw),
        scan(TrackingStatus::Collected),
        scan(TrackingStatus::InTransit),
    ];
    let hours = [0, 5, 9, 20];
    let told = bodies.into_iter().zip(hours).take(usize::from(history.stage));
    told.enumerate().map(|(n, (body, h))| fact(n, start + Length::hours(h), 0, body)).collect()
}

/// The fact of a step, as it fits the life so far; none where it fits nothing.
pub fn fact_of(life: &Life, history: &History, step: &Step) -> Option<FactBody> {
    let key = &life.file.key;
    let (platform, shop, order_id) = (key.platform, key.shop.clone(), key.order_id.clone());
    let now = life.now;
    let draw = &mut Draw::of(&step.draw);
    let parcel = |draw: &mut Draw<'_>| waybill(history, key, draw.pick(&[0, 0, 0, 1, 2, 3]));
    Some(match step.what {
        What::Nothing => return None,
        What::Task => FactBody::TaskUpdate(task_update(life, history, draw)?),
        What::Scan => {
            let (waybill, status) = (parcel(draw), draw.pick(TrackingStatus::ALL));
            let status = if draw.once_in(3) { TrackingStatus::Exception } else { status };
            let mut f = tracking(waybill, status, None);
            f.reason = draw.maybe(ExceptionReason::ALL).filter(|_| status == TrackingStatus::Exception);
            f.seen_by = draw.maybe(SeenBy::ALL);
            f.place = draw.maybe(&["长沙", "武汉"]).map(str::to_owned);
            f.estimated_delivery_at = draw.time(now);
            FactBody::Tracking(f)
        }
        What::Onward => FactBody::Tracking(tracking(parcel(draw), onward(life, draw), None)),
        What::Order => order(key, now - Length::hours(draw.pick(&[0, 30, 50])), history, draw),
        What::Shipment => shipment(key, now, history, draw),
        What::AfterSale => FactBody::AfterSale(AfterSaleFact {
            after_sale_id: draw.pick(&["A1", "A1", "A2"]).to_owned(),
            kind: draw.pick(AfterSaleKind::ALL),
            status: draw.pick(AfterSaleStatus::ALL),
            decided_by: draw.maybe(DecidedBy::ALL),
            amount: draw.money().filter(|_| draw.once_in(3)),
            respond_by: draw.time(now),
            return_waybill: draw.once_in(4).then(|| parcel(draw)),
            reason: None,
            description: None,
            platform,
            shop,
            order_id,
        }),
        What::BuyerRequest => FactBody::BuyerRequest(BuyerRequestFact {
            request: draw.pick(BuyerAsk::ALL),
            waybill: draw.once_in(3).then(|| parcel(draw)),
            new_address: draw.once_in(2).then(|| address(draw.below(6))),
            text: None,
            urgent: Some(draw.once_in(3)),
            wants: draw.maybe(BuyerWants::ALL),
            platform,
            shop,
            order_id,
        }),
        What::Dispute => FactBody::Dispute(DisputeFact {
            dispute_id: draw.pick(&["D1", "D1", "D2"]).to_owned(),
            status: draw.pick(DisputeStatus::ALL),
            ruling: draw.maybe(Ruling::ALL),
            after_sale_id: draw.once_in(2).then(|| "A1".to_owned()),
            evidence_by: draw.time(now),
            appeal_by: draw.time(now),
            reason: draw.maybe(&["未收到货", "商品破损", "少件"]).map(str::to_owned),
            amount: draw.money(),
            platform,
            shop,
            order_id,
        }),
        What::Commitment => FactBody::Commitment(CommitmentFact {
            commitment_id: draw.pick(&["C1", "C2", "C3"]).to_owned(),
            promise: draw.pick(Promise::ALL),
            status: draw.pick(&[CommitmentStatus::Made, CommitmentStatus::Made, CommitmentStatus::Kept, CommitmentStatus::Withdrawn]),
            due_at: draw.time(now),
            waybill: draw.once_in(3).then(|| parcel(draw)),
            text: None,
            platform,
            shop,
            order_id,
        }),
        What::Claim => FactBody::Claim(ClaimFact {
            waybill: parcel(draw),
            claim_id: draw.pick(&["K1", "K2"]).to_owned(),
            status: draw.pick(ClaimStatus::ALL),
            amount: draw.money(),
            reason: draw.maybe(&["lost", "damaged"]).map(str::to_owned),
            by: None,
            platform,
            shop,
            order_id,
        }),
        What::Evidence => FactBody::Evidence(EvidenceFact {
            evidence_id: format!("E{}", life.facts.len()),
            kind: draw.pick(EvidenceKind::ALL),
            uri: "file:///x".to_owned(),
            waybill: draw.once_in(2).then(|| parcel(draw)),
            sha256: None,
            note: None,
            platform,
            shop,
            order_id,
        }),
        What::Message => {
            let from = draw.pick(MessageFrom::ALL);
            FactBody::Message(MessageFact { from, text: "x".to_owned(), channel: None, waybill: None, platform, shop, order_id })
        }
        What::Note => FactBody::Note(NoteFact {
            text: "x".to_owned(),
            remind_at: draw.time(now),
            case_id: life.file.cases.get(draw.below(life.file.cases.len().max(1))).map(|c| c.id.clone()),
            by: None,
            platform,
            shop,
            order_id,
        }),
        What::Report => {
            let case = draw.pick(CaseKind::ALL);
            let waybill = draw.once_in(2).then(|| parcel(draw));
            FactBody::Report(ReportFact { case, waybill, text: None, by: None, platform, shop, order_id })
        }
        What::Operation => FactBody::OperationUpdate(operation_update(life, draw)?),
        What::Coverage => FactBody::Coverage(CoverageFact {
            courier: draw.pick(Courier::ALL),
            province: draw.pick(&["湖北", "广东省", "新疆"]).to_owned(),
            serves: draw.once_in(2),
            city: draw.maybe(&["武汉市"]).map(str::to_owned),
            district: None,
            until: draw.time(now),
            note: None,
        }),
        What::Disruption => disruption(now, draw),
        What::Rules => rules(life, draw),
    })
}

/// The fact of a step in its envelope.
pub fn fact_told(life: &Life, history: &History, step: &Step) -> Option<Fact> {
    fact_of(life, history, step).map(|body| fact(life.facts.len(), life.now, step.late, body))
}

fn tracking(waybill: Waybill, status: TrackingStatus, reason: Option<ExceptionReason>) -> TrackingFact {
    TrackingFact { waybill, status, place: None, description: None, code: None, reason, estimated_delivery_at: None, seen_by: None }
}

/// The scan that comes next on the way to the buyer, or on the way back.
fn onward(life: &Life, draw: &mut Draw<'_>) -> TrackingStatus {
    use TrackingStatus as T;
    let newest = life.file.parcels.first().and_then(|p| p.scans.last()).map(|s| s.status);
    match newest {
        None | Some(T::Registered | T::Unrecognized) => T::Collected,
        Some(T::Collected) => T::InTransit,
        Some(T::InTransit | T::Exception) => T::Arrived,
        Some(T::Arrived) => draw.pick(&[T::InTransit, T::OutForDelivery]),
        Some(T::OutForDelivery) => draw.pick(&[T::Delivered, T::DeliveryFailed, T::ReadyForPickup, T::Refused]),
        Some(T::DeliveryFailed | T::ReadyForPickup) => draw.pick(&[T::OutForDelivery, T::Delivered, T::Returning]),
        Some(T::Refused | T::Delivered) => T::Returning,
        Some(T::Returning | T::Returned) => T::Returned,
    }
}

fn order(key: &OrderKey, paid_at: Instant, history: &History, draw: &mut Draw<'_>) -> FactBody {
    FactBody::Order(OrderFact {
        platform: key.platform,
        shop: key.shop.clone(),
        order_id: key.order_id.clone(),
        paid_at,
        status: draw.maybe(OrderStatus::ALL),
        ship_by: draw.time(paid_at),
        amount: Some(Money::from_fen(9_900)),
        items: Vec::new(),
        recipient: Some(address(draw.below(6))),
        planned_courier: Some(Courier::ALL[usize::from(history.courier) % Courier::ALL.len()]),
        buyer_id: None,
        tags: Vec::new(),
        remark: None,
    })
}

fn shipment(key: &OrderKey, now: Instant, history: &History, draw: &mut Draw<'_>) -> FactBody {
    let n = draw.pick(&[0, 1, 1, 2, 2, 3]);
    FactBody::Shipment(ShipmentFact {
        platform: key.platform,
        shop: key.shop.clone(),
        order_id: key.order_id.clone(),
        waybill: waybill(history, key, n),
        declared_at: now,
        direction: draw.maybe(&[Direction::Reship, Direction::Return]),
        electronic_waybill: draw.maybe(&[true]),
        origin: Some(address(1)),
        destination: Some(address(draw.below(4))),
        insured_value: draw.money(),
        freight: None,
        estimated_delivery_at: draw.time(now),
        replaces: draw.once_in(5).then(|| waybill(history, key, (n + 1) % 4)),
    })
}

fn task_update(life: &Life, history: &History, draw: &mut Draw<'_>) -> Option<TaskUpdateFact> {
    let all = &life.file.tasks;
    let status = draw.pick(&[
        TaskVerb::Done,
        TaskVerb::Done,
        TaskVerb::Done,
        TaskVerb::Done,
        TaskVerb::Done,
        TaskVerb::Dismissed,
        TaskVerb::Snoozed,
        TaskVerb::Reopened,
        TaskVerb::Claimed,
        TaskVerb::Assigned,
    ]);
    let closed = status == TaskVerb::Reopened;
    let fit: Vec<&Task> = all.iter().filter(|t| matches!(t.state, TaskState::Closed(_)) == closed).collect();
    let task = *fit.get(draw.below(fit.len().max(1)))?;
    let n = draw.below(16);
    let mut f = done(life, history, task, task.outcomes[n % task.outcomes.len()], draw);
    f.status = status;
    if status != TaskVerb::Done {
        f.outcome = None;
        f.answers = Answers::default();
    }
    f.by = Some(["ann", "bo"][n % 2].to_owned());
    f.assignee = Some("ann".to_owned());
    f.snooze_until = Some(life.now + Length::hours([1, 9, 40][n % 3]));
    Some(f)
}

/// A task done with an outcome, and the answers that it needs.
pub fn done(life: &Life, history: &History, task: &Task, outcome: TaskOutcome, draw: &mut Draw<'_>) -> TaskUpdateFact {
    let way = ways(task.kind).iter().find(|w| w.outcome == outcome);
    let mut answers = Answers::default();
    let all = draw.once_in(2);
    let (required, optional) = way.map_or((&[][..], &[][..]), |w| (w.required, w.optional));
    for answer in required.iter().chain(optional.iter().filter(|_| all)) {
        match answer {
            Answer::Amount => answers.amount = Some(Money::from_fen([300, 6_000][draw.below(2)])),
            Answer::Fee => answers.fee = Some(Money::from_fen(500)),
            Answer::Waybill => answers.waybill = Some(waybill(history, &life.file.key, 1 + draw.below(3))),
            Answer::Until => answers.until = Some(life.now + Length::hours(draw.pick(&[3, 20, -5, 100]))),
            Answer::Reference => answers.reference = Some("R1".to_owned()),
            Answer::Address => answers.address = Some(address(draw.below(4))),
            Answer::Phone => answers.phone = Some("13800000000".to_owned()),
            Answer::Cause => answers.cause = Some("late".to_owned()),
            Answer::Outcome => answers.outcome = Some(draw.pick(CaseOutcome::ALL)),
        }
    }
    TaskUpdateFact {
        task_id: Some(task.id.clone()),
        platform: None,
        shop: None,
        order_id: None,
        kind: None,
        status: TaskVerb::Done,
        outcome: Some(outcome),
        answers,
        note: None,
        by: None,
        assignee: None,
        snooze_until: None,
        expected_version: None,
    }
}

fn operation_update(life: &Life, draw: &mut Draw<'_>) -> Option<OperationUpdateFact> {
    let all = &life.file.operations;
    let newest_first = all.len().checked_sub(1 + draw.below(all.len().max(1)))?;
    let operation = &all[newest_first];
    let by_name = draw.once_in(2);
    let parcel = &life.file.parcels[operation.parcel as usize];
    Some(OperationUpdateFact {
        operation_id: (!by_name).then(|| operation.id.clone()),
        waybill: by_name.then(|| parcel.waybill.clone()),
        kind: by_name.then_some(operation.kind),
        status: draw.pick(OperationStatus::ALL),
        courier_reference: draw.maybe(&["Q1"]).map(str::to_owned),
        reason: None,
        fee: None,
        amount: draw.money(),
    })
}

fn disruption(now: Instant, draw: &mut Draw<'_>) -> FactBody {
    let from = now + Length::hours(draw.pick(&[-48, -1, 0, 5, 30]));
    let ids = rule_ids();
    FactBody::Disruption(DisruptionFact {
        disruption_id: draw.pick(&["X1", "X1", "X2", "X3"]).to_owned(),
        from,
        until: from + Length::hours(draw.pick(&[1, 12, 60, 200])),
        effect: draw.pick(DisruptionEffect::ALL),
        couriers: draw.maybe(Courier::ALL).filter(|_| draw.once_in(4)).into_iter().collect(),
        provinces: draw.maybe(&["湖北省"]).filter(|_| draw.once_in(4)).map(str::to_owned).into_iter().collect(),
        cities: Vec::new(),
        sites: Vec::new(),
        platforms: Vec::new(),
        shops: Vec::new(),
        rules: if draw.once_in(4) { vec![ids[draw.below(ids.len())].0.clone()] } else { Vec::new() },
        extend_by: Some("24h".to_owned()),
        reason: None,
    })
}

/// Rules in which a few lengths and ladders, the remote provinces or the staffed hours are others.
fn rules(life: &Life, draw: &mut Draw<'_>) -> FactBody {
    let mut source = super::SOURCE.clone();
    let ids = rule_ids();
    let open_deadlines = draw.pick(&[OpenDeadlines::Keep, OpenDeadlines::Move, OpenDeadlines::Move]);
    // The draw has few bytes: every rule's values follow from where it begins.
    let (first, apart, turn) = (draw.below(ids.len()), 1 + draw.below(4), draw.below(90));
    for (n, (id, ..)) in ids.iter().cycle().skip(first).step_by(apart).take(draw.pick(&[12, 60, 200])).enumerate() {
        let rule = source.rules.rule.entry(id.clone()).or_default();
        let lengths = ["1h", "10h", "30h", "90h", "2 working days", "8 staffed hours"];
        rule.length = Some(lengths[(n * 5 + turn) % lengths.len()].to_owned());
        rule.ladder = Some(match (n + turn) % 3 {
            0 => RawLadder::Word("at due".to_owned()),
            1 => RawLadder::Before(vec!["50m".to_owned()]),
            _ => RawLadder::Before(vec!["1h".to_owned(), "20m".to_owned()]),
        });
        rule.ladder_signed = None;
        rule.versions.clear();
    }
    if draw.once_in(3) {
        source.rules.policy.remote = vec!["湖北省".to_owned(), "浙江省".to_owned()];
    }
    if draw.once_in(3) {
        source.rules.staffed.entry("service".to_owned()).or_default().daily = vec!["06:00-09:00".to_owned()];
    }
    let compiled = source.compile(parcelward_casework::text::Texts::default());
    assert!(compiled.is_ok(), "{compiled:?}");
    let before = life.world.newest_rule_change().is_none().then(|| Box::new(super::SOURCE.clone()));
    FactBody::Configuration(Box::new(ConfigurationFact {
        revision: format!("r{}", life.facts.len()),
        rules: Box::new(source),
        before,
        open_deadlines: Some(open_deadlines),
        by: draw.maybe(&["ops"]).map(str::to_owned),
        reason: None,
    }))
}
