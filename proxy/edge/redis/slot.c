/* slot.c - which of the 16,384 slots of a Cluster has a key (the Redis Cluster specification, "Key distribution model"). */
#include "proxy/edge/redis/redis.h"

enum { SLOTS = 16384, CRC_POLYNOMIAL = 0x1021 /* CRC-16/XMODEM */ };

static uint16_t crc16(struct str s)
{
    static uint16_t table[256];
    static bool is_made;
    for (unsigned i = 0; !is_made && i < 256; i++) {
        uint16_t crc = (uint16_t)(i << 8);
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1);
        table[i] = crc;
    }
    is_made = true;
    uint16_t crc = 0;
    for (size_t i = 0; i < s.len; i++)
        crc = (uint16_t)((crc << 8) ^ table[((crc >> 8) ^ (unsigned char)s.at[i]) & 0xff]);
    return crc;
}

uint16_t resp_slot(struct str key)
{
    size_t open = str_find(key, '{'), len;
    struct str tag = str_from(key, open + 1);
    if (open < key.len && (len = str_find(tag, '}')) < tag.len && len > 0)
        key = str_first(tag, len);
    return crc16(key) % SLOTS;
}
