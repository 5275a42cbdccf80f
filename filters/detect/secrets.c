/* secrets.c - keys and tokens by their providers' own marks; what has none by its name and its look. Azure's come first: the
 * signatures inside of its keys are those that Microsoft publishes with its security-utilities. */
#include "filters/detect/secrets_parts.h"

const char *const SECRET_KINDS[] = { "azure",   "aws",    "gcp",     "github",    "gitlab", "slack",    "stripe",      "ai",      "packages",
                                     "cloud",   "message", "service", "private_key", "token",  "password", "assignment", "url", NULL };

#define B64 "[A-Za-z0-9+/]"
#define UUID "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
/* What may stand between a name and its value: quotes, an emphasis, the end of a cell or tag, "value" of what was named; and what a value's
 * characters are. */
#define ASSIGNED                                                                                                                     \
    "[\\\\\"'`\\]*]{0,4}[ \\t]{0,4}(?:=>|:=|=|:|：|>|\\||,?\\s{0,12}[\\\\\"']{0,2}value[\\\\\"']{0,2} ?[=:]| ?\\{\\s{0,12}default ?=)[ \\t*]{0,6}\\r{0,4}\\n?[\\\\\"'`]{0,4}"
/* Of passwords a sign is any, of keys one of ASCII: a thousand of them are no more bytes. */
#define PASSWORD_BYTE "[^\\s\"'`,;<]"
#define VALUE_BYTE "[!#-&(-+.-:=-_a-~-]"
#define PASSWORD "(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|hasło|parola|lösenord|passord|adgangskode|salasana|jelszó|heslo|lozinka|kata sandi)"
/* Whose they are, written together with it. */
#define WHOSE "(?:db|pg|user|my|admin|root|mysql|smtp|mail|redis|default|ldap|sa|app|ftp|ssh|sudo|login|proxy|master|wifi|store|key)"
#define SECRET(id, kind, expression_, valid_)                                                                                        \
    { { id, kind, expression_, false, valid_, NULL, 0, BEHIND_ANYTHING }, NULL, "SECRET", FAKE_CLASS, NULL, NULL }
/* What may be any piece of a longer run of base64 is looked for where one begins. */
#define SIGNED(id, kind, expression_)                                                                                                \
    { { id, kind, expression_, false, secret_signed, NULL, 0, BEHIND_NO_BASE64 }, NULL, "SECRET", FAKE_CLASS, NULL, NULL }
/* Keys that only the words before them tell. */
#define SECRET_SAID(id, kind, expression_, words_)                                                                                   \
    { { id, kind, expression_, false, secret_signed, words_, 0, BEHIND_ANYTHING }, NULL, "SECRET", FAKE_CLASS, NULL, NULL }
#define SECRET_ANY_CASE(id, kind, expression_, valid_, label_)                                                                       \
    { { id, kind, expression_, true, valid_, NULL, 0, BEHIND_ANYTHING }, NULL, label_, FAKE_CLASS, NULL, NULL }
#define BASIC(id, expression_)                                                                                                       \
    { { id, "token", expression_, true, secret_basic, NULL, 0, BEHIND_ANYTHING }, NULL, "TOKEN", FAKE_BASIC, NULL, NULL }

const struct sensitive SECRET_ROWS[] = {
    SIGNED("azure-key-64", "azure", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{75}(?:\\+ASt|ACDb|\\+ABa|\\+AMC|APIM)" B64 "{5}[AQgw]=="),
    SIGNED("azure-key-32", "azure", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{32}(?:AIoT|\\+ASb|\\+AEh|\\+ARm|AzCa|AZEG)[A-P]" B64 "{5}="),
    SIGNED("azure-registry", "azure", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{41}\\+ACR[A-D]" B64 "{5}"),
    SIGNED("azure-search", "azure", "\\b[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}\\b"),
    { { "azure-function", "azure", "(?:\\b\\w|-)[A-Za-z0-9_-]{43}AzFu[A-Za-z0-9_-]{5}[AQgw]==", false, secret_marked, NULL, 0,
        BEHIND_NO_BASE64 },
      NULL, "SECRET", FAKE_CLASS, NULL, NULL },
    SIGNED("azure-annotated", "azure",
           "\\b[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9][A-L][A-Za-z0-9]{16}[A-Za-z][A-Za-z0-9]{7}(?:[A-Za-z0-9]{2}==)?"),
    SIGNED("azure-devops-token", "azure", "\\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\\b"),
    SECRET_SAID("azure-key-said", "azure", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{85}==",
                "storage|account|azure|cosmos|key1|key2|account key|primary key|secondary key|shared key|access key|schlüssel"),
    SECRET("azure-devops-url", "azure", "://[A-Za-z0-9]{52,84}@(?:dev\\.azure\\.com|[a-z0-9-]{1,60}\\.visualstudio\\.com)", secret_url_token),
    SECRET("entra-client-secret", "azure", "(?:\\b\\w|[~.-])[A-Za-z0-9_~.-]{2}[78]Q~[A-Za-z0-9_~.-]{31,34}", secret_marked),
    SECRET("entra-refresh-token", "azure", "\\b[01]\\.A[A-Za-z0-9_-]{50,200}\\.Ag[A-Za-z0-9_-]{100,1500}", secret_marked),
    SECRET("azure-account-key", "azure", "\\b(?:AccountKey|SharedAccessKey|AccessKey|SharedSecretValue|SharedSecretIssuer|Secret)=" B64
                                         "{20,86}={0,2}", secret_connection),
    SECRET("azure-sas", "azure", "\\bsig=[A-Za-z0-9%+/_-]{30,90}(?:=|%3[Dd]){0,2}", secret_parameter),
    SECRET("azure-cosmos-url", "azure", "://[a-z0-9-]{3,50}:" B64 "{86}==@", secret_url_key),
    SECRET("azure-function-url", "azure", "[?&]code=[A-Za-z0-9_%+/-]{38,90}(?:=|%3[Dd]){0,2}", secret_parameter),
    SECRET_SAID("azure-devops-pat", "azure", "\\b[a-z2-7]{52}\\b",
           "pat|azure devops|devops|vsts|azure_devops_pat|system_accesstoken|visualstudio|personal access token"),
    SECRET_SAID("azure-hex-key", "azure", "\\b[0-9a-f]{32}\\b",
           "azure|openai|cognitive|ocp-apim-subscription-key|subscription key|subscription_key|subscription-key|api-key|"
           "azure_openai_api_key|azure_openai_key|speech_key|vision_key|translator|bing"),

    SECRET("aws-access-key-id", "aws", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", secret_aws),
    SECRET_SAID("aws-secret-key", "aws", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{39}",
           "aws|boto3|aws_access_key_id|access_key_id|accesskeyid|aws_secret|secret_access_key|secretaccesskey|secret access key|aws_secret_access_key|"
           "secret key|aws_secret_key|secretkey"),
    /* without a name, but beside its id */
    { { "aws-secret-key-paired", "aws", "(?:\\b[A-Za-z0-9]|[+/])" B64 "{39}", false, secret_aws_pair, NULL, 0, BEHIND_NO_BASE64 }, NULL, "SECRET", FAKE_CLASS, NULL,
      NULL },
    SIGNED("aws-session-token", "aws", "\\b(?:FwoG|IQoJ|FQoG)" B64 "{100,2000}={0,2}"),
    SECRET("aws-appsync-key", "aws", "\\bda2-[a-z0-9]{26}\\b", secret_marked),
    SECRET("aws-mws-token", "aws", "\\bamzn\\.mws\\." UUID "\\b", secret_marked),
    SIGNED("aws-bedrock-key", "aws", "\\bABSK" B64 "{109,269}={0,2}"),

    SECRET("gcp-api-key", "gcp", "\\bAIza[A-Za-z0-9_-]{35}", secret_marked),
    SECRET("gcp-access-token", "gcp", "\\bya29\\.[A-Za-z0-9_-]{20,400}", secret_marked),
    SECRET("gcp-refresh-token", "gcp", "\\b1//0[A-Za-z0-9_-]{40,120}", secret_marked),
    SECRET("gcp-push-key", "gcp", "\\bAAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{100,180}", secret_marked),
    SECRET("gcp-storage-key-id", "gcp", "\\bGOOG1E[A-Z0-9]{55}\\b", secret_marked),
    SECRET("gcp-client-secret", "gcp", "GOCSPX-[A-Za-z0-9_-]{28}", secret_unmistakable),

    { { "github-token", "github", "gh[pousr]_[A-Za-z0-9]{36}", false, secret_github, NULL, 0, BEHIND_ANYTHING }, NULL, "SECRET", FAKE_GITHUB, NULL, NULL },
    SECRET("github-fine-token", "github", "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\\b", secret_unmistakable),
    SECRET("gitlab-token", "gitlab",
           "gl(?:pat|ptt|dt|rt|rtr|cbt|soat|ft|imt|agent|oas|ffct)-[A-Za-z0-9_-]{20,64}(?:\\.[0-9a-z]{2}\\.[0-9a-z]{7,9})?", secret_unmistakable),
    SECRET("gitlab-runner-token", "gitlab", "\\bGR1348941[A-Za-z0-9_-]{20}", secret_marked),

    SECRET("slack-token", "slack", "xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,250}", secret_unmistakable),
    SIGNED("slack-app-token", "slack", "\\bxapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,16}-[0-9a-f]{40,80}"),
    SECRET("slack-webhook", "slack", "\\bhooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,80}", secret_marked),

    SECRET("stripe-key", "stripe", "\\b(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,250}", secret_marked),
    SECRET("stripe-webhook", "stripe", "\\bwhsec_[A-Za-z0-9]{32,64}", secret_marked),

    SECRET("anthropic-key", "ai", "sk-ant-(?:api|admin|oat|ort|sid)[0-9]{2}-[A-Za-z0-9_-]{20,120}", secret_unmistakable),
    SECRET("openai-key", "ai", "\\bsk-(?:proj|svcacct|admin|None|service)-[A-Za-z0-9_-]{20,200}", secret_marked),
    SECRET("openai-key-marked", "ai", "\\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\\b", secret_marked),
    SECRET("sk-key", "ai", "\\bsk-(?:[A-Za-z0-9]{48}|[0-9a-f]{32})\\b", secret_marked),
    SECRET("openrouter-key", "ai", "\\bsk-or-v1-[0-9a-f]{64}", secret_marked),
    SECRET("huggingface-token", "ai", "\\b(?:hf|api_org)_[A-Za-z]{34}\\b", secret_marked),
    SECRET("groq-key", "ai", "\\bgsk_[A-Za-z0-9]{52}", secret_marked),
    SECRET("xai-key", "ai", "\\bxai-[A-Za-z0-9]{80}", secret_marked),
    SECRET("perplexity-key", "ai", "\\bpplx-[A-Za-z0-9]{48}", secret_marked),
    SECRET("replicate-token", "ai", "\\br8_[A-Za-z0-9]{37,40}", secret_marked),
    SECRET("nvidia-key", "ai", "\\bnvapi-[A-Za-z0-9_-]{64}", secret_marked),
    SECRET("langsmith-key", "ai", "\\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", secret_marked),
    SECRET("pinecone-key", "ai", "\\bpcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{40,70}", secret_marked),
    SECRET("elevenlabs-key", "ai", "\\bsk_[0-9a-f]{48}\\b", secret_marked),
    SECRET("cerebras-key", "ai", "\\bcsk-[a-z0-9]{48}\\b", secret_marked),
    SECRET("fireworks-key", "ai", "\\bfw_[A-Za-z0-9]{22,24}\\b", secret_marked),
    SECRET("jina-key", "ai", "\\bjina_[0-9a-f]{32}[A-Za-z0-9_-]{28}", secret_marked),
    SECRET("langfuse-key", "ai", "\\bsk-lf-" UUID "\\b", secret_marked),
    SECRET("firecrawl-key", "ai", "\\bfc-[0-9a-f]{32}\\b", secret_marked),
    SECRET_SAID("ai-key", "ai", "\\b[A-Za-z0-9]{32}(?:[A-Za-z0-9]{8})?\\b",
                "cohere_api_key|co_api_key|cohere.client|cohere key|cohere api key|mistral_api_key|mistral key|mistral api key|wandb login|"
                "wandb_api_key|wandb.login"),
    SECRET("tavily-key", "ai", "\\btvly-(?:dev-)?[A-Za-z0-9]{30,40}", secret_marked),

    { { "npm-token", "packages", "npm_[A-Za-z0-9]{36}", false, secret_github, NULL, 0, BEHIND_ANYTHING }, NULL, "SECRET", FAKE_GITHUB, NULL, NULL },
    SECRET("pypi-token", "packages", "\\bpypi-AgE[A-Za-z0-9_-]{50,250}", secret_marked),
    SECRET("docker-token", "packages", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{24,40}", secret_unmistakable),
    SECRET("rubygems-key", "packages", "\\brubygems_[0-9a-f]{48}", secret_marked),
    SECRET("nuget-key", "packages", "\\boy2[a-z2-7]{43}\\b", secret_marked),
    SECRET("crates-token", "packages", "\\bcio[A-Za-z0-9]{32}\\b", secret_marked),
    SECRET("artifactory-key", "packages", "\\b(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})\\b", secret_marked),
    SECRET("pulumi-token", "packages", "\\bpul-[0-9a-f]{40}\\b", secret_marked),
    SECRET("circleci-token", "packages", "\\bCCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}\\b", secret_marked),
    SECRET("buildkite-token", "packages", "\\bbkua_[0-9a-f]{40}\\b", secret_marked),
    SECRET("prefect-key", "packages", "\\bpn[ub]_[A-Za-z0-9]{36}\\b", secret_marked),
    SECRET("dbt-token", "packages", "\\bdbt[uc]_[A-Za-z0-9_-]{40,60}", secret_marked),
    SIGNED("postman-key", "packages", "\\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}"),

    SECRET("databricks-token", "cloud", "\\bdapi[0-9a-f]{32}(?:-[0-9])?\\b", secret_marked),
    SECRET("digitalocean-token", "cloud", "do[opr]_v1_[0-9a-f]{64}", secret_unmistakable),
    SECRET("heroku-key", "cloud", "\\bHRKU-AA[A-Za-z0-9_-]{58}", secret_marked),
    SECRET("vault-token", "cloud", "\\bhv[sbr]\\.[A-Za-z0-9_-]{24,200}", secret_marked),
    SIGNED("terraform-token", "cloud", "\\b[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,70}"),
    SIGNED("cloudflare-key", "cloud", "\\bv1\\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    SECRET("cloudflare-token", "cloud", "\\bcf(?:ut|at|k)_[A-Za-z0-9]{40}[0-9a-f]{8}\\b", secret_marked),
    SECRET("grafana-token", "cloud", "\\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}", secret_marked),
    SECRET("grafana-key", "cloud", "\\beyJrIjoi[A-Za-z0-9+/]{60,400}={0,2}", secret_marked),
    SECRET("grafana-cloud-token", "cloud", "\\bglc_eyJ[A-Za-z0-9+/]{60,400}={0,2}", secret_marked),
    SECRET("netlify-token", "cloud", "\\bnfp_[A-Za-z0-9]{36}\\b", secret_marked),
    SECRET("render-key", "cloud", "\\brnd_[A-Za-z0-9]{32}\\b", secret_marked),
    SECRET("fly-token", "cloud", "\\b(?:fo1_[A-Za-z0-9_-]{43}|fm[12]r?_[A-Za-z0-9+/]{100,1000}={0,3})", secret_marked),
    SECRET("alibaba-key-id", "cloud", "\\bLTAI[A-Za-z0-9]{20}\\b", secret_marked),
    SECRET("tencent-key-id", "cloud", "\\bAKID[A-Za-z0-9]{32}\\b", secret_marked),
    SECRET("okta-token", "cloud", "\\bSSWS 00[A-Za-z0-9_-]{40}", secret_marked),
    SECRET("adafruit-key", "cloud", "\\baio_[A-Za-z0-9]{28}\\b", secret_marked),
    SECRET("sonar-token", "cloud", "\\bsq[pua]_[0-9a-f]{40}\\b", secret_marked),
    SECRET("sourcegraph-token", "cloud", "\\bsgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\\b", secret_marked),
    SECRET("launchdarkly-key", "cloud", "\\bsdk-" UUID "\\b", secret_marked),
    SECRET("onepassword-token", "cloud", "\\bops_eyJ[A-Za-z0-9+/_-]{200,2000}={0,3}", secret_marked),
    SECRET_SAID("datadog-key", "cloud", "\\b[0-9a-f]{32}(?:[0-9a-f]{8})?\\b", "dd_api_key|dd-api-key|dd_app_key|datadog api key|datadog_api_key|datadog key"),
    SECRET("newrelic-key", "cloud", "\\bNRAK-[A-Z0-9]{27}\\b", secret_marked),
    SIGNED("dynatrace-token", "cloud", "\\bdt0[a-z][0-9]{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"),
    SECRET("sentry-token", "cloud", "\\bsntry(?:u_[0-9a-f]{64}|s_eyJ[A-Za-z0-9_=+/-]{60,400})", secret_marked),
    SECRET("supabase-token", "cloud", "\\bsb(?:p_[0-9a-f]{40}|_secret_[A-Za-z0-9_-]{30,40})", secret_marked),
    SECRET("planetscale-token", "cloud", "\\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}", secret_marked),
    SECRET("tailscale-key", "cloud", "\\btskey-(?:auth|api|client)-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,40}", secret_marked),
    SIGNED("doppler-token", "cloud", "\\bdp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9.]{40,60}"),

    SECRET("telegram-token", "message", "(?:\\b|bot)[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33}", secret_marked),
    SIGNED("discord-token", "message", "\\b[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}"),
    SECRET("discord-webhook", "message", "\\bdiscord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,70}", secret_marked),
    SECRET("sendgrid-key", "message", "\\bSG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}", secret_marked),
    SECRET("resend-key", "message", "\\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}\\b", secret_marked),
    SECRET("mailgun-key", "message", "\\bkey-[0-9a-f]{32}\\b", secret_marked),
    SECRET("mailchimp-key", "message", "\\b[0-9a-f]{32}-us[0-9]{1,2}\\b", secret_marked),
    SECRET("brevo-key", "message", "\\bxkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}\\b", secret_marked),
    SECRET("twilio-key", "message", "\\bSK[0-9a-f]{32}\\b", secret_marked),
    SECRET_SAID("twilio-auth-token", "message", "\\b[0-9a-f]{32}\\b",
           "twilio|auth token|auth_token|twilio_auth_token|authtoken"),
    SECRET("twilio-pair", "message", "\\bAC[0-9a-f]{32}[\\\\\"', ]{1,6}[0-9a-f]{32}\\b", secret_given),
    SECRET("teams-webhook", "message", "\\bwebhook\\.office\\.com/webhookb2/[0-9a-fA-F@-]{60,90}/IncomingWebhook/[0-9a-f]{32}/[0-9a-fA-F-]{36}",
           secret_marked),

    SECRET("square-token", "service", "\\b(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60})", secret_marked),
    SECRET("shopify-token", "service", "shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}\\b", secret_unmistakable),
    SECRET("hubspot-token", "service", "\\bpat-(?:na|eu|ap)[0-9]-" UUID "\\b", secret_marked),
    SECRET("asana-token", "service", "\\b[0-2]/[0-9]{13,19}(?:/[0-9]{13,19})?:[0-9a-f]{32}\\b", secret_marked),
    SECRET("typeform-token", "service", "\\btfp_[A-Za-z0-9_-]{40,64}", secret_marked),
    SECRET("posthog-key", "service", "\\bphx_[A-Za-z0-9]{43,48}\\b", secret_marked),
    SECRET("shippo-token", "service", "\\bshippo_(?:live|test)_[0-9a-f]{40}\\b", secret_marked),
    SECRET("plaid-token", "service", "\\baccess-(?:sandbox|development|production)-" UUID "\\b", secret_marked),
    SECRET("easypost-key", "service", "\\bEZ[AT]K[A-Za-z0-9]{54}\\b", secret_marked),
    SECRET("contentful-token", "service", "\\bCFPAT-[A-Za-z0-9_-]{43}", secret_marked),
    SECRET("facebook-token", "service", "\\bEAA[B-Z][A-Za-z0-9]{100,300}\\b", secret_marked),
    SECRET("salesforce-token", "service", "\\b00D[A-Za-z0-9]{12}![A-Za-z0-9._]{80,260}", secret_marked),
    SECRET("mapbox-token", "service", "\\bsk\\.eyJ[A-Za-z0-9_-]{40,300}\\.[A-Za-z0-9_-]{20,24}", secret_marked),
    SECRET("dropbox-token", "service", "\\bsl\\.(?:u\\.)?[A-Za-z0-9_-]{130,1000}", secret_marked),
    SECRET("linear-key", "service", "\\blin_api_[A-Za-z0-9]{40}", secret_marked),
    SECRET("notion-token", "service", "\\b(?:secret|ntn)_[A-Za-z0-9]{43,50}\\b", secret_marked),
    SECRET("figma-token", "service", "\\bfigd_[A-Za-z0-9_-]{38,45}", secret_marked),
    SIGNED("atlassian-token", "service", "\\bAT(?:ATT3xFfG|CTT3xFfG|STT3xFfG|BB)[A-Za-z0-9_=-]{30,250}"),
    SIGNED("airtable-token", "service", "\\bpat[A-Za-z0-9]{14}\\.[0-9a-f]{64}"),

    { { "private-key", "private_key",
        "-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        "(?:[\\r\\n]{1,8}[A-Za-z]{1,12}(?:-[A-Za-z]{1,8})?: ?[A-Za-z0-9,.: -]{1,80}){0,3}"
        "[A-Za-z0-9+/=:,. \\t\\r\\n\\\\>#*|\"']{20,3600}(?:-----END [A-Z0-9 ]{0,40}-----)?",
        false, secret_pem, NULL, 0, BEHIND_ANYTHING },
      NULL, "PRIVATE_KEY", FAKE_LABEL, NULL, NULL },
    { { "putty-key", "private_key", "Private-Lines: [0-9]{1,3}(?:[\\r\\n]{1,8}[A-Za-z0-9+/=]{16,64}){1,50}", false, secret_lines, NULL, 0, BEHIND_ANYTHING },
      NULL, "PRIVATE_KEY", FAKE_LABEL, NULL, NULL },
    SECRET("xml-key", "private_key", "<(?:D|P|Q|DP|DQ|InverseQ)>" B64 "{40,700}={0,2}<", secret_element),
    SECRET("jwk", "private_key", "\"(?:d|p|q|dp|dq|qi|k)[\\\\]?\" ?: ?[\\\\]?\"[A-Za-z0-9_-]{42,1400}[\\\\]?\"", secret_element),
    SECRET("extended-key", "private_key", "\\b[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107}\\b", secret_marked),
    SIGNED("age-key", "private_key", "\\bAGE-SECRET-KEY-1[0-9A-Z]{58}"),

    { { "jwt", "token", "\\beyJ[A-Za-z0-9_-]{10,1000}\\.eyJ[A-Za-z0-9_-]{6,2400}\\.[A-Za-z0-9_-]{10,680}", false, secret_jwt, NULL, 0, BEHIND_ANYTHING }, NULL, "TOKEN",
      FAKE_LABEL, NULL, NULL },
    SECRET_ANY_CASE("bearer", "token", "\\bbearer [A-Za-z0-9._~+/=-]{20,2000}", secret_bearer, "TOKEN"),
    BASIC("basic-credentials", "\\bauthorization[\\\\\"']{0,2} ?[:=] ?[\\\\\"']{0,2}basic [A-Za-z0-9+/]{12,400}={0,2}"),
    BASIC("registry-auth", "\"auth[\\\\]?\" ?: ?[\\\\]?\"[A-Za-z0-9+/]{12,400}={0,2}"),

    SECRET_ANY_CASE("session-cookie", "token",
                    "\\b(?:phpsessid|jsessionid|asp\\.net_sessionid|connect\\.sid|sessionid|session_id|laravel_session)=[A-Za-z0-9%._~+/-]{16,400}",
                    secret_connection, "TOKEN"),
    /* of a user, as files of passwords have them */
    SECRET("password-hash", "password",
           ":\\$(?:(?:apr1|1|5|6)\\$(?:rounds=[0-9]{4,9}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{22,86}|2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}|"
           "y\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{1,40}\\$[./A-Za-z0-9]{43}|"
           "argon2(?:id|i|d)\\$v=[0-9]{2}\\$m=[0-9,tp=]{5,30}\\$[A-Za-z0-9+/]{11,64}\\$[A-Za-z0-9+/]{22,128})",
           secret_hash),
    SECRET_ANY_CASE("password", "password",
                    "(?:(?:\\b|_)" WHOSE "?" PASSWORD "|(?:_|\\b" WHOSE ")pass|пароль|Пароль|密码|密碼|パスワード|비밀번호|şifre|Şifre|κωδικός|סיסמה|كلمة المرور|รหัสผ่าน|mật khẩu|पासवर्ड)" ASSIGNED PASSWORD_BYTE "{5,300}", secret_password, "PASSWORD"),
    { { "password-member", "password", "(?:Password|Passwd|Passphrase|Pwd)" ASSIGNED PASSWORD_BYTE "{5,300}", false, secret_password, NULL, 0, BEHIND_ANYTHING }, NULL, "PASSWORD",
      FAKE_CLASS, NULL, NULL },
    SECRET_ANY_CASE("password-said", "password",
                    "(?:\\b" PASSWORD "(?: (?:for|von|für|de|para) [a-z0-9 ]{1,30})? (?:is|ist|lautet|est|es|é|è|jest)[ :]{1,2}|"
                    "(?:密码|密碼)(?:是|为|為) ?|パスワードは ?|(?:пароль|Пароль) ?(?:-|—|–|это) ?)\\\\?[\"'`]?[^\\s\"'`,;]{6,300}",
                    secret_said_password, "PASSWORD"),
    SECRET_ANY_CASE("password-bare", "password", "\\b" PASSWORD " [\"'`]?[^\\s\"'`,;]{8,120}", secret_bare_password, "PASSWORD"),
    SECRET_ANY_CASE("credentials-said", "password",
                    "\\b(?:credentials|logins?|zugangsdaten|identifiants|credenciales|credenziali)(?: are)?:? [^\\s:/\"'`,;]{2,40} ?[:/] ?[\"'`]?[^\\s\"'`,;]{8,120}",
                    secret_bare_password, "PASSWORD"),
    { { "password-option", "password", "\\B-p ?[\"']?[^\\s\"'`,;]{6,120}", false, secret_glued_password,
        "mysql|mysqldump|mysqladmin|mysqlimport|mariadb|sshpass|docker login|podman login|az login|helm registry login", 0, BEHIND_ANYTHING },
      NULL, "PASSWORD", FAKE_CLASS, NULL, NULL },
    SECRET_ANY_CASE("secret-said", "assignment",
                    "\\b(?:secret|token|api[ -]?key|access key|secret key|key)(?: (?:for|of|von|für|de|para) [a-z0-9 ]{1,30})? (?:is|ist|lautet|est|es|é|è|jest)[ :]{1,2}"
                    "[\"'`]?" VALUE_BYTE "{16,1000}",
                    secret_given, "SECRET"),
    SECRET_ANY_CASE("password-given", "password",
                    "(?:--?(?:password|passwd|passphrase|storepass|keypass)|\\blogin [^\\s]{1,64}\\s{1,4}password|_PASSWORD|\\bidentified by|"
                    "\\bwith password|convertto-securestring(?: -string)?)[ \\t]{1,4}\\\\?[\"'`]?[^\\s\"'`,;]{6,120}",
                    secret_said_password, "PASSWORD"),
    SECRET_ANY_CASE("password-of-user", "password", "(?:\\B-u|--user)[ =][\"']?[^\\s:\"'/]{1,64}:[^\\s\"'`,;]{6,120}", secret_password, "PASSWORD"),
    SECRET_ANY_CASE("django-key", "password", "\\bdjango-insecure-[^\\s\"'`]{20,80}", secret_signs, "SECRET"),
    SECRET_ANY_CASE("assigned-secret", "assignment",
                    "(?:\\b|_)(?:secret|token|api[_ -]?key|apikey|access[_ -]?(?:key|token)|auth[_ -]?(?:key|token)|secret[_ -]?key|"
                    "private[_ -]?key|client[_ -]?secret|account[_ -]?key|encryption[_ -]?key|signing[_ -]?key|hmac[_ -]?key|master[_ -]?key|app[_ -]?key|"
                    "shared[_ -]?key|storage[_ -]?key|primary[_ -]?key|secondary[_ -]?key|service[_ -]?key|subscription[_ -]?key|application[_ -]?key|admin[_ -]?key|query[_ -]?key|deploy[_ -]?key|licen[sc]e[_ -]?key|"
                    "secret[_ -]?key[_ -]?base|(?:sas|workspace|validation|decryption)[_ -]?key|credentials?|webhook)"
                    ASSIGNED VALUE_BYTE "{15,1000}",
                    secret_assigned, "SECRET"),
    { { "assigned-member", "assignment",
        "(?:Secret|Token|ApiKey|AccessKey|SecretKey|PrivateKey|AccountKey|SigningKey|EncryptionKey)" ASSIGNED VALUE_BYTE "{15,1000}", false,
        secret_assigned, NULL, 0, BEHIND_ANYTHING },
      NULL, "SECRET", FAKE_CLASS, NULL, NULL },
    SECRET_ANY_CASE("given-secret", "assignment",
                    "--?(?:account-key|access-key|access-token|auth-token|api-key|apikey|token|secret|client-secret|secret-key|sas-token)"
                    "[ \\t]{1,4}[\"'`]?" VALUE_BYTE "{15,1000}",
                    secret_given, "SECRET"),
    SECRET("env-key", "assignment", "_(?:KEY|PAT)\\\\?[\"']?[ \\t]{0,2}[=:][ \\t]{0,2}\\\\?[\"']?" VALUE_BYTE "{16,1000}", secret_env_key),
    SECRET("url-token", "url", "://[A-Za-z0-9]{20,200}@[a-z0-9][a-z0-9.-]{2,120}", secret_url_token),
    SECRET_ANY_CASE("url-password", "url",
                    "://[^\\s/:@\"'<>]{0,80}:[^\\s/@\"'<>]{3,120}@[a-z0-9.\\[\\]-]{2,120}", secret_url, "PASSWORD"),
    { { NULL, NULL, NULL, false, NULL, NULL, 0, BEHIND_ANYTHING }, NULL, NULL, FAKE_LABEL, NULL, NULL },
};
