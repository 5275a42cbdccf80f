"""guard.py - what it costs to look into texts: filters by themselves, prompts and streams through the gateway, memory of streams.

Gateways stand at once, without TLS, so that what the guard adds is not lost in the noise of everything else; rounds go through them
in turn, and what is told is the median of the differences to the gateway without a guard in the same round.
"""
import json, statistics, subprocess, time

from stage import BUILD, SERVER_CORE, Stage, pss_kib, run, tree

INJECTION = "{ injection: { action: report } }"  # long texts of words that are drawn say all kinds of things
PROMPT = {"injection": INJECTION, "secrets": "secrets", "personal_data": "personal_data",
          "everything": f"{INJECTION}, secrets, personal_data"}
ANSWER = {"answer": "answer", "secrets": "secrets", "personal_data": "personal_data", "everything": "answer, secrets, personal_data"}


def text(kind, size, seed):
    """A made-up text; bench/guard --help lists the kinds."""
    return subprocess.run([BUILD / "bench/guard", "--print", kind, "--bytes", str(size), "--seed", str(seed)],
                          check=True, capture_output=True, text=True).stdout


class Guard(Stage):
    # ---- filters by themselves ----

    def alone(self):
        if not self.wanted("filters by themselves"):
            return
        rows = []
        with subprocess.Popen(["taskset", "-c", SERVER_CORE, BUILD / "bench/guard", "--rounds", str(self.args.rounds)],
                              stdout=subprocess.PIPE, text=True) as p:
            for line in p.stdout:
                rows.append(json.loads(line))
        self.results["filters by themselves"] = rows
        find = {(r["filter"], r["text"], r["bytes"]): r for r in rows}
        names = list(dict.fromkeys(r["filter"] for r in rows if r["per"] == "kb"))
        print("\nfilters by themselves: µs of CPU time a KB, median (least) of the rounds"
              f"\n  {'':16} {'prose, 2 KB':>16} {'prose, 200 KB':>16}   findings in 2 KB")
        for name in names:
            small, large = find[name, "prose", 2048], find[name, "prose", 204800]
            print(f"  {name:16} {small['ns'] / 1000:8.2f} ({small['ns_least'] / 1000:5.2f}) {large['ns'] / 1000:8.2f} "
                  f"({large['ns_least'] / 1000:5.2f})   {small['found']:.2f}")
        for r in rows:
            if r["per"] == "piece":
                print(f"  {r['filter']:24} {r['bytes'] // 1024:4} KB of prose: {r['ns'] / 1000:.3f} "
                      f"({r['ns_least'] / 1000:.3f}) µs a piece")
        everywhere = [n for n in names if (n, "code", 2048) in find]
        print("\n  other texts, 2 KB, µs a KB (of prose's)" + "".join(f" {n:>17}" for n in everywhere))
        for kind in dict.fromkeys(r["text"] for r in rows):
            cells = [(find[n, kind, 2048]["ns"] / 1000, find[n, kind, 2048]["ns"] / find[n, "prose", 2048]["ns"]) for n in everywhere]
            print(f"  {kind:39}" + "".join(f" {ns:9.2f} ({ratio:5.1f})" for ns, ratio in cells))

    # ---- through the gateway ----

    def gateway(self, name, inspect="", relay=""):
        self.bartizan(name, tls=False, patterns=False, limit=False, journal=False,
                      steps=[f"{stage}: [ {filters} ]" for stage, filters in (("inspect", inspect), ("relay", relay)) if filters])

    def body(self, kind, size):
        path = self.dir / f"{kind}-{size}.json"
        path.write_text(json.dumps({"model": "gpt-4o", "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": text(kind, size - 150, 3)}]}))
        return path

    def tell(self, scenario, unit, table, *columns):
        self.results[scenario] = table
        print(f"\n{scenario}\n  {'':16} {'µs/' + unit:>10} {'added':>7} {'':17}" + "".join(f" {title:>22}" for title, _ in columns))
        for n, t in table.items():
            spread = f"[{t['added_min']:.1f} … {t['added_max']:.1f}]"
            print(f"  {n:16} {t['value']:10.2f} {t['added']:+7.2f} {spread:17}" +
                  "".join(f" {statistics.median(of(r) for r in t['rows']):22.3f}" for _, of in columns), flush=True)

    def prompts(self, kind, size, *more):
        scenario = f"prompts, {kind} of {size // 1024} KB"
        if self.wanted(scenario):
            table = self.rounds(["nothing", *PROMPT], "cpu_us_per_request", "--body", self.body(kind, size), *more)
            self.tell(scenario, "request", table, ("p50 µs", lambda r: r["p50_us"]), ("a second", lambda r: r["per_second"]))

    # ---- streams ----

    def streamed(self, name, *more):
        """One measurement; an event is one that the model sent, whether it came through or was joined with another."""
        before, began = self.admin("counts")["events"], time.monotonic()
        row = self.load(name, "--stream", *more)
        a_second = (self.admin("counts")["events"] - before) / (time.monotonic() - began)
        return row | {"sent_a_second": a_second, "cpu_us_per_sent": row["cpu_us"] / row["seconds"] / a_second,
                      "came": row["events_per_second"] / a_second}

    def streams(self, scenario, connections, interval_ms):
        if not self.wanted(scenario):
            return
        self.admin("settings", tokens=1000000, interval_ms=interval_ms, stamp=True, prose=True, journal=False)
        table = self.rounds(["nothing", *(f"relay {n}" for n in ANSWER)], "cpu_us_per_sent", "--connections", connections, "--warmup", 2,
                            measure=self.streamed)
        self.tell(scenario, "event", table, ("came through", lambda r: r["came"]), ("p50 of an event, µs", lambda r: r["event_p50_us"]))
        self.admin("reset")

    def first_token(self):
        scenario = "first token: short streams, 10 callers, the model takes 20 ms, then a word each 20 ms"
        if not self.wanted(scenario):
            return
        self.admin("settings", tokens=20, interval_ms=20, first_byte_ms=20, stamp=True, prose=True, journal=False)
        table = self.rounds(["nothing", *(f"relay {n}" for n in ANSWER)], "first_token_p50_us", "--stream", "--connections", 10)
        self.tell(scenario, "1st token", table, ("tokens a stream", lambda r: r["tokens"] / max(r["requests"], 1)),
                  ("p50 of an event, µs", lambda r: r["event_p50_us"]))
        self.admin("reset")

    def memory(self):
        """Of a running stream; each gateway is fresh."""
        if not self.wanted("memory of streams"):
            return
        print("\nmemory of a running stream, without TLS, 1,000 of them")
        self.admin("settings", tokens=1000000, interval_ms=400, stamp=True, prose=True, journal=False)
        found = self.results["memory of streams"] = {}
        for name, inspect, relay in (("fresh nothing", "", ""), ("fresh relay", "", ANSWER["everything"]),
                                     ("fresh everything", PROMPT["everything"], ANSWER["everything"])):
            self.gateway(name, inspect, relay)
            time.sleep(0.5)
            idle = pss_kib(tree(self.servers[name][1]))
            each, r = self.running_streams(name, 1000)
            found[name] = {"stream_kib": each, "idle_kib": idle, "failed": r["failed"]}
            print(f"  {name.removeprefix('fresh '):12} {each:6.1f} KiB a stream, {each - found['fresh nothing']['stream_kib']:+.1f}; "
                  f"the gateway idle: {idle} KiB ({r['failed']} failed)", flush=True)
            self.stop(name)
        self.admin("reset")


def story(b):
    b.alone()
    b.tokens(2)
    b.model()
    count_instructions(b)
    b.gateway("nothing")
    for name, filters in PROMPT.items():
        b.gateway(name, inspect=filters)
    for name, filters in ANSWER.items():
        b.gateway(f"relay {name}", relay=filters)
    b.prompts("prose", 2048)
    b.prompts("records", 2048)
    b.prompts("prose", 200 * 1024, "--connections", 8)
    b.streams("streams, 100 of them, a word each 10 ms", 100, 10)
    b.streams("streams, 2,000 of them, a word each 400 ms", 2000, 400)
    b.first_token()
    b.memory()


def count_instructions(b):
    """Without injection, whose scanner chooses its code by the processor and so is another one under callgrind."""
    common = dict(tls=False, patterns=False, limit=False, journal=False)
    steps = {"nothing": [], "secrets": ["inspect: [ secrets ]"], "personal_data": ["inspect: [ personal_data ]"]}
    b.instructions("instructions of a request, prose of 2 KB", {n: common | {"steps": s} for n, s in steps.items()},
                   "--connections", 8, "--body", b.body("prose", 2048))


def main(args):
    run(Guard(args), story)
