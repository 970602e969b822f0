//! A simulator with a clock moved by hand, and the adapters that talk to it.

use parcelward_casework::fact::{Address, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use parcelward_courier::{
    Account, Call, ClientReference, CourierAdapter, ExposeSecret, InterceptRequest, LimitsSettings, PhoneTail, Plugin, SecretReference,
    SecretSource, SecretString, SubscribeQuery, Ticket, Tracked, TrackingEvent, TrackingQuery, TrackingStatus, TransportSettings,
    UnreadableSecret,
};
use parcelward_simulator::{HandClock, Life, NewParcel, RunningSimulator, Service, Simulator, SimulatorSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-03-10 08:00 in Shanghai.
pub const BEGIN: Instant = Instant::from_millis(1_773_100_800_000);

/// The adapter of each interface.
pub const PLUGINS: [(Service, Plugin); 10] = [
    (Service::Sf, parcelward_courier_sf::PLUGIN),
    (Service::Zto, parcelward_courier_zto::PLUGIN),
    (Service::Yto, parcelward_courier_yto::PLUGIN),
    (Service::Sto, parcelward_courier_sto::PLUGIN),
    (Service::Yunda, parcelward_courier_yunda::PLUGIN),
    (Service::Jt, parcelward_courier_jt::PLUGIN),
    (Service::Jd, parcelward_courier_jd::PLUGIN),
    (Service::Ems, parcelward_courier_ems::PLUGIN),
    (Service::Deppon, parcelward_courier_deppon::PLUGIN),
    (Service::Kuaidi100, parcelward_courier_kuaidi100::PLUGIN),
];

const WIDE: LimitsSettings = LimitsSettings {
    per_second: Some(1_000_000),
    per_minute: Some(60_000_000),
    per_day: Some(u32::MAX),
    batch: None,
    least_gap_seconds: None,
};

/// How an account is built.
#[derive(Clone, Copy)]
pub struct How<'a> {
    pub push_url: Option<&'a str>,
    pub total_ms: u64,
    /// Every secret is wrong.
    pub wrong_secrets: bool,
    /// Settings above those of the account.
    pub otherwise: &'a str,
}

pub const RIGHT: How<'_> = How { push_url: Some("http://127.0.0.1:9/push/x/s"), total_ms: 20_000, wrong_secrets: false, otherwise: "" };

pub struct Stand {
    pub sim: RunningSimulator,
    pub clock: HandClock,
    calls: AtomicU32,
}

/// Secrets of the right shape that are not the account's.
struct Wrong<'a>(&'a parcelward_simulator::Account);

impl SecretSource for Wrong<'_> {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        let right = self.0.read(reference)?;
        // EMS wants 16 bytes in Base64 for its key.
        let is_key = right.expose_secret().ends_with("==");
        Ok(if is_key { "TvaBgrhE46sft3nZlfe7xw==".into() } else { format!("{}-wrong", right.expose_secret()).into() })
    }
}

impl Stand {
    pub async fn begin() -> Stand {
        Stand::with(|settings| settings).await
    }

    pub async fn with(change: impl FnOnce(SimulatorSettings) -> SimulatorSettings) -> Stand {
        let clock = HandClock::at(BEGIN);
        let settings = change(SimulatorSettings { clock: clock.clock(), ..SimulatorSettings::default() });
        Stand { sim: Simulator::start(settings).await.unwrap(), clock, calls: AtomicU32::new(0) }
    }

    pub fn hours(&self, hours: i64) {
        self.clock.advance(Length::hours(hours));
    }

    pub fn call(&self) -> Call {
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        Call::at(self.clock.now(), format!("0190a1b2-call-{n:04}"))
    }

    pub fn adapters(&self, service: Service, how: How<'_>) -> Vec<Arc<dyn CourierAdapter>> {
        let (_, plugin) = PLUGINS.into_iter().find(|(s, _)| *s == service).unwrap();
        let accounts = self.sim.accounts();
        let account = &accounts[&service];
        let mut settings: toml::Table = account.settings.parse().unwrap();
        settings.extend(how.otherwise.parse::<toml::Table>().unwrap());
        let wrong = Wrong(account);
        let built = (plugin.build)(&Account {
            name: "simulated",
            settings: &settings,
            limits: &WIDE,
            transport: &TransportSettings { allow_plain_http: true, total_ms: how.total_ms, ..TransportSettings::default() },
            secrets: if how.wrong_secrets { &wrong } else { account },
            push_url: how.push_url,
        });
        built.unwrap_or_else(|problems| panic!("{service}: {problems:?}"))
    }

    pub fn adapter_of(&self, service: Service, courier: Courier, how: How<'_>) -> Arc<dyn CourierAdapter> {
        let adapters = self.adapters(service, how);
        adapters.into_iter().find(|adapter| adapter.identity().courier == courier).unwrap()
    }

    /// The adapter of a courier's own interface.
    pub fn adapter(&self, service: Service) -> Arc<dyn CourierAdapter> {
        self.adapter_of(service, service.courier().unwrap(), RIGHT)
    }

    pub fn parcel(&self, courier: Courier, n: u32, life: Life, age_hours: f64) -> Waybill {
        let waybill = waybill(courier, n);
        self.sim.world().register(NewParcel::new(courier, &waybill.number, life).aged(age_hours));
        waybill
    }

    /// Asks where a parcel is; subscribes before, where the courier wants that.
    pub async fn asked(&self, adapter: &dyn CourierAdapter, number: &str) -> Tracked {
        if adapter.identity().adapter == "yunda" {
            let queries = [SubscribeQuery { number: number.to_owned(), phone_tail: None }];
            adapter.subscription().unwrap().subscribe(&self.call(), &queries).await.unwrap().remove(0).unwrap();
        }
        let query = TrackingQuery { phone_tail: PhoneTail::of("13000001234"), ..TrackingQuery::number(number) };
        let report = adapter.track(&self.call(), &[query]).await.unwrap_or_else(|e| panic!("{} {number}: {e}", adapter.identity().adapter));
        report.into_parcels().remove(0).outcome
    }

    pub async fn events(&self, adapter: &dyn CourierAdapter, number: &str) -> Vec<TrackingEvent> {
        match self.asked(adapter, number).await {
            Tracked::Known(history) => history.into_events(),
            other => panic!("{} {number}: {other:?}", adapter.identity().adapter),
        }
    }

    pub async fn statuses(&self, adapter: &dyn CourierAdapter, number: &str) -> Vec<TrackingStatus> {
        self.events(adapter, number).await.iter().map(|event| event.status).collect()
    }

    pub fn accepted(&self, waybill: &Waybill, kind: &str) -> u32 {
        self.sim.ledger().entry(waybill.courier, &waybill.number, kind).counts.accepted
    }
}

/// A number as that courier writes it.
pub fn waybill(courier: Courier, n: u32) -> Waybill {
    let n = n + 1;
    let number = match courier {
        Courier::Sf => format!("SF1{n:012}"),
        Courier::Zto => format!("731{n:011}"),
        Courier::Yto => format!("YT1{n:012}"),
        Courier::Sto => format!("777{n:012}"),
        Courier::Yunda => format!("431{n:010}"),
        Courier::Jt => format!("JT1{n:012}"),
        Courier::Jd => format!("JDV1{n:011}"),
        Courier::Ems => format!("981{n:010}"),
        Courier::Deppon => format!("DPK1{n:011}"),
        Courier::Other => unreachable!(),
    };
    Waybill { courier, number }
}

pub fn ticket(waybill: &Waybill, reference: &str) -> Ticket {
    Ticket {
        waybill: waybill.clone(),
        reference: ClientReference::new(reference).unwrap(),
        reason: Some("refunded".to_owned()),
        phone_tail: PhoneTail::of("13000001234"),
    }
}

pub fn address() -> Address {
    Address {
        name: Some("收件人".into()),
        phone: Some("13000000000".into()),
        province: Some("广东省".into()),
        city: Some("深圳市".into()),
        district: Some("南山区".into()),
        detail: Some("测试路 1号*(A)~座!".into()),
    }
}

pub fn intercept(waybill: &Waybill, reference: &str) -> InterceptRequest {
    InterceptRequest { ticket: ticket(waybill, reference), destination: address() }
}
