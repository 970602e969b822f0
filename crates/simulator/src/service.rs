//! The interfaces that are served: nine couriers and an aggregator.

use parcelward_casework::words::Courier;

/// An interface that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// SF Express.
    Sf,
    /// ZTO Express.
    Zto,
    /// YTO Express.
    Yto,
    /// STO Express.
    Sto,
    /// Yunda Express.
    Yunda,
    /// J&T Express in China.
    Jt,
    /// JD Logistics.
    Jd,
    /// China Post EMS.
    Ems,
    /// Deppon Express.
    Deppon,
    /// Kuaidi100, which serves the parcels of all of them.
    Kuaidi100,
}

impl Service {
    /// Every one, in the order of their ports.
    pub const ALL: [Service; 10] = [
        Service::Sf,
        Service::Zto,
        Service::Yto,
        Service::Sto,
        Service::Yunda,
        Service::Jt,
        Service::Jd,
        Service::Ems,
        Service::Deppon,
        Service::Kuaidi100,
    ];

    /// Its code: the courier's, or the aggregator's; also its adapter's.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.courier() {
            Some(courier) => courier.word(),
            None => "kuaidi100",
        }
    }

    /// The interface of a code.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.word() == word)
    }

    /// Whose parcels it carries; none for the aggregator, which carries none of its own.
    #[must_use]
    pub const fn courier(self) -> Option<Courier> {
        match self {
            Service::Sf => Some(Courier::Sf),
            Service::Zto => Some(Courier::Zto),
            Service::Yto => Some(Courier::Yto),
            Service::Sto => Some(Courier::Sto),
            Service::Yunda => Some(Courier::Yunda),
            Service::Jt => Some(Courier::Jt),
            Service::Jd => Some(Courier::Jd),
            Service::Ems => Some(Courier::Ems),
            Service::Deppon => Some(Courier::Deppon),
            Service::Kuaidi100 => None,
        }
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl serde::Serialize for Service {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.word())
    }
}
