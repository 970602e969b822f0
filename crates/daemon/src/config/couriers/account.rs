//! One account: its settings checked, its secrets read, its adapters built.

use super::super::extract::Merged;
use super::super::problem::{Problem, dotted, listed, nearest};
use super::secrets::Secrets;
use super::{AccountState, Network, PushDoor, RawAccount, RawAccountPush, example};
use crate::carriers;
use parcelward_courier::{Account, CourierAdapter, ExposeSecret, Plugin, SecretReference, SecretSource, SettingProblem, Verification};
use parcelward_scheduler::AccountLane;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The least length of the secret in a path, in characters.
const LEAST_SECRET: usize = 20;

/// Where problems go, each at its place.
pub(super) struct Say<'a> {
    pub(super) merged: &'a Merged,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Say<'a> {
    pub(super) fn new(merged: &'a Merged, problems: &'a mut Vec<Problem>) -> Self {
        Say { merged, problems }
    }

    pub(super) fn at(&mut self, path: &[&str], code: &'static str, message: impl Into<String>) -> &mut Problem {
        let problem = self.merged.problem(&key(path), message).code(code);
        self.push(problem)
    }

    /// A name in a value that is not known.
    pub(super) fn unknown<'k>(&mut self, path: &[&str], word: &str, message: String, known: impl IntoIterator<Item = &'k str>) {
        let problem = self.merged.problem(&key(path), message).code("unknown-name").meant(nearest(word, known));
        self.push(problem.word(&format!("\"{word}\"")));
    }

    pub(super) fn push(&mut self, problem: Problem) -> &mut Problem {
        self.problems.push(problem);
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    fn count(&self) -> usize {
        self.problems.len()
    }
}

/// A dotted key of these segments; a segment may be a path of its own (`partners.zto`).
fn key(path: &[&str]) -> String {
    dotted(&path.iter().map(|segment| (*segment).to_owned()).collect::<Vec<_>>())
}

/// What an account became.
pub(super) struct BuiltAccount {
    pub(super) state: AccountState,
    pub(super) lane: Option<AccountLane>,
    pub(super) door: Option<PushDoor>,
    pub(super) digest: [u8; 32],
}

/// Builds one; says what is wrong. Nothing where it is wrong; off where a secret is not there.
pub(super) fn build(
    name: &str,
    raw: &RawAccount,
    public_url: Option<&str>,
    environment: &[(String, String)],
    say: &mut Say<'_>,
) -> Option<BuiltAccount> {
    let before = say.count();
    if name.is_empty() || name.len() > 40 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        let message = "an account's name has 1 to 40 letters, digits, `-` and `_`: its rows in the database bear it";
        let problem = say.merged.problem_with_name(&key(&["account", name]), message);
        say.push(problem);
    }
    let plugin = plugin(name, &raw.adapter, say)?;
    numbers(name, raw, say);
    let secrets = Secrets::of(environment);
    let mut missing = Vec::new();
    let door = raw.push.as_ref().map(|push| door(name, push, &secrets, &mut missing, say));
    let push_url = match (&door, public_url) {
        (Some(Some((secret, _))), Some(base)) => Some(format!("{base}/push/{}/{secret}", plugin.code)),
        _ => None,
    };
    let adapters = adapters(name, raw, &plugin, &secrets, push_url.as_deref(), &mut missing, say);
    let digest = secrets.digest();
    let door = match (door.flatten(), &adapters) {
        (Some((secret, from)), Some(adapters)) => push_door(name, plugin.code, &secret, from, adapters, say),
        _ => None,
    };
    if say.count() > before + missing.len() {
        return None;
    }
    let mut lane = adapters.filter(|_| missing.is_empty()).map(|adapters| lane(name, raw, adapters));
    let door = door.filter(|_| lane.is_some());
    if let Some(lane) = &mut lane {
        lane.takes_pushes = door.is_some();
    }
    let state =
        AccountState { name: name.to_owned(), adapter: plugin.code, shops: raw.shops.clone(), missing, takes_pushes: raw.push.is_some() };
    Some(BuiltAccount { state, lane, door, digest })
}

fn plugin(name: &str, code: &str, say: &mut Say<'_>) -> Option<Plugin> {
    let found = carriers::of_code(code);
    if found.is_none() {
        let known: Vec<&str> = carriers::all().iter().map(|plugin| plugin.code).collect();
        let message = format!("there is no adapter `{code}`: there are {}", listed(known.iter().copied()).replace(" or ", " and "));
        say.unknown(&["account", name, "adapter"], code, message, known);
    }
    found
}

fn lane(name: &str, raw: &RawAccount, adapters: Vec<Arc<dyn CourierAdapter>>) -> AccountLane {
    let lane = AccountLane::new(name, adapters);
    AccountLane {
        shops: raw.shops.clone(),
        reserved_percent: raw.reserved_percent.unwrap_or(lane.reserved_percent),
        at_once: raw.at_once.unwrap_or(lane.at_once),
        ..lane
    }
}

fn numbers(name: &str, raw: &RawAccount, say: &mut Say<'_>) {
    let at = |field: &'static str| ["account", name, field];
    if raw.reserved_percent.is_some_and(|percent| percent > 90) {
        say.at(&at("reserved_percent"), "bad-value", "is more than 90: too little would be left to ask where parcels are");
    }
    if raw.at_once.is_some_and(|calls| calls == 0 || calls > 256) {
        say.at(&at("at_once"), "bad-value", "lies outside 1 to 256 calls");
    }
    if raw.shops.as_ref().is_some_and(Vec::is_empty) {
        say.at(&at("shops"), "bad-value", "names no shop: leave it out where the account serves every shop");
    }
    let limits = &raw.limits;
    let calls = [("per_second", limits.per_second), ("per_minute", limits.per_minute), ("per_day", limits.per_day)];
    for (field, _) in calls.into_iter().filter(|(_, calls)| *calls == Some(0)) {
        say.at(&["account", name, "limits", field], "bad-value", "0 would be no call at all: take the account out, or set no limit here");
    }
    if limits.batch == Some(0) {
        say.at(&["account", name, "limits", "batch"], "bad-value", "0 would be no parcel in a call: at least 1");
    }
    let transport = &raw.transport;
    for (field, ms) in [("connect_ms", transport.connect_ms), ("total_ms", transport.total_ms)] {
        if !(50..=120_000).contains(&ms) {
            say.at(&["account", name, "transport", field], "bad-value", "lies outside 50 to 120000 milliseconds");
        }
    }
    if transport.largest_answer < 1024 {
        say.at(&["account", name, "transport", "largest_answer"], "bad-value", "is less than 1024 bytes: no answer would fit");
    }
}

/// The adapters of an account; nothing where its settings are wrong or a secret is missing. Tells everything that is wrong: what is misread is
/// put right from the plugin's example, and the rest is read on.
fn adapters(
    name: &str,
    raw: &RawAccount,
    plugin: &Plugin,
    secrets: &Secrets<'_>,
    push_url: Option<&str>,
    missing: &mut Vec<String>,
    say: &mut Say<'_>,
) -> Option<Vec<Arc<dyn CourierAdapter>>> {
    let known = example::settings(plugin);
    let mut settings = raw.settings.clone();
    let mut mended: Vec<String> = Vec::new();
    for _ in 0..64 {
        let account = Account { name, settings: &settings, limits: &raw.limits, transport: &raw.transport, secrets, push_url };
        let found = match (plugin.build)(&account) {
            Ok(adapters) => return Some(adapters).filter(|_| mended.is_empty()),
            Err(found) => found,
        };
        let misread = match found.as_slice() {
            [one] => Misread::of(one),
            _ => None,
        };
        let Some(misread) = misread else {
            // What was put right from the example is not the operator's to be told of again.
            let own = found.iter().filter(|problem| !mended.contains(&problem.field));
            own.for_each(|problem| tell(name, problem, secrets, missing, say));
            return None;
        };
        mended.push(misread.path.join("."));
        misread.tell(name, &known, say);
        if !misread.mend(&mut settings, &known) {
            return None;
        }
    }
    None
}

fn tell(name: &str, problem: &SettingProblem, secrets: &Secrets<'_>, missing: &mut Vec<String>, say: &mut Say<'_>) {
    let segments: Vec<&str> = ["account", name, "settings"].into_iter().chain(problem.field.split('.')).collect();
    let path = match problem.field.as_str() {
        "transport" => &["account", name, "transport"][..],
        "settings" => &["account", name, "settings"],
        _ => &segments,
    };
    if secrets.are_words_for_unreadable(&problem.problem) {
        without_secret(path, &problem.problem, missing, say);
    } else {
        let code = if problem.problem.starts_with("is missing") { "missing" } else { "bad-value" };
        say.at(path, code, problem.problem.clone());
    }
}

/// A secret that is not there: the account is off, and that is said.
fn without_secret(path: &[&str], problem: &str, missing: &mut Vec<String>, say: &mut Say<'_>) {
    let message = format!("{problem}. The account is off: what it would ask the courier becomes tasks for people");
    let warning = say.merged.problem(&key(path), message).code("no-credentials").warning();
    say.push(warning);
    missing.push(format!("{}: {problem}", path[2..].join(".")));
}

/// A setting that could not be read at all.
struct Misread<'p> {
    path: Vec<&'p str>,
    kind: MisreadKind,
    problem: &'p str,
}

#[derive(PartialEq, Eq)]
enum MisreadKind {
    Unknown,
    Missing,
    Type,
    Literal,
    Word,
}

impl<'p> Misread<'p> {
    /// Reads what serde said of it; nothing where it is no such problem.
    fn of(problem: &'p SettingProblem) -> Option<Self> {
        let text = problem.problem.as_str();
        let kind = match text {
            SecretReference::LITERAL => MisreadKind::Literal,
            _ if text.starts_with("unknown field ") => MisreadKind::Unknown,
            _ if text.starts_with("missing field ") => MisreadKind::Missing,
            _ if text.starts_with("invalid type: ") => MisreadKind::Type,
            _ if text.starts_with("unknown variant ") || text.starts_with("says either `file` or `env`") => MisreadKind::Word,
            _ => return None,
        };
        let mut path: Vec<&str> = match problem.field.as_str() {
            "settings" => Vec::new(),
            field => field.split('.').collect(),
        };
        let named = text.split('`').nth(1).filter(|_| matches!(kind, MisreadKind::Unknown | MisreadKind::Missing));
        if let Some(named) = named.filter(|named| path.last() != Some(named)) {
            path.push(named);
        }
        Some(Misread { path, kind, problem: text })
    }

    fn tell(&self, name: &str, example: &toml::Table, say: &mut Say<'_>) {
        let path: Vec<&str> = ["account", name, "settings"].into_iter().chain(self.path.iter().copied()).collect();
        let at = key(&path);
        let problem = match self.kind {
            MisreadKind::Unknown => {
                let known = self.path.split_last().and_then(|(_, above)| find(example, above));
                let known: Vec<&str> = known.map(|table| table.keys().map(String::as_str).collect()).unwrap_or_default();
                say.merged.unknown_key(&at, &known)
            }
            MisreadKind::Missing => say.merged.problem_with_name(&at, "is missing").code("missing"),
            MisreadKind::Literal => say.merged.problem_with_name(&at, SecretReference::LITERAL).code("literal-secret"),
            MisreadKind::Type => say.merged.problem(&at, self.what_is_wanted()).code("wrong-type"),
            MisreadKind::Word => {
                let words: Vec<&str> = self.problem.split('`').skip(1).step_by(2).collect();
                match words.split_first() {
                    Some((word, known)) if self.problem.starts_with("unknown variant") && !known.is_empty() => {
                        let problem = say.merged.problem(&at, format!("`{word}` is none of {}", listed(known.iter().copied())));
                        problem.code("unknown-name").meant(nearest(word, known.iter().copied()))
                    }
                    _ => say.merged.problem(&at, self.problem),
                }
            }
        };
        say.push(problem);
    }

    /// What serde expected, without the value that it found.
    fn what_is_wanted(&self) -> String {
        let wanted = self.problem.rsplit("expected ").next().unwrap_or_default();
        match wanted {
            "a string" => "must be a text in quotes".to_owned(),
            "a boolean" => "must be `true` or `false`".to_owned(),
            "a sequence" => "must be a list".to_owned(),
            _ if wanted.starts_with("struct ") || wanted.starts_with("a map") => "must be a table".to_owned(),
            other => format!("must be {other}"),
        }
    }

    /// Puts the example's value in its place, so that what stands beside it is read as well; whether anything changed.
    fn mend(&self, settings: &mut toml::Table, example: &toml::Table) -> bool {
        let Some((last, above)) = self.path.split_last() else { return false };
        let good = find(example, above).and_then(|table| table.get(*last)).filter(|_| self.kind != MisreadKind::Unknown).cloned();
        let Some(table) = above.iter().try_fold(settings, |table, segment| table.get_mut(*segment)?.as_table_mut()) else { return false };
        match good {
            Some(good) if table.get(*last) != Some(&good) => {
                table.insert((*last).to_owned(), good).is_some() || self.kind == MisreadKind::Missing
            }
            _ => table.remove(*last).is_some(),
        }
    }
}

fn find<'t>(table: &'t toml::Table, path: &[&str]) -> Option<&'t toml::Table> {
    path.iter().try_fold(table, |table, segment| table.get(*segment)?.as_table())
}

/// The secret of an account's path and the addresses that its pushes may come from.
fn door(
    name: &str,
    push: &RawAccountPush,
    secrets: &Secrets<'_>,
    missing: &mut Vec<String>,
    say: &mut Say<'_>,
) -> Option<(String, Vec<Network>)> {
    let from = networks(&push.from, &["account", name, "push", "from"], say);
    let path = ["account", name, "push", "secret"];
    match secrets.read(&push.secret) {
        Err(error) => {
            without_secret(&path, &error.to_string(), missing, say);
            None
        }
        Ok(secret) => {
            let secret = secret.expose_secret().to_owned();
            let plain = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if secret.len() < LEAST_SECRET || secret.len() > 200 || !plain {
                let message = format!("the secret stands in a path: {LEAST_SECRET} to 200 letters, digits, `-` and `_`");
                say.at(&path, "bad-value", message);
                return None;
            }
            Some((secret, from))
        }
    }
}

fn push_door(
    name: &str,
    code: &'static str,
    secret: &str,
    from: Vec<Network>,
    adapters: &[Arc<dyn CourierAdapter>],
    say: &mut Say<'_>,
) -> Option<PushDoor> {
    let reader = adapters.iter().find_map(|adapter| adapter.push_in().map(|push| (adapter, push.verification())));
    let Some((adapter, verification)) = reader else {
        say.at(&["account", name, "push"], "no-ability", format!("`{code}` takes no pushes with these settings: take the table out"));
        return None;
    };
    if verification == Verification::Unsigned && (from.is_empty() || from.iter().any(Network::is_everybody)) {
        let message =
            "this courier does not sign what it pushes: name the addresses that it pushes from, such as from = [\"203.0.113.0/24\"]";
        say.at(&["account", name, "push", "from"], "exposed", message);
        return None;
    }
    Some(PushDoor { account: name.to_owned(), code, adapter: Arc::clone(adapter), from, secret: Sha256::digest(secret).into() })
}

/// Where couriers reach the daemon, without a slash behind it.
pub(super) fn public_url(text: &str, say: &mut Say<'_>) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let plain = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/[]".contains(&b))
    });
    if !plain {
        say.at(&["push", "public_url"], "bad-value", "is no address such as `https://ward.example.com`");
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

/// Addresses and networks; those that are none are said.
pub(super) fn networks(texts: &[String], path: &[&str], say: &mut Say<'_>) -> Vec<Network> {
    let mut networks = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        match Network::parse(text) {
            Some(network) => networks.push(network),
            None => {
                let place = n.to_string();
                let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
                say.at(&path, "bad-value", format!("`{text}` is no address and no network: write `203.0.113.5` or `203.0.113.0/24`"));
            }
        }
    }
    networks
}

/// Accounts of one adapter that serve the same shop: the first by name is asked, and the other never.
pub(super) fn overlaps(accounts: &[AccountState], say: &mut Say<'_>) {
    for (n, later) in accounts.iter().enumerate() {
        for earlier in accounts[..n].iter().filter(|earlier| earlier.adapter == later.adapter) {
            let shared = match (&earlier.shops, &later.shops) {
                (None, None) => Some("every shop".to_owned()),
                (Some(a), Some(b)) => a.iter().find(|shop| b.contains(shop)).map(|shop| format!("the shop `{shop}`")),
                _ => None,
            };
            if let Some(shared) = shared {
                let message = format!("serves {shared}, and so does `{}`: only `{}` is asked there", earlier.name, earlier.name);
                let problem = say.merged.problem_with_name(&key(&["account", &later.name]), message).code("contradiction").warning();
                say.push(problem);
            }
        }
    }
}
