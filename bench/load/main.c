/* main.c - load: options, phases (park, warm up, measure), the server's own CPU time, and the report as one JSON line. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char HELP[] =
    "load - open- and closed-loop load on one URL, over TLS or plain, whole answers or streams\n\n"
    "usage: load --url URL [options]\n\n"
    "  --connections N     callers (default 32); closed loop: each asks again as soon as it was answered\n"
    "  --rate N            open loop: N requests a second, timed from when they should have left\n"
    "  --seconds N         measured (default 5), after --warmup N seconds (default 1)\n"
    "  --ready N           gives up when not all callers are connected (and their streams begun) after N seconds (default 60)\n"
    "  --requests N        stop after that many measured answers\n"
    "  --stream            ask for streams; events are counted, and timed when the model stamps them\n"
    "  --reconnect         a new connection for each request\n"
    "  --park N            N more callers whose requests wait at the model (--park-model NAME)\n"
    "  --model NAME        (default gpt-4o)   --body-bytes N (default 2048)   --body FILE\n"
    "  --bearer FILE       a token           --bearers FILE  a token a line, each request the next\n"
    "  --api-key KEY\n"
    "  --ca FILE           trusted for https  --cpu-of PID[,PID…]  whose CPU time is reported\n\n"
    "Prints one JSON object. Only loopback addresses are taken.\n";

struct options options = { .connections = 32, .seconds = 5, .warmup = 1, .ready = 60, .body_bytes = 2048 };
struct results results;
struct loop *loop;

static clockid_t clocks[16];
static size_t clocks_count;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(2);
}

static uint64_t number(const char *text)
{
    uint64_t n;
    if (!str_to_u64(str_c(text), &n))
        die(text, "not a number");
    return n;
}

static struct str read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(1 << 24);
    if (!f || !text)
        die(path, strerror(errno));
    size_t len = fread(text, 1, 1 << 24, f);
    fclose(f);
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    return str_of(text, len);
}

static void read_pids(char *list)
{
    for (char *at = list; at && *at && clocks_count < ARRAY_LEN(clocks);) {
        char *end;
        long pid = strtol(at, &end, 10);
        if (clock_getcpuclockid((pid_t)pid, &clocks[clocks_count]) == 0)
            clocks_count++;
        at = *end == ',' ? end + 1 : NULL;
    }
}

static double cpu_s(void)
{
    double sum = 0;
    for (size_t i = 0; i < clocks_count; i++) {
        struct timespec t;
        if (clock_gettime(clocks[i], &t) == 0)
            sum += (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    }
    return sum;
}

static void read_url(const char *text)
{
    const char *why;
    struct ip_address ip;
    if (!url_parse(str_c(text), &options.url, &why))
        die(text, why);
    bool loopback = str_eq(options.url.host, STR("localhost")) || (ip_parse(options.url.host, &ip) && ip_is_loopback(&ip));
    if (!loopback)
        die(text, "only loopback addresses are taken");
    const char *rest = strchr(strstr(text, "://") + 3, '/');
    options.path = rest ? str_c(rest) : STR("/");
}

static void read_options(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        { "url", 1, NULL, 'u' },      { "connections", 1, NULL, 'c' }, { "rate", 1, NULL, 'r' },
        { "seconds", 1, NULL, 's' },  { "warmup", 1, NULL, 'w' },      { "requests", 1, NULL, 'n' },
        { "ready", 1, NULL, 'y' },
        { "stream", 0, NULL, 'S' },   { "reconnect", 0, NULL, 'R' },   { "park", 1, NULL, 'p' },
        { "park-model", 1, NULL, 'P' }, { "model", 1, NULL, 'm' },     { "body-bytes", 1, NULL, 'B' },
        { "body", 1, NULL, 'f' },     { "bearer", 1, NULL, 'b' },   { "bearers", 1, NULL, 'T' },      { "api-key", 1, NULL, 'k' },
        { "ca", 1, NULL, 'C' },       { "cpu-of", 1, NULL, 'x' },      { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *ca = NULL;
    options.model = STR("gpt-4o");
    options.parked_model = STR("parked");
    for (int o; (o = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (o) {
        case 'u': read_url(optarg); break;
        case 'c': options.connections = number(optarg); break;
        case 'r': options.rate = number(optarg); options.is_open = true; break;
        case 's': options.seconds = number(optarg); break;
        case 'w': options.warmup = number(optarg); break;
        case 'y': options.ready = number(optarg); break;
        case 'n': options.requests = number(optarg); break;
        case 'S': options.stream = true; break;
        case 'R': options.reconnect = true; break;
        case 'p': options.parked = number(optarg); break;
        case 'P': options.parked_model = str_c(optarg); break;
        case 'm': options.model = str_c(optarg); break;
        case 'B': options.body_bytes = number(optarg); break;
        case 'f': options.body = read_file(optarg); break;
        case 'b': options.bearer = read_file(optarg); break;
        case 'T': options.bearers = read_file(optarg); break;
        case 'k': options.api_key = str_c(optarg); break;
        case 'C': ca = optarg; break;
        case 'x': read_pids(optarg); break;
        case 'h': fputs(HELP, stdout); exit(0);
        default: fputs(HELP, stderr); exit(2);
        }
    }
    if (!options.url.host.len)
        die("--url", "is needed; see --help");
    if (options.url.tls) {
        struct problems problems;
        problems_init(&problems, STR("load"), STR_NONE);
        options.tls = tls_client_new(&(struct tls_client_options){ .ca_path = ca, .speaks_http = true }, &problems);
        if (!options.tls)
            die("--ca", "cannot be used");
        problems_finish(&problems);
    }
}

/* ---- phases ---- */

static struct timer phase, arrivals;
static bool is_warming;
static uint64_t opened_ms;
static uint64_t began_us, first_arrival_us, arrived;
static double cpu_before, cpu_after;
static uint64_t measured_us;

static void phase_over(struct timer *t);

static void arrive(struct timer *t)
{
    uint64_t now = loop_now_exact_us(), due = (now - first_arrival_us) * options.rate / 1000000;
    for (; arrived < due; arrived++)
        clients_arrive(first_arrival_us + arrived * 1000000 / options.rate);
    timer_set(loop, t, 1);
}

static void measure(void)
{
    results = (struct results){ .counts = true };
    cpu_before = cpu_s();
    began_us = loop_now_exact_us();
    timer_set(loop, &phase, options.requests ? 20 : options.seconds * 1000);
}

/* All callers, then the warm-up, then what counts. */
static void wait_for_callers(void)
{
    uint64_t took_ms = (loop_now_exact_us() - began_us) / 1000;
    size_t open;
    if (clients_are_open(&open)) {
        is_warming = true;
        opened_ms = took_ms;
        fprintf(stderr, "load: %zu callers ready after %llu ms\n", open, (unsigned long long)took_ms);
        timer_set(loop, &phase, options.warmup * 1000 + 1);
    } else if (took_ms < options.ready * 1000) {
        timer_set(loop, &phase, 10);
    } else {
        fprintf(stderr, "load: %zu of %llu callers were ready after %llu s%s%s\n", open,
                (unsigned long long)(options.connections + options.parked), (unsigned long long)options.ready,
                results.last_failure ? "; last failure: " : "", results.last_failure ? results.last_failure : "");
        exit(3);
    }
}

static void phase_over(struct timer *t)
{
    if (!is_warming) {
        wait_for_callers();
        return;
    }
    if (!results.counts) {
        measure();
        return;
    }
    uint64_t now = loop_now_exact_us();
    if (options.requests && results.done < options.requests && now - began_us < options.seconds * 1000000) {
        timer_set(loop, t, 20);
        return;
    }
    cpu_after = cpu_s();
    measured_us = now - began_us;
    results.counts = false;
    loop_stop(loop);
}

static void report(void)
{
    const struct histogram *l = &results.latency, *e = &results.event;
    double cpu_us = (cpu_after - cpu_before) * 1e6, seconds = (double)measured_us / 1e6;
    printf("{\"opened_ms\":%llu,\"seconds\":%.3f,\"requests\":%llu,\"per_second\":%.1f,\"events\":%llu,\"events_per_second\":%.1f,"
           "\"p50_us\":%llu,\"p90_us\":%llu,\"p99_us\":%llu,\"max_us\":%llu,\"first_byte_p50_us\":%llu,"
           "\"tokens\":%llu,\"first_token_p50_us\":%llu,\"event_p50_us\":%llu,\"event_p99_us\":%llu,"
           "\"cpu_us\":%.0f,\"cpu_us_per_request\":%.3f,"
           "\"cpu_us_per_event\":%.3f,\"busy\":%.3f,\"failed\":%llu,\"backlog\":%llu,\"statuses\":{",
           (unsigned long long)opened_ms, seconds, (unsigned long long)results.done, (double)results.done / seconds, (unsigned long long)results.events,
           (double)results.events / seconds, (unsigned long long)histogram_quantile(l, 0.5),
           (unsigned long long)histogram_quantile(l, 0.9), (unsigned long long)histogram_quantile(l, 0.99),
           (unsigned long long)l->max, (unsigned long long)histogram_quantile(&results.first_byte, 0.5),
           (unsigned long long)results.tokens, (unsigned long long)histogram_quantile(&results.first_token, 0.5),
           (unsigned long long)histogram_quantile(e, 0.5), (unsigned long long)histogram_quantile(e, 0.99), cpu_us,
           results.done ? cpu_us / (double)results.done : 0, results.events ? cpu_us / (double)results.events : 0,
           cpu_us / (double)measured_us, (unsigned long long)(results.failed_broken + results.failed_connect),
           (unsigned long long)results.backlog);
    const char *comma = "";
    for (size_t i = 0; i < ARRAY_LEN(results.statuses); i++)
        if (results.statuses[i]) {
            printf("%s\"%zu\":%llu", comma, i, (unsigned long long)results.statuses[i]);
            comma = ",";
        }
    printf("}}\n");
    if (results.last_failure)
        fprintf(stderr, "load: last failure: %s\n", results.last_failure);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    loop = loop_new();
    if (!loop || !clients_start())
        die("start", "no memory");
    timer_init(&phase, phase_over);
    timer_init(&arrivals, arrive);
    began_us = first_arrival_us = loop_now_exact_us();
    timer_set(loop, &phase, 1);
    if (options.is_open)
        timer_set(loop, &arrivals, 1);
    loop_run(loop);
    clients_stop();
    report();
    return results.done || results.events ? 0 : 1;
}
