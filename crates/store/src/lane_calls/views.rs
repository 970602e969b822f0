//! What is asked of the lanes by whoever looks at them.

macro_rules! view_calls {
    ($On:ty, $Row:ty) => {
        pub(super) async fn operation_lane(on: &mut $On, operation_id: &str) -> Result<Option<OperationLane>, StoreError> {
            let row = on
                .query(
                    "SELECT account, phase, not_before, lease_until, tries, looks, first_look_at, sent_at, client_ref, \
                     CAST(CASE WHEN tell IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_told FROM operation WHERE operation_id = $1",
                )
                .bind(operation_id)
                .fetch_optional(on.on())
                .await?;
            let read = |row: &$Row| -> Result<OperationLane, StoreError> {
                Ok(OperationLane {
                    account: maybe_text(row, "account")?,
                    phase: word(row, "phase", Phase::from_word)?,
                    not_before: at(row, "not_before")?,
                    lease_until: maybe_at(row, "lease_until")?,
                    tries: small(row, "tries")?,
                    looks: small(row, "looks")?,
                    first_look_at: maybe_at(row, "first_look_at")?,
                    sent_at: maybe_at(row, "sent_at")?,
                    client_ref: maybe_text(row, "client_ref")?,
                    is_told: row.number("is_told")? == 1,
                })
            };
            row.as_ref().map(read).transpose()
        }

        pub(super) async fn poll_states(on: &mut $On, waybill: &Waybill) -> Result<Vec<PollState>, StoreError> {
            let rows = on
                .query(
                    "SELECT place, account, asked_at, changed_at, failures, newest, newest_at, next_at FROM poll \
                     WHERE courier = $1 AND number = $2 ORDER BY place",
                )
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .fetch_all(on.on())
                .await?;
            let ever = |at: Instant| Some(at).filter(|at| at.millis() > 0);
            let read = |row: &$Row| -> Result<PollState, StoreError> {
                Ok(PollState {
                    place: u8::try_from(row.number("place")?).unwrap_or(1),
                    account: maybe_text(row, "account")?,
                    asked_at: ever(at(row, "asked_at")?),
                    changed_at: ever(at(row, "changed_at")?),
                    failures: small(row, "failures")?,
                    newest: maybe_text(row, "newest")?.zip(maybe_at(row, "newest_at")?),
                    next_at: at(row, "next_at")?,
                })
            };
            rows.iter().map(read).collect()
        }

        /// Questions about a parcel that are kept, of each source: the newest.
        const QUESTIONS_KEPT: i64 = 5;

        pub(super) async fn note_questions(on: &mut $On, questions: &[Question]) -> Result<(), StoreError> {
            for question in questions {
                note_question(on, question).await?;
            }
            Ok(())
        }

        pub(super) async fn troubled_calls(
            on: &mut $On,
            account: &str,
            from: Instant,
            until: Instant,
            limit: u32,
        ) -> Result<Vec<TroubledCall>, StoreError> {
            let rows = on
                .query(
                    "SELECT x.asked_at AS at, x.courier, x.number, CAST(NULL AS TEXT) AS kind, x.outcome, x.detail, x.exchange FROM poll_exchange AS x \
                     WHERE x.account = $1 AND x.asked_at >= $2 AND x.asked_at <= $3 AND x.outcome = 'failed' \
                     UNION ALL \
                     SELECT a.started_at, o.courier, o.number, o.kind, a.outcome, a.detail, a.exchange FROM operation_attempt AS a \
                     JOIN operation AS o ON o.operation_id = a.operation_id \
                     WHERE a.account = $1 AND a.started_at >= $2 AND a.started_at <= $3 \
                     AND a.outcome IN ('not_sent', 'unconfirmed', 'look_failed', 'not_answered') \
                     ORDER BY 1 DESC, 3 LIMIT $4",
                )
                .bind(account)
                .bind(from.millis())
                .bind(until.millis())
                .bind(i64::from(limit.min(MAX_PAGE)))
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<TroubledCall, StoreError> {
                let operation = row.text_or_none("kind")?.is_some().then(|| word(row, "kind", OperationKind::from_word)).transpose()?;
                Ok(TroubledCall {
                    at: at(row, "at")?,
                    account: account.to_owned(),
                    waybill: waybill_of(row)?,
                    operation,
                    outcome: row.text("outcome")?.to_owned(),
                    detail: maybe_text(row, "detail")?,
                    exchange: maybe_text(row, "exchange")?,
                })
            };
            rows.iter().rev().map(read).collect()
        }

        async fn note_question(on: &mut $On, question: &Question) -> Result<(), StoreError> {
            let (courier, number) = (question.waybill.courier.word(), question.waybill.number.as_str());
            on.query(
                "INSERT INTO poll_exchange (courier, number, place, asked_at, account, outcome, detail, exchange) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(courier)
            .bind(number)
            .bind(i64::from(question.place))
            .bind(question.asked_at.millis())
            .bind(question.account.as_str())
            .bind(question.outcome.as_str())
            .bind(question.detail.as_deref())
            .bind(question.exchange.as_deref())
            .execute(on.on())
            .await?;
            on.query(
                "DELETE FROM poll_exchange WHERE courier = $1 AND number = $2 AND place = $3 AND asked_at <= (SELECT x.asked_at \
                 FROM poll_exchange AS x WHERE x.courier = $1 AND x.number = $2 AND x.place = $3 ORDER BY x.asked_at DESC LIMIT 1 OFFSET $4)",
            )
            .bind(courier)
            .bind(number)
            .bind(i64::from(question.place))
            .bind(QUESTIONS_KEPT)
            .execute(on.on())
            .await?;
            Ok(())
        }

        pub(super) async fn questions(on: &mut $On, waybill: &Waybill) -> Result<Vec<Question>, StoreError> {
            let rows = on
                .query("SELECT * FROM poll_exchange WHERE courier = $1 AND number = $2 ORDER BY place, asked_at LIMIT $3")
                .bind(waybill.courier.word())
                .bind(waybill.number.as_str())
                .bind(i64::from(MAX_PAGE))
                .fetch_all(on.on())
                .await?;
            let read = |row: &$Row| -> Result<Question, StoreError> {
                Ok(Question {
                    waybill: waybill.clone(),
                    place: u8::try_from(row.number("place")?).unwrap_or(1),
                    asked_at: at(row, "asked_at")?,
                    account: row.text("account")?.to_owned(),
                    outcome: row.text("outcome")?.to_owned(),
                    detail: maybe_text(row, "detail")?,
                    exchange: maybe_text(row, "exchange")?,
                })
            };
            rows.iter().map(read).collect()
        }
    };
}
pub(crate) use view_calls;
