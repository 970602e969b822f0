//! Facts and people's actions that pour into a daemon, in every way in which they can be sent, with a ledger of what was answered.

use parcelward_casework::instant::{Instant, Length};
use parcelward_tests::dice::Dice;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What is known of something that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was answered that it is taken.
    Acknowledged,
    /// It was answered that it is not.
    Refused,
    /// No answer came.
    Unknown,
}

/// This moment.
pub fn now() -> Instant {
    Instant::from_millis(i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap())
}

/// Everything that was sent, by its name, with its data where they are sent as they are kept.
#[derive(Debug, Default)]
pub struct Ledger {
    sent: Mutex<HashMap<String, (Option<Value>, Fate)>>,
    cut_off: AtomicU32,
}

impl Ledger {
    fn note(&self, name: &str, data: Option<&Value>, fate: Fate) {
        let mut sent = self.sent.lock().unwrap();
        let entry = sent.entry(name.to_owned()).or_insert_with(|| (data.cloned(), fate));
        // An answer is an answer; what is not heard afterwards takes nothing back.
        if fate != Fate::Unknown {
            entry.1 = fate;
        }
    }

    /// Something is sent beside what pours.
    #[allow(dead_code, reason = "each test uses its part")]
    pub fn asked(&self, name: &str, data: &Value) {
        self.note(name, Some(data), Fate::Unknown);
    }

    /// It was taken.
    #[allow(dead_code, reason = "each test uses its part")]
    pub fn acknowledge(&self, name: &str, data: &Value) {
        self.note(name, Some(data), Fate::Acknowledged);
    }

    fn sent(&self) -> HashMap<String, (Option<Value>, Fate)> {
        self.sent.lock().unwrap().clone()
    }

    /// Holds an export to what was answered. Says what there was.
    pub fn holds(&self, export: &str) -> Told {
        let mut found: HashMap<String, (u32, Value)> = HashMap::new();
        for line in export.lines() {
            let fact: Value = serde_json::from_str(line).expect("every line of an export is JSON");
            // What people do is named by its note: its id is made by the daemon.
            let name = match fact["data"]["note"].as_str().filter(|_| fact["source"] == "parcelward/api") {
                Some(note) => note.to_owned(),
                None => fact["id"].as_str().unwrap().to_owned(),
            };
            let entry = found.entry(name).or_insert((0, fact["data"].clone()));
            entry.0 += 1;
        }
        let sent = self.sent();
        let mut counts: HashMap<Fate, usize> = HashMap::new();
        for (name, (data, fate)) in &sent {
            *counts.entry(*fate).or_default() += 1;
            let times = found.get(name).map_or(0, |(times, _)| *times);
            match fate {
                Fate::Acknowledged => {
                    assert_eq!(times, 1, "`{name}` was acknowledged and stands in the export {times} times");
                    if let Some(data) = data {
                        assert_eq!(&found[name].1, data, "`{name}` is not what was acknowledged");
                    }
                }
                Fate::Refused => assert_eq!(times, 0, "`{name}` was refused and stands in the export"),
                Fate::Unknown => assert!(times <= 1, "`{name}` stands in the export {times} times"),
            }
        }
        for name in found.keys() {
            assert!(sent.contains_key(name), "`{name}` stands in the export and was never sent");
        }
        let count = |fate| counts.get(&fate).copied().unwrap_or(0);
        Told {
            acknowledged: count(Fate::Acknowledged),
            refused: count(Fate::Refused),
            unknown: count(Fate::Unknown),
            by_people: sent.values().filter(|(data, fate)| data.is_none() && *fate == Fate::Acknowledged).count(),
            cut_off: self.cut_off.load(Ordering::Relaxed),
        }
    }
}

/// What an export was held to.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    pub acknowledged: usize,
    pub refused: usize,
    pub unknown: usize,
    /// Of the acknowledged ones.
    pub by_people: usize,
    pub cut_off: u32,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Told { acknowledged, refused, unknown, by_people, cut_off } = self;
        write!(
            f,
            "{acknowledged} acknowledged, {by_people} of them of people; {refused} refused, {unknown} unknown, {cut_off} requests cut off"
        )
    }
}

/// How fast it pours.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flow {
    /// The pause after each request.
    pub pause: Duration,
    /// After so many facts of a sender other orders are talked about; never where it is 0.
    pub turn: u64,
}

/// A daemon as a process of its own. Killed when it is dropped.
#[allow(dead_code, reason = "each test uses its part")]
pub struct Process {
    child: Child,
    address: Option<oneshot::Receiver<String>>,
}

#[allow(dead_code, reason = "each test uses its part")]
impl Process {
    pub fn start(binary: &Path, dir: &Path) -> Process {
        Process::start_on(binary, dir, "sqlite:kill.db", "")
    }

    /// One that works on this database, and has this name.
    pub fn start_on(binary: &Path, dir: &Path, database: &str, name: &str) -> Process {
        Process::start_with(binary, dir, database, name, &[])
    }

    /// The same with variables of the test's own.
    pub fn start_with(binary: &Path, dir: &Path, database: &str, name: &str, variables: &[(&str, &str)]) -> Process {
        let mut child = parcelward_tests::replay::command(binary)
            .arg("serve")
            .current_dir(dir)
            .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
            .env("PARCELWARD_DATABASE__URL", database)
            .env("PARCELWARD_SERVER__NAME", name)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (tell, address) = oneshot::channel();
        // Reads to the end, so that the daemon never waits for its log to be read.
        std::thread::spawn(move || {
            let mut tell = Some(tell);
            for line in log.lines().map_while(Result::ok) {
                let found = line.split("listening on ").nth(1).and_then(|rest| rest.split(';').next());
                match found.filter(|_| tell.is_some()) {
                    Some(found) => drop(tell.take().map(|tell| tell.send(found.to_owned()))),
                    None if line.contains(" INFO ") || line.contains("INFO") => {}
                    None => eprintln!("daemon: {line}"),
                }
            }
        });
        Process { child, address: Some(address) }
    }

    /// Where it answers, once it does.
    pub async fn ready(&mut self) -> String {
        let address = self.address.take().unwrap();
        tokio::time::timeout(Duration::from_secs(30), address).await.expect("it starts in time").expect("it starts")
    }

    /// A signal by its short name.
    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
    }

    /// SIGKILL: nothing is finished.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until nothing is due.
    pub async fn settle(&self, base: &str) {
        for _ in 0..600 {
            let metrics = reqwest::get(format!("{base}/metrics")).await.unwrap().text().await.unwrap();
            if metrics.lines().any(|line| line == "parcelward_case_files_overdue 0") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("something is due for ever");
    }

    /// Stops it as an operator does.
    pub async fn stop(mut self) {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        let status = tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap();
        assert_eq!(status.code(), Some(0), "told to stop, it ends well");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Sends until told to stop; what is cut off is sent again, now and then not.
pub async fn pour(
    n: u64,
    mut dice: Dice,
    flow: Flow,
    mut address: watch::Receiver<Option<String>>,
    stopped: watch::Receiver<bool>,
    ledger: Arc<Ledger>,
) {
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut sender = Sender { n, next: 0, turn: flow.turn, client, ledger };
    while !*stopped.borrow() {
        tokio::time::sleep(flow.pause).await;
        let base = loop {
            let base = address.borrow_and_update().clone();
            match base {
                Some(base) => break base,
                None if *stopped.borrow() => return,
                None => drop(tokio::time::timeout(Duration::from_millis(50), address.changed()).await),
            }
        };
        if dice.roll(4) == 0 {
            sender.work(&base, &mut dice).await;
        } else {
            let facts = sender.facts(&mut dice);
            let way = dice.roll(4);
            let mut base = base;
            // The same facts in the same words, until somebody answers: taken once, however often they are sent.
            while !sender.hand_in(&base, &facts, way).await && dice.roll(10) > 0 {
                if *stopped.borrow() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                if let Some(next) = address.borrow_and_update().clone() {
                    base = next;
                }
            }
        }
    }
}

struct Sender {
    n: u64,
    next: u64,
    turn: u64,
    client: Client,
    ledger: Arc<Ledger>,
}

impl Sender {
    fn name(&mut self) -> String {
        self.next += 1;
        format!("k{}-{}", self.n, self.next)
    }

    /// One to thirty facts about a few orders.
    fn facts(&mut self, dice: &mut Dice) -> Vec<Value> {
        let many = *dice.pick(&[1, 1, 5, 30]);
        (0..many).map(|_| self.fact(dice)).collect()
    }

    fn fact(&mut self, dice: &mut Dice) -> Value {
        let id = self.name();
        let order = self.next.checked_div(self.turn).unwrap_or(0) * 40 + dice.roll(40);
        let now = now();
        // Whole minutes, hours ago: what falls due falls due on a whole minute, and much of it has passed.
        let ago = |minutes: u64| {
            let at = now - Length::minutes(i64::try_from(minutes).unwrap());
            Instant::from_millis(at.millis() / 60_000 * 60_000).to_string()
        };
        let names = json!({"platform": "pinduoduo", "shop": format!("s{}", order % 3), "order_id": format!("O{order}")});
        let waybill = json!({"courier": "yto", "number": format!("YT{order}")});
        let with = |fields: Value| {
            let mut data = names.clone();
            fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
            data
        };
        let late = dice.roll(5_000);
        let (type_, data) = match dice.roll(10) {
            0 | 1 => (
                "order",
                with(json!({"paid_at": ago(late + 2_000), "amount": "59.90", "recipient": {"province": "浙江省", "city": "杭州市"}})),
            ),
            2 => ("shipment", with(json!({"waybill": waybill, "declared_at": ago(late)}))),
            3..=5 => {
                let status = *dice.pick(&["collected", "in_transit", "arrived", "delivered", "refused", "delivery_failed"]);
                ("tracking", json!({"waybill": waybill, "status": status}))
            }
            6 => ("buyer_request", with(json!({"request": *dice.pick(&["urge", "cancel", "not_received"])}))),
            7 => (
                "note",
                with(json!({"text": "x", "remind_at": (now + Length::millis(i64::try_from(dice.roll(3_000)).unwrap())).to_string()})),
            ),
            8 => ("coverage", json!({"courier": "yto", "province": *dice.pick(&["新疆", "浙江"]), "serves": dice.roll(2) == 0})),
            // Wrong: never to be seen again.
            _ => ("tracking", json!({"waybill": waybill, "status": "eaten"})),
        };
        json!({"specversion": "1.0", "id": id, "source": "kill", "type": format!("parcelward.{type_}"), "time": ago(late), "data": data})
    }

    /// Sends facts in one of the ways; says whether they were answered.
    async fn hand_in(&self, base: &str, facts: &[Value], way: u64) -> bool {
        let lines = || facts.iter().map(|fact| format!("{fact}\n")).collect::<String>();
        let request = |path: &str, type_: &str, body: String| {
            self.client.request(Method::POST, format!("{base}{path}")).header("content-type", type_).body(body)
        };
        let request = match (way, facts) {
            (0, [fact]) => request("/v1/facts", "application/cloudevents+json", fact.to_string()),
            (0 | 1, _) => request("/v1/facts", "application/cloudevents-batch+json", Value::from(facts.to_vec()).to_string()),
            (2, _) => request("/v1/facts", "application/x-ndjson", lines()),
            _ => request("/v1/import", "application/octet-stream", lines()),
        };
        let alone = way == 0 && facts.len() == 1;
        let answer = self.send(request).await;
        let Some((status, body)) = answer else {
            facts.iter().for_each(|fact| self.note(fact, Fate::Unknown));
            return false;
        };
        if status == 503 {
            // Nothing was taken, or it cannot be said.
            facts.iter().for_each(|fact| self.note(fact, Fate::Unknown));
            return false;
        }
        if alone {
            self.note(&facts[0], if status == 200 { Fate::Acknowledged } else { Fate::Refused });
            return true;
        }
        assert_eq!(status, 200, "{body}");
        if way >= 3 {
            // The answer to a file names the bad ones only.
            let line = |bad: &Value, name: &str| bad[name].as_u64().map(|line| usize::try_from(line).unwrap() - 1);
            let refused = body["refused"].as_array().unwrap().iter().filter_map(|bad| line(bad, "index"));
            let bad: Vec<usize> = refused.chain(body["problems"].as_array().unwrap().iter().filter_map(|bad| line(bad, "row"))).collect();
            for (at, fact) in facts.iter().enumerate() {
                self.note(fact, if bad.contains(&at) { Fate::Refused } else { Fate::Acknowledged });
            }
            return true;
        }
        let answers = body["items"].as_array().unwrap();
        assert_eq!(answers.len(), facts.len());
        for (fact, answer) in facts.iter().zip(answers) {
            let taken = matches!(answer["result"].as_str(), Some("accepted" | "parked" | "duplicate"));
            self.note(fact, if taken { Fate::Acknowledged } else { Fate::Refused });
        }
        true
    }

    fn note(&self, fact: &Value, fate: Fate) {
        self.ledger.note(fact["id"].as_str().unwrap(), Some(&fact["data"]), fate);
    }

    /// Somebody does something with a task; its note names it.
    async fn work(&mut self, base: &str, dice: &mut Dice) {
        let Some((200, page)) = self.send(self.client.get(format!("{base}/v1/tasks?limit=40"))).await else { return };
        let tasks = page["items"].as_array().unwrap();
        if tasks.is_empty() {
            return;
        }
        let task = dice.pick(tasks);
        let way = dice.pick(task["outcomes"].as_array().unwrap());
        let note = self.name();
        let (verb, mut body) = match dice.roll(4) {
            0 => ("claim", json!({})),
            1 => ("snooze", json!({"snooze_until": "2100-01-01T00:00:00+08:00"})),
            // The answers that it may ask for are left out: now and then it is refused.
            _ => ("done", json!({"outcome": way["outcome"]})),
        };
        (body["by"], body["note"]) = (json!(format!("p{}", self.n)), json!(note));
        let url = format!("{base}/v1/tasks/{}/{verb}", task["task_id"].as_str().unwrap());
        let fate = match self.send(self.client.post(url).json(&body)).await {
            None | Some((503, _)) => Fate::Unknown,
            Some((200, _)) => Fate::Acknowledged,
            // It was over meanwhile: journalled without effect, as the contract says.
            Some((409, problem)) if problem["outcome"].is_string() => Fate::Acknowledged,
            Some((409 | 422, _)) => Fate::Refused,
            Some((status, problem)) => panic!("{verb}: {status} {problem}"),
        };
        self.ledger.note(&note, None, fate);
    }

    /// Sends; `None` where no whole answer came.
    async fn send(&self, request: RequestBuilder) -> Option<(u16, Value)> {
        let answer = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            Some((status, serde_json::from_str(&response.text().await.ok()?).ok()?))
        };
        let answer = answer.await;
        if answer.is_none() {
            self.ledger.cut_off.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}
