/* main.c - options, the listeners of libmicrohttpd, and the life of the process. */
#include "keys.h"
#include "mock.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include <unistd.h>

static const char help[] =
    "mock-issuer - plays Entra ID, IMDS and the App Service identity endpoint, for tests\n"
    "\n"
    "usage: mock-issuer [--port N] [--tls-port N --tls-cert FILE --tls-key FILE] [--ready-file FILE]\n"
    "\n"
    "  --port N            plain HTTP on 127.0.0.1 (default 0: any free port)\n"
    "  --tls-port N        HTTPS beside it, for clients that refuse plain authorities (0: any free port)\n"
    "  --tls-cert FILE     its certificate chain, PEM\n"
    "  --tls-key FILE      its private key, PEM\n"
    "  --ready-file FILE   write the ready line there too, once everything listens\n"
    "  --help              this text\n"
    "\n"
    "Prints `ready http://127.0.0.1:PORT [https://localhost:PORT]` and runs until SIGTERM or SIGINT.\n"
    "\n"
    "  GET  /{tenant}/[v2.0/].well-known/openid-configuration, /{tenant}/discovery/[v2.0/]keys\n"
    "  POST /{tenant}/oauth2/[v2.0/]token          client credentials: secret, assertion, federated token\n"
    "  GET  /generic/.well-known/openid-configuration, /generic/keys; POST /generic/token\n"
    "  GET  /metadata/identity/oauth2/token        IMDS; /msi/token App Service; /arc/metadata/… Azure Arc\n"
    "  POST /admin/token     "
    "{\"ver\",\"tenant\",\"audience\",\"roles\",\"scp\",\"lifetime\",\"alg\",\"sign\",\"claims\",\"header\",…}\n"
    "  POST /admin/keys      {\"action\":\"rotate|remove|set\",…}; GET lists them\n"
    "  POST /admin/steer     "
    "{\"path\":GLOB,\"times\":N,\"status\",\"headers\",\"delay_ms\",\"body\",\"merge\",\"drop\",\"huge_bytes\","
    "\"gzip\",\"cut\"}\n"
    "  POST /admin/settings, /admin/apps, /admin/identities, /admin/reset\n"
    "  GET  /admin/journal[?path=GLOB], /admin/ready\n";

enum { SLICE_MS = 20 };

struct options {
    unsigned port, tls_port;
    bool has_tls;
    char *certificate, *key; /* owned: the files' text */
    const char *ready_file;
};

/* What one listener's callbacks need to know. */
struct listener {
    struct mock *mock;
    bool is_tls;
    struct MHD_Daemon *daemon;
};

/* ---- one request ---- */

static void *request_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct listener *listener = cls;
    struct request *request = calloc(1, sizeof *request);

    (void)connection;
    assert(request);
    request->is_tls = listener->is_tls;
    request->target = strdup(target);
    request->query = json_object();
    request->headers = json_object();
    request->form = json_object();
    buf_init(&request->body, MOCK_BODY_MAX_BYTES);
    return request;
}

static void request_end(void *cls, struct MHD_Connection *connection, void **con_cls,
                        enum MHD_RequestTerminationCode why)
{
    struct request *request = *con_cls;

    (void)cls;
    (void)connection;
    (void)why;
    if (!request)
        return;
    free(request->target);
    free(request->path);
    json_decref(request->query);
    json_decref(request->headers);
    json_decref(request->form);
    buf_wipe(&request->body);
    buf_finish(&request->body);
    free(request);
    *con_cls = NULL;
}

static enum MHD_Result take_value(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    char lower[256];
    size_t n = strlen(name);

    if (n >= sizeof lower)
        return MHD_YES;
    for (size_t i = 0; i <= n; i++)
        lower[i] = kind == MHD_HEADER_KIND ? ascii_lower(name[i]) : name[i];
    json_object_set_new(cls, lower, json_string(value ? value : ""));
    return MHD_YES;
}

static void form_decode(json_t *form, struct str body)
{
    while (body.at && body.len) {
        struct str value = str_cut(&body, '&'), name = str_cut(&value, '=');
        char *pair[2] = { strndup(name.at, name.len), strndup(value.at ? value.at : "", value.len) };
        for (int i = 0; i < 2; i++) {
            assert(pair[i]);
            for (char *at = pair[i]; *at; at++)
                if (*at == '+')
                    *at = ' ';
            MHD_http_unescape(pair[i]);
        }
        json_object_set_new(form, pair[0], json_string(pair[1]));
        free(pair[0]);
        free(pair[1]);
    }
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct reply *reply)
{
    const char *name;
    json_t *value;
    char *text = reply->json ? json_dumps(reply->json, JSON_COMPACT) : NULL;
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(reply->text_len, reply->text ? reply->text : (char *)"",
                                               MHD_RESPMEM_MUST_COPY);

    if (!response)
        return MHD_NO;
    if (reply->type)
        MHD_add_response_header(response, "Content-Type", reply->type);
    json_object_foreach(reply->headers, name, value) MHD_add_response_header(response, name, json_string_value(value));
    enum MHD_Result queued = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

static atomic_bool is_stopping;

/* The delay is slept by this connection's own thread, after the lock is given back; the end of the program cuts it
 * short. */
static void sleep_ms(unsigned ms)
{
    for (unsigned slept = 0; slept < ms && !is_stopping; slept += SLICE_MS) {
        unsigned slice = ms - slept < SLICE_MS ? ms - slept : SLICE_MS;
        nanosleep(&(struct timespec){ .tv_nsec = (long)slice * 1000000 }, NULL);
    }
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *data, size_t *size, void **con_cls)
{
    struct listener *listener = cls;
    struct request *request = *con_cls;

    (void)version;
    if (!request->is_begun) {
        request->is_begun = true;
        request->method = method;
        request->path = strdup(path);
        MHD_get_connection_values(connection, MHD_HEADER_KIND, take_value, request->headers);
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_value, request->query);
        return MHD_YES;
    }
    if (*size) {
        if (!buf_add(&request->body, str_of(data, *size)))
            request->is_too_large = true;
        *size = 0;
        return MHD_YES;
    }

    const char *type = request_header(request, "content-type");
    if (type && str_starts_nocase(str_c(type), STR("application/x-www-form-urlencoded")))
        form_decode(request->form, buf_str(&request->body));
    struct reply reply = { 0 };
    unsigned delay_ms = 0;
    mock_answer(listener->mock, request, &reply, &delay_ms);
    if (delay_ms)
        sleep_ms(delay_ms);
    enum MHD_Result result = reply.is_cut ? MHD_NO : send_reply(connection, &reply);
    reply_finish(&reply);
    return result;
}

/* ---- listeners ---- */

static void log_nothing(void *cls, const char *format, va_list arguments)
{
    (void)cls;
    (void)format;
    (void)arguments;
}

/* The port that it listens on; 0 when it cannot. */
static unsigned listener_start(struct listener *listener, const struct options *options, unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, options->certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, options->key },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ERROR_LOG |
                             (listener->is_tls ? MHD_USE_TLS : 0),
                         (uint16_t)port, NULL, NULL, handle, listener, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, request_begin,
                         listener, MHD_OPTION_NOTIFY_COMPLETED, request_end, NULL, MHD_OPTION_CONNECTION_TIMEOUT, 120u,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)262144, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
                         MHD_OPTION_ARRAY, listener->is_tls ? tls : none, MHD_OPTION_END);
    if (!listener->daemon)
        return 0;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : port;
}

static bool say_ready(const char *path, const char *line)
{
    char temporary[4096];

    printf("%s\n", line);
    fflush(stdout);
    if (!path)
        return true;
    /* Written aside and renamed, so that who waits for the file finds it whole. */
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    if (!file)
        return false;
    bool ok = fprintf(file, "%s\n", line) > 0;
    ok = fclose(file) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}

static int serve(const struct options *options)
{
    struct mock mock = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct listener plain = { .mock = &mock }, tls = { .mock = &mock, .is_tls = true };
    sigset_t signals;
    char base[64], line[160];
    int which = 0, code = 3;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* the threads of the listeners inherit it */
    signal(SIGPIPE, SIG_IGN);

    /* Nobody is served before the state is there: the port must be known to write it. */
    pthread_mutex_lock(&mock.lock);
    unsigned port = listener_start(&plain, options, options->port);
    unsigned tls_port = options->has_tls ? listener_start(&tls, options, options->tls_port) : 0;
    snprintf(base, sizeof base, "http://127.0.0.1:%u", port);
    mock.base = base;
    mock_reset(&mock, true);
    pthread_mutex_unlock(&mock.lock);

    if (!port || (options->has_tls && !tls_port)) {
        fprintf(stderr, "mock-issuer: cannot listen on port %u\n", port ? options->tls_port : options->port);
        goto out;
    }
    if (tls_port)
        snprintf(line, sizeof line, "ready %s https://localhost:%u", base, tls_port);
    else
        snprintf(line, sizeof line, "ready %s", base);
    if (!say_ready(options->ready_file, line)) {
        fprintf(stderr, "mock-issuer: cannot write %s\n", options->ready_file);
        goto out;
    }
    sigwait(&signals, &which);
    code = 0;
out:
    is_stopping = true;
    if (plain.daemon)
        MHD_stop_daemon(plain.daemon);
    if (tls.daemon)
        MHD_stop_daemon(tls.daemon);
    keyring_free(mock.keys);
    json_decref(mock.settings);
    json_decref(mock.apps);
    json_decref(mock.identities);
    json_decref(mock.rules);
    json_decref(mock.journal);
    json_decref(mock.counts);
    return code;
}

/* ---- options ---- */

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    bool ok = file && text && fread(text, 1, 65535, file) > 0;

    if (file)
        fclose(file);
    if (ok)
        return text;
    fprintf(stderr, "mock-issuer: cannot read %s\n", path);
    free(text);
    return NULL;
}

static bool port_parse(const char *text, unsigned *out)
{
    uint64_t port;

    if (!str_to_u64(str_c(text), &port) || port > 65535) {
        fprintf(stderr, "mock-issuer: %s is not a port\n", text);
        return false;
    }
    *out = (unsigned)port;
    return true;
}

int main(int argc, char **argv)
{
    enum { PORT = 1, TLS_PORT, TLS_CERT, TLS_KEY, READY_FILE, HELP };
    static const struct option known[] = {
        { "port", required_argument, NULL, PORT },
        { "tls-port", required_argument, NULL, TLS_PORT },
        { "tls-cert", required_argument, NULL, TLS_CERT },
        { "tls-key", required_argument, NULL, TLS_KEY },
        { "ready-file", required_argument, NULL, READY_FILE },
        { "help", no_argument, NULL, HELP },
        { NULL, 0, NULL, 0 },
    };
    struct options options = { 0 };
    int code = 2, option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        bool ok = true;
        if (option == PORT)
            ok = port_parse(optarg, &options.port);
        else if (option == TLS_PORT)
            ok = options.has_tls = port_parse(optarg, &options.tls_port);
        else if (option == TLS_CERT && !options.certificate)
            ok = (options.certificate = file_text(optarg)) != NULL;
        else if (option == TLS_KEY && !options.key)
            ok = (options.key = file_text(optarg)) != NULL;
        else if (option == READY_FILE)
            options.ready_file = optarg;
        else if (option == HELP || option == 'h') {
            fputs(help, stdout);
            code = 0;
            goto out;
        } else
            ok = false;
        if (!ok)
            goto out;
    }
    if (optind != argc || (options.has_tls && (!options.certificate || !options.key))) {
        fputs(help, stderr);
        goto out;
    }
    code = serve(&options);
out:
    free(options.certificate);
    free(options.key);
    return code;
}
