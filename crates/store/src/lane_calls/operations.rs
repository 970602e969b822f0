//! What lanes ask of operations and their attempts.

/// Which operations `o` of account `$1` are due at `$2`; where `$3` is 0 nothing may be sent, and only what was sent before is looked after. Of one kind
/// on one waybill only one is ever under way or unclear: the others wait for it, and of several that wait one goes first.
macro_rules! is_due {
    () => {
        "o.account = $1 AND o.phase <> 'done' AND o.not_before <= $2 AND (o.lease_until IS NULL OR o.lease_until <= $2) \
         AND (o.phase = 'sending' OR (o.phase = 'planned' AND o.state = 'requested' AND $3 = 1) \
         OR (o.phase = 'unclear' AND o.state IN ('requested', 'unknown')) OR (o.phase = 'watched' AND o.state = 'accepted')) \
         AND NOT (o.phase = 'planned' AND EXISTS (SELECT 1 FROM operation AS x WHERE x.number = o.number \
         AND x.courier = o.courier AND x.kind = o.kind AND x.operation_id <> o.operation_id \
         AND ((x.phase IN ('sending', 'unclear') AND x.state IN ('requested', 'unknown')) \
         OR (x.phase = 'planned' AND x.state = 'requested' AND x.operation_id < o.operation_id))))"
    };
}
pub(crate) use is_due;

macro_rules! operation_calls {
    ($On:ty, $Row:ty, $skip:literal, $lock:literal) => {
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

        pub(super) async fn due_operations(
            on: &mut $On,
            account: &str,
            now: Instant,
            may_send: bool,
            limit: u32,
        ) -> Result<u32, StoreError> {
            let row = on
                .query(concat!(
                    "SELECT count(*) AS due FROM (SELECT 1 AS one FROM operation AS o WHERE ",
                    crate::lane_calls::operations::is_due!(),
                    " LIMIT $4) AS d"
                ))
                .bind(account)
                .bind(now.millis())
                .bind(i64::from(may_send))
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
            may_send: bool,
            limit: u32,
        ) -> Result<Vec<ClaimedOperation>, StoreError> {
            let rows = on
                .query(concat!(
                    "SELECT o.operation_id, o.kind, o.courier, o.number, o.intent, o.phase, o.attempt, o.tries, o.looks, o.first_look_at, \
                     o.sent_at, o.asked_at, o.client_ref, o.reference, f.platform, f.shop, f.order_id, \
                     CAST(CASE WHEN o.incarnation = (SELECT m.incarnation FROM db_meta AS m WHERE m.id = 1) THEN 0 ELSE 1 END AS BIGINT) \
                     AS is_foreign \
                     FROM operation AS o JOIN case_file AS f ON f.no = o.file_no WHERE ",
                    crate::lane_calls::operations::is_due!(),
                    " ORDER BY o.not_before, o.operation_id LIMIT $4",
                    $skip
                ))
                .bind(account)
                .bind(now.millis())
                .bind(i64::from(may_send))
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
            // A claim is asked after for weeks: of questions the newest are worth keeping whole, of what was sent everything is.
            if number > EXCHANGES_KEPT {
                on.query(
                    "UPDATE operation_attempt SET exchange = NULL WHERE operation_id = $1 AND number <= $2 AND mode <> 'send' \
                     AND exchange IS NOT NULL",
                )
                .bind(end.operation_id.as_str())
                .bind(number - EXCHANGES_KEPT)
                .execute(on.on())
                .await?;
            }
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
                .query("SELECT * FROM operation_attempt WHERE operation_id = $1 ORDER BY number DESC LIMIT $2")
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
            rows.iter().rev().map(read).collect()
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
    };
}
pub(crate) use operation_calls;
