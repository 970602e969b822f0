//! The lanes' statements: the same for both databases, sent through each one's own connection.
//!
//! `$skip` is what keeps two daemons from waiting for each other at rows that either may take, `$lock` what makes one wait at a row that
//! both need; a database with one writer needs neither.

macro_rules! lane_calls {
    ($On:ty, $Row:ty, $skip:literal, $lock:literal) => {
        use crate::lanes::*;
        use crate::rows::{Columns, at, count, order_key, waybill_of, word};
        use crate::{MAX_PAGE, StoreError};
        use parcelward_casework::fact::Waybill;
        use parcelward_casework::instant::{Instant, Length};
        use parcelward_casework::watch::{Looks, next_look, rank};
        use parcelward_casework::words::{Courier, OperationKind};

        /// The `acts_at` of a parcel about which nothing runs.
        const NOTHING_RUNS: i64 = crate::projection::NOTHING_RUNS;

        fn small(row: &impl Columns, column: &str) -> Result<u32, StoreError> {
            Ok(u32::try_from(row.number(column)?).unwrap_or(u32::MAX))
        }

        fn maybe_at(row: &impl Columns, column: &str) -> Result<Option<Instant>, StoreError> {
            Ok(row.number_or_none(column)?.map(Instant::from_millis))
        }

        fn maybe_text(row: &impl Columns, column: &str) -> Result<Option<String>, StoreError> {
            Ok(row.text_or_none(column)?.map(str::to_owned))
        }

        pub(super) async fn unrouted_operations(on: &mut $On, limit: u32) -> Result<Vec<UnroutedOperation>, StoreError> {
            let rows = on
                .query(
                    "SELECT o.operation_id, o.kind, o.courier, o.number, o.intent, f.shop FROM operation AS o \
                     JOIN case_file AS f ON f.no = o.file_no WHERE o.account IS NULL AND o.phase = 'planned' AND o.state = 'requested' \
                     AND o.tell IS NULL ORDER BY o.operation_id LIMIT $1",
                )
                .bind(i64::from(limit.min(MAX_PAGE)))
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<UnroutedOperation, StoreError> {
                Ok(UnroutedOperation {
                    operation_id: row.text("operation_id")?.to_owned(),
                    kind: word(row, "kind", OperationKind::from_word)?,
                    waybill: waybill_of(row)?,
                    shop: row.text("shop")?.to_owned(),
                    intent: row.text("intent")?.to_owned(),
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn route_operation(on: &mut $On, id: &str, account: &str, client_ref: &str) -> Result<(), StoreError> {
            on.query("UPDATE operation SET account = $1, client_ref = $2 WHERE operation_id = $3 AND account IS NULL AND phase = 'planned'")
                .bind(account)
                .bind(client_ref)
                .bind(id)
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn end_unrouted(on: &mut $On, id: &str, tell: &str) -> Result<(), StoreError> {
            on.query("UPDATE operation SET phase = 'done', tell = $1 WHERE operation_id = $2 AND account IS NULL AND phase = 'planned'")
                .bind(tell)
                .bind(id)
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn unroute(on: &mut $On, gone: &[PollGroup]) -> Result<(), StoreError> {
            on.query("UPDATE operation SET account = NULL WHERE account IS NOT NULL AND phase = 'planned' AND attempt = 0")
                .execute(on.on())
                .await?;
            for group in gone {
                on.query("UPDATE poll SET account = NULL WHERE courier = $1 AND shop = $2 AND place = $3 AND account = $4")
                    .bind(group.courier.word())
                    .bind(group.shop.as_str())
                    .bind(i64::from(group.place))
                    .bind(group.account.as_deref())
                    .execute(on.on())
                    .await?;
            }
            Ok(())
        }

        pub(super) async fn due_operations(on: &mut $On, account: &str, now: Instant, limit: u32) -> Result<u32, StoreError> {
            let row = on
                .query(
                    "SELECT count(*) AS due FROM (SELECT 1 AS one FROM operation AS o WHERE o.account = $1 AND o.phase <> 'done' \
                     AND o.not_before <= $2 AND (o.lease_until IS NULL OR o.lease_until <= $2) AND o.state <> 'settled' LIMIT $3) AS d",
                )
                .bind(account)
                .bind(now.millis())
                .bind(i64::from(limit))
                .fetch_one(on.on())
                .await?;
            small(&row, "due")
        }

        pub(super) async fn claim_operations(
            on: &mut $On,
            account: &str,
            owner: &str,
            now: Instant,
            lease: Length,
            limit: u32,
        ) -> Result<Vec<ClaimedOperation>, StoreError> {
            // Of one kind on one waybill only one is ever under way or unclear.
            let rows = on
                .query(concat!(
                    "SELECT o.operation_id, o.kind, o.courier, o.number, o.intent, o.phase, o.attempt, o.tries, o.looks, o.first_look_at, \
                     o.sent_at, o.asked_at, o.client_ref, o.reference, f.platform, f.shop, f.order_id, \
                     CASE WHEN o.incarnation = (SELECT m.incarnation FROM db_meta AS m WHERE m.id = 1) THEN 0 ELSE 1 END AS is_foreign \
                     FROM operation AS o JOIN case_file AS f ON f.no = o.file_no \
                     WHERE o.account = $1 AND o.phase <> 'done' AND o.not_before <= $2 AND (o.lease_until IS NULL OR o.lease_until <= $2) \
                     AND (o.phase = 'sending' OR (o.phase = 'planned' AND o.state = 'requested') \
                     OR (o.phase = 'unclear' AND o.state IN ('requested', 'unknown')) OR (o.phase = 'watched' AND o.state = 'accepted')) \
                     AND NOT (o.phase = 'planned' AND EXISTS (SELECT 1 FROM operation AS x WHERE x.number = o.number \
                     AND x.courier = o.courier AND x.kind = o.kind AND x.operation_id <> o.operation_id \
                     AND x.phase IN ('sending', 'unclear') AND x.state IN ('requested', 'unknown'))) \
                     ORDER BY o.not_before, o.operation_id LIMIT $3",
                    $skip
                ))
                .bind(account)
                .bind(now.millis())
                .bind(i64::from(limit))
                .fetch_all(on.on())
                .await?;
            let mut claimed = Vec::with_capacity(rows.len());
            for row in &rows {
                let phase = word(row, "phase", Phase::from_word)?;
                let foreign = row.number("is_foreign")? == 1;
                let (phase, mode) = match phase {
                    Phase::Planned if foreign => (Phase::Planned, AttemptMode::Look),
                    Phase::Planned => (Phase::Sending, AttemptMode::Send),
                    Phase::Sending | Phase::Unclear => (Phase::Unclear, AttemptMode::Look),
                    Phase::Watched | Phase::Done => (Phase::Watched, AttemptMode::Watch),
                };
                let attempt = row.number("attempt")? + 1;
                let id = row.text("operation_id")?;
                on.query("UPDATE operation SET phase = $1, attempt = $2, lease_owner = $3, lease_until = $4 WHERE operation_id = $5")
                    .bind(phase.word())
                    .bind(attempt)
                    .bind(owner)
                    .bind((now + lease).millis())
                    .bind(id)
                    .execute(on.on())
                    .await?;
                on.query(
                    "INSERT INTO operation_attempt (operation_id, number, mode, account, owner, started_at) VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(id)
                .bind(attempt)
                .bind(mode.word())
                .bind(account)
                .bind(owner)
                .bind(now.millis())
                .execute(on.on())
                .await?;
                claimed.push(ClaimedOperation {
                    operation_id: id.to_owned(),
                    order: order_key(row)?,
                    kind: word(row, "kind", OperationKind::from_word)?,
                    waybill: waybill_of(row)?,
                    intent: row.text("intent")?.to_owned(),
                    attempt: attempt.unsigned_abs(),
                    mode,
                    foreign,
                    tries: small(row, "tries")?,
                    looks: small(row, "looks")?,
                    first_look_at: maybe_at(row, "first_look_at")?,
                    sent_at: maybe_at(row, "sent_at")?,
                    asked_at: at(row, "asked_at")?,
                    client_ref: row.text_or_none("client_ref")?.unwrap_or_default().to_owned(),
                    reference: maybe_text(row, "reference")?,
                });
            }
            Ok(claimed)
        }

        pub(super) async fn end_attempt(on: &mut $On, owner: &str, end: &AttemptEnd) -> Result<bool, StoreError> {
            let number = i64::try_from(end.attempt).unwrap_or(i64::MAX);
            let done = on
                .query(
                    "UPDATE operation SET phase = $1, not_before = $2, tries = $3, looks = $4, first_look_at = $5, \
                     sent_at = coalesce($6, sent_at), tell = coalesce($7, tell), lease_owner = NULL, lease_until = NULL, \
                     incarnation = CASE WHEN $8 = 1 THEN (SELECT m.incarnation FROM db_meta AS m WHERE m.id = 1) ELSE incarnation END \
                     WHERE operation_id = $9 AND attempt = $10 AND lease_owner = $11",
                )
                .bind(end.phase.word())
                .bind(end.not_before.millis())
                .bind(i64::from(end.tries))
                .bind(i64::from(end.looks))
                .bind(end.first_look_at.map(Instant::millis))
                .bind(end.sent_at.map(Instant::millis))
                .bind(end.tell.as_deref())
                .bind(i64::from(end.cleared))
                .bind(end.operation_id.as_str())
                .bind(number)
                .bind(owner)
                .execute(on.on())
                .await?;
            if done.rows_affected() != 1 {
                return Ok(false);
            }
            on.query(
                "UPDATE operation_attempt SET ended_at = $1, outcome = $2, detail = $3, exchange = $4 WHERE operation_id = $5 AND number = $6",
            )
            .bind(end.ended_at.millis())
            .bind(end.outcome.as_str())
            .bind(end.detail.as_deref())
            .bind(end.exchange.as_deref())
            .bind(end.operation_id.as_str())
            .bind(number)
            .execute(on.on())
            .await?;
            Ok(true)
        }

        pub(super) async fn untold(on: &mut $On, limit: u32) -> Result<Vec<Untold>, StoreError> {
            let rows = on
                .query("SELECT operation_id, tell FROM operation WHERE tell IS NOT NULL ORDER BY operation_id LIMIT $1")
                .bind(i64::from(limit.min(MAX_PAGE)))
                .fetch_all(on.on())
                .await?;
            rows.iter()
                .map(|row| Ok(Untold { operation_id: row.text("operation_id")?.to_owned(), json: row.text("tell")?.to_owned() }))
                .collect()
        }

        pub(super) async fn told(on: &mut $On, untold: &Untold) -> Result<(), StoreError> {
            on.query("UPDATE operation SET tell = NULL WHERE operation_id = $1 AND tell = $2")
                .bind(untold.operation_id.as_str())
                .bind(untold.json.as_str())
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn attempts(on: &mut $On, operation_id: &str) -> Result<Vec<AttemptRow>, StoreError> {
            let rows = on
                .query("SELECT * FROM operation_attempt WHERE operation_id = $1 ORDER BY number LIMIT $2")
                .bind(operation_id)
                .bind(i64::from(MAX_PAGE))
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<AttemptRow, StoreError> {
                Ok(AttemptRow {
                    number: count(row, "number")?,
                    mode: row.text("mode")?.to_owned(),
                    account: row.text("account")?.to_owned(),
                    started_at: at(row, "started_at")?,
                    ended_at: maybe_at(row, "ended_at")?,
                    outcome: maybe_text(row, "outcome")?,
                    detail: maybe_text(row, "detail")?,
                    exchange: maybe_text(row, "exchange")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn sent_intercept(on: &mut $On, waybill: &Waybill) -> Result<Option<(String, Option<String>)>, StoreError> {
            let row = on
                .query(
                    "SELECT client_ref, reference FROM operation WHERE number = $1 AND courier = $2 AND kind = 'intercept' \
                     AND client_ref IS NOT NULL AND sent_at IS NOT NULL ORDER BY asked_at DESC, operation_id DESC LIMIT 1",
                )
                .bind(waybill.number.as_str())
                .bind(waybill.courier.word())
                .fetch_optional(on.on())
                .await?;
            row.map(|row| Ok((row.text("client_ref")?.to_owned(), maybe_text(&row, "reference")?))).transpose()
        }

        pub(super) async fn poll_groups(on: &mut $On, unrouted_only: bool) -> Result<Vec<PollGroup>, StoreError> {
            let query = if unrouted_only {
                "SELECT DISTINCT courier, shop, place, account FROM poll WHERE account IS NULL LIMIT $1"
            } else {
                "SELECT DISTINCT courier, shop, place, account FROM poll LIMIT $1"
            };
            let rows = on.query(query).bind(i64::from(MAX_PAGE) * 10).fetch_all(on.on()).await?;
            let read = |row: &$Row| -> Result<PollGroup, StoreError> {
                Ok(PollGroup {
                    courier: word(row, "courier", Courier::from_word)?,
                    shop: row.text("shop")?.to_owned(),
                    place: u8::try_from(row.number("place")?).unwrap_or(1),
                    account: maybe_text(row, "account")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn route_polls(on: &mut $On, group: &PollGroup, account: &str) -> Result<(), StoreError> {
            on.query("UPDATE poll SET account = $1 WHERE courier = $2 AND shop = $3 AND place = $4 AND account IS NULL")
                .bind(account)
                .bind(group.courier.word())
                .bind(group.shop.as_str())
                .bind(i64::from(group.place))
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn claim_polls(
            on: &mut $On,
            account: &str,
            now: Instant,
            least_gap: Length,
            lease: Length,
            limit: u32,
        ) -> Result<Vec<ClaimedPoll>, StoreError> {
            let rows = on
                .query(concat!(
                    "SELECT courier, number, place, fence, acts_at, asked_at, changed_at, failures, answer, phone_tail, rank_at FROM poll AS o \
                     WHERE account = $1 AND next_at <= $2 AND lease_until <= $2 AND asked_at <= $3 ORDER BY rank_at, next_at LIMIT $4",
                    $skip
                ))
                .bind(account)
                .bind(now.millis())
                .bind((now - least_gap).millis())
                .bind(i64::from(limit))
                .fetch_all(on.on())
                .await?;
            let mut claimed = Vec::with_capacity(rows.len());
            for row in &rows {
                let waybill = waybill_of(row)?;
                let (place, fence) = (row.number("place")?, row.number("fence")? + 1);
                on.query("UPDATE poll SET fence = $1, lease_until = $2 WHERE courier = $3 AND number = $4 AND place = $5")
                    .bind(fence)
                    .bind((now + lease).millis())
                    .bind(waybill.courier.word())
                    .bind(waybill.number.as_str())
                    .bind(place)
                    .execute(on.on())
                    .await?;
                let acts_at = row.number("acts_at")?;
                claimed.push(ClaimedPoll {
                    waybill,
                    place: u8::try_from(place).unwrap_or(1),
                    fence: fence.unsigned_abs(),
                    acts_at: (acts_at < NOTHING_RUNS).then(|| Instant::from_millis(acts_at)),
                    asked_at: at(row, "asked_at")?,
                    changed_at: at(row, "changed_at")?,
                    failures: small(row, "failures")?,
                    answer: maybe_text(row, "answer")?,
                    phone_tail: maybe_text(row, "phone_tail")?,
                    rank: at(row, "rank_at")?,
                });
            }
            Ok(claimed)
        }

        pub(super) async fn end_polls(on: &mut $On, ends: &[PollEnd]) -> Result<(), StoreError> {
            for end in ends {
                end_poll(on, end).await?;
            }
            Ok(())
        }

        async fn end_poll(on: &mut $On, end: &PollEnd) -> Result<(), StoreError> {
            let fence = i64::try_from(end.fence).unwrap_or(i64::MAX);
            let (courier, number, place) = (end.waybill.courier.word(), end.waybill.number.as_str(), i64::from(end.place));
            // What the case file says now: the answer itself may have changed it.
            let row = on
                .query(concat!(
                    "SELECT every_ms, acts_at, asked_at FROM poll WHERE courier = $1 AND number = $2 AND place = $3 AND fence = $4",
                    $lock
                ))
                .bind(courier)
                .bind(number)
                .bind(place)
                .bind(fence)
                .fetch_optional(on.on())
                .await?;
            let Some(row) = row else { return Ok(()) };
            let acts_at = row.number("acts_at")?;
            let acts_at = (acts_at < NOTHING_RUNS).then(|| Instant::from_millis(acts_at));
            let (asked_at, next_at, rank_at) = match end.asked_at {
                Some(asked_at) => {
                    let looks = Looks { asked_at, changed_at: end.changed_at, failures: end.failures };
                    let next = next_look(looks, Length::millis(row.number("every_ms")?), acts_at, end.spread);
                    let at = next.at.max(end.again_at);
                    (asked_at, at, if at > next.at { rank(at, asked_at, acts_at) } else { next.rank })
                }
                None => {
                    let asked_at = at(&row, "asked_at")?;
                    (asked_at, end.again_at, rank(end.again_at, asked_at, acts_at))
                }
            };
            on.query(
                "UPDATE poll SET asked_at = $1, changed_at = $2, failures = $3, answer = coalesce($4, answer), \
                 newest = coalesce($5, newest), newest_at = coalesce($6, newest_at), next_at = $7, rank_at = $8, lease_until = 0 \
                 WHERE courier = $9 AND number = $10 AND place = $11 AND fence = $12",
            )
            .bind(asked_at.millis())
            .bind(end.changed_at.millis())
            .bind(i64::from(end.failures))
            .bind(end.answer.as_deref())
            .bind(end.newest.as_ref().map(|(status, _)| status.as_str()))
            .bind(end.newest.as_ref().map(|(_, at)| at.millis()))
            .bind(next_at.millis())
            .bind(rank_at.millis())
            .bind(courier)
            .bind(number)
            .bind(place)
            .bind(fence)
            .execute(on.on())
            .await?;
            Ok(())
        }

        pub(super) async fn hasten(on: &mut $On, waybill: &Waybill, now: Instant) -> Result<(), StoreError> {
            on.query("UPDATE poll SET next_at = $1, rank_at = $1 WHERE courier = $2 AND number = $3 AND next_at > $1")
                .bind(now.millis())
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn last_looks(
            on: &mut $On,
            waybill: &Waybill,
        ) -> Result<Vec<(u8, Instant, Option<(String, Instant)>)>, StoreError> {
            let rows = on
                .query("SELECT place, asked_at, newest, newest_at FROM poll WHERE courier = $1 AND number = $2 ORDER BY place")
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<(u8, Instant, Option<(String, Instant)>), StoreError> {
                let newest = maybe_text(row, "newest")?.zip(maybe_at(row, "newest_at")?);
                Ok((u8::try_from(row.number("place")?).unwrap_or(1), at(row, "asked_at")?, newest))
            };
            rows.iter().map(read).collect()
        }

        async fn gate_row(on: &mut $On, account: &str, kind: &str) -> Result<(), StoreError> {
            on.query("INSERT INTO courier_gate (account, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(account)
                .bind(kind)
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn pass(
            on: &mut $On,
            account: &str,
            kind: GateKind,
            owner: &str,
            now: Instant,
            probe: Length,
        ) -> Result<GatePass, StoreError> {
            let row = on
                .query(concat!(
                    "SELECT blocked_until, open_since, open_until, probe_until FROM courier_gate WHERE account = $1 AND kind = $2",
                    $lock
                ))
                .bind(account)
                .bind(kind.word())
                .fetch_optional(on.on())
                .await?;
            let Some(row) = row else { return Ok(GatePass::Open) };
            let blocked = at(&row, "blocked_until")?;
            if blocked > now {
                return Ok(GatePass::Closed(blocked));
            }
            if row.number_or_none("open_since")?.is_none() {
                return Ok(GatePass::Open);
            }
            let until = at(&row, "open_until")?.max(at(&row, "probe_until")?);
            if until > now {
                return Ok(GatePass::Closed(until));
            }
            on.query("UPDATE courier_gate SET probe_owner = $1, probe_until = $2 WHERE account = $3 AND kind = $4")
                .bind(owner)
                .bind((now + probe).millis())
                .bind(account)
                .bind(kind.word())
                .execute(on.on())
                .await?;
            Ok(GatePass::Probe)
        }

        pub(super) async fn block(on: &mut $On, account: &str, kind: GateKind, until: Instant, why: &str) -> Result<(), StoreError> {
            gate_row(on, account, kind.word()).await?;
            on.query("UPDATE courier_gate SET blocked_until = $1, why = $2 WHERE account = $3 AND kind = $4 AND blocked_until < $1")
                .bind(until.millis())
                .bind(why)
                .bind(account)
                .bind(kind.word())
                .execute(on.on())
                .await?;
            Ok(())
        }

        pub(super) async fn note_failure(
            on: &mut $On,
            account: &str,
            kind: GateKind,
            now: Instant,
            threshold: u32,
            open_until: Instant,
            why: &str,
        ) -> Result<Option<Instant>, StoreError> {
            gate_row(on, account, kind.word()).await?;
            let row = on
                .query(concat!("SELECT failures, open_since FROM courier_gate WHERE account = $1 AND kind = $2", $lock))
                .bind(account)
                .bind(kind.word())
                .fetch_one(on.on())
                .await?;
            let failures = small(&row, "failures")?.saturating_add(1);
            let since = maybe_at(&row, "open_since")?.or_else(|| (failures >= threshold).then_some(now));
            on.query(
                "UPDATE courier_gate SET failures = $1, open_since = $2, open_until = $3, probe_owner = NULL, probe_until = 0, why = $4 \
                 WHERE account = $5 AND kind = $6",
            )
            .bind(i64::from(failures))
            .bind(since.map(Instant::millis))
            .bind(if since.is_some() { open_until.millis() } else { 0 })
            .bind(why)
            .bind(account)
            .bind(kind.word())
            .execute(on.on())
            .await?;
            Ok(since)
        }

        pub(super) async fn note_success(on: &mut $On, account: &str, kind: GateKind) -> Result<bool, StoreError> {
            let row = on
                .query(concat!("SELECT failures, open_since FROM courier_gate WHERE account = $1 AND kind = $2", $lock))
                .bind(account)
                .bind(kind.word())
                .fetch_optional(on.on())
                .await?;
            let Some(row) = row else { return Ok(false) };
            let was_open = row.number_or_none("open_since")?.is_some();
            if !was_open && row.number("failures")? == 0 {
                return Ok(false);
            }
            on.query(
                "UPDATE courier_gate SET failures = 0, open_since = NULL, open_until = 0, probe_owner = NULL, probe_until = 0, why = NULL \
                 WHERE account = $1 AND kind = $2",
            )
            .bind(account)
            .bind(kind.word())
            .execute(on.on())
            .await?;
            Ok(was_open)
        }

        pub(super) async fn gates(on: &mut $On) -> Result<Vec<GateRow>, StoreError> {
            let rows = on
                .query(
                    "SELECT account, kind, blocked_until, failures, open_since, open_until, why FROM courier_gate \
                     WHERE kind <> 'budget' ORDER BY account, kind LIMIT $1",
                )
                .bind(i64::from(MAX_PAGE))
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<GateRow, StoreError> {
                Ok(GateRow {
                    account: row.text("account")?.to_owned(),
                    kind: row.text("kind")?.to_owned(),
                    blocked_until: at(row, "blocked_until")?,
                    failures: small(row, "failures")?,
                    open_since: maybe_at(row, "open_since")?,
                    open_until: at(row, "open_until")?,
                    why: maybe_text(row, "why")?,
                })
            };
            rows.iter().map(read).collect()
        }

        /// Ten minutes, in milliseconds: by that the calls of a day are counted.
        const SLOT: i64 = 600_000;
        /// Slots of which one may hold a call of the last 24 hours.
        const SLOTS_OF_A_DAY: i64 = 145;

        async fn spent(on: &mut $On, account: &str, slot: i64) -> Result<i64, StoreError> {
            let row = on
                .query("SELECT CAST(coalesce(sum(calls), 0) AS BIGINT) AS spent FROM courier_spent WHERE account = $1 AND slot > $2")
                .bind(account)
                .bind(slot - SLOTS_OF_A_DAY)
                .fetch_one(on.on())
                .await?;
            row.number("spent")
        }

        pub(super) async fn take_slice(
            on: &mut $On,
            account: &str,
            now: Instant,
            allowance: &Allowance,
            calls: u32,
        ) -> Result<Slice, StoreError> {
            gate_row(on, account, "budget").await?;
            let row = on
                .query(concat!("SELECT given_until, slow_until FROM courier_gate WHERE account = $1 AND kind = 'budget'", $lock))
                .bind(account)
                .fetch_one(on.on())
                .await?;
            let (given, slow, now_us) = (row.number("given_until")?, row.number("slow_until")?, now.millis() * 1000);
            let mut calls = i64::from(calls);
            if allowance.slow_apart_us > 0 {
                if slow > now_us {
                    return Ok(Slice { from_us: slow, calls: 0 });
                }
                calls = calls.min(1);
            }
            let from_us = given.max(now_us);
            let slot = from_us / 1000 / SLOT;
            if let Some(per_day) = allowance.per_day {
                let spent = spent(on, account, slot).await?;
                calls = calls.min(i64::from(per_day) - spent).max(0);
                if calls == 0 {
                    return Ok(Slice { from_us: (slot + 1) * SLOT * 1000, calls: 0 });
                }
            }
            let slow = if allowance.slow_apart_us > 0 {
                slow.max(now_us - allowance.slow_apart_us) + allowance.slow_apart_us
            } else {
                slow
            };
            on.query("UPDATE courier_gate SET given_until = $1, slow_until = $2 WHERE account = $3 AND kind = 'budget'")
                .bind(from_us + calls * allowance.apart_us)
                .bind(slow)
                .bind(account)
                .execute(on.on())
                .await?;
            on.query(
                "INSERT INTO courier_spent (account, slot, calls) VALUES ($1, $2, $3) \
                 ON CONFLICT (account, slot) DO UPDATE SET calls = courier_spent.calls + excluded.calls",
            )
            .bind(account)
            .bind(slot)
            .bind(calls)
            .execute(on.on())
            .await?;
            on.query("DELETE FROM courier_spent WHERE account = $1 AND slot < $2")
                .bind(account)
                .bind(slot - 2 * SLOTS_OF_A_DAY)
                .execute(on.on())
                .await?;
            Ok(Slice { from_us, calls: u32::try_from(calls).unwrap_or(0) })
        }

        pub(super) async fn open_account_task(on: &mut $On, task: &AccountTask) -> Result<bool, StoreError> {
            let done = on
                .query(
                    "INSERT INTO account_task (task_id, kind, account, courier, is_open, opened_at, due_at, told) \
                     VALUES ($1, $2, $3, $4, TRUE, $5, $6, $7) ON CONFLICT DO NOTHING",
                )
                .bind(task.task_id.as_str())
                .bind(task.kind.as_str())
                .bind(task.account.as_str())
                .bind(task.courier.as_str())
                .bind(task.opened_at.millis())
                .bind(task.due_at.millis())
                .bind(task.told.as_str())
                .execute(on.on())
                .await?;
            Ok(done.rows_affected() == 1)
        }

        pub(super) async fn close_account_task(on: &mut $On, id: &str, outcome: &str, now: Instant) -> Result<bool, StoreError> {
            let done = on
                .query("UPDATE account_task SET is_open = FALSE, closed_at = $1, outcome = $2 WHERE task_id = $3 AND closed_at IS NULL")
                .bind(now.millis())
                .bind(outcome)
                .bind(id)
                .execute(on.on())
                .await?;
            Ok(done.rows_affected() == 1)
        }

        pub(super) async fn account_tasks(on: &mut $On, open_only: bool, limit: u32) -> Result<Vec<AccountTask>, StoreError> {
            let query = if open_only {
                "SELECT * FROM account_task WHERE closed_at IS NULL ORDER BY opened_at DESC, task_id LIMIT $1"
            } else {
                "SELECT * FROM account_task ORDER BY opened_at DESC, task_id LIMIT $1"
            };
            let rows = on.query(query).bind(i64::from(limit.min(MAX_PAGE))).fetch_all(on.on()).await?;
            let read = |row: &$Row| -> Result<AccountTask, StoreError> {
                Ok(AccountTask {
                    task_id: row.text("task_id")?.to_owned(),
                    kind: row.text("kind")?.to_owned(),
                    account: row.text("account")?.to_owned(),
                    courier: row.text("courier")?.to_owned(),
                    is_open: row.flag("is_open")?,
                    opened_at: at(row, "opened_at")?,
                    due_at: at(row, "due_at")?,
                    closed_at: maybe_at(row, "closed_at")?,
                    outcome: maybe_text(row, "outcome")?,
                    told: row.text("told")?.to_owned(),
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn endangered(on: &mut $On, courier: Courier, until: Instant) -> Result<Vec<Endangered>, StoreError> {
            let rows = on
                .query(
                    "SELECT rule_kind, count(*) AS count, min(due_at) AS first_due_at FROM deadline \
                     WHERE state = 'running' AND due_at <= $1 AND courier = $2 GROUP BY rule_kind ORDER BY min(due_at), rule_kind",
                )
                .bind(until.millis())
                .bind(courier.word())
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<Endangered, StoreError> {
                let rule = row.text("rule_kind")?.to_owned();
                Ok(Endangered { rule, count: count(row, "count")?, first_due_at: at(row, "first_due_at")? })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn backlog(on: &mut $On, account: &str, now: Instant) -> Result<Backlog, StoreError> {
            let operations = on
                .query(
                    "SELECT count(*) AS due, min(not_before) AS first FROM operation WHERE account = $1 AND phase <> 'done' \
                     AND state <> 'settled' AND not_before <= $2",
                )
                .bind(account)
                .bind(now.millis())
                .fetch_one(on.on())
                .await?;
            let polls = on
                .query(
                    "SELECT count(*) AS watched, count(CASE WHEN next_at <= $2 THEN 1 END) AS due, min(next_at) AS first FROM poll \
                     WHERE account = $1",
                )
                .bind(account)
                .bind(now.millis())
                .fetch_one(on.on())
                .await?;
            let late = |first: Option<Instant>| first.filter(|at| *at < now).map_or(Length::ZERO, |at| now.since(at));
            // Operations that never waited have no time of their own.
            let first_operation = maybe_at(&operations, "first")?.filter(|at| at.millis() > 0);
            Ok(Backlog {
                operations: count(&operations, "due")?,
                polls: count(&polls, "due")?,
                lag: late(first_operation).max(late(maybe_at(&polls, "first")?)),
                watched: count(&polls, "watched")?,
                spent_today: spent(on, account, now.millis() / SLOT).await?.unsigned_abs(),
            })
        }
    };
}
pub(crate) use lane_calls;

/// The [`crate::lanes::LaneStore`] of a database: each method a transaction of its own, begun by `$begin` and ended by `$end`.
macro_rules! lane_store {
    ($Store:ty, $module:ident, |$store:ident| $begin:expr, |$tx:ident| $end:expr) => {
        crate::lane_calls::lane_store! { @methods $Store, $module, |$store| $begin, |$tx| $end;
                unrouted_operations(limit: u32) -> Vec<UnroutedOperation>;
                route_operation(operation_id: &str, account: &str, client_ref: &str) -> ();
                end_unrouted(operation_id: &str, tell: &str) -> ();
                unroute(gone: &[PollGroup]) -> ();
                due_operations(account: &str, now: Instant, limit: u32) -> u32;
                claim_operations(account: &str, owner: &str, now: Instant, lease: Length, limit: u32) -> Vec<ClaimedOperation>;
                end_attempt(owner: &str, end: &AttemptEnd) -> bool;
                untold(limit: u32) -> Vec<Untold>;
                told(untold: &Untold) -> ();
                attempts(operation_id: &str) -> Vec<AttemptRow>;
                sent_intercept(waybill: &Waybill) -> Option<(String, Option<String>)>;
                poll_groups(unrouted_only: bool) -> Vec<PollGroup>;
                route_polls(group: &PollGroup, account: &str) -> ();
                claim_polls(account: &str, now: Instant, least_gap: Length, lease: Length, limit: u32) -> Vec<ClaimedPoll>;
                end_polls(ends: &[PollEnd]) -> ();
                hasten(waybill: &Waybill, now: Instant) -> ();
                last_looks(waybill: &Waybill) -> Vec<(u8, Instant, Option<(String, Instant)>)>;
                pass(account: &str, kind: GateKind, owner: &str, now: Instant, probe: Length) -> GatePass;
                block(account: &str, kind: GateKind, until: Instant, why: &str) -> ();
                note_failure(account: &str, kind: GateKind, now: Instant, threshold: u32, open_until: Instant, why: &str)
                    -> Option<Instant>;
                note_success(account: &str, kind: GateKind) -> bool;
                gates() -> Vec<GateRow>;
                take_slice(account: &str, now: Instant, allowance: &Allowance, calls: u32) -> Slice;
                open_account_task(task: &AccountTask) -> bool;
                close_account_task(task_id: &str, outcome: &str, now: Instant) -> bool;
                account_tasks(open_only: bool, limit: u32) -> Vec<AccountTask>;
                endangered(courier: Courier, until: Instant) -> Vec<Endangered>;
                backlog(account: &str, now: Instant) -> Backlog;
        }
    };
    (@methods $Store:ty, $module:ident, |$store:ident| $begin:expr, |$tx:ident| $end:expr;
        $($name:ident($($argument:ident: $Argument:ty),*) -> $Out:ty;)+) => {
        #[async_trait]
        impl crate::lanes::LaneStore for $Store {
            $(async fn $name(&self, $($argument: $Argument),*) -> Result<$Out, StoreError> {
                let $store = self;
                let mut $tx = $begin;
                let out = $module::$name(&mut $tx $(, $argument)*).await?;
                $end?;
                Ok(out)
            })+
        }
    };
}
pub(crate) use lane_store;
