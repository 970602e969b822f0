"""What the runners share: the machine's line, medians, a PostgreSQL server of their own, and what processes cost."""

import glob
import os
import pwd
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def machine():
    """One line: processor, cores, memory, kernel, load now."""
    model = next((row.split(":", 1)[1].strip() for row in open("/proc/cpuinfo") if row.startswith("model name")), "unknown processor")
    memory = next(int(row.split()[1]) for row in open("/proc/meminfo") if row.startswith("MemTotal")) / 1048576
    load = " ".join(open("/proc/loadavg").read().split()[:3])
    return f"{os.cpu_count()} cores {model}, {memory:.0f} GiB, Linux {os.uname().release}, load {load}"


def middle(numbers):
    """Median with the least and the greatest, as text."""
    numbers = sorted(numbers)
    if len(numbers) == 1:
        return f"{numbers[0]:,.3g} (x1)" if numbers[0] < 100 else f"{numbers[0]:,.0f} (x1)"
    shape = ",.0f" if statistics.median(numbers) >= 100 else ",.3g"
    return f"{statistics.median(numbers):{shape}} [{numbers[0]:{shape}}..{numbers[-1]:{shape}}]"


def tree(root):
    """A process and all below it."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            head, rest = open(path).read().rsplit(") ", 1)
        except OSError:
            continue
        parents[int(head.split(" ", 1)[0])] = int(rest.split()[1])
    found = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def processor_seconds(pids):
    """Processor time so far, in seconds; processes that have ended count as nothing."""
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident(pid):
    """Resident memory of a process now, and at most so far, in MiB."""
    rows = dict(row.split(":", 1) for row in open(f"/proc/{pid}/status") if ":" in row)
    return [int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]


class Postgres:
    """A server of the run's own: a scratch folder, loopback TCP, fsync on."""

    PORT = 55931
    SETTINGS = ["shared_buffers=512MB", "max_wal_size=4GB", "max_connections=200", "unix_socket_directories="]

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        initdb = shutil.which("initdb")
        if not found and not initdb:
            raise SystemExit("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
        self.bin = found[-1] if found else os.path.dirname(initdb)
        self.folder = tempfile.mkdtemp(prefix="parcelward-bench-")
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres" if any(u.pw_name == "postgres" for u in pwd.getpwall()) else "nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        else:
            self.prefix = []
        self.data = f"{self.folder}/data"
        self._call("initdb", "--no-sync", "--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C", "-D", self.data)
        options = f"-p {self.PORT} -c listen_addresses=127.0.0.1 " + " ".join(f"-c {setting}" for setting in self.SETTINGS)
        self._call("pg_ctl", "-D", self.data, "-w", "-s", "-l", f"{self.folder}/log", "-o", options, "start")
        self.pid = int(open(f"{self.data}/postmaster.pid").readline())
        self.number = 0

    def _call(self, name, *words):
        subprocess.run(self.prefix + [f"{self.bin}/{name}", *words], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def fresh(self):
        """The URL of a new database."""
        self.number += 1
        name = f"run{self.number}"
        subprocess.run([f"{self.bin}/createdb", "-h", "127.0.0.1", "-p", str(self.PORT), "-U", "bench", name], check=True)
        return f"postgresql://bench@127.0.0.1:{self.PORT}/{name}"

    def drop(self, url):
        """Drops a database of its."""
        subprocess.run([f"{self.bin}/dropdb", "-f", "-h", "127.0.0.1", "-p", str(self.PORT), "-U", "bench", url.rsplit("/", 1)[1]], check=True)

    def ask(self, url, sql):
        """One value."""
        out = subprocess.run([f"{self.bin}/psql", url, "-Atc", sql], check=True, capture_output=True, text=True)
        return out.stdout.strip()

    def end(self):
        """Stops it and removes its folder."""
        self._call("pg_ctl", "-D", self.data, "-w", "-s", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def desk_bench():
    """The cargo bench of the desk, built: its program."""
    return built_bench("parcelward-scheduler", "desk")


def built_bench(package, name):
    """A cargo bench, built: its program."""
    command = ["cargo", "bench", "-q", "-p", package, "--bench", name, "--no-run", "--message-format=json"]
    import json

    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for row in out.splitlines():
        told = json.loads(row)
        if told.get("reason") == "compiler-artifact" and told.get("executable") and told["target"]["name"] == name:
            return told["executable"]
    raise SystemExit(f"cargo built no bench named {name}")


def wall():
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
