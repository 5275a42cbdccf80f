"""run.py - bartizan beside nginx and HAProxy: interleaved rounds, the server's own CPU time, medians of paired ratios.

The server runs alone on core 0, the load client and the mock model on core 1. Everything speaks TLS 1.3 on both sides over kept
connections, with the same ECDSA P-256 certificate. nginx and HAProxy have no policy at all; bartizan checks a token, a request
limit, the JSON, patterns over the prompt, and writes its audit line. Python's standard library only.
"""
import argparse, contextlib, json, os, pathlib, re, shutil, signal, socket, ssl, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BARTIZAN_BUILD", ROOT / "build" / "release"))
SERVER_CORE, LOAD_CORE = "0", "1"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, log=None, seconds=10):
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


NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.log crit; worker_rlimit_nofile 20000;
events {{ worker_connections 19000; use epoll; }}
http {{
  access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  keepalive_requests 100000000; keepalive_timeout 300s; client_body_buffer_size 512k; client_max_body_size 20m;
  upstream model {{ server 127.0.0.1:{model}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096; ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; tcp_nodelay on;
    location / {{ proxy_pass https://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_ssl_protocols TLSv1.3; proxy_ssl_session_reuse on; proxy_read_timeout 300s; proxy_send_timeout 300s; }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9500
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  option http-no-delay
  http-reuse always
frontend f
  bind 127.0.0.1:{port} ssl crt {pem} alpn http/1.1 ssl-min-ver TLSv1.3
  default_backend b
backend b
  server m 127.0.0.1:{model} ssl verify none alpn http/1.1 ssl-min-ver TLSv1.3
"""


class Bench:
    def __init__(self, args):
        self.args = args
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bartizan-bench-"))
        os.chmod(self.dir, 0o755)  # nginx's worker is another user
        self.procs = Processes()
        self.servers = {}  # name -> (url, pid of the supervisor)
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
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.model_plain}/admin/{path}",
                                                      json.dumps(values).encode())).read()

    def nginx(self):
        port, conf = free_port(), self.dir / "nginx.conf"
        conf.write_text(NGINX.format(dir=self.dir, port=port, model=self.model_tls, cert=self.cert, key=self.key))
        p = self.procs.start([shutil.which("nginx") or "/usr/sbin/nginx", "-c", conf, "-p", self.dir], SERVER_CORE,
                             stderr=open(self.dir / "nginx.err", "w"))
        wait_port(port, self.dir / "nginx.err")
        self.servers["nginx"] = (port, p.pid)

    def haproxy(self):
        port, conf = free_port(), self.dir / "haproxy.cfg"
        conf.write_text(HAPROXY.format(port=port, model=self.model_tls, pem=self.pem))
        p = self.procs.start([shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", conf], SERVER_CORE,
                             stderr=open(self.dir / "haproxy.err", "w"))
        wait_port(port, self.dir / "haproxy.err")
        self.servers["haproxy"] = (port, p.pid)

    def bartizan(self, name="bartizan", **parts):
        port, conf = free_port(), self.dir / f"{name}.yaml"
        conf.write_text(self.config(port, **parts))
        began = time.monotonic()
        p = self.procs.start([BUILD / "bartizan", "run", conf], SERVER_CORE, stderr=open(self.dir / f"{name}.log", "w"))
        wait_port(port, self.dir / f"{name}.log")
        self.start_ms = (time.monotonic() - began) * 1000
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

    def config(self, port, token=True, limit=True, patterns=True, journal=True, tls=True):
        listen = f", certificate: {self.cert}, key: {self.key}" if tls else ""
        trust, url = (f"ca: {self.ca}, ", f"https://localhost:{self.model_tls}") if tls else ("", f"http://127.0.0.1:{self.model_plain}")
        route = [f"    match: {{ path: /v1/* }}"]
        if token:
            route += ["    authenticate: [ { jwt: { issuer: bench } } ]", "    authorise: [ { roles: { any: [Models.Use] } } ]"]
        else:
            route += ["    insecure_anonymous: true"]
        if limit:
            route += ["    limit: [ { requests: { rate: 100000000/min, by: %s } } ]" % ("subject" if token else "address")]
        if patterns:
            words = json.dumps([f"forbidden phrase number {i}" for i in range(300)])
            route += ["    inspect: [ { patterns: { words: %s, action: refuse } } ]" % words]
        return "\n".join([
            f"listen: [ {{ address: 127.0.0.1:{port}{listen} }} ]",
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

    def load(self, name, *more, bearer=True):
        port, pid = self.servers[name]
        pids = ",".join(map(str, tree(pid)))
        args = ["taskset", "-c", LOAD_CORE, BUILD / "bench/load", "--url", f"https://localhost:{port}/v1/chat/completions",
                "--ca", self.ca, "--seconds", self.args.seconds, "--cpu-of", pids]
        if bearer:
            args += ["--bearer", self.dir / "token"]
        done = subprocess.run([*map(str, args), *map(str, more)], capture_output=True, text=True, timeout=300)
        if not done.stdout:
            raise SystemExit(f"{name}: {done.stderr}")
        result = json.loads(done.stdout)
        bad = {k: v for k, v in result["statuses"].items() if k != "200"}
        if result["failed"] or bad:
            print(f"  {name}: {result['failed']} failed, {bad} {done.stderr.strip()}", file=sys.stderr)
        return result

    # ---- scenarios: interleaved rounds, paired ratios against nginx ----

    def compare(self, scenario, figure, *more, names=None):
        if self.args.only and self.args.only not in scenario:
            return
        names = names or [n for n in self.servers]
        rows = {n: [] for n in names}
        for _ in range(self.args.rounds):
            for n in names:
                rows[n].append(self.load(n, *more))
        base = rows["nginx"]
        print(f"\n{scenario}")
        for n in names:
            values = [r[figure] for r in rows[n]]
            ratios = [a[figure] / b[figure] for a, b in zip(rows[n], base) if b[figure]]
            p50 = statistics.median(r["event_p50_us" if "event" in figure else "p50_us"] for r in rows[n])
            row = {"value": statistics.median(values), "min": min(values), "max": max(values),
                   "ratio": statistics.median(ratios) if ratios else 0, "p50_us": p50,
                   "busy": statistics.median(r["busy"] for r in rows[n]),
                   "per_second": statistics.median(r["events_per_second" if "event" in figure else "per_second"] for r in rows[n])}
            self.results.setdefault(scenario, {})[n] = row
            print(f"  {n:18} {figure} {row['value']:9.2f} [{row['min']:.2f} … {row['max']:.2f}]  ratio {row['ratio']:.2f}  "
                  f"p50 {p50:.0f} us  {row['per_second']:.0f}/s  busy {row['busy']:.2f}", flush=True)

    def wanted(self, scenario):
        return not self.args.only or self.args.only in scenario

    # ---- what each step costs ----

    def ladder(self):
        steps = [("tls", {}), ("token", {"token": True}), ("limit", {"limit": True}), ("patterns", {"patterns": True}),
                 ("journal", {"journal": True})]
        parts, names = {"token": False, "limit": False, "patterns": False, "journal": False}, ["nginx"]
        if not self.wanted("ladder"):
            return
        for step, more in steps:
            parts.update(more)
            self.bartizan("+" + step, **parts)
            names.append("+" + step)
        self.compare("ladder: each line has one step more than the line above", "cpu_us_per_request", names=names)
        for name in names[1:]:
            self.stop(name)

    # ---- a token that was never seen ----

    def first_seen(self):
        """The same number of requests to a fresh gateway, with one token or each with its own."""
        if not self.wanted("first-seen tokens"):
            return
        spent, count = {"one token": [], "a new token each": []}, 1400
        for i in range(self.args.rounds):
            for what, option in (("one token", ("--bearer", self.dir / "token")), ("a new token each", ("--bearers", self.dir / "tokens"))):
                name = f"fresh{i}{what[0]}"
                self.bartizan(name)
                self.load(name, "--connections", 4, "--requests", 20, "--warmup", 0, bearer=True)
                r = self.load(name, "--connections", 4, "--requests", count, "--warmup", 0, *option, bearer=False)
                spent[what].append(r["cpu_us_per_request"])
                self.stop(name)
        added = statistics.median(b - a for a, b in zip(*spent.values()))
        self.results["first_seen"] = {"added_us": added, **{k: statistics.median(v) for k, v in spent.items()}}
        print(f"\nfirst-seen tokens: {statistics.median(spent['one token']):.1f} us a request with one remembered token, "
              f"{statistics.median(spent['a new token each']):.1f} us with a new one each: {added:.1f} us added by each "
              f"(rounds: {', '.join(f'{b - a:.1f}' for a, b in zip(*spent.values()))})", flush=True)

    # ---- memory and start ----

    def idle_connections(self, name, count):
        """KiB that one idle TLS connection adds, after its handshake."""
        port, pid = self.servers[name]
        context = ssl.create_default_context(cafile=self.ca)
        before, held = pss_kib(tree(pid)), []
        for _ in range(count):
            held.append(context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"))
        time.sleep(0.3)
        added = (pss_kib(tree(pid)) - before) / count
        for s in held:
            s.close()
        return added

    def running_streams(self, name, count, tls=True):
        """KiB that one running stream adds, with both its TLS connections or without TLS."""
        port, pid = self.servers[name]
        before = pss_kib(tree(pid))
        to = ["--url", f"https://localhost:{port}/v1/chat/completions", "--ca", self.ca] if tls else [
            "--url", f"http://127.0.0.1:{port}/v1/chat/completions"]
        args = ["taskset", "-c", LOAD_CORE, BUILD / "bench/load", *to,
                "--bearer", self.dir / "token", "--stream", "--connections", count, "--warmup", 12, "--seconds", 4]
        p = subprocess.Popen([*map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(13)
        added = pss_kib(tree(pid)) - before
        r = json.loads(p.communicate(timeout=60)[0])
        return added / count, r

    def memory(self):
        if not self.wanted("memory"):
            return
        found = self.results["memory"] = {}
        print("\nmemory (proportional set size of all processes of the server) and start")
        self.bartizan("small", token=False, limit=False, patterns=False)
        self.bartizan("fresh")
        for name in ("small", "fresh"):
            time.sleep(0.5)
            found[f"{name} idle_kib"] = pss_kib(tree(self.servers[name][1]))
            found[f"{name} ready_ms"] = self.ready_ms(name)
            print(f"  {'without token, limit and patterns' if name == 'small' else 'the guard, 300 phrases'}: "
                  f"ready after {found[f'{name} ready_ms']:.0f} ms, {found[f'{name} idle_kib']} KiB idle")
        for name in ("nginx", "fresh"):
            found[f"{name} idle_connection_kib"] = self.idle_connections(name, 1000)
            print(f"  an idle TLS connection, {'bartizan' if name == 'fresh' else name}: {found[f'{name} idle_connection_kib']:.1f} KiB", flush=True)
        self.admin("settings", tokens=1000000, interval_ms=400, stamp=True, journal=False)
        each, r = self.running_streams("fresh", 2000)
        found["stream_kib"], found["stream_failed"] = each, r["failed"]
        print(f"  a running stream, with its two TLS connections, 2000 of them: {each:.1f} KiB; "
              f"{each - 2 * found['fresh idle_connection_kib']:.1f} KiB beside two idle TLS connections ({r['failed']} failed)", flush=True)
        self.bartizan("plain", tls=False)
        time.sleep(0.5)
        each, r = self.running_streams("plain", 2000, tls=False)
        found["plain_stream_kib"], found["plain_stream_failed"] = each, r["failed"]
        print(f"  a running stream without TLS on either side, 2000 of them: {each:.1f} KiB ({r['failed']} failed)", flush=True)
        for name in ("small", "fresh", "plain"):
            self.stop(name)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=3)
    p.add_argument("--only", default="")
    p.add_argument("--json", default="")
    args = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is ended also then
    b = Bench(args)
    try:
        b.certificates()
        b.tokens(1401 if b.wanted("first-seen tokens") else 2)
        b.model()
        b.nginx()
        b.haproxy()
        b.bartizan("bartizan")
        all_three = ["nginx", "haproxy", "bartizan"]
        b.memory()
        b.admin("reset")
        b.compare("2 KB chat, 1 KB answer, 32 callers", "cpu_us_per_request", names=all_three)
        b.compare("6000 a second", "cpu_us_per_request", "--rate", 6000, names=all_three)
        b.compare("one caller", "cpu_us_per_request", "--connections", 1, names=all_three)
        b.ladder()
        b.first_seen()
        b.admin("steer", mode="slow", model="parked", delay_ms=290000)
        b.compare("2 KB chat while 5000 others wait", "cpu_us_per_request", "--park", 5000, "--warmup", 6, names=all_three)
        b.admin("reset")
        b.admin("settings", tokens=1000000, interval_ms=10, stamp=True, journal=False)
        b.compare("200 streams", "cpu_us_per_event", "--stream", "--connections", 200, names=all_three)
        b.admin("settings", tokens=1000000, interval_ms=400, stamp=True, journal=False)
        b.compare("4000 streams", "cpu_us_per_event", "--stream", "--connections", 4000, "--warmup", 15, names=all_three)
    finally:
        b.procs.stop()
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps(b.results, indent=1))
        shutil.rmtree(b.dir, ignore_errors=True)


if __name__ == "__main__":
    main()
