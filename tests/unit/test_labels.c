/* test_labels.c - labels are found where Purview's clients leave them, and nowhere else. */
#include "filters/detect/label_marks.h"

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

TEST("names are compared without case, and any white space is one space")
{
    CHECK(label_names_match(STR("Highly Confidential"), STR("highly \r\n\tCONFIDENTIAL")));
    CHECK(!label_names_match(STR("Highly Confidential"), STR("HighlyConfidential")));
    CHECK(!label_names_match(STR("General"), STR("General ")));
    CHECK(!label_names_match(STR("General"), STR("Generals")));
}
