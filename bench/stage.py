"""stage.py - what every part of run.py stands on: the mock model, gateways with the steps that are asked for, load, processes.

Whoever is measured runs alone on core 0, the load client and the model on core 1. Python's standard library only.
"""
import contextlib, json, os, pathlib, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BARTIZAN_BUILD", ROOT / "build" / "release"))
SERVER_CORE, LOAD_CORE = "0", "1"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, log=None, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.002)
    raise SystemExit(f"nothing listens on port {port}" + (f":\n{pathlib.Path(log).read_text()}" if log else ""))


class Processes:
    """Everything that was started here, ended by its own id."""

    def __init__(self):
        self.all = []

    def start(self, args, core, **kwargs):
        kwargs.setdefault("stdout", subprocess.DEVNULL)
        kwargs.setdefault("stderr", subprocess.DEVNULL)
        p = subprocess.Popen(["taskset", "-c", core, *map(str, args)], **kwargs)
        self.all.append(p)
        return p

    def stop(self):
        for p in self.all:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
        for p in self.all:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()


def children(pid):
    with contextlib.suppress(OSError):
        return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def tree(pid):
    found = [pid]
    for child in children(pid):
        found += tree(child)
    return found


def pss_kib(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


class NotReady(Exception):
    """Not all callers could be connected in time."""


class Stage:
    def __init__(self, args):
        self.args = args
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bartizan-bench-"))
        os.chmod(self.dir, 0o755)  # nginx's worker is another user
        self.procs = Processes()
        self.servers = {}  # name -> (port, pid of the supervisor)
        self.plain = set()  # names of those without TLS
        self.admins = {}  # name -> port of the admin listener
        self.results = {}

    # ---- setting the stage ----

    def certificates(self):
        subprocess.run([BUILD / "bartizan", "dev-certs", self.dir / "certs"], check=True, stdout=subprocess.DEVNULL)
        c = self.dir / "certs"
        self.ca, self.cert, self.key = c / "ca.pem", c / "server.pem", c / "server.key"
        self.pem = self.dir / "both.pem"
        self.pem.write_bytes(self.cert.read_bytes() + self.key.read_bytes())

    def model(self):
        self.model_plain, self.model_tls = free_port(), free_port()
        self.model_process = self.procs.start(
            [BUILD / "bench/mock-model", "--port", self.model_plain, "--tls-port", self.model_tls, "--tls-cert", self.cert,
             "--tls-key", self.key, "--no-journal", "--answer-bytes", 1000, "--stamp"], LOAD_CORE,
            stderr=open(self.dir / "model.err", "w"))
        wait_port(self.model_tls, self.dir / "model.err")

    def admin(self, path, **values):
        """Of the mock model."""
        return json.load(urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{self.model_plain}/admin/{path}", json.dumps(values).encode())))

    def wanted(self, scenario):
        return not self.args.only or self.args.only in scenario

    def bartizan(self, name="bartizan", **parts):
        port, conf = free_port(), self.dir / f"{name.replace(' ', '-')}.yaml"
        self.admins[name] = free_port()
        if not parts.get("tls", True):
            self.plain.add(name)
        before = parts.pop("before", [])  # a program that runs it
        conf.write_text(f"admin: 127.0.0.1:{self.admins[name]}\n" * parts.pop("counts", False) + self.config(port, **parts))
        p = self.procs.start([*before, BUILD / "bartizan", "run", conf], SERVER_CORE, stderr=open(self.dir / f"{name}.log", "w"))
        wait_port(port, self.dir / f"{name}.log")
        self.servers[name] = (port, p.pid)

    def ready_ms(self, name):
        """What the gateway itself says: from its start until its worker serves."""
        for _ in range(100):
            found = re.search(r"ready: .* ([0-9.]+) ms", (self.dir / f"{name}.log").read_text())
            if found:
                return float(found[1])
            time.sleep(0.02)
        return float("nan")

    def stop(self, name):
        _, pid = self.servers.pop(name)
        p = next(p for p in self.procs.all if p.pid == pid)
        p.send_signal(signal.SIGKILL if name.startswith("fresh") else signal.SIGTERM)
        p.wait(20)

    def counter(self, name, metric, labels=""):
        """A figure of a gateway's /metrics, summed over the series whose labels have `labels` in them."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.admins[name]}/metrics").read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if re.match(metric + r"[{ ]", line) and labels in line)

    def config(self, port, token=True, limit=True, patterns=True, journal=True, tls=True, top="", steps=()):
        """`limit` may be a list in YAML of its own; `steps` are further lines of the route, `top` of the file."""
        listen = f", certificate: {self.cert}, key: {self.key}" if tls else ""
        trust, url = (f"ca: {self.ca}, ", f"https://localhost:{self.model_tls}") if tls else ("", f"http://127.0.0.1:{self.model_plain}")
        route = ["    match: { path: /v1/* }"]
        if token:
            route += ["    authenticate: [ { jwt: { issuer: bench } } ]", "    authorise: [ { roles: { any: [Models.Use] } } ]"]
        else:
            route += ["    insecure_anonymous: true"]
        if limit is True:
            limit = "[ { requests: { rate: 100000000/min, by: %s } } ]" % ("subject" if token else "address")
        if limit:
            route += [f"    limit: {limit}"]
        if patterns:
            words = json.dumps([f"forbidden phrase number {i}" for i in range(300)])
            route += ["    inspect: [ { patterns: { words: %s, action: refuse } } ]" % words]
        route += [f"    {step}" for step in steps]
        return "\n".join([
            top, f"listen: [ {{ address: 127.0.0.1:{port}{listen} }} ]",
            "workers: 1", f"journal: {self.dir}/journal.log" if journal else "journal: insecure_none",
            # thousands of handshakes at once on a shared machine take longer than any caller should
            "limits: { connections: 19000, connections_per_address: 19000, handshake: 30s }",
            f"issuers: {{ bench: {{ issuer: https://issuer.bench, keys_file: {self.dir}/dev/jwks.json, audience: api://models }} }}",
            f"pools: {{ model: {{ {trust}kept_connections: 512, connect: 30s, endpoints: [ {{ url: '{url}' }} ] }} }}",
            "routes:", "  chat:", *route, "    select: model", ""])

    def tokens(self, count):
        """Tokens of the development issuer, and the keys that verify them."""
        lines = []
        for i in range(count):
            lines.append(subprocess.run(
                [BUILD / "bartizan", "token", self.dir / "dev", "--issuer", "https://issuer.bench", "--audience", "api://models",
                 "--role", "Models.Use", "--subject", f"caller-{i}"], check=True, capture_output=True, text=True).stdout.strip())
        (self.dir / "token").write_text(lines[0])
        (self.dir / "tokens").write_text("\n".join(lines[1:]))

    def client(self, name, *more):
        """How the load client is called that goes to the server."""
        port = self.servers[name][0]
        to = f"http://127.0.0.1:{port}" if name in self.plain else f"https://localhost:{port}"
        return [*map(str, ["taskset", "-c", LOAD_CORE, BUILD / "bench/load", "--url", f"{to}/v1/chat/completions", "--ca", self.ca, *more])]

    def load(self, name, *more, bearer=True):
        pids = ",".join(map(str, tree(self.servers[name][1])))
        args = self.client(name, "--seconds", self.args.seconds, "--cpu-of", pids, *(["--bearer", self.dir / "token"] if bearer else []), *more)
        done = subprocess.run(args, capture_output=True, text=True, timeout=300)
        if done.returncode == 3:
            raise NotReady(f"{name}: {done.stderr.strip()}")
        if not done.stdout:
            raise SystemExit(f"{name}: {done.stderr}")
        result = json.loads(done.stdout)
        bad = {k: v for k, v in result["statuses"].items() if k != "200"}
        if result["failed"] or bad:
            print(f"  {name}: {result['failed']} failed, {bad} {done.stderr.strip()}", file=sys.stderr)
        return result

    def running_streams(self, name, count):
        """KiB that one running stream adds, with both its connections."""
        pid = self.servers[name][1]
        before = pss_kib(tree(pid))
        args = self.client(name, "--bearer", self.dir / "token", "--stream", "--connections", count, "--ready", 120, "--warmup", 4,
                           "--seconds", 4)
        p = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        p.stderr.readline()  # all are ready, or it has given up
        time.sleep(4)
        added = pss_kib(tree(pid)) - before
        r = json.loads(p.communicate(timeout=60)[0])
        return added / count, r

    # ---- instructions, which no neighbour disturbs ----

    def instructions(self, scenario, gateways, *more, requests=3000):
        """By callgrind, in user space, of the worker alone: gateways one after the other, what each adds to the first one. """
        valgrind, control = shutil.which("valgrind"), shutil.which("callgrind_control")
        if not self.wanted(scenario) or not valgrind or not control:
            return
        print(f"\n{scenario} (callgrind, user space)", flush=True)
        found, first = self.results.setdefault(scenario, {}), None
        for name, parts in gateways.items():
            out = self.dir / f"callgrind.{len(found)}"
            self.bartizan(name, counts=True, before=[valgrind, "--tool=callgrind", "--instr-atstart=no", "--trace-children=yes",
                                                     f"--callgrind-out-file={out}.%p"], **parts)
            self.load(name, "--requests", requests // 10, "--warmup", 0, "--seconds", 60, *more)
            worker = str(children(self.servers[name][1])[-1])  # there is one, since it has answered
            before = self.counter(name, "bartizan_requests_total")
            subprocess.run([control, "-i", "on", worker], check=True, capture_output=True)
            self.load(name, "--requests", requests, "--warmup", 0, "--seconds", 60, *more)
            subprocess.run([control, "-i", "off", worker], check=True, capture_output=True)
            asked = self.counter(name, "bartizan_requests_total") - before
            self.stop(name)
            total = int(re.search(r"^totals: (\d+)", pathlib.Path(f"{out}.{worker}").read_text(), re.M)[1])
            found[name] = {"instructions": total / asked, "added": total / asked - first if first else 0}
            first = first or total / asked
            print(f"  {name:16} {total / asked:9.0f} a request, {found[name]['added']:+9.0f}", flush=True)

    # ---- rounds in which all are measured in turn ----

    def rounds(self, names, figure, *more, measure=None):
        """Rows of each name, and the medians of `figure` with what it differs from that of the first name in the same round."""
        rows = {n: [] for n in names}
        for i in range(self.args.rounds):
            for n in names[i % len(names):] + names[:i % len(names)]:  # nobody always comes after the same one
                rows[n].append((measure or self.load)(n, *more))
        table = {}
        for n in names:
            values = [r[figure] for r in rows[n]]
            added = [a[figure] - b[figure] for a, b in zip(rows[n], rows[names[0]])]
            table[n] = {"value": statistics.median(values), "added": statistics.median(added), "added_min": min(added),
                        "added_max": max(added), "rows": rows[n]}
        return table


def run(stage, story):
    """`story` on a stage that is set, and taken down in any case."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is ended also then
    try:
        stage.certificates()
        story(stage)
    finally:
        stage.procs.stop()
        if stage.args.json:
            pathlib.Path(stage.args.json).write_text(json.dumps(stage.results, indent=1))
        shutil.rmtree(stage.dir, ignore_errors=True)
