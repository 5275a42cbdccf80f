/* callout_rows.h - the settings that asking another service has in both seats; `type` is struct callout_policy. */
#ifndef DETECT_CALLOUT_ROWS_H
#define DETECT_CALLOUT_ROWS_H

#include "filters/detect/callout.h"

#define CALLOUT_ROWS(checks_)                                                                                                        \
    SETTING(struct callout_policy, url, SET_TEXT, .required = true, .example = "https://my-resource.cognitiveservices.azure.com",     \
            .about = "the service: the endpoint of a Content Safety resource, or where texts are posted to; plain http on the "       \
                     "loopback only"),                                                                                               \
        SETTING(struct callout_policy, service, SET_WORD, .words = CALLOUT_SERVICES, .dflt = "content_safety",                        \
                .about = "Azure AI Content Safety, or any HTTP service that speaks the contract of filters/inspect/README.md"),       \
        SETTING(struct callout_policy, checks, SET_WORDS, .words = CALLOUT_CHECKS, .dflt = checks_,                                   \
                .about = "of Content Safety: prompt_shield (texts of users as prompts, all others as documents) and harm "            \
                         "(hate, sexual, self-harm, violence, and blocklists)"),                                                      \
        SETTING(struct callout_policy, severity, SET_UINT, .dflt = "4", .min = 1, .max = 7,                                           \
                .about = "of harm: the severity that refuses (2 low, 4 medium, 6 high; odd ones ask for eight levels)"),              \
        SETTING(struct callout_policy, severities, SET_TEXT_MAP, .example = "{ self_harm: 2 }",                                       \
                .about = "the same for single categories: hate, sexual, self_harm, violence"),                                        \
        SETTING(struct callout_policy, report_severity, SET_UINT, .dflt = "0", .max = 7,                                              \
                .about = "the severity from which harm is told to the journal though it is not refused; 0: never"),                   \
        SETTING(struct callout_policy, blocklists, SET_TEXTS, .max = 10, .example = "[ our-terms ]",                                  \
                .about = "of harm: blocklists of the resource; a hit refuses"),                                                       \
        SETTING(struct callout_policy, api_version, SET_TEXT, .dflt = CALLOUT_API_VERSION, .about = "of Content Safety"),                    \
        SETTING(struct callout_policy, identity, SET_BLOCK, .block = IDENTITY_SETTINGS, .block_size = sizeof(struct identity_policy), \
                .scalar = "managed", .example = "auto", .about = "the managed identity whose token proves who asks"),                 \
        SETTING(struct callout_policy, key, SET_SECRET, .example = "file:secrets/content-safety.key",                                 \
                .about = "a key instead of a token"),                                                                                 \
        SETTING(struct callout_policy, key_field, SET_WORD, .words = CALLOUT_KEY_FIELDS, .dflt = "ocp-apim-subscription-key",         \
                .about = "the header field that the key goes into; bearer is Authorization"),                                         \
        SETTING_AS("ca", struct callout_policy, ca_file, SET_FILE,                                                                    \
                   .about = "PEM file of the CAs of the service. Default: the system's."),                                            \
        SETTING(struct callout_policy, action, SET_WORD, .words = CALLOUT_ACTIONS, .dflt = "refuse",                                  \
                .about = "what becomes of what the service objects to: refused, or told to the journal alone"),                       \
        SETTING_AS("on_callout_down", struct callout_policy, on_down, SET_WORD, .words = CALLOUT_DOWN, .dflt = "refuse",              \
                   .about = "without a verdict, be it an outage, the deadline, or too much text: refuse, or let pass unjudged"),       \
        SETTING_AS("deadline", struct callout_policy, deadline_ms, SET_DURATION, .dflt = "2s", .min = 10, .max = 60000,               \
                   .about = "how long all of the verdict may take"),                                                                  \
        SETTING(struct callout_policy, concurrency, SET_UINT, .dflt = "32", .min = 1, .max = 512,                                     \
                .about = "requests that a worker has open at the service at once; others wait within their deadline"),                \
        SETTING_AS("requests", struct callout_policy, requests_max, SET_UINT, .dflt = "32", .min = 1, .max = 1000,                    \
                   .about = "to the service, for one request or answer: text for more than those is not judged at all. One takes "    \
                            "about 10,000 characters."),                                                                              \
        SETTING(struct callout_policy, circuit_failures, SET_UINT, .dflt = "5", .min = 1, .max = 1000,                                \
                .about = "failures in a row, in a worker, after which the service is left alone"),                                    \
        SETTING_AS("circuit_rest", struct callout_policy, circuit_rest_ms, SET_DURATION, .dflt = "10s", .min = 100, .max = 300000,    \
                   .about = "for so long; then one request is let through to see"),                                                   \
        SETTING(struct callout_policy, remember, SET_UINT, .dflt = "8192", .max = 1048576,                                            \
                .about = "verdicts that a worker remembers by keyed hashes of the texts; 0: none"),                                   \
        SETTING_AS("remember_for", struct callout_policy, remember_ms, SET_DURATION, .dflt = "5m", .max = 86400000,                   \
                   .about = "how long a verdict is remembered")

#endif
