/* attr.h - the few compiler attributes that the house uses, behind names, and three small macros. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
#define MUST_USE              __attribute__((warn_unused_result))
#define UNUSED                __attribute__((unused))
#define COLD                  __attribute__((cold)) /* refusing and failing: what leads to it lies apart from the usual way */
#define NOINLINE              __attribute__((noinline)) /* of the rare way, so that the usual one stays short */

#if defined(__has_attribute) && __has_attribute(uninitialized)
#define NOT_ZEROED __attribute__((uninitialized)) /* a large thing that is written before it is read: not filled by a hardened build */
#else
#define NOT_ZEROED
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of type `type` whose member `member` is at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A place that no correct program reaches. Stays on in release, as assert does here. */
#define NOTREACHED(why) (fprintf(stderr, "%s:%d: not reached: %s\n", __FILE__, __LINE__, why), abort())

#ifdef NDEBUG
#error "assertions stay on: do not define NDEBUG"
#endif

#endif
