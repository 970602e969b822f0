//! A courier in memory: it keeps a ledger of what it accepted, and misbehaves by switch.

use parcelward_courier::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it does with a request that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Takes it.
    Accept,
    /// Takes it, and the answer is lost.
    AcceptThenDrop,
    /// Takes it, and the caller dies.
    AcceptThenDie,
    /// Fails without taking it; nobody can tell.
    Fail,
    /// Cannot be reached.
    Unreachable,
    /// Says no.
    Refuse,
    /// Turns it away for that many seconds.
    TurnAway(u64),
}

#[derive(Debug, Default)]
pub struct Book {
    /// How often each of our names was accepted.
    pub accepted: HashMap<String, u32>,
    /// How often each arrived.
    pub arrived: HashMap<String, u32>,
    /// Parcels: their scans.
    pub parcels: HashMap<String, Vec<TrackingEvent>>,
    /// When (by the callers' clock) calls were made: instant in ms, numbers asked.
    pub calls: Vec<(i64, Vec<String>)>,
    pub act: Vec<Act>,
    pub down: bool,
    pub can_look: bool,
    /// What it does with subscriptions; `None`: it has none.
    pub subscribes: Option<Act>,
    /// It answers questions only about parcels that it was asked to tell of.
    pub subscribed_first: bool,
    /// Subscriptions that arrived.
    pub subscribed: Vec<String>,
    /// How claims stand, and in what words.
    pub claims: Option<(Progress, String)>,
    /// Calls under way that never end.
    pub hanging: usize,
    /// Whether calls hang.
    pub hangs: bool,
}

#[derive(Debug)]
pub struct Ledger {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    pub book: Arc<Mutex<Book>>,
}

impl Ledger {
    pub fn new(account: &str, limits: Limits) -> Arc<Self> {
        Ledger::of("zto", account, limits)
    }

    pub fn of(adapter: &'static str, account: &str, limits: Limits) -> Arc<Self> {
        Ledger::serving(Courier::Zto, adapter, account, limits)
    }

    pub fn serving(courier: Courier, adapter: &'static str, account: &str, limits: Limits) -> Arc<Self> {
        Arc::new(Ledger {
            identity: Identity { adapter, courier, account: account.to_owned() },
            limits,
            // The lane keeps the limits by the clock in hand; the gate would keep them by the real one.
            transport: Transport::new(&TransportSettings::default(), &Limits::NONE).unwrap(),
            book: Arc::new(Mutex::new(Book { can_look: true, ..Book::default() })),
        })
    }

    pub fn act(&self, acts: &[Act]) {
        self.book.lock().unwrap().act = acts.to_vec();
    }

    pub fn down(&self, down: bool) {
        self.book.lock().unwrap().down = down;
    }

    pub fn scan(&self, number: &str, at: Instant, status: TrackingStatus) {
        self.event(number, TrackingEvent::new(at, status.word(), status, None));
    }

    pub fn event(&self, number: &str, event: TrackingEvent) {
        self.book.lock().unwrap().parcels.entry(number.to_owned()).or_default().push(event);
    }

    pub fn most_accepted(&self) -> u32 {
        self.book.lock().unwrap().accepted.values().copied().max().unwrap_or(0)
    }

    pub fn accepted(&self) -> usize {
        self.book.lock().unwrap().accepted.len()
    }

    pub fn arrived(&self) -> u32 {
        self.book.lock().unwrap().arrived.values().sum()
    }

    pub fn asked(&self) -> usize {
        self.book.lock().unwrap().calls.len()
    }

    fn hangs(&self) -> bool {
        let mut book = self.book.lock().unwrap();
        book.hanging += usize::from(book.hangs);
        book.hangs
    }

    fn change(&self, ticket: &Ticket) -> Result<Accepted, CourierError> {
        let mut book = self.book.lock().unwrap();
        let act = if book.act.len() > 1 { book.act.remove(0) } else { book.act.first().copied().unwrap_or(Act::Accept) };
        if book.down || act == Act::Unreachable {
            return Err(CourierError::not_sent(NotSentReason::Unreachable, "no route"));
        }
        let name = ticket.reference.as_str().to_owned();
        *book.arrived.entry(name.clone()).or_default() += 1;
        if matches!(act, Act::Accept | Act::AcceptThenDrop | Act::AcceptThenDie) {
            *book.accepted.entry(name.clone()).or_default() += 1;
        }
        drop(book);
        match act {
            Act::Accept | Act::Unreachable => Ok(Accepted::with(Some(format!("R-{name}")))),
            Act::AcceptThenDrop => Err(CourierError::unconfirmed(UnclearReason::Broken, "connection reset")),
            Act::AcceptThenDie => panic!("the caller dies here (as the test wants)"),
            Act::Fail => Err(CourierError::unconfirmed(UnclearReason::CourierFailed, "HTTP 500")),
            Act::Refuse => Err(CourierError::refused(RefusalKind::Final, "E1", "已签收")),
            Act::TurnAway(seconds) => Err(CourierError::throttled("HTTP 429", Some(Duration::from_secs(seconds)))),
        }
    }
}

#[async_trait::async_trait]
impl CourierAdapter for Ledger {
    fn identity(&self) -> &Identity {
        &self.identity
    }
    fn limits(&self) -> &Limits {
        &self.limits
    }
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn sample_number(&self) -> &'static str {
        "0"
    }
    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        if self.hangs() {
            std::future::pending::<()>().await;
        }
        let mut book = self.book.lock().unwrap();
        book.calls.push((call.now().millis(), queries.iter().map(|q| q.number.clone()).collect()));
        if book.down {
            return Err(CourierError::not_sent(NotSentReason::Unreachable, "no route"));
        }
        if let Some(Act::TurnAway(seconds)) = book.act.first() {
            return Err(CourierError::throttled("HTTP 429", Some(Duration::from_secs(*seconds))));
        }
        let answers: Vec<(String, Tracked)> = queries
            .iter()
            .map(|query| {
                if book.subscribed_first && !book.subscribed.contains(&query.number) {
                    return (query.number.clone(), Tracked::NotFound);
                }
                let known = book.parcels.get(&query.number).map(|events| Tracked::Known(History::new(events.clone())));
                (query.number.clone(), known.unwrap_or(Tracked::NotFound))
            })
            .collect();
        Ok(TrackingReport::of(queries, answers))
    }
    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
    fn claims(&self) -> Option<&dyn Claims> {
        Some(self)
    }
    fn subscription(&self) -> Option<&dyn Subscription> {
        self.book.lock().unwrap().subscribes.map(|_| self as &dyn Subscription)
    }
    fn push_in(&self) -> Option<&dyn PushIn> {
        Some(self)
    }
    fn look_up(&self) -> Option<&dyn LookUp> {
        self.book.lock().unwrap().can_look.then_some(self as &dyn LookUp)
    }
}

#[async_trait::async_trait]
impl InterceptToSender for Ledger {
    async fn turn_to_sender(&self, _: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.change(&request.ticket)
    }
}

#[async_trait::async_trait]
impl Claims for Ledger {
    async fn file_claim(&self, _: &Call, request: &ClaimRequest) -> Result<Accepted, CourierError> {
        self.change(&request.ticket)
    }
    async fn claim_state(&self, _: &Call, _: &Waybill, _: &str) -> Result<ClaimProgress, CourierError> {
        let (progress, text) = self.book.lock().unwrap().claims.clone().map_or((Progress::Pending, None), |(p, words)| (p, Some(words)));
        let state = RequestState { progress, code: "1".to_owned(), text, reference: None };
        Ok(ClaimProgress { state, replies: Vec::new() })
    }
}

#[async_trait::async_trait]
impl LookUp for Ledger {
    fn finds(&self, _: OperationKind) -> Option<Duration> {
        Some(Duration::from_secs(900))
    }
    async fn find(&self, _: &Call, query: &LookUpQuery) -> Result<Looked, CourierError> {
        let book = self.book.lock().unwrap();
        if book.down {
            return Err(CourierError::not_sent(NotSentReason::Unreachable, "no route"));
        }
        let state = || RequestState { progress: Progress::Pending, code: "1".to_owned(), text: None, reference: None };
        Ok(if book.accepted.contains_key(query.reference.as_str()) { Looked::Seen(state()) } else { Looked::NotSeen })
    }
}

#[async_trait::async_trait]
impl Subscription for Ledger {
    fn comes_first(&self) -> bool {
        self.book.lock().unwrap().subscribed_first
    }
    async fn subscribe(&self, _: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let mut book = self.book.lock().unwrap();
        let act = book.subscribes.unwrap_or(Act::Refuse);
        if act == Act::Unreachable {
            return Err(CourierError::not_sent(NotSentReason::Unreachable, "no route"));
        }
        book.subscribed.extend(queries.iter().map(|query| query.number.clone()));
        match act {
            Act::Refuse => Ok(queries.iter().map(|_| Err(CourierError::refused(RefusalKind::Input, "E2", "单号不合法"))).collect()),
            Act::AcceptThenDrop => Err(CourierError::unconfirmed(UnclearReason::Broken, "connection reset")),
            _ => Ok(queries.iter().map(|_| Ok(())).collect()),
        }
    }
}

impl PushIn for Ledger {
    fn verification(&self) -> Verification {
        Verification::Signed
    }
    fn receive(&self, _: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        Err(PushProblem::Malformed("nothing is pushed in this yard".to_owned()))
    }
    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement { status: 200, content_type: "text/plain", body: String::new() }
    }
}
