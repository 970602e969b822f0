//! Carrying news of the world on to the case files.

use super::link::Link;
use crate::StoreError;
use crate::rows::Columns;
use sqlx::postgres::PgRow;

macro_rules! step {
    ($who:literal) => {
        concat!(
            "WITH reached AS (SELECT no FROM case_file WHERE ",
            $who,
            " AND no > $1 AND no <= $2 ORDER BY no LIMIT $3), \
             locked AS MATERIALIZED (SELECT no FROM case_file WHERE no IN (SELECT no FROM reached) ORDER BY no FOR UPDATE SKIP LOCKED), \
             roused AS (UPDATE case_file AS f SET next_wake_at = $4 FROM locked AS l \
             WHERE f.no = l.no AND (f.next_wake_at IS NULL OR f.next_wake_at > $4)) \
             SELECT count(*) AS reached, max(no) AS last, \
             min(no) FILTER (WHERE no NOT IN (SELECT no FROM locked)) AS missed FROM reached"
        )
    };
}

const OPEN: &str = step!("is_open AND $5::text IS NULL AND $6::text IS NULL");
const AWAITING: &str = step!("awaits_courier = $5 AND awaits_province = $6");

/// Rouses at most `limit` case files. One that another writer has in hand is not waited for: it is come back to.
pub(super) async fn some(link: &mut Link, limit: u32) -> Result<u32, StoreError> {
    let mut roused = 0;
    // News that reaches nobody costs a step as well: bounded by the same number.
    for _ in 0..limit.max(1) {
        let first = link.query("SELECT id, courier, province, at, after_no, upto_no FROM rouse ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED");
        let Some(row) = first.fetch_optional(link.on()).await? else { break };
        let (count, ended) = step(link, &row, limit - roused).await?;
        roused += count;
        if roused >= limit || !ended {
            break;
        }
    }
    Ok(roused)
}

/// One step of one piece of news. Says how many it reached, and whether the news is through.
async fn step(link: &mut Link, news: &PgRow, limit: u32) -> Result<(u32, bool), StoreError> {
    let (courier, province) = (news.text_or_none("courier")?, news.text_or_none("province")?);
    let reached = link
        .query(if courier.is_some() { AWAITING } else { OPEN })
        .bind(news.number("after_no")?)
        .bind(news.number("upto_no")?)
        .bind(i64::from(limit))
        .bind(news.number("at")?)
        .bind(courier)
        .bind(province)
        .fetch_one(link.on())
        .await?;
    let (count, last) = (reached.number("reached")?, reached.number_or_none("last")?);
    let missed = reached.number_or_none("missed")?;
    // On from before the first that was missed; those after it are reached again, which changes nothing.
    let on = match (missed, last) {
        (Some(missed), _) => Some(missed - 1),
        (None, Some(last)) if count >= i64::from(limit) => Some(last),
        _ => None,
    };
    let id = news.number("id")?;
    match on {
        Some(after) => link.query("UPDATE rouse SET after_no = $1 WHERE id = $2").bind(after).bind(id).execute(link.on()).await?,
        None => link.query("DELETE FROM rouse WHERE id = $1").bind(id).execute(link.on()).await?,
    };
    // What is reached again must not look like progress for ever.
    let count = if missed.is_some() { 0 } else { u32::try_from(count).unwrap_or(limit) };
    Ok((count, on.is_none()))
}
