//! What lanes ask of accounts: their gates, their budgets, their tasks.

macro_rules! account_calls {
    ($On:ty, $Row:ty, $skip:literal, $lock:literal) => {
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
            let slow =
                if allowance.slow_apart_us > 0 { slow.max(now_us - allowance.slow_apart_us) + allowance.slow_apart_us } else { slow };
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

        pub(super) async fn backlog(on: &mut $On, account: &str, now: Instant, least_gap: Length) -> Result<Backlog, StoreError> {
            let operations = on
                .query(
                    // What a person took over waits for nobody here.
                    "SELECT count(*) AS due, min(not_before) AS first FROM operation WHERE account = $1 AND phase <> 'done' \
                     AND not_before <= $2 AND (phase = 'sending' OR (phase = 'planned' AND state = 'requested') \
                     OR (phase = 'unclear' AND state IN ('requested', 'unknown')) OR (phase = 'watched' AND state = 'accepted'))",
                )
                .bind(account)
                .bind(now.millis())
                .fetch_one(on.on())
                .await?;
            let polls = on
                .query(
                    "SELECT count(*) AS watched, count(CASE WHEN next_at <= $2 AND asked_at <= $3 THEN 1 END) AS due, \
                     min(CASE WHEN asked_at <= $3 THEN next_at END) AS first FROM poll WHERE account = $1",
                )
                .bind(account)
                .bind(now.millis())
                .bind((now - least_gap).millis())
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
pub(crate) use account_calls;
