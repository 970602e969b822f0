//! Three refunds of today, on couriers that are simulated on this machine: one parcel turns round and comes home, one comes back under a new
//! number, and one is with the man at the door already, so that its courier says no and a person is asked.
//!
//! The daemon does all of it as it would with the couriers themselves: through their adapters, over HTTP, signed, and by what they push.
//! Deliberately absent: anything that is told to the daemon in a courier's place. What the couriers say, the simulator says, at its own pace.

use super::refunded::{Refunded, SHOP, at_the_door, on_its_way, three};
use super::telling::{Event, Sentence, clock_time, sentence};
use crate::client::{Api, DaemonArgs};
use crate::commands::print;
use crate::config::load_with;
use crate::serve::Running;
use crate::simulated::{PushPlace, write_accounts_of};
use anyhow::{Context, ensure};
use console::style;
use parcelward_casework::instant::Instant;
use parcelward_simulator::{Life, RunningSimulator, Simulator, SimulatorSettings};
use reqwest::Method;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How many times faster the couriers' parcels live: an hour of theirs takes half a second.
const SPEED: f64 = 7200.0;
/// How often the simulated couriers look for what is to be pushed.
const PUSH_EVERY: Duration = Duration::from_millis(300);
/// How often the journals are read.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long one thing is waited for. It takes a few seconds; where it does not come, that is said.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most lines of one order's journal that are read at once.
const LINES: u32 = 200;

/// The simulated couriers, the daemon that has accounts with them, and what became of the three.
#[derive(Debug)]
pub struct Intercepts<'a> {
    running: &'a Running,
    couriers: RunningSimulator,
    api: Api,
    orders: [Refunded; 3],
}

impl<'a> Intercepts<'a> {
    /// Starts the couriers, and gives the daemon accounts with them. `folder` takes the accounts' files.
    ///
    /// # Errors
    /// Where a port cannot be had or a file cannot be written.
    pub async fn open(running: &'a Running, folder: &Path) -> anyhow::Result<Self> {
        let base = format!("http://{}", running.address());
        let push = PushPlace::at(&base);
        let settings = SimulatorSettings {
            speed: SPEED,
            parcels_appear: false,
            push_to: push.target().into_iter().collect(),
            push_every: Some(PUSH_EVERY),
            ..SimulatorSettings::default()
        };
        let couriers = Simulator::start(settings).await.context("starting the simulated couriers")?;
        write_accounts_of(folder, &couriers, &push, Some(SHOP))?;
        // As an operator's folder is read; nothing in the environment is meant for it.
        let loaded = load_with(Some(folder), std::iter::empty()).context("reading the accounts with the simulated couriers")?;
        running.app().open_accounts(loaded.couriers).await;
        let api = DaemonArgs { url: base, token_file: None }.api()?;
        Ok(Intercepts { running, couriers, api, orders: three(running.app().now()) })
    }

    /// Lets it happen, and tells it as it happens.
    ///
    /// # Errors
    /// Where the daemon does not take what it is told, where something does not come, or where nothing can be written.
    pub async fn happen(&mut self) -> anyhow::Result<()> {
        print(&self.opening())?;
        self.set_out().await?;
        for at in 0..self.orders.len() {
            let order = &self.orders[at];
            self.tell(&[order.refund(self.running.app().now())]).await?;
            // The next buyer's turn once this one's courier has answered.
            self.until("an answer of the courier", |orders| orders[at].has(|event| matches!(event, Event::Answered { .. }))).await?;
        }
        self.until("the end of it", |[home, renumbered, refused]| {
            home.has(|event| *event == Event::Home)
                && renumbered.has(|event| *event == Event::Renumbered)
                && refused.has(|event| *event == Event::Task)
        })
        .await?;
        print(&self.closing())
    }

    /// What to type to see what was said with the first courier; nothing where nothing was.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let operation = self.orders.first()?.operation()?;
        Some(format!("parcelward explain {operation} --url http://{}", self.running.address()))
    }

    fn opening(&self) -> String {
        format!(
            "{}\n\n\
             The couriers are simulated on this machine (http://{}). The daemon asks them as it would the real ones, through\n\
             their adapters, over HTTP, signed; they push their scans to it. An hour of a parcel's life takes half a second here.\n\
             Times are China's (UTC+8).\n\n",
            style("Three refunds of today, whose parcels are on their way: what couriers do when they are asked").bold(),
            self.couriers.addr()
        )
    }

    fn closing(&self) -> String {
        let address = self.running.address();
        let mut text = String::from("\nSee for yourself, from another terminal while this runs:\n");
        if let Some(hint) = self.hint() {
            text.push_str(&format!("  {hint}\n      why, and what was said with ZTO, secrets and personal data masked\n"));
        }
        let [.., left] = &self.orders;
        let (platform, order_id) = (left.order.platform.word(), &left.order.order_id);
        text.push_str(&format!(
            "  parcelward order {platform}/{SHOP}/{order_id} --url http://{address}\n      the order that YTO left to a person\n"
        ));
        text
    }

    /// The parcels set out, the shop tells of them, and the daemon asks where they are.
    async fn set_out(&mut self) -> anyhow::Result<()> {
        let (world, now) = (self.couriers.world(), self.running.app().now());
        for order in &self.orders {
            // They stand where they are until somebody asks: how fast this machine is decides nothing.
            world.carry_on(order.waybill.courier, &order.waybill.number, &on_its_way(now), Life::Stalls);
        }
        let sold: Vec<Value> = self.orders.iter().flat_map(|order| order.sold(now)).collect();
        self.tell(&sold).await?;
        // The first question may be a quarter of an hour away, by what hangs on the parcel at this time of the day; here it is hastened, as
        // news that nobody can check would hasten it.
        self.hasten(&self.orders).await?;
        let asked = self.asked_since(&self.orders, Instant::from_millis(0)).await?;
        // With the second question, ten minutes later at the earliest, a courier is asked to tell of the parcel by itself.
        let [pushed @ .., at_door] = &self.orders;
        self.hasten(pushed).await?;
        self.asked_since(pushed, asked).await?;
        // Meanwhile this one was taken out for delivery, of which the daemon has not heard yet.
        world.carry_on(at_door.waybill.courier, &at_door.waybill.number, &at_the_door(now), Life::Stalls);
        for at in 0..self.orders.len() {
            let place = self.known(at).await?;
            let Refunded { courier_name, waybill, .. } = &self.orders[at];
            say(asked, courier_name, &format!("asked where {} is: {place}", waybill.number))?;
        }
        Ok(())
    }

    async fn hasten(&self, orders: &[Refunded]) -> anyhow::Result<()> {
        let Some(lanes) = self.running.lanes().await else { return Ok(()) };
        for order in orders {
            lanes.look_again(&order.waybill, true).await.context("having couriers asked at once")?;
        }
        Ok(())
    }

    async fn tell(&self, facts: &[Value]) -> anyhow::Result<()> {
        let request = self.api.request(Method::POST, &["v1", "facts"]).json(&facts);
        let answer = self.api.ask::<Value>(request).await.context("telling the daemon")?;
        ensure!(answer.body["rejected"] == 0, "the daemon did not take what it was told: {}", answer.json);
        Ok(())
    }

    /// Waits until the couriers were asked about these after an instant, and have answered. Gives when the last one was.
    async fn asked_since(&self, orders: &[Refunded], since: Instant) -> anyhow::Result<Instant> {
        let begun = std::time::Instant::now();
        let mut last = since;
        for order in orders {
            loop {
                let looks = self.running.app().store.last_looks(&order.waybill).await.context("reading when couriers were asked")?;
                if let Some(look) = looks.iter().find(|look| look.place == 0 && look.newest.is_some() && look.asked_at > since) {
                    last = last.max(look.asked_at);
                    break;
                }
                ensure!(begun.elapsed() < PATIENCE, "{} was not asked, or did not answer; {HELP}", order.courier_name);
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(last)
    }

    /// The newest thing that is known of a parcel; what was read on the way is not told any more.
    async fn known(&mut self, at: usize) -> anyhow::Result<String> {
        let news = self.news(at).await?;
        let newest = news.iter().filter_map(|sentence| sentence.scan.as_ref()).max_by_key(|(at, _)| *at);
        Ok(newest.map_or_else(|| "nothing yet".to_owned(), |(at, scan)| format!("{scan}, scanned at {}", clock_time(*at, "%H:%M"))))
    }

    /// Tells what comes until something is so.
    async fn until(&mut self, what: &str, so: impl Fn(&[Refunded; 3]) -> bool) -> anyhow::Result<()> {
        let begun = std::time::Instant::now();
        while !so(&self.orders) {
            ensure!(begun.elapsed() < PATIENCE, "{what} did not come; {HELP}");
            tokio::time::sleep(LOOK_EVERY).await;
            let mut all: Vec<(&str, Sentence)> = Vec::new();
            for at in 0..self.orders.len() {
                let name = self.orders[at].courier_name;
                all.extend(self.news(at).await?.into_iter().map(|sentence| (name, sentence)));
            }
            all.sort_by_key(|(_, sentence)| sentence.seq);
            for (name, sentence) in all {
                if let Event::Answered { operation, .. } = &sentence.event
                    && let Some(sent) = self.sent(operation).await?
                {
                    say(sentence.at, name, &sent)?;
                }
                say(sentence.at, name, &sentence.text)?;
            }
        }
        Ok(())
    }

    /// The request that a courier answered, as it is kept for `explain`.
    async fn sent(&self, operation: &str) -> anyhow::Result<Option<String>> {
        let attempts = self.running.app().store.attempts(operation).await.context("reading what was said with a courier")?;
        let kept = attempts.iter().rev().filter_map(|attempt| attempt.exchange.as_deref());
        let mut exchanges = kept.flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap_or_default());
        Ok(exchanges.find(|exchange| exchange["changes"] == true).map(|exchange| {
            let text = |key: &str| exchange[key].as_str().unwrap_or_default().to_owned();
            format!(
                "is sent {} {}{}, and answers HTTP {} after {} ms",
                text("method"),
                text("host"),
                text("path"),
                exchange["status"],
                exchange["took_ms"]
            )
        }))
    }

    /// What one order's journal says that was not told yet.
    async fn news(&mut self, at: usize) -> anyhow::Result<Vec<Sentence>> {
        let (store, order) = (&self.running.app().store, &mut self.orders[at]);
        let page = store.timeline(&order.order, order.line, LINES).await.context("reading the journal")?;
        let mut news = Vec::new();
        for row in page.rows {
            order.line = order.line.max(row.line);
            let Some(sentence) = sentence(&row) else { continue };
            // A scan is one, in whosever words, where its second and what it is are the same.
            let same = sentence.scan.as_ref().map_or_else(
                || sentence.text.clone(),
                |(at, scan)| format!("{} {}", at.millis() / 1000, scan.split(',').next().unwrap_or_default()),
            );
            if order.told.insert(same) {
                order.events.push(sentence.event.clone());
                news.push(sentence);
            }
        }
        Ok(news)
    }
}

/// What to do where the demo does not go on.
const HELP: &str = "PARCELWARD_LOG=info shows what happens";

/// One line: when, with whom, what.
fn say(at: Instant, who: &str, what: &str) -> anyhow::Result<()> {
    print(&format!("{}  {} {what}\n", clock_time(at, "%H:%M:%S"), style(format!("{who:4}")).bold()))
}
