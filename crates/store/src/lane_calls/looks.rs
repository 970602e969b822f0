//! Looks out of turn, the last looks, and what couriers were asked to tell by themselves.

macro_rules! look_calls {
    ($On:ty, $Row:ty) => {
        pub(super) async fn hasten(on: &mut $On, waybill: &Waybill, now: Instant) -> Result<(), StoreError> {
            on.query(
                "UPDATE poll SET next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END, rank_at = $1 \
                 WHERE courier = $2 AND number = $3 AND rank_at > $1",
            )
            .bind(now.millis())
            .bind(waybill.courier.word())
            .bind(waybill.number.as_str())
            .execute(on.on())
            .await?;
            Ok(())
        }

        pub(super) async fn doubt(
            on: &mut $On,
            waybill: &Waybill,
            phone_tail: Option<&str>,
            now: Instant,
            at_once: bool,
        ) -> Result<(), StoreError> {
            if !at_once {
                on.query("UPDATE poll SET doubt = 1 WHERE courier = $1 AND number = $2 AND place = 0 AND doubt = 0")
                    .bind(waybill.courier.word())
                    .bind(waybill.number.as_str())
                    .execute(on.on())
                    .await?;
                return Ok(());
            }
            on.query(
                "INSERT INTO poll (courier, number, place, file_no, shop, every_ms, acts_at, phone_tail, next_at, rank_at, doubt) \
                 SELECT w.courier, w.number, 0, f.no, f.shop, 86400000, CAST($1 AS BIGINT), CAST($2 AS TEXT), \
                 CAST($3 AS BIGINT), CAST($3 AS BIGINT), 2 FROM waybill_index AS w \
                 JOIN case_file AS f ON f.no = w.file_no WHERE w.courier = $4 AND w.number = $5 \
                 ON CONFLICT (courier, number, place) DO UPDATE SET doubt = CASE WHEN poll.doubt = 2 THEN 2 ELSE 1 END, \
                 next_at = excluded.next_at, rank_at = excluded.rank_at",
            )
            .bind(NOTHING_RUNS)
            .bind(phone_tail)
            .bind(now.millis())
            .bind(waybill.courier.word())
            .bind(waybill.number.as_str())
            .execute(on.on())
            .await?;
            Ok(())
        }

        pub(super) async fn last_looks(on: &mut $On, waybill: &Waybill) -> Result<Vec<Look>, StoreError> {
            let rows = on
                .query("SELECT place, asked_at, newest, newest_at, doubt FROM poll WHERE courier = $1 AND number = $2 ORDER BY place")
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<Look, StoreError> {
                Ok(Look {
                    place: u8::try_from(row.number("place")?).unwrap_or(1),
                    asked_at: at(row, "asked_at")?,
                    newest: maybe_text(row, "newest")?.zip(maybe_at(row, "newest_at")?),
                    in_doubt: row.number("doubt")? > 0,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn hasten_silent(on: &mut $On, heard_before: Instant, now: Instant, both: bool) -> Result<u64, StoreError> {
            let query = if both {
                "UPDATE poll SET next_at = $2, rank_at = CASE WHEN rank_at > $2 THEN $2 ELSE rank_at END \
                 WHERE (account IS NULL OR account <> '') AND asked_at < $1 AND next_at > $2 \
                 AND EXISTS (SELECT 1 FROM poll AS x WHERE x.courier = poll.courier AND x.number = poll.number AND x.place = 1)"
            } else {
                "UPDATE poll SET next_at = $2 WHERE place = 0 AND (account IS NULL OR account <> '') \
                 AND asked_at < $1 AND coalesce(newest_at, 0) < $1 AND next_at > $2"
            };
            Ok(on.query(query).bind(heard_before.millis()).bind(now.millis()).execute(on.on()).await?.rows_affected())
        }

        pub(super) async fn begin_subscription(on: &mut $On, account: &str, waybill: &Waybill, now: Instant) -> Result<bool, StoreError> {
            let done = on
                .query(
                    "INSERT INTO subscription (courier, number, account, state, asked_at) VALUES ($1, $2, $3, 'asked', $4) \
                     ON CONFLICT DO NOTHING",
                )
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .bind(account)
                .bind(now.millis())
                .execute(on.on())
                .await?;
            Ok(done.rows_affected() == 1)
        }

        pub(super) async fn end_subscription(
            on: &mut $On,
            account: &str,
            waybill: &Waybill,
            end: SubscriptionEnd,
            detail: Option<&str>,
        ) -> Result<(), StoreError> {
            let query = match end {
                SubscriptionEnd::NotAsked => "DELETE FROM subscription WHERE courier = $1 AND number = $2 AND account = $3",
                _ => "UPDATE subscription SET state = $4, detail = $5 WHERE courier = $1 AND number = $2 AND account = $3",
            };
            let state = if end == SubscriptionEnd::Refused { "refused" } else { "taken" };
            let done = on.query(query).bind(waybill.courier.word()).bind(waybill.number.as_str()).bind(account);
            let done = if end == SubscriptionEnd::NotAsked { done } else { done.bind(state).bind(detail) };
            done.execute(on.on()).await?;
            if end == SubscriptionEnd::Taken(true) {
                on.query("UPDATE poll SET pushed = 1 WHERE courier = $1 AND number = $2 AND account = $3")
                    .bind(waybill.courier.word())
                    .bind(waybill.number.as_str())
                    .bind(account)
                    .execute(on.on())
                    .await?;
            }
            Ok(())
        }
    };
}
pub(crate) use look_calls;
