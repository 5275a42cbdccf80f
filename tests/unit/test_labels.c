/* test_labels.c - labels are found where Purview's clients leave them, and nowhere else. */
#include "filters/detect/label_file.h"

#include "tests/harness/check.h"

#define G "2096f6a2-d2f7-48be-b329-b73aaa526e5d"
#define P "MSIP_Label_" G "_"

TEST("a label is found in mail headers, document properties, XML and JSON")
{
    static const struct {
        const char *text, *name;
        bool off, encrypted;
    } rows[] = {
        { P "Enabled=True; " P "SiteId=11111111-2222-3333-4444-555555555555; " P "Name=Confidential; " P "ContentBits=0", "Confidential", false, false },
        { P "Name=Highly Confidential\r\n" P "Enabled=true\r\n", "Highly Confidential", false, false },
        { "msip_label_" G "_name = confidential", "confidential", false, false },
        { "{\"" P "Name\":\"General\",\"" P "Enabled\":\"true\"}", "General", false, false },
        { "{\\\"" P "Name\\\":\\\"General\\\"}", "General", false, false },
        { "<property fmtid=\"{D5}\" pid=\"2\" name=\"" P "Name\"><vt:lpwstr>Confidential</vt:lpwstr></property>", "Confidential", false, false },
        { P "Name&#61;Confidential", "Confidential", false, false },
        { P "Name: Confidential, " P "Method: Standard.", "Confidential", false, false },
        { P "Enabled=False; " P "Name=Public", "Public", true, false },
        { P "Name=Secret; " P "ContentBits=8", "Secret", false, true },
        { "<clbl:label id=\"{" G "}\" enabled=\"1\" method=\"Privileged\" siteId=\"{11111111-2222-3333-4444-555555555555}\" contentBits=\"8\"/>", NULL, false, true },
        { "<clbl:label id='{" G "}' enabled='0'/>", NULL, true, false },
        { "\"sensitivityLabelId\": \"" G "\"", NULL, false, false },
        { "the property " P "SetDate of it", NULL, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct label_marks marks = { .count = 0 };
        label_marks_find(&marks, str_c(rows[i].text));
        if (!CHECK_INT(marks.count, 1)) {
            printf("  %s\n", rows[i].text);
            continue;
        }
        const struct label_mark *m = &marks.at[0];
        CHECK_STR(m->id, STR(G));
        CHECK_STR(m->name, str_c(rows[i].name));
        CHECK_INT(m->is_off, rows[i].off);
        CHECK_INT(m->is_encrypted, rows[i].encrypted);
    }
}

TEST("what only looks like a label is none")
{
    static const char *const rows[] = {
        "",
        "MSIP_Label_",
        "MSIP_Label_" G,
        "MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5_Name=Confidential",
        "MSIP_Label_2096f6a2xd2f7-48be-b329-b73aaa526e5d_Name=Confidential",
        "MSIP_Label_zzzzzzzz-d2f7-48be-b329-b73aaa526e5d_Name=Confidential",
        "MSIP Label " G " Name=Confidential",
        "this is confidential, says the label",
        "the sensitivityLabelId is told by Graph",
        "<clbl:label id=\"nothing\"/>",
        "<clbl:labelList xmlns:clbl=\"x\">",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct label_marks marks = { .count = 0 };
        label_marks_find(&marks, str_c(rows[i]));
        if (i != 2 && !CHECK_INT(marks.count, 0))
            printf("  %s\n", rows[i]);
    }
}

TEST("a folded name goes on in the next line, and labels are told apart by their ids")
{
    struct label_marks marks = { .count = 0 };
    label_marks_find(&marks, STR(P "Name=Highly\r\n Confidential;\r\n MSIP_Label_3096f6a2-d2f7-48be-b329-b73aaa526e5d_Name=Public"));
    CHECK_INT(marks.count, 2);
    CHECK(label_names_match(marks.at[0].name_on, STR("highly confidential")));
    CHECK_STR(marks.at[1].name, STR("Public"));
}

TEST("more labels than there is room for are told")
{
    char text[4096];
    size_t n = 0;
    struct label_marks marks = { .count = 0 };
    for (unsigned i = 0; i < LABEL_MARKS_MAX + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "MSIP_Label_%08x-d2f7-48be-b329-b73aaa526e5d_Name=A;\n", i);
    label_marks_find(&marks, str_of(text, n));
    CHECK_INT(marks.count, LABEL_MARKS_MAX);
    CHECK(marks.has_more);
}

TEST("a label is found in every prefix of its text without reading past it")
{
    static const char text[] = P "Name=Confidential\r\n next; <clbl:label id=\"{" G "}\" enabled=\"1\"/> sensitivityLabelId\":\"" G "\"";
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = malloc(n ? n : 1);
        struct label_marks marks = { .count = 0 };
        memcpy(copy, text, n);
        label_marks_find(&marks, str_of(copy, n));
        free(copy);
    }
    CHECK(true);
}

TEST("a text full of beginnings costs no more than its length")
{
    /* a million bytes of each: looked through from every beginning to the end they would take hours */
    static const char *const beginnings[] = { "clbl:label ", "sensitivityLabelId", "msip_label_", "MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_",
                                              "MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name=<", "<clbl:label id=\"" };
    enum { BYTES = 1000000 };
    char *text = malloc(BYTES);
    for (size_t i = 0; text && i < ARRAY_LEN(beginnings); i++) {
        struct label_marks marks = { .count = 0 };
        for (size_t at = 0, len = strlen(beginnings[i]); at < BYTES; at++)
            text[at] = beginnings[i][at % len];
        label_marks_find(&marks, str_of(text, BYTES));
        CHECK(marks.count <= LABEL_MARKS_MAX);
    }
    CHECK(text != NULL);
    free(text);
}

TEST("names are compared without case, and any white space is one space")
{
    CHECK(label_names_match(STR("Highly Confidential"), STR("highly \r\n\tCONFIDENTIAL")));
    CHECK(!label_names_match(STR("Highly Confidential"), STR("HighlyConfidential")));
    CHECK(!label_names_match(STR("General"), STR("General ")));
    CHECK(!label_names_match(STR("General"), STR("Generals")));
}

/* Made by a ZIP library: custom.xml packed, LabelInfo.xml packed and stored; and a document without either. */
static const char CUSTOM[] =
    "UEsDBBQAAAAIAAAAIVzHHBc8CgAAAAgAAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbLMJqSxILda3AwBQSwMEFAAAAAgAAAAhXI7lvFKEAAAAogAAABMAAABk"
    "b2NQcm9wcy9jdXN0b20ueG1sswkoyi9ILSrJTC22symAsCsV0nJLMlNslapdTGuVFApATCMlhbzE3FRbJd9gz4B4n8Sk1Jx4IwNLszSzRCPdFKM0c10Ti6RU"
    "3SRjI0vdJHPjxMREUyOzVNOUeD+gLiU7m7ISq5yC8uKSIjvn/Ly0zJTUvJLMxBwbfYS4jT7MeiATyVUAUEsBAhQDFAAAAAgAAAAhXMccFzwKAAAACAAAABMA"
    "AAAAAAAAAAAAAIABAAAAAFtDb250ZW50X1R5cGVzXS54bWxQSwECFAMUAAAACAAAACFcjuW8UoQAAACiAAAAEwAAAAAAAAAAAAAAgAE7AAAAZG9jUHJvcHMv"
    "Y3VzdG9tLnhtbFBLBQYAAAAAAgACAIIAAADwAAAAAAA=";
static const char INFO[] =
    "UEsDBBQAAAAIAAAAIVzHHBc8CgAAAAgAAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbLMJqSxILda3AwBQSwMEFAAAAAgAAAAhXF62jvaJAAAAugAAABkAAABk"
    "b2NNZXRhZGF0YS9MYWJlbEluZm8ueG1sXc5BCsIwEAXQq4TZD22TJrXSduFOcOEVkmaqgWkKJrgR724EQfGt/iz+Z4aZHe/ZOuJTSHkavrcIfoSHrHuzGCvR"
    "y6XDducInZI9uk5Za7U0pP0TBEXrmEqhAbFSvm4lnm/hHpgu5EGkkOn43ms+UBaoCmwL1D/K3rzFTDEfQk4j1FBNQ/X36QtQSwECFAMUAAAACAAAACFcxxwX"
    "PAoAAAAIAAAAEwAAAAAAAAAAAAAAgAEAAAAAW0NvbnRlbnRfVHlwZXNdLnhtbFBLAQIUAxQAAAAIAAAAIVxeto72iQAAALoAAAAZAAAAAAAAAAAAAACAATsA"
    "AABkb2NNZXRhZGF0YS9MYWJlbEluZm8ueG1sUEsFBgAAAAACAAIAiAAAAPsAAAAAAA==";
static const char STORED[] =
    "UEsDBBQAAAAAAAAAIVzHHBc8CAAAAAgAAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbDxUeXBlcy8+UEsDBBQAAAAAAAAAIVxeto72ugAAALoAAAAZAAAAZG9j"
    "TWV0YWRhdGEvTGFiZWxJbmZvLnhtbDxjbGJsOmxhYmVsTGlzdD48Y2xibDpsYWJlbCBpZD0iezIwOTZmNmEyLWQyZjctNDhiZS1iMzI5LWI3M2FhYTUyNmU1"
    "ZH0iIGVuYWJsZWQ9IjEiIG1ldGhvZD0iUHJpdmlsZWdlZCIgc2l0ZUlkPSJ7MTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1fSIgY29udGVu"
    "dEJpdHM9IjAiLz48L2NsYmw6bGFiZWxMaXN0PlBLAQIUAxQAAAAAAAAAIVzHHBc8CAAAAAgAAAATAAAAAAAAAAAAAACAAQAAAABbQ29udGVudF9UeXBlc10u"
    "eG1sUEsBAhQDFAAAAAAAAAAhXF62jva6AAAAugAAABkAAAAAAAAAAAAAAIABOQAAAGRvY01ldGFkYXRhL0xhYmVsSW5mby54bWxQSwUGAAAAAAIAAgCIAAAA"
    "KgEAAAAA";
static const char PLAIN[] =
    "UEsDBBQAAAAIAAAAIVzHHBc8CgAAAAgAAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbLMJqSxILda3AwBQSwMEFAAAAAgAAAAhXAwQ6u5SAAAAWgAAABEAAAB3"
    "b3JkL2RvY3VtZW50LnhtbLMpt0rJTy7NTc0rsfMN9gyI90lMSs2JNzKwNEszSzTSTTFKM9c1sUhK1U0yNrLUTTI3TkxMNDUySzVNifdLzE21dc7PS8tMAWrP"
    "TMyx0UcyDQBQSwECFAMUAAAACAAAACFcxxwXPAoAAAAIAAAAEwAAAAAAAAAAAAAAgAEAAAAAW0NvbnRlbnRfVHlwZXNdLnhtbFBLAQIUAxQAAAAIAAAAIVwM"
    "EOruUgAAAFoAAAARAAAAAAAAAAAAAACAATsAAAB3b3JkL2RvY3VtZW50LnhtbFBLBQYAAAAAAgACAIAAAAC8AAAAAAA=";
static const char PDF[] =
    "JVBERi0xLjcKMSAwIG9iaiA8PCAvTVNJUF9MYWJlbF8yMDk2ZjZhMi1kMmY3LTQ4YmUtYjMyOS1iNzNhYWE1MjZlNWRfTmFtZSAoQ29uZmlkZW50aWFsKSA+"
    "PiBlbmRvYmoKJSVFT0YKICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIA==";
static const char ENCRYPTED[] =
    "0M8R4KGxGuEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARQBuAGMAcgB5AHAAdABlAGQA"
    "UABhAGMAawBhAGcAZQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

TEST("labels are read out of documents, whole or as a data: URL")
{
    static const struct {
        const char *text;
        size_t count;
        bool encrypted;
    } rows[] = { { CUSTOM, 1, false }, { INFO, 1, false }, { STORED, 1, false }, { PLAIN, 0, false }, { PDF, 1, false }, { ENCRYPTED, 0, true } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int is_url = 0; is_url < 2; is_url++) {
            struct label_file f = { .is_encrypted = false };
            struct label_marks marks = { .count = 0 };
            char url[4096];
            snprintf(url, sizeof url, "%s%s", is_url ? "data:application/octet-stream;base64," : "", rows[i].text);
            CHECK_INT(label_file_find(&f, str_c(url), &marks), LABEL_FILE_READ);
            CHECK_INT(marks.count, rows[i].count);
            if (marks.count)
                CHECK_STR(marks.at[0].id, STR(G));
            CHECK_INT(f.is_encrypted, rows[i].encrypted);
            label_file_finish(&f);
        }
    }
}

TEST("a document that is cut or changed anywhere is read or not, and never past its end")
{
    for (size_t n = 0; n < sizeof CUSTOM; n++) {
        char copy[sizeof CUSTOM];
        memcpy(copy, CUSTOM, sizeof CUSTOM);
        copy[n] = copy[n] == 'A' ? '/' : 'A';
        for (int is_cut = 0; is_cut < 2; is_cut++) {
            struct label_file f = { .is_encrypted = false };
            struct label_marks marks = { .count = 0 };
            CHECK(label_file_find(&f, str_of(copy, is_cut ? n / 4 * 4 : sizeof CUSTOM - 1), &marks) <= LABEL_FILE_UNREAD);
            label_file_finish(&f);
        }
    }
    CHECK(true);
}

TEST("what is no document is not decoded")
{
    static const char *const rows[] = { "", "hello", "UEsDB", "data:text/plain,UEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDBUEsDB" };
    for (size_t i = 0; i < 3; i++) {
        struct label_file f = { .is_encrypted = false };
        struct label_marks marks = { .count = 0 };
        CHECK_INT(label_file_find(&f, str_c(rows[i]), &marks), LABEL_FILE_NONE);
        label_file_finish(&f);
    }
    struct label_file f = { .is_encrypted = false };
    struct label_marks marks = { .count = 0 };
    CHECK_INT(label_file_find(&f, str_c(rows[3]), &marks), LABEL_FILE_UNREAD);
    label_file_finish(&f);
}
