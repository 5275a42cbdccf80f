/* setup_words.c - the words of the file that are the core's own. */
#include "proxy/core/setup_parts.h"

static const char *const TLS_VERSIONS[] = { "TLS1.2", "TLS1.3", NULL };

static const struct setting CERTIFICATE_SETTINGS[] = {
    SETTING(struct certificate_files, certificate, SET_FILE, .required = true, .example = "tls/models.pem",
            .about = "PEM file: the certificate, then its chain."),
    SETTING(struct certificate_files, key, SET_FILE, .required = true, .example = "tls/models.key",
            .about = "PEM file of the private key, not encrypted."),
    SETTING(struct certificate_files, names, SET_TEXTS, .example = "[models.example.org]",
            .about = "Server names (SNI) that this certificate answers to. Default: those it says itself."),
    SETTINGS_END,
};

static const struct setting LISTENER_SETTINGS[] = {
    { .name = "address",
      .kind = SET_CUSTOM,
      .custom = read_listen_address,
      .required = true,
      .example = "0.0.0.0:8443",
      .about = "Where to listen: IP:PORT, [IPv6]:PORT, localhost:PORT or unix:/PATH." },
    SETTING(struct listener, certificate, SET_FILE, .example = "tls/server.pem",
            .about =
                "PEM file: the certificate, then its chain. With it the listener speaks TLS, without it plain HTTP."),
    SETTING(struct listener, key, SET_FILE, .example = "tls/server.key",
            .about = "PEM file of the private key, not encrypted."),
    SETTING(struct listener, certificates, SET_BLOCKS, .block = CERTIFICATE_SETTINGS, .max = 64,
            .block_size = sizeof(struct certificate_files), .example = "[ { certificate: tls/b.pem, key: tls/b.key } ]",
            .about = "Further certificates: of another kind (ECDSA beside RSA) or for other server names."),
    SETTING(struct listener, client_ca, SET_FILE, .example = "tls/clients.pem",
            .about = "PEM file of the CAs whose client certificates are taken. Without it none is asked for."),
    SETTING(struct listener, client_required, SET_BOOL, .dflt = "false",
            .about = "Whether a connection without a client certificate is refused."),
    SETTING(struct listener, min_version, SET_WORD, .words = TLS_VERSIONS, .dflt = "TLS1.2",
            .about = "The oldest version of TLS that is spoken."),
    SETTING(struct listener, hsts, SET_BOOL, .dflt = "true",
            .about = "Whether answers over TLS carry Strict-Transport-Security."),
    SETTING(struct listener, proxy_from, SET_TEXTS, .example = "[10.0.0.0/8]", .max = 256,
            .about = "Networks whose connections must begin with a PROXY protocol header (version 1 or 2, with Azure's "
                     "Private Link id). Connections from elsewhere must not."),
    { .name = "unix_mode",
      .kind = SET_CUSTOM,
      .custom = read_unix_mode,
      .dflt = "660",
      .about = "Permissions of a UNIX socket, in octal as chmod takes them." },
    SETTING(struct listener, insecure_plain, SET_BOOL, .dflt = "false",
            .about =
                "Tokens and prompts cross the network unencrypted: plain HTTP on an address that others can reach."),
    SETTINGS_END,
};

static const struct setting LIMITS_SETTINGS[] = {
    SETTING(struct limits_settings, connections, SET_UINT, .dflt = "20000", .min = 1, .max = 1000000,
            .about = "Open connections of callers, for each worker."),
    SETTING(struct limits_settings, connections_per_address, SET_UINT, .dflt = "2000", .min = 1, .max = 1000000,
            .about = "Open connections from one address, for each worker."),
    SETTING_AS("handshake", struct limits_settings, handshake_ms, SET_DURATION, .dflt = "5s", .min = 100, .max = 60000,
               .about = "Time for a TLS handshake, PROXY header included."),
    SETTING_AS("head", struct limits_settings, head_ms, SET_DURATION, .dflt = "10s", .min = 100, .max = 120000,
               .about = "Time for the head of a request, from its first byte."),
    SETTING_AS("idle", struct limits_settings, idle_ms, SET_DURATION, .dflt = "75s", .min = 1000, .max = 3600000,
               .about = "How long a kept connection may wait for its next request."),
    SETTING_AS("body_grace", struct limits_settings, body_grace_ms, SET_DURATION, .dflt = "10s", .min = 100,
               .max = 300000, .about = "Time for a body before its rate counts."),
    SETTING(struct limits_settings, body_min_rate, SET_BYTES, .dflt = "1KiB", .max = 1024 * 1024 * 1024,
            .about = "Bytes a second that a body must arrive with, on average, after its grace."),
    SETTING_AS("send_stall", struct limits_settings, send_stall_ms, SET_DURATION, .dflt = "30s", .min = 1000,
               .max = 600000, .about = "How long a caller may take no byte of an answer that is ready."),
    SETTING(struct limits_settings, line_bytes, SET_BYTES, .dflt = "8KiB", .min = 256, .max = 64 * 1024,
            .about = "Length of a request line; longer is 414."),
    SETTING(struct limits_settings, field_bytes, SET_BYTES, .dflt = "32KiB", .min = 256, .max = 256 * 1024,
            .about = "Length of one header field; longer is 431. Tokens with many groups need 16KiB."),
    SETTING(struct limits_settings, head_bytes, SET_BYTES, .dflt = "48KiB", .min = 1024, .max = 512 * 1024,
            .about = "Length of a whole head; longer is 431."),
    SETTING(struct limits_settings, fields, SET_UINT, .dflt = "100", .min = 10, .max = HTTP_FIELDS_MAX,
            .about = "Header fields of a request; more is 431."),
    SETTING(struct limits_settings, exchange_bytes, SET_BYTES, .dflt = "1MiB", .min = 64 * 1024,
            .max = 256 * 1024 * 1024, .about = "Memory of one request and its answer beside their bodies."),
    SETTINGS_END,
};

static const struct setting ENDPOINT_SETTINGS[] = {
    { .name = "url",
      .kind = SET_CUSTOM,
      .custom = read_endpoint_url,
      .required = true,
      .example = "https://contoso.openai.azure.com",
      .about = "Scheme, host and port of the model server, and the path that its API begins with where that is not the "
               "usual one." },
    SETTING(struct endpoint, priority, SET_UINT, .dflt = "1", .min = 1, .max = 1000,
            .about = "Lower is asked first; a higher one only while all lower ones rest."),
    SETTING(struct endpoint, weight, SET_UINT, .dflt = "1", .min = 1, .max = 1000,
            .about = "Share of the requests among endpoints of the same priority."),
    SETTING(struct endpoint, api_version, SET_TEXT, .example = "2024-10-21",
            .about = "Replaces the caller's `api-version`. Default: as it came."),
    SETTING(struct endpoint, models, SET_TEXT_MAP, .example = "{ gpt-4o: gpt-4o-eu }",
            .about =
                "Models or deployments as callers ask for them, and as this endpoint calls them. Default: the same."),
    SETTINGS_END,
};

const struct setting POOL_SETTINGS[] = {
    SETTING(struct pool, endpoints, SET_BLOCKS, .required = true, .min = 1, .max = POOL_ENDPOINTS_MAX, .scalar = "url",
            .block = ENDPOINT_SETTINGS, .block_size = sizeof(struct endpoint),
            .example = "[ https://contoso.openai.azure.com ]", .about = "The model servers."),
    SETTING_AS("ca", struct pool, ca_file, SET_FILE, .example = "tls/models-ca.pem",
               .about = "PEM file of the CAs that the endpoints' certificates come from. Default: the system's."),
    SETTING(struct pool, client_certificate, SET_FILE, .example = "tls/bartizan.pem",
            .about = "Certificate that is shown to endpoints that ask for one."),
    SETTING(struct pool, client_key, SET_FILE, .example = "tls/bartizan.key", .about = "Its private key."),
    SETTING(struct pool, private_only, SET_BOOL, .dflt = "false",
            .about = "Whether an endpoint whose name leads to a public address is refused: for Private Link. 6to4 addresses and "
                     "those of a network's own NAT64 (64:ff9b:1::/48) are public, whatever they hold."),
    SETTING(struct pool, insecure_plain, SET_BOOL, .dflt = "false",
            .about =
                "Prompts and credentials cross the network unencrypted: plain HTTP to endpoints off the loopback."),
    SETTING_AS("connect", struct pool, connect_ms, SET_DURATION, .dflt = "5s", .min = 50, .max = 60000,
               .about = "Time for a connection, TLS handshake included."),
    SETTING_AS("first_byte", struct pool, first_byte_ms, SET_DURATION, .dflt = "5m", .min = 100, .max = 3600000,
               .about = "Time until the first byte of an answer."),
    SETTING_AS("between_events", struct pool, between_events_ms, SET_DURATION, .dflt = "1m", .min = 100, .max = 3600000,
               .about = "Silence that an answer may have once it has begun."),
    SETTING_AS("total", struct pool, total_ms, SET_DURATION, .dflt = "15m", .min = 1000, .max = 86400000,
               .about = "Time for a whole exchange."),
    SETTING(struct pool, kept_connections, SET_UINT, .dflt = "128", .max = 10000,
            .about = "Idle connections that are kept for the next request, for each endpoint and worker."),
    SETTING_AS("kept_idle", struct pool, kept_idle_ms, SET_DURATION, .dflt = "60s", .min = 1000, .max = 3600000,
               .about = "How long an idle connection is kept. Azure's load balancers forget after 4m."),
    SETTING(struct pool, retries, SET_UINT, .dflt = "2", .max = 10,
            .about = "Further endpoints that are asked while nothing of an answer has arrived."),
    SETTING(struct pool, eject_failures, SET_UINT, .dflt = "3", .min = 1, .max = 1000,
            .about = "Failures in a row after which an endpoint rests."),
    SETTING_AS("eject", struct pool, eject_ms, SET_DURATION, .dflt = "10s", .min = 100, .max = 3600000,
               .about = "How long it rests before one request tries it again."),
    SETTING_AS("retry_after_max", struct pool, retry_after_max_ms, SET_DURATION, .dflt = "60s", .min = 100,
               .max = 3600000, .about = "The longest Retry-After of an endpoint that is believed."),
    SETTING(struct pool, answer_bytes, SET_BYTES, .dflt = "16MiB", .min = 1024, .max = (uint64_t)1024 * 1024 * 1024,
            .about = "Length of an answer that is not a stream; longer is refused."),
    SETTINGS_END,
};

static const struct setting MATCH_SETTINGS[] = {
    { .name = "path",
      .kind = SET_CUSTOM,
      .custom = read_path,
      .required = true,
      .example = "/openai/deployments/{deployment}/chat/completions",
      .about =
          "Pattern of the path: `{name}` stands for one segment, a last `*` for any rest. The most specific route is "
          "taken." },
    { .name = "methods",
      .kind = SET_CUSTOM,
      .custom = read_methods,
      .example = "[POST]",
      .about = "Methods. Default: those of the API." },
    { .name = "hosts",
      .kind = SET_CUSTOM,
      .custom = read_hosts,
      .example = "[models.example.org, \"*.ai.example.org\"]",
      .about = "Host names, without port; a first label `*` stands for one or more labels. Default: any." },
    SETTINGS_END,
};

const struct setting ROUTE_SETTINGS[] = {
    { .name = "match",
      .kind = SET_GROUP,
      .block = MATCH_SETTINGS,
      .scalar = "path",
      .required = true,
      .example = "{ path: /v1/* }",
      .about = "Which requests take this route. A path alone may stand for the block." },
    { .name = "api",
      .kind = SET_CUSTOM,
      .custom = read_dialect,
      .example = "openai",
      .about = "The family of APIs: openai, azure, azure_v1, azure_ml or pass_through. Default: by the path." },
    SETTING(struct route, environment, SET_TEXT, .example = "prod",
            .about = "A label for rules, metrics and journal, such as dev, test or prod."),
    SETTING(struct route, pass_through, SET_BOOL, .dflt = "false",
            .about =
                "Whether paths that belong to no known API are forwarded as they are; bodies are then not understood."),
    SETTING(struct route, insecure_anonymous, SET_BOOL, .dflt = "false",
            .about = "Callers need no credential: everyone who reaches the listener may call."),
    SETTING(struct route, rewrite_model, SET_BOOL, .dflt = "false",
            .about = "What becomes of a body whose `model` is not the deployment of the path, as "
                     "AzureOpenAI(azure_deployment=…) "
                     "sends it: true writes the deployment in its place, false refuses the request."),
    SETTING(struct route, insecure_shared_objects, SET_BOOL, .dflt = "false",
            .about = "Callers may name what is kept at the model server (responses by id, conversations, prompt "
                     "templates, files, vector stores, containers), "
                     "where all of them are one principal: each reaches what the others stored."),
    SETTING(struct route, max_body, SET_BYTES, .dflt = "10MiB", .min = 1024, .max = (uint64_t)1024 * 1024 * 1024,
            .about = "Length of a request's body, also when unpacked; longer is 413."),
    SETTING(struct route, max_json_depth, SET_UINT, .dflt = "64", .min = 4, .max = JSON_DEPTH_MAX,
            .about = "Lists and objects inside one another in a body; deeper is refused."),
    SETTING_AS("heartbeat", struct route, heartbeat_ms, SET_DURATION, .dflt = "15s", .max = 3600000,
               .about =
                   "Silence in a stream after which the caller gets a comment, so that nothing on the way hangs up. "
                   "0s: none."),
    SETTING_AS(
        "hold_back", struct route, hold_back_ms, SET_DURATION, .dflt = "5s", .max = 3600000,
        .about =
            "How long a filter may keep text of a stream back, because it could still become a match, while nothing "
            "of that text leaves; then it is judged as if the text ended there. 0s: until it is decided."),
    SETTING(struct route, inject_usage, SET_BOOL, .dflt = "true",
            .about =
                "Whether streams are asked to report their usage where the caller did not, and the additional chunk is "
                "taken out again."),
    SETTINGS_END,
};

const struct setting SETUP_SETTINGS[] = {
    SETTING_AS("listen", struct setup, listeners, SET_BLOCKS, .required = true, .min = 1, .max = 64,
               .scalar = "address", .block = LISTENER_SETTINGS, .block_size = sizeof(struct listener),
               .example = "[ { address: 127.0.0.1:8080 } ]", .about = "Where callers come in."),
    { .name = "admin",
      .kind = SET_CUSTOM,
      .custom = read_admin_address,
      .example = "127.0.0.1:9901",
      .about = "Where /metrics, /livez, /readyz and the admin API are served: an address as of a listener. Default: "
               "nowhere." },
    SETTING(struct setup, insecure_public_admin, SET_BOOL, .dflt = "false",
            .about = "The admin listener, which knows no callers, is on an address that others can reach."),
    SETTING(struct setup, store, SET_BLOCK, .block = STORE_SETTINGS, .block_size = sizeof(struct store_settings),
            .scalar = "url", .example = "rediss://limits.example.org:6380",
            .about = "Where limits are counted: `memory` (the default: shared by the workers of this gateway, lost at "
                     "a restart), "
                     "or the URL of a Redis or Valkey that several gateways share."),
    { .name = "journal",
      .kind = SET_CUSTOM,
      .custom = read_journal,
      .offset = offsetof(struct setup, journal),
      .dflt = "stdout",
      .example = "/var/log/bartizan/journal.jsonl",
      .about = "Where the audit line of each request goes: stdout, the path of a file (opened again on SIGUSR1), or "
               "insecure_none." },
    SETTING(struct setup, journal_key, SET_SECRET, .example = "file:/run/secrets/journal-key",
            .about = "Key of the hashes by which findings can be recognised in the journal without telling what was "
                     "found. Default: "
                     "drawn at every start."),
    SETTING(struct setup, workers, SET_UINT, .dflt = "0", .max = 16,
            .about = "Worker processes. 0: one for each core, at most 16."),
    SETTING_AS("drain", struct setup, drain_ms, SET_DURATION, .dflt = "30s", .max = 3600000,
               .about =
                   "How long running requests may go on after SIGTERM. After a reload they may finish, within their "
                   "pool's `total`."),
    SETTING(struct setup, limits, SET_GROUP, .block = LIMITS_SETTINGS, .about = "What a stranger may cost."),
    SETTING(struct setup, pools, SET_MAP, .required = true, .min = 1, .max = 1000, .block = POOL_SETTINGS,
            .block_size = sizeof(struct pool), .about = "Model servers that can stand in for one another, by name."),
    SETTING(struct setup, routes, SET_MAP, .required = true, .min = 1, .max = 1000, .block = ROUTE_SETTINGS,
            .block_size = sizeof(struct route), .about = "Which requests are let through, and how, by name."),
    SETTINGS_END,
};
