//! What lanes ask of the parcels that are watched.

macro_rules! poll_calls {
    ($On:ty, $Row:ty, $skip:literal, $lock:literal) => {
        /// A parcel that nobody watches and of which nothing can be learned is asked about so often.
        const DOUBTED_IN_VAIN: u32 = 5;

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
                    "SELECT courier, number, place, fence, acts_at, asked_at, changed_at, failures, answer, phone_tail, rank_at, \
                     CAST(CASE WHEN place = 1 OR EXISTS (SELECT 1 FROM poll AS x WHERE x.courier = o.courier AND x.number = o.number \
                     AND x.place = 1) THEN 1 ELSE 0 END AS BIGINT) AS is_both, \
                     CAST(CASE WHEN EXISTS (SELECT 1 FROM subscription AS s WHERE s.courier = o.courier AND s.number = o.number \
                     AND s.account = o.account) THEN 0 ELSE 1 END AS BIGINT) AS is_unsubscribed \
                     FROM poll AS o \
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
                    both: row.number("is_both")? == 1,
                    unsubscribed: row.number("is_unsubscribed")? == 1,
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
                    "SELECT every_ms, acts_at, asked_at, pushed, doubt FROM poll WHERE courier = $1 AND number = $2 AND place = $3 AND fence = $4",
                    $lock
                ))
                .bind(courier)
                .bind(number)
                .bind(place)
                .bind(fence)
                .fetch_optional(on.on())
                .await?;
            let Some(row) = row else { return Ok(()) };
            let doubt = row.number("doubt")?;
            if doubt == 2 && end.asked_at.is_some() && (end.failures == 0 || end.failures > DOUBTED_IN_VAIN) {
                on.query("DELETE FROM poll WHERE courier = $1 AND number = $2 AND place = $3")
                    .bind(courier)
                    .bind(number)
                    .bind(place)
                    .execute(on.on())
                    .await?;
                return Ok(());
            }
            let doubt = if end.asked_at.is_some() && end.failures == 0 { 0 } else { doubt };
            let acts_at = row.number("acts_at")?;
            let acts_at = (acts_at < NOTHING_RUNS).then(|| Instant::from_millis(acts_at));
            let (asked_at, next_at, rank_at) = match end.asked_at {
                Some(asked_at) => {
                    let looks = Looks { asked_at, changed_at: end.changed_at, failures: end.failures, pushed: row.number("pushed")? == 1 };
                    let every = Length::millis(row.number("every_ms")?);
                    let next = next_look(looks, every, acts_at, end.spread);
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
                 newest = coalesce($5, newest), newest_at = coalesce($6, newest_at), next_at = $7, rank_at = $8, lease_until = 0, \
                 doubt = $13 WHERE courier = $9 AND number = $10 AND place = $11 AND fence = $12",
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
            .bind(doubt)
            .execute(on.on())
            .await?;
            Ok(())
        }
    };
}
pub(crate) use poll_calls;
