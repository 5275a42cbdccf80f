"""proxies.py - bartizan beside nginx and HAProxy: interleaved rounds, the server's own CPU time, medians of paired ratios.

Everything speaks TLS 1.3 on both sides over kept connections, with the same ECDSA P-256 certificate. nginx and HAProxy have no
policy at all; bartizan checks a token, a request limit, the JSON, patterns over the prompt, and writes its audit line.
"""
import shutil, socket, ssl, statistics, sys, time

from stage import SERVER_CORE, NotReady, Stage, free_port, pss_kib, run, tree, wait_port

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


class Proxies(Stage):
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

    # ---- scenarios: interleaved rounds, paired ratios against nginx ----

    def compare(self, scenario, figure, *more, names=None, rounds_max=1000):
        if not self.wanted(scenario):
            return
        rows = {n: [] for n in names or self.servers}
        rounds = min(self.args.rounds, rounds_max)
        print(f"\n{scenario}", flush=True)
        for i in range(rounds):
            for n in list(rows) if i % 2 == 0 else list(rows)[::-1]:  # there and back, so that a drift of the machine favours nobody
                try:
                    rows[n].append(r := self.load(n, *more))
                except NotReady as e:
                    print(f"  not measured: {e}", flush=True)
                    del rows[n]
                    if n == "nginx":
                        return
                    if n == "haproxy":  # callers that were given up still hold its places
                        self.stop(n)
                        self.haproxy()
                    continue
                if sys.stderr.isatty() or rounds_max < 1000:  # where a round takes long
                    print(f"  round {i + 1} of {rounds}, {n}: {r[figure]:.2f}, ready after {r['opened_ms'] / 1000:.1f} s",
                          file=sys.stderr, flush=True)
        base = rows["nginx"]
        for n in rows:
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
        each, r = self.running_streams("plain", 2000)
        found["plain_stream_kib"], found["plain_stream_failed"] = each, r["failed"]
        print(f"  a running stream without TLS on either side, 2000 of them: {each:.1f} KiB ({r['failed']} failed)", flush=True)
        for name in ("small", "fresh", "plain"):
            self.stop(name)


def story(b):
    b.tokens(1601 if b.wanted("first-seen tokens") else 2)
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
    b.compare("2 KB chat while 5000 others wait", "cpu_us_per_request", "--park", 5000, "--ready", 120, "--warmup", 5, names=all_three, rounds_max=3)
    b.admin("reset")
    b.admin("settings", tokens=1000000, interval_ms=10, stamp=True, journal=False)
    b.compare("200 streams", "cpu_us_per_event", "--stream", "--connections", 200, names=all_three)
    b.admin("settings", tokens=1000000, interval_ms=400, stamp=True, journal=False)
    b.compare("4000 streams", "cpu_us_per_event", "--stream", "--connections", 4000, "--ready", 120, "--warmup", 2, names=all_three, rounds_max=3)


def main(args):
    run(Proxies(args), story)
