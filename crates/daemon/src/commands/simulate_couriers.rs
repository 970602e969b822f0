//! `parcelward simulate-couriers`: nine couriers and an aggregator on this machine, to try the daemon against.

use super::print;
use crate::simulated::{PushPlace, write_accounts};
use crate::telemetry::{self, Log};
use anyhow::Context;
use parcelward_simulator::{FaultSpec, PushTarget, RunningSimulator, Service, Simulator, SimulatorSettings};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often it looks for scans to push.
const PUSH_EVERY: Duration = Duration::from_millis(500);

/// What `simulate-couriers` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Parcels may be registered (POST /parcels on its own port); a number that nobody registered belongs to a parcel too, whose life follows from \
--seed and the number. Their scans bear the time of this machine's clock.

Faults, each with the share of requests that it befalls (1 where absent) and, where it has one, a number of seconds:
  drop             taken, and the connection closed without an answer
  error            taken, and answered with HTTP 500
  duplicate        taken, and answered as one that was asked before
  slow             done, and answered so many seconds later
  throttled        not done: too many calls, in the courier's own words, else HTTP 429 with Retry-After
  unavailable      not done: HTTP 503
  outage           nobody listens
  out_of_order     scans told in another order
  duplicate_scans  scans told twice
  skew             parcels scanned by clocks that are wrong by so many seconds

Exit status: 0 stopped as told, 2 could not start or failed.")]
pub struct Args {
    /// Where its own page and ledger are; the couriers listen on the ten ports behind it, or on free ones where the port is 0
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8790")]
    listen: SocketAddr,
    /// How many times faster parcels live: with 3600 an hour of a life takes a second
    #[arg(long, value_name = "TIMES", default_value_t = 3600.0)]
    speed: f64,
    /// What lives and faults follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// A fault that is on from the start, as often as wanted: sf=throttled:0.2, zto=slow:1:30, all=drop:0.05, yto=outage
    #[arg(long = "fault", value_name = "COURIER=FAULT[:SHARE[:SECONDS]]")]
    faults: Vec<FaultSpec>,
    /// Where scans are pushed to: http://127.0.0.1:7878/push/{courier}/SECRET for all couriers, sf=http://… for one
    #[arg(long, value_name = "URL")]
    push_to: Vec<PushTarget>,
    /// Write accounts with these couriers into DIR, so that `parcelward serve --config DIR` works against them
    #[arg(long, value_name = "DIR")]
    print_config: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// Where it cannot start, or the settings cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    telemetry::start(&Log::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let settings = SimulatorSettings {
            listen: args.listen,
            speed: args.speed,
            seed: args.seed,
            faults: args.faults.clone(),
            push_to: args.push_to.clone(),
            push_every: Some(PUSH_EVERY),
            ..SimulatorSettings::default()
        };
        let running = Simulator::start(settings).await?;
        if let Some(folder) = &args.print_config {
            write_accounts(folder, &running, &PushPlace::of(&args.push_to))?;
        }
        print(&greeting(&running, args))?;
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn greeting(running: &RunningSimulator, args: &Args) -> String {
    let addr = running.addr();
    let mut text =
        format!("Simulated couriers. A parcel that is delivered in two days takes {} here.\n\n", length(48.0 * 3600.0 / args.speed));
    for service in Service::ALL {
        let faults: Vec<String> = running.faults().on().remove(&service).unwrap_or_default().iter().map(fault).collect();
        let line = format!("  {:10} {}  {}", service.word(), running.base(service), faults.join(", "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = write!(
        text,
        "\nWhat was asked and what was taken   curl http://{addr}/ledger\n\
         A parcel of your own                curl http://{addr}/parcels --json '{{\"courier\": \"zto\", \"number\": \"73100057041226\", \"life\": \"stalls\", \"age_hours\": 13}}'\n\
         A fault, while it runs              curl -X PUT http://{addr}/faults --json '{{\"fault\": \"zto=drop:0.5\"}}'\n\
         Everything else                     curl http://{addr}/\n\n"
    );
    let _ = match &args.print_config {
        Some(folder) => writeln!(text, "A daemon against them               parcelward serve --config {}", folder.display()),
        None => {
            writeln!(text, "A daemon against them               start this with --print-config DIR, then parcelward serve --config DIR")
        }
    };
    text.push_str("Ctrl-C stops it; nothing is kept.\n");
    text
}

fn fault(fault: &parcelward_simulator::Fault) -> String {
    format!("{} {:.0} %", fault.kind.word(), fault.probability * 100.0)
}

/// `48 s`, `20 min`, `48 h`.
fn length(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_in_the_unit_that_fits() {
        assert_eq!([48.0, 1200.0, 172_800.0].map(length), ["48 s", "20 min", "48 h"]);
    }
}
