//! What is changed: erasing, leaving, holding. The same for both databases, sent through each one's own connection.

/// Everything, for a connection inside a transaction that writes; `$lock` is what holds a row against other writers.
macro_rules! retention {
    ($link:ty, $lock:literal) => {
        crate::retention::questions!($link);
        use parcelward_casework::erase;

        /// The state of a case file that may still be touched, held against everybody else.
        async fn untouched(link: &mut $link, file: &OldFile, before: Instant) -> Result<Option<String>, StoreError> {
            let row = link.query(concat!(
                "SELECT f.state FROM case_file AS f WHERE f.no = $1 AND f.version = $2 AND NOT f.is_open AND f.next_wake_at IS NULL \
                 AND f.set_aside_at IS NULL",
                $lock
            ));
            let row = row.bind(file.no).bind(file.version).fetch_optional(link.on()).await?;
            let Some(row) = row else { return Ok(None) };
            let against = link.query(
                "SELECT (SELECT count(*) FROM legal_hold WHERE order_id = $2 AND shop = $3 AND platform = $4) \
                 + (SELECT count(*) FROM journal WHERE file_no = $1 AND recorded >= $5) \
                 + (SELECT count(*) FROM operation WHERE file_no = $1 AND (phase <> 'done' OR tell IS NOT NULL)) AS count",
            );
            let order = &file.order;
            let against = against.bind(file.no).bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).bind(before.millis());
            let against = against.fetch_one(link.on()).await?.number("count")?;
            Ok(if against == 0 { Some(row.text("state")?.to_owned()) } else { None })
        }

        async fn erase_lines(link: &mut $link, no: i64, now: Instant) -> Result<(), StoreError> {
            let rows = link.query("SELECT seq, json FROM journal WHERE file_no = $1 ORDER BY line").bind(no).fetch_all(link.on()).await?;
            for row in &rows {
                let json = erase::line(row.text("json")?, now).map_err(|error| not_erased(&error))?;
                let update = link.query("UPDATE journal SET json = $1, erased_at = $2 WHERE seq = $3");
                update.bind(json).bind(now.millis()).bind(row.number("seq")?).execute(link.on()).await?;
            }
            Ok(())
        }

        /// What decisions told, beside the journal.
        async fn erase_told(link: &mut $link, no: i64) -> Result<(), StoreError> {
            for (read, write) in [
                ("SELECT task_id AS id, opened AS told FROM task WHERE file_no = $1", "UPDATE task SET opened = $1 WHERE task_id = $2"),
                (
                    "SELECT operation_id AS id, intent AS told FROM operation WHERE file_no = $1",
                    "UPDATE operation SET intent = $1 WHERE operation_id = $2",
                ),
            ] {
                for row in &link.query(read).bind(no).fetch_all(link.on()).await? {
                    let told = erase::told(row.text("told")?).map_err(|error| not_erased(&error))?;
                    link.query(write).bind(told).bind(row.text("id")?).execute(link.on()).await?;
                }
            }
            for forget in [
                "UPDATE operation_attempt SET detail = NULL, exchange = NULL \
                 WHERE operation_id IN (SELECT operation_id FROM operation WHERE file_no = $1)",
                "UPDATE poll SET phone_tail = NULL WHERE file_no = $1",
                "UPDATE poll_exchange SET detail = NULL, exchange = NULL \
                 WHERE (courier, number) IN (SELECT courier, number FROM waybill_index WHERE file_no = $1)",
                "UPDATE subscription SET detail = NULL \
                 WHERE (courier, number) IN (SELECT courier, number FROM waybill_index WHERE file_no = $1)",
            ] {
                link.query(forget).bind(no).execute(link.on()).await?;
            }
            Ok(())
        }

        pub(crate) async fn erase_file(link: &mut $link, file: &OldFile, before: Instant, now: Instant) -> Result<bool, StoreError> {
            let Some(state) = untouched(link, file, before).await? else { return Ok(false) };
            let state = crate::rows::read_state(&state).map_err(StoreError::Unreadable)?;
            let erased = erase::file(parcelward_casework::casefile::CaseFile::clone(&state));
            let erased = serde_json::to_string(&erased).map_err(|e| StoreError::Defect(e.to_string()))?;
            erase_lines(link, file.no, now).await?;
            erase_told(link, file.no).await?;
            // A new version: whoever has the case file in memory reads it anew.
            let update = link.query("UPDATE case_file SET state = $1, version = version + 1, erased_version = version + 1 WHERE no = $2");
            update.bind(erased).bind(file.no).execute(link.on()).await?;
            crash_point!("retention.erasing")?;
            Ok(true)
        }

        pub(crate) async fn erase_loose(link: &mut $link, before: Instant, now: Instant, limit: u32) -> Result<u64, StoreError> {
            let rows = link.query(
                "SELECT seq, json FROM journal WHERE file_no IS NULL AND erased_at IS NULL AND recorded < $1 \
                 AND type NOT IN ('parcelward.coverage', 'parcelward.disruption', 'parcelward.configuration') LIMIT $2",
            );
            let rows = rows.bind(before.millis()).bind(most(limit)).fetch_all(link.on()).await?;
            for row in &rows {
                let json = erase::line(row.text("json")?, now).map_err(|error| not_erased(&error))?;
                let update = link.query("UPDATE journal SET json = $1, erased_at = $2 WHERE seq = $3");
                update.bind(json).bind(now.millis()).bind(row.number("seq")?).execute(link.on()).await?;
            }
            Ok(rows.len() as u64)
        }

        pub(crate) async fn begin_archive(link: &mut $link, name: &str, owner: &str, now: Instant) -> Result<Option<u64>, StoreError> {
            let insert = link.query(
                "INSERT INTO archive (no, name, state, owner, at, files, lines, sha256) \
                 SELECT coalesce(max(no), 0) + 1, $1, 'writing', $2, $3, 0, 0, '' FROM archive WHERE true ON CONFLICT DO NOTHING",
            );
            let insert = insert.bind(name).bind(owner).bind(now.millis());
            if insert.execute(link.on()).await?.rows_affected() == 0 {
                return Ok(None);
            }
            let row = link.query("SELECT no FROM archive WHERE state = 'writing'").fetch_one(link.on()).await?;
            Ok(Some(row.number("no")?.unsigned_abs()))
        }

        pub(crate) async fn drop_archive(link: &mut $link, no: u64) -> Result<bool, StoreError> {
            let gone = link.query("DELETE FROM archive WHERE no = $1 AND state = 'writing'");
            Ok(gone.bind(place(no)).execute(link.on()).await?.rows_affected() == 1)
        }

        pub(crate) async fn finish_archive(
            link: &mut $link,
            no: u64,
            lines: u64,
            sha256: &str,
            files: &[OldFile],
            before: Instant,
        ) -> Result<bool, StoreError> {
            let done = link.query(
                "UPDATE archive SET state = 'done', files = $1, lines = $2, sha256 = $3 WHERE no = $4 AND state = 'writing'",
            );
            let done = done.bind(place(files.len() as u64)).bind(place(lines)).bind(sha256).bind(place(no));
            if done.execute(link.on()).await?.rows_affected() != 1 {
                return Ok(false);
            }
            // In the order of their numbers, as everybody who holds several.
            let mut sorted: Vec<&OldFile> = files.iter().collect();
            sorted.sort_by_key(|file| file.no);
            for file in sorted {
                if untouched(link, file, before).await?.is_none() {
                    return Ok(false);
                }
                leave(link, place(no), file.no).await?;
                crash_point!("retention.leaving")?;
            }
            Ok(true)
        }

        /// Removes a case file, and leaves what tells where it went.
        async fn leave(link: &mut $link, archive: i64, no: i64) -> Result<(), StoreError> {
            for note in [
                "INSERT INTO archived_order (platform, shop, order_id, tag, archive_no) \
                 SELECT platform, shop, order_id, tag, $2 FROM case_file WHERE no = $1",
                "INSERT INTO archived_waybill (number, courier, tag) SELECT w.number, w.courier, f.tag FROM waybill_index AS w \
                 JOIN case_file AS f ON f.no = w.file_no WHERE w.file_no = $1 AND $2 > 0 \
                 ON CONFLICT (number, courier) DO UPDATE SET tag = excluded.tag",
                "UPDATE inbox SET seq = -$2 WHERE (source, id) IN (SELECT source, id FROM journal WHERE file_no = $1 AND kind = 'fact')",
            ] {
                link.query(note).bind(no).bind(archive).execute(link.on()).await?;
            }
            for remove in [
                "DELETE FROM poll_exchange WHERE (courier, number) IN (SELECT courier, number FROM waybill_index WHERE file_no = $1)",
                "DELETE FROM subscription WHERE (courier, number) IN (SELECT courier, number FROM waybill_index WHERE file_no = $1)",
                "DELETE FROM operation_attempt WHERE operation_id IN (SELECT operation_id FROM operation WHERE file_no = $1)",
                "DELETE FROM operation WHERE file_no = $1",
                "DELETE FROM poll WHERE file_no = $1",
                "DELETE FROM task WHERE file_no = $1",
                "DELETE FROM deadline WHERE file_no = $1",
                "DELETE FROM open_case WHERE file_no = $1",
                "DELETE FROM waybill_index WHERE file_no = $1",
                "DELETE FROM journal WHERE file_no = $1",
                "DELETE FROM case_file WHERE no = $1",
            ] {
                link.query(remove).bind(no).execute(link.on()).await?;
            }
            Ok(())
        }

        pub(crate) async fn note_late(link: &mut $link, late: &[crate::change::LateEntry]) -> Result<(), StoreError> {
            for fact in late {
                let note = link.query("INSERT INTO late_fact (source, id, tag, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
                let note = note.bind(&fact.id.source).bind(&fact.id.id).bind(&fact.tag).bind(fact.at.millis());
                note.execute(link.on()).await?;
            }
            Ok(())
        }

        pub(crate) async fn set_hold(link: &mut $link, hold: &Hold) -> Result<Option<bool>, StoreError> {
            let order = &hold.order;
            let row = link.query(concat!(
                "SELECT f.no FROM case_file AS f WHERE f.order_id = $1 AND f.shop = $2 AND f.platform = $3",
                $lock
            ));
            let row = row.bind(&order.order_id).bind(&order.shop).bind(order.platform.word());
            if row.fetch_optional(link.on()).await?.is_none() {
                return Ok(None);
            }
            let set = link.query(
                "INSERT INTO legal_hold (platform, shop, order_id, who, why, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            );
            let set = set.bind(order.platform.word()).bind(&order.shop).bind(&order.order_id);
            let set = set.bind(&hold.who).bind(&hold.why).bind(hold.at.millis());
            let set = set.execute(link.on()).await?.rows_affected() == 1;
            if set {
                log_hold(link, hold, "set").await?;
            }
            Ok(Some(set))
        }

        pub(crate) async fn release_hold(link: &mut $link, word: &Hold) -> Result<bool, StoreError> {
            let order = &word.order;
            let gone = link.query("DELETE FROM legal_hold WHERE order_id = $1 AND shop = $2 AND platform = $3");
            let gone = gone.bind(&order.order_id).bind(&order.shop).bind(order.platform.word());
            let released = gone.execute(link.on()).await?.rows_affected() == 1;
            if released {
                log_hold(link, word, "released").await?;
            }
            Ok(released)
        }

        async fn log_hold(link: &mut $link, word: &Hold, what: &str) -> Result<(), StoreError> {
            // Two words of one instant: the later one stands a millisecond behind.
            let log = link.query(
                "INSERT INTO legal_hold_log (platform, shop, order_id, what, who, why, at) \
                 SELECT $1, $2, $3, $4, $5, $6, CASE WHEN coalesce(max(at), 0) >= $7 THEN max(at) + 1 ELSE $7 END FROM legal_hold_log \
                 WHERE order_id = $3 AND shop = $2 AND platform = $1",
            );
            let log = log.bind(word.order.platform.word()).bind(&word.order.shop).bind(&word.order.order_id).bind(what);
            log.bind(&word.who).bind(&word.why).bind(word.at.millis()).execute(link.on()).await?;
            Ok(())
        }
    };
}
pub(crate) use retention;

/// The [`crate::RetentionStore`] of a database. `$ask` begins a question, `$begin` a change; what came to nothing is taken back.
macro_rules! retention_store {
    ($Store:ty, $read:path, $write:path, |$store:ident| $ask:expr, |$asked:ident| $answered:expr, $begin:expr, |$tx:ident| $end:expr, $back:expr) => {
        crate::retention::calls::retention_store! { @methods $Store, $read, $write, |$store| $ask, |$asked| $answered, $begin, |$tx| $end, $back;
            ask {
                old_files(step: Step, before: Instant, after: u64) -> Page<OldFile, u64>;
                archives(limit: u32) -> Vec<ArchiveRow>;
                archived_order(order: &OrderKey) -> Option<ArchivedOrder>;
                late_facts(limit: u32) -> Vec<LateFact>;
                holds(limit: u32) -> Vec<Hold>;
                hold_words(order: &OrderKey) -> Vec<HoldWord>;
            }
            change {
                erase_file(file: &OldFile, before: Instant, now: Instant) -> bool, |did| did;
                erase_loose(before: Instant, now: Instant, limit: u32) -> u64, |count| count > 0;
                begin_archive(name: &str, owner: &str, now: Instant) -> Option<u64>, |no| no.is_some();
                drop_archive(no: u64) -> bool, |did| did;
                finish_archive(no: u64, lines: u64, sha256: &str, files: &[OldFile], before: Instant) -> bool, |did| did;
                set_hold(hold: &Hold) -> Option<bool>, |did| did == Some(true);
                release_hold(word: &Hold) -> bool, |did| did;
            }
        }
    };
    (@methods $Store:ty, $read:path, $write:path, |$store:ident| $ask:expr, |$asked:ident| $answered:expr, $begin:expr, |$tx:ident| $end:expr,
        $back:expr;
        ask { $($question:ident($($q:ident: $Q:ty),*) -> $Answer:ty;)+ }
        change { $($name:ident($($argument:ident: $Argument:ty),*) -> $Out:ty, |$out:ident| $did:expr;)+ }) => {
        #[async_trait]
        impl crate::retention::RetentionStore for $Store {
            $(async fn $question(&self, $($q: $Q),*) -> Result<$Answer, StoreError> {
                use $read as questions;
                let $store = self;
                let mut $asked = $ask;
                let answer = questions::$question(&mut $asked $(, $q)*).await?;
                $answered?;
                Ok(answer)
            })+
            $(async fn $name(&self, $($argument: $Argument),*) -> Result<$Out, StoreError> {
                use $write as changes;
                let $store = self;
                let mut $tx = $begin;
                let $out = changes::$name(&mut $tx $(, $argument)*).await?;
                if $did {
                    $end?;
                } else {
                    $back;
                }
                Ok($out)
            })+
        }
    };
}
pub(crate) use retention_store;
