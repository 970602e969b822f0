//! `Run`: one decision in the making: the case file, what it may read, and the primitives by which playbooks change it.
//!
//! Every primitive changes the case file and says so as a decision in one step; nothing else may. Deliberately absent: any rule of
//! when to do what (`playbook`), deadlines (`reconcile`) and the order of things in time (`engine`).

use crate::casefile::*;
use crate::decision::*;
use crate::instant::Instant;
use crate::look::index;
use crate::money::Money;
use crate::rule_change::RuleChange;
use crate::rules::Rules;
use crate::task_table::{DAMAGE_PHOTOS, dispute_evidence, ways};
use crate::text::Texts;
use crate::wants::Wants;
use crate::words::*;
use crate::world::{Change, Scope, Seen, World, newest_site};

/// A rung (or several at one instant) that acts right now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rung {
    /// Its deadline.
    pub deadline: Index,
    /// The urgency of the last of them.
    pub urgency: Urgency,
}

/// One decision in the making.
pub(crate) struct Run<'a> {
    /// The case file as it changes.
    pub file: CaseFile,
    /// The rules that hold at the place in the world up to which the case file has read.
    pub rules: &'a Rules,
    /// The rules that the caller gave: they hold while the world knows of none.
    pub given: &'a Rules,
    /// The wording.
    pub texts: &'a Texts,
    /// The rule change that is being read, while clocks that run are set anew by it.
    pub rule_change: Option<&'a RuleChange>,
    /// What holds for more than one order.
    pub world: &'a World,
    /// The decision time.
    pub now: Instant,
    /// What causes the decisions of this step.
    pub because: Vec<Cause>,
    /// What was decided.
    pub out: Vec<Decision>,
    /// What was learnt of couriers' reach.
    pub noted: Vec<Change>,
    /// Changes so far: a settling that adds none is done.
    pub moves: u32,
    /// The changes at the end of the last reconciliation: without a newer one, another would find the same.
    pub reconciled: Option<u32>,
    /// The rung that acts.
    pub rung: Option<Rung>,
    /// Room for the deadlines that the state asks for.
    pub wants: Wants,
}

/// What a task is opened with.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    kind: TaskKind,
    case: Option<Index>,
    parcel: Option<Index>,
    operation: Option<Index>,
    deadline: Option<Index>,
    advice: Option<Advice>,
    money: Option<Money>,
    queue: Option<Queue>,
    urgency: Urgency,
    words: Option<String>,
    again: bool,
    own_hours: bool,
}

impl Ask {
    /// A task of a case.
    pub(crate) const fn of(kind: TaskKind, case: Index) -> Self {
        Ask {
            kind,
            case: Some(case),
            parcel: None,
            operation: None,
            deadline: None,
            advice: None,
            money: None,
            queue: None,
            urgency: Urgency::Normal,
            words: None,
            again: false,
            own_hours: false,
        }
    }
    /// A task of the order.
    pub(crate) const fn of_order(kind: TaskKind) -> Self {
        let mut ask = Ask::of(kind, 0);
        ask.case = None;
        ask
    }
    /// About this parcel.
    pub(crate) const fn on(mut self, parcel: Option<Index>) -> Self {
        self.parcel = parcel;
        self
    }
    /// Does this operation by hand.
    pub(crate) const fn by_hand(self, operation: Index) -> Self {
        self.about(Some(operation))
    }
    /// About this operation, if any.
    pub(crate) const fn about(mut self, operation: Option<Index>) -> Self {
        self.operation = operation;
        self
    }
    /// Due with this deadline, where there is one.
    pub(crate) const fn due_with(mut self, deadline: Option<Index>) -> Self {
        self.deadline = deadline;
        self
    }
    /// Due after its own hours, even at a rung.
    pub(crate) const fn in_own_hours(mut self) -> Self {
        self.own_hours = true;
        self
    }
    /// With this advice.
    pub(crate) const fn advised(mut self, advice: Option<Advice>) -> Self {
        self.advice = advice;
        self
    }
    /// With this sum at stake.
    pub(crate) const fn worth(mut self, money: Option<Money>) -> Self {
        self.money = money;
        self
    }
    /// For another queue than its kind's.
    pub(crate) const fn for_queue(mut self, queue: Queue) -> Self {
        self.queue = Some(queue);
        self
    }
    /// At least this pressing.
    pub(crate) fn at_least(mut self, urgency: Urgency) -> Self {
        self.urgency = self.urgency.max(urgency);
        self
    }
    /// With these words as its reason.
    pub(crate) fn saying(mut self, words: Option<String>) -> Self {
        self.words = words;
        self
    }
    /// Asked again after having been answered.
    pub(crate) const fn again(mut self) -> Self {
        self.again = true;
        self
    }
}

/// What changes on a task.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskChange {
    pub state: Option<TaskState>,
    pub urgency: Option<Urgency>,
    pub due_at: Option<Instant>,
    pub deadline: Option<Index>,
    pub queue: Option<Queue>,
    pub advice: Option<Advice>,
    pub assignee: Option<String>,
}

impl<'a> Run<'a> {
    /// Begins.
    pub(crate) fn new(file: CaseFile, rules: &'a Rules, world: &'a World, now: Instant) -> Self {
        Run {
            rules: world.rules(file.world_seen, rules),
            given: rules,
            texts: &rules.texts,
            rule_change: None,
            file,
            world,
            now,
            because: Vec::new(),
            out: Vec::new(),
            noted: Vec::new(),
            moves: 0,
            reconciled: None,
            rung: None,
            wants: Vec::new(),
        }
    }

    /// The world as far as this case file has read it.
    pub(crate) fn seen(&self) -> Seen<'a> {
        self.world.seen(self.file.world_seen)
    }

    /// What a deadline about a parcel (or the order) is about, as disruptions see it.
    pub(crate) fn scope<'f>(&'f self, rule: &'f str, parcel: Option<Index>) -> Scope<'f> {
        let parcel = parcel.map(|p| self.file.parcel(p));
        let planned = self.file.order.as_ref().and_then(|o| o.planned_courier);
        Scope {
            rule,
            order: &self.file.key,
            courier: parcel.map(|p| p.waybill.courier).or(planned),
            destination: parcel.and_then(|p| p.destination.as_ref()).or(self.file.recipient_area.as_ref()),
            site: parcel.and_then(newest_site),
        }
    }

    fn next_id(&mut self, letter: char) -> String {
        self.file.seq += 1;
        format!("{}-{letter}{}", self.file.tag, self.file.seq)
    }

    /// Writes a decision down.
    pub(crate) fn emit(&mut self, body: DecisionBody) {
        let id = self.next_id('d');
        self.moves += 1;
        self.out.push(Decision { id, time: self.now, body, because: self.because.clone() });
    }

    // ---- cases

    /// The open case of this kind about this subject; opened where there is none.
    pub(crate) fn open_case(&mut self, kind: CaseKind, subject: Subject, parcel: Option<Index>) -> Index {
        if let Some(case) = self.file.open_case(kind, subject) {
            return case;
        }
        let id = self.next_id('c');
        let parcel = match subject {
            Subject::Parcel(p) => Some(p),
            _ => parcel,
        };
        let scan_at = parcel.and_then(|p| self.file.parcel(p).newest()).map(|s| s.at);
        let mut case = Case::new(id, kind, subject, self.now);
        case.parcel = parcel;
        case.scan_at = scan_at;
        self.file.cases.push(case);
        let at = index(self.file.cases.len() - 1);
        let named = self.names(at);
        let case = &self.file.cases[at as usize];
        let body = CaseOpened {
            case_id: case.id.clone(),
            kind,
            order: self.file.key.clone(),
            waybill: parcel.map(|p| self.file.parcel(p).waybill.clone()),
            after_sale_id: named.after_sale,
            dispute_id: named.dispute,
            commitment_id: named.commitment,
        };
        self.emit(DecisionBody::CaseOpened(body));
        at
    }

    /// Closes a case and its open tasks with it.
    pub(crate) fn close_case(&mut self, case: Index, outcome: CaseOutcome) {
        if !self.file.is_case_open(case) {
            return;
        }
        // What the case's own clocks waited for may have been done in this very step: they are met before they go with it.
        self.reconcile();
        for task in 0..self.file.tasks.len() {
            if self.file.tasks[task].case == Some(case) {
                self.close_task(index(task), TaskOutcome::NotNeeded);
            }
        }
        self.file.timers.retain(|t| t.case != Some(case) || matches!(t.kind, TimerKind::Remind(_)));
        let now = self.now;
        let state = &mut self.file.cases[case as usize];
        state.closed = Some((now, outcome));
        let body = CaseClosed { case_id: state.id.clone(), kind: state.kind, order: self.file.key.clone(), outcome };
        self.emit(DecisionBody::CaseClosed(body));
    }

    /// A case.
    pub(crate) fn case(&self, case: Index) -> &Case {
        &self.file.cases[case as usize]
    }

    /// A case, to be changed.
    pub(crate) fn case_mut(&mut self, case: Index) -> &mut Case {
        self.moves += 1;
        &mut self.file.cases[case as usize]
    }

    fn names(&self, case: Index) -> Names {
        let case = &self.file.cases[case as usize];
        let mut names = Names::default();
        match case.subject {
            Subject::AfterSale(i) => names.after_sale = Some(self.file.after_sales[i as usize].id.clone()),
            Subject::Dispute(i) => {
                names.dispute = Some(self.file.disputes[i as usize].id.clone());
                names.after_sale = self.file.disputes[i as usize].after_sale.clone();
            }
            Subject::Commitment(i) => names.commitment = Some(self.file.commitments[i as usize].id.clone()),
            _ => {}
        }
        if let Some(sale) = case.after_sale {
            names.after_sale = Some(self.file.after_sales[sale as usize].id.clone());
        }
        names
    }

    // ---- tasks

    /// Opens a task, or updates the open one of its kind in its case. The index of the one or the other.
    pub(crate) fn ask(&mut self, mut ask: Ask) -> Index {
        if let Some(rung) = self.rung.filter(|_| !ask.own_hours) {
            ask.deadline = ask.deadline.or(Some(rung.deadline));
            ask.urgency = ask.urgency.max(rung.urgency);
        }
        ask.deadline = ask.deadline.filter(|&d| self.file.deadlines[d as usize].state == DeadlineState::Running);
        let open = match ask.case {
            Some(case) => self.file.open_task(case, ask.kind),
            None => None,
        };
        if let Some(open) = open {
            self.refresh(open, &ask);
            return open;
        }
        if let Some(answered) = self.answered_at_an_earlier_rung(&ask) {
            return answered;
        }
        let task = self.new_task(&ask);
        let at = index(self.file.tasks.len());
        self.file.tasks.push(task);
        if let Some(d) = ask.deadline {
            let now = self.now;
            self.file.deadlines[d as usize].first_task_at.get_or_insert(now);
        }
        let body = self.task_opened(at, ask.words.as_deref());
        self.emit(DecisionBody::TaskOpened(Box::new(body)));
        at
    }

    /// The first rung opens a task; once somebody has done it, later rungs of the same deadline leave it at that, unless what was done
    /// was to move the deadline.
    fn answered_at_an_earlier_rung(&self, ask: &Ask) -> Option<Index> {
        let rung = self.rung.filter(|_| !ask.own_hours)?;
        let answered = |t: &Task| {
            let over = matches!(t.state, TaskState::Closed(o) if !matches!(o, TaskOutcome::NotNeeded | TaskOutcome::Extended | TaskOutcome::NewTime));
            t.kind == ask.kind && t.case == ask.case && t.deadline == Some(rung.deadline) && over
        };
        self.file.tasks.iter().rposition(answered).map(index)
    }

    /// An open task of which something new is asked.
    fn refresh(&mut self, task: Index, ask: &Ask) {
        let state = &self.file.tasks[task as usize];
        let adopt = ask.deadline.filter(|d| state.deadline != Some(*d) && state.deadline.is_none());
        // A rung wakes a task that sleeps; what a fact asks of it can wait.
        let wakes = self.rung.is_some() && matches!(state.state, TaskState::Snoozed(_));
        let change = TaskChange {
            state: wakes.then_some(TaskState::Open),
            urgency: Some(ask.urgency),
            deadline: adopt,
            due_at: adopt.map(|d| self.file.deadlines[d as usize].due_at),
            advice: ask.advice,
            queue: ask.queue,
            ..TaskChange::default()
        };
        if ask.operation.is_some() {
            self.file.tasks[task as usize].operation = ask.operation;
        }
        self.change_task(task, change);
    }

    fn new_task(&mut self, ask: &Ask) -> Task {
        let rule = self.rules.task(ask.kind);
        let queue = ask.queue.unwrap_or(rule.queue);
        let money = ask.money.or_else(|| self.file.amount());
        let urgent = &self.rules.policy.urgent_amount;
        let dear = *urgent > Money::ZERO && money.is_some_and(|m| m >= *urgent);
        let urgency = ask.urgency.max(rule.urgency).max(if dear { Urgency::High } else { Urgency::Normal });
        let due_at = match ask.deadline {
            Some(d) => self.file.deadlines[d as usize].due_at,
            None => self.rules.staffed(queue).add(self.now, rule.hours),
        };
        let outcomes = ways(ask.kind).iter().map(|w| w.outcome);
        // An after-sale is talked about before it is refused.
        let outcomes = outcomes.filter(|o| ask.kind != TaskKind::AnswerAfterSale || ask.again || *o != TaskOutcome::Refuse).collect();
        Task {
            id: self.next_id('t'),
            kind: ask.kind,
            case: ask.case,
            parcel: ask.parcel.or_else(|| ask.case.and_then(|c| self.case(c).parcel)),
            operation: ask.operation,
            deadline: ask.deadline,
            queue,
            urgency,
            due_at,
            state: TaskState::Open,
            assignee: None,
            opened_at: self.now,
            version: 1,
            advice: ask.advice,
            money,
            outcomes,
            again: ask.again,
        }
    }

    fn task_opened(&self, at: Index, words: Option<&str>) -> TaskOpened {
        let task = &self.file.tasks[at as usize];
        let names = task.case.map(|c| self.names(c)).unwrap_or_default();
        let texts = self.texts;
        let text = texts.task(task.kind);
        let fill = |template: &str| crate::text::fill(template, &|name| self.value(task, words, name));
        let say = |pick: fn(&crate::text::TaskText) -> &str| text.map(|t| fill(pick(t))).unwrap_or_default();
        TaskOpened {
            task_id: task.id.clone(),
            kind: task.kind,
            case_id: task.case.map(|c| self.case(c).id.clone()),
            case_kind: task.case.map(|c| self.case(c).kind),
            order: self.file.key.clone(),
            waybill: task.parcel.map(|p| self.file.parcel(p).waybill.clone()),
            after_sale_id: names.after_sale,
            dispute_id: names.dispute,
            commitment_id: names.commitment,
            queue: task.queue,
            urgency: task.urgency,
            due_at: task.due_at,
            deadline_id: task.deadline.map(|d| self.file.deadlines[d as usize].id.clone()),
            title: say(|t| &t.title),
            why: say(|t| &t.why),
            missed: say(|t| &t.missed),
            advice: task.advice,
            steps: texts.steps(task.kind, self.file.key.platform).iter().map(|s| fill(s)).collect(),
            evidence_wanted: self.evidence_wanted(task),
            outcomes: task.outcomes.clone(),
            money_at_stake: task.money,
            reply_template: text.and_then(|t| t.reply.as_deref()).map(fill),
            statement: task.parcel.filter(|_| task.kind == TaskKind::FileClaimByHand).map(|p| crate::playbook::claim::statement(self, p)),
        }
    }

    /// What stands for a placeholder.
    fn value(&self, task: &Task, words: Option<&str>, name: &str) -> Option<String> {
        let texts = self.texts;
        let parcel = task.parcel.map(|p| self.file.parcel(p));
        let case = task.case.map(|c| self.case(c));
        match name {
            "order_id" => Some(self.file.key.order_id.clone()),
            "shop" => Some(self.file.key.shop.clone()),
            "platform" => Some(texts.word("platform", self.file.key.platform.word()).to_owned()),
            "waybill" => parcel.map(|p| p.waybill.number.clone()),
            "courier" => parcel.map(|p| texts.word("courier", p.waybill.courier.word()).to_owned()),
            "due" => {
                let at = task.due_at.local();
                Some(format!("{:02}-{:02} {:02}:{:02}", at.month(), at.day(), at.hour(), at.minute()))
            }
            "amount" => task.money.map(|m| m.to_string()),
            "place" => parcel.and_then(newest_site).map(str::to_owned),
            "reason" => words.or(case.and_then(|c| c.words.as_deref())).map(str::to_owned),
            "promise" => case.and_then(|c| c.words.clone()),
            "recipient_city" => self.file.recipient_area.as_ref().and_then(|a| a.city.clone().or_else(|| a.province.clone())),
            "case" => case.map(|c| texts.case_title(c.kind).to_owned()),
            _ => None,
        }
    }

    fn evidence_wanted(&self, task: &Task) -> Vec<EvidenceKind> {
        use EvidenceKind as E;
        let damaged = task.parcel.is_some_and(|p| self.file.parcel(p).damaged_at.is_some());
        match task.kind {
            TaskKind::AppealAutoRefund => {
                let mut wanted = vec![E::TrackingScreenshot];
                if self.file.evidence.iter().any(|e| e.kind == E::SignOffProof) {
                    wanted.push(E::SignOffProof);
                }
                wanted
            }
            TaskKind::CollectDamageEvidence => DAMAGE_PHOTOS.to_vec(),
            TaskKind::FileClaimByHand => {
                let mut wanted = vec![E::GoodsValueStatement];
                if damaged {
                    wanted.extend_from_slice(DAMAGE_PHOTOS);
                }
                wanted
            }
            TaskKind::HelpBuyerLook => vec![E::SignOffProof],
            TaskKind::SubmitEvidence => dispute_evidence(task.case.and_then(|c| self.case(c).words.as_deref())),
            _ => Vec::new(),
        }
    }

    /// Changes a task and says what is new; nothing where nothing is. Urgency never falls.
    pub(crate) fn change_task(&mut self, at: Index, change: TaskChange) {
        let task = &mut self.file.tasks[at as usize];
        if !task.is_open() {
            return;
        }
        let urgency = change.urgency.filter(|u| *u > task.urgency);
        let due_at = change.due_at.filter(|d| *d != task.due_at);
        let deadline = change.deadline.filter(|d| task.deadline != Some(*d));
        let queue = change.queue.filter(|q| *q != task.queue);
        let advice = change.advice.filter(|a| task.advice != Some(*a));
        let assignee = change.assignee.filter(|a| task.assignee.as_ref() != Some(a));
        let state = change.state.filter(|s| *s != task.state);
        if urgency.is_none()
            && due_at.is_none()
            && deadline.is_none()
            && queue.is_none()
            && advice.is_none()
            && assignee.is_none()
            && state.is_none()
        {
            return;
        }
        task.urgency = urgency.unwrap_or(task.urgency);
        task.due_at = due_at.unwrap_or(task.due_at);
        task.deadline = deadline.or(task.deadline);
        task.queue = queue.unwrap_or(task.queue);
        task.advice = advice.or(task.advice);
        task.assignee = assignee.clone().or(task.assignee.take());
        task.state = state.unwrap_or(task.state);
        task.version += 1;
        let body = TaskUpdated {
            task_id: task.id.clone(),
            kind: task.kind,
            order: self.file.key.clone(),
            status: state.map(TaskState::word),
            urgency,
            due_at,
            deadline_id: deadline.map(|d| self.file.deadlines[d as usize].id.clone()),
            queue,
            advice,
            assignee,
        };
        self.emit(DecisionBody::TaskUpdated(body));
    }

    /// Makes a task more pressing; one that sleeps wakes.
    pub(crate) fn raise(&mut self, at: Index, urgency: Urgency) {
        let task = &self.file.tasks[at as usize];
        let state = matches!(task.state, TaskState::Snoozed(_)).then_some(TaskState::Open);
        self.change_task(at, TaskChange { urgency: Some(urgency), state, ..TaskChange::default() });
    }

    /// Ends a task.
    pub(crate) fn close_task(&mut self, at: Index, outcome: TaskOutcome) {
        let task = &mut self.file.tasks[at as usize];
        if !task.is_open() {
            return;
        }
        task.state = TaskState::Closed(outcome);
        task.version += 1;
        let body = TaskClosed { task_id: task.id.clone(), kind: task.kind, order: self.file.key.clone(), outcome };
        self.emit(DecisionBody::TaskClosed(body));
    }

    /// Ends the open task of a kind in a case, if there is one; nor is it asked again.
    pub(crate) fn drop_task(&mut self, case: Index, kind: TaskKind) {
        self.file.timers.retain(|t| t.case != Some(case) || t.kind != TimerKind::AskAgain(kind));
        if let Some(task) = self.file.open_task(case, kind) {
            self.close_task(task, TaskOutcome::NotNeeded);
        }
    }

    // ---- timers

    /// Asks for a task of a case again, later.
    pub(crate) fn ask_again(&mut self, kind: TaskKind, case: Index, at: Instant) {
        let parcel = self.case(case).parcel;
        let because = self.because.clone();
        self.file.timers.push(Timer { at: at.max(self.now), case: Some(case), parcel, kind: TimerKind::AskAgain(kind), because });
        self.moves += 1;
    }

    /// Asks again where the person said no time: after the kind's own staffed hours.
    pub(crate) fn comes_back(&mut self, kind: TaskKind, case: Index, until: Option<Instant>) {
        let rule = self.rules.task(kind);
        let at = until.unwrap_or_else(|| self.rules.staffed(rule.queue).add(self.now, rule.hours));
        self.ask_again(kind, case, at);
    }
}

#[derive(Debug, Default)]
struct Names {
    after_sale: Option<String>,
    dispute: Option<String>,
    commitment: Option<String>,
}
