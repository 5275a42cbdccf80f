/* label_file.c - the parts of a document that hold its label. A ZIP is read by its central directory (APPNOTE 6.3.10),
 * and of it only those. */
#include "filters/detect/label_file.h"

#include "proxy/base/base64.h"

#include <zlib.h>

enum { END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30, COMMENT_MAX = 65535, ENTRIES_MAX = 4096, SHORTEST = 64 };

void label_file_finish(struct label_file *f)
{
    buf_wipe(&f->bytes);
    for (size_t i = 0; i < LABEL_FILE_PARTS; i++)
        buf_wipe(&f->parts[i]);
}

static uint32_t le(struct str s, size_t at, unsigned bytes)
{
    uint32_t n = 0;
    assert(at + bytes <= s.len);
    for (unsigned i = bytes; i-- > 0;)
        n = n << 8 | (unsigned char)s.at[at + i];
    return n;
}

/* ---- one part of a ZIP ---- */

static bool inflate_part(struct str packed, struct buf *out)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.at, .avail_in = (uInt)packed.len };
    char *room = buf_reserve(out, LABEL_FILE_PART_MAX);
    if (!room || inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return false;
    z.next_out = (Bytef *)room;
    z.avail_out = LABEL_FILE_PART_MAX;
    int answer = inflate(&z, Z_FINISH);
    size_t len = LABEL_FILE_PART_MAX - z.avail_out;
    inflateEnd(&z);
    if (answer != Z_STREAM_END)
        return false;
    buf_grew(out, len);
    return true;
}

static bool read_part(struct str zip, size_t entry, struct buf *out)
{
    uint32_t flags = le(zip, entry + 8, 2), method = le(zip, entry + 10, 2), packed = le(zip, entry + 20, 4),
             local = le(zip, entry + 42, 4);
    if ((flags & 1) || local > zip.len || zip.len - local < LOCAL_BYTES || le(zip, local, 4) != 0x04034b50)
        return false;
    size_t from = (size_t)local + LOCAL_BYTES + le(zip, local + 26, 2) + le(zip, local + 28, 2);
    if (from > zip.len || packed > zip.len - from)
        return false;
    struct str bytes = str_of(zip.at + from, packed);
    buf_init(out, LABEL_FILE_PART_MAX);
    if (method == 0)
        return buf_add(out, bytes);
    return method == 8 && inflate_part(bytes, out);
}

/* ---- the ZIP ---- */

static bool holds_labels(struct str name)
{
    return str_eq_nocase(name, STR("docProps/custom.xml")) || str_eq_nocase(name, STR("docMetadata/LabelInfo.xml"));
}

/* The end record, searched from behind; zip.len when there is none. */
static size_t find_end(struct str zip)
{
    size_t lowest = zip.len > END_BYTES + COMMENT_MAX ? zip.len - END_BYTES - COMMENT_MAX : 0;
    for (size_t at = zip.len >= END_BYTES ? zip.len - END_BYTES + 1 : 0; at-- > lowest;)
        if (le(zip, at, 4) == 0x06054b50)
            return at;
    return zip.len;
}

static bool read_zip(struct label_file *f, struct label_marks *marks)
{
    struct str zip = buf_str(&f->bytes);
    size_t end = find_end(zip), parts = 0;
    if (end == zip.len)
        return false;
    uint32_t count = le(zip, end + 10, 2);
    size_t at = le(zip, end + 16, 4);
    if (count > ENTRIES_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (at > zip.len || zip.len - at < ENTRY_BYTES || le(zip, at, 4) != 0x02014b50)
            return false;
        size_t name_len = le(zip, at + 28, 2), next = at + ENTRY_BYTES + name_len + le(zip, at + 30, 2) + le(zip, at + 32, 2);
        if (next > zip.len)
            return false;
        if (holds_labels(str_of(zip.at + at + ENTRY_BYTES, name_len))) {
            if (parts == LABEL_FILE_PARTS || !read_part(zip, at, &f->parts[parts]))
                return false;
            label_marks_find(marks, buf_str(&f->parts[parts++]));
        }
        at = next;
    }
    return true;
}

/* ---- other kinds ---- */

/* An encrypted Office file is a compound file with a stream of this name, in UTF-16. */
static bool read_compound(struct label_file *f, struct label_marks *marks)
{
    static const char NAME[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    struct str bytes = buf_str(&f->bytes);
    f->is_encrypted = str_find_str(bytes, str_of(NAME, sizeof NAME)) < bytes.len;
    label_marks_find(marks, bytes);
    return true;
}

/* Properties and XMP that are not packed. */
static bool read_pdf(struct label_file *f, struct label_marks *marks)
{
    struct str bytes = buf_str(&f->bytes);
    label_marks_find(marks, bytes);
    return true;
}

static const struct kind {
    struct str in_base64; /* how it begins */
    bool (*read)(struct label_file *f, struct label_marks *marks);
} KINDS[] = {
    { STR_INIT("UEsDB"), read_zip },
    { STR_INIT("JVBERi"), read_pdf },
    { STR_INIT("0M8R4KGx"), read_compound },
};

static struct str payload_of(struct str s)
{
    if (!str_starts_nocase(s, STR("data:")))
        return s;
    size_t comma = str_find(str_first(s, 200), ',');
    return comma < 200 ? str_from(s, comma + 1) : s;
}

enum label_file_answer label_file_find(struct label_file *f, struct str value, struct label_marks *marks)
{
    struct str payload = payload_of(value);
    const struct kind *kind = NULL;
    for (size_t i = 0; i < ARRAY_LEN(KINDS) && payload.len >= SHORTEST; i++)
        if (str_starts(payload, KINDS[i].in_base64))
            kind = &KINDS[i];
    if (!kind)
        return LABEL_FILE_NONE;
    buf_init(&f->bytes, LABEL_FILE_BYTES_MAX);
    char *room = buf_reserve(&f->bytes, BASE64_DECODED_MAX(payload.len));
    size_t len;
    if (!room || !base64_decode(payload, room, &len))
        return LABEL_FILE_UNREAD;
    buf_grew(&f->bytes, len);
    return kind->read(f, marks) ? LABEL_FILE_READ : LABEL_FILE_UNREAD;
}
