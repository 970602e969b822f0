//! Case files that wait: copies of one, with everything that lists show of it and without its journal, due days later, each at its own time.

use parcelward_casework::instant::{Instant, Length};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Tables that are copied, and the column by which the template's rows are found.
const COPIED: [(&str, &str); 3] = [("case_file", "no"), ("deadline", "file_no"), ("waybill_index", "file_no")];
/// Rows of one transaction.
const STEP: u64 = 100_000;
/// Numbers of copies begin here, out of the way of those that are given out.
const FIRST: i64 = 1_000_000_000;

/// The template: its row's number, and what of it is replaced in every text.
struct Template {
    no: i64,
    order_id: String,
    tag: String,
    number: String,
}

/// The expression that gives a copy's column.
fn expression(column: &str, is_text: bool, template: &Template, begin: Instant) -> String {
    let Template { order_id, tag, number, .. } = template;
    match column {
        "no" | "file_no" => format!("{FIRST} + x.i"),
        "next_wake_at" => format!("{} + (x.i * 7919) % {}", (begin + Length::days(2)).millis(), Length::days(30).as_millis()),
        _ if is_text => {
            let digits = "substr(CAST(100000000000 + x.i AS TEXT), 2)";
            format!(
                "replace(replace(replace(t.{column}, '{order_id}', '9' || {digits}), '{tag}', 'z' || {digits}), '{number}', '9' || {digits})"
            )
        }
        _ => format!("t.{column}"),
    }
}

async fn copy<C>(
    on: &mut C,
    columns: Vec<Vec<(String, bool)>>,
    template: Template,
    count: u64,
    begin: Instant,
    series: fn(u64, u64) -> String,
) where
    for<'c> &'c mut C: sqlx::Executor<'c>,
{
    for from in (0..count).step_by(STEP as usize) {
        let mut all = "BEGIN;".to_owned();
        for ((table, by), columns) in COPIED.iter().zip(&columns) {
            let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            let values: Vec<String> = columns.iter().map(|(name, is_text)| expression(name, *is_text, &template, begin)).collect();
            all.push_str(&format!(
                "INSERT INTO {table} ({}) SELECT {} FROM {table} AS t CROSS JOIN ({}) AS x WHERE t.{by} = {};",
                names.join(", "),
                values.join(", "),
                series(from, (from + STEP).min(count)),
                template.no
            ));
        }
        sqlx::raw_sql(AssertSqlSafe(all + "COMMIT")).execute(&mut *on).await.unwrap();
    }
}

const TEMPLATE: &str = "SELECT f.no, f.order_id, f.tag, w.number FROM case_file AS f JOIN waybill_index AS w ON w.file_no = f.no \
    WHERE f.next_wake_at IS NOT NULL ORDER BY f.no LIMIT 1";

/// Copies the first case file so often.
pub async fn store(url: &str, count: u64, begin: Instant) {
    if url.starts_with("sqlite") {
        let mut on = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql("PRAGMA synchronous = OFF; PRAGMA cache_size = -256000; PRAGMA wal_autocheckpoint = 50000")
            .execute(&mut on)
            .await
            .unwrap();
        let row = sqlx::query(TEMPLATE).fetch_one(&mut on).await.unwrap();
        let template = Template { no: row.get(0), order_id: row.get(1), tag: row.get(2), number: row.get(3) };
        let mut columns = Vec::new();
        for (table, _) in COPIED {
            let rows = sqlx::query("SELECT name, type FROM pragma_table_info(?1)").bind(table).fetch_all(&mut on).await.unwrap();
            columns.push(rows.iter().map(|r| (r.get(0), r.get::<String, _>(1) == "TEXT")).collect());
        }
        let series = |from: u64, to: u64| {
            format!("WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to}) SELECT i FROM n")
        };
        copy(&mut on, columns, template, count, begin, series).await;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut on).await.unwrap();
        on.close().await.unwrap();
    } else {
        let mut on = sqlx::PgConnection::connect(url).await.unwrap();
        let row = sqlx::query(TEMPLATE).fetch_one(&mut on).await.unwrap();
        let template = Template { no: row.get(0), order_id: row.get(1), tag: row.get(2), number: row.get(3) };
        let mut columns = Vec::new();
        for (table, _) in COPIED {
            let rows = sqlx::query("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position")
                .bind(table)
                .fetch_all(&mut on)
                .await
                .unwrap();
            columns.push(rows.iter().map(|r| (r.get(0), r.get::<String, _>(1) == "text")).collect());
        }
        sqlx::raw_sql("SET synchronous_commit = off").execute(&mut on).await.unwrap();
        let series = |from: u64, to: u64| format!("SELECT i FROM generate_series({from}::bigint, {to}::bigint - 1) AS g (i)");
        copy(&mut on, columns, template, count, begin, series).await;
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut on).await.unwrap();
    }
}
