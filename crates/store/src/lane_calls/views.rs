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
    };
}
pub(crate) use view_calls;
