#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_floors.sh - includes point down only, neighbours do not know one another, sockets live in the edge alone, and nothing
# calls what the house has banned.
set -u
cd "$(dirname "$0")/.." || exit 2

awk '
function room(path)
{
    if (path ~ /^proxy\/app\//)  return "app"
    if (path ~ /^proxy\/[a-z]+\//) { split(path, part, "/"); return part[2] }
    if (path ~ /^(filters|certs|config)\//) { split(path, part, "/"); return part[1] }
    return ""
}
function complain(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; failed = 1 }
BEGIN {
    split("base:0 http:1 loop:1 config:1 text:1 certs:2 core:3 filters:4 edge:5 app:6", rows, " ")
    for (i in rows) { split(rows[i], part, ":"); floor[part[1]] = part[2] }
    # Spoken of, in a comment or a string, they are harmless; called they are not.
    banned = "(^|[^a-zA-Z0-9_>.])(strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atol|system|popen|alloca)[ ]*[(]"
}
FNR == 1 { mine = room(FILENAME); files++ }
/^#[ ]*include "/ {
    split($0, quoted, "\"")
    theirs = room(quoted[2])
    includes++
    if (theirs == "") complain("\"" quoted[2] "\" is in no room: includes start at the top of the tree")
    else if (!(theirs in floor) || !(mine in floor)) complain("\"" theirs "\" and \"" mine "\" are not both in the floor plan")
    else if (theirs != mine && floor[theirs] >= floor[mine])
        complain(mine " (floor " floor[mine] ") includes " theirs " (floor " floor[theirs] ")")
    if (theirs != mine && quoted[2] ~ /_parts\.h$/) complain(quoted[2] " is private to its room")
}
/^#[ ]*include <(sys\/socket|sys\/epoll|microhttpd|hiredis)[.\/]/ {
    if (mine != "edge" && mine != "loop" && !(mine == "app" && /microhttpd/)) complain(mine " includes what belongs to the edge: " $2)
}
{
    code = $0
    sub(/\/\/.*/, "", code); sub(/^[ ]*\/?\*.*/, "", code); sub(/\/\*.*/, "", code); gsub(/"[^"]*"/, "\"\"", code)
    if (code ~ banned) complain("a banned call: " $0)
}
END {
    if (files < 20 || includes < 20) { print "check_floors: found next to nothing to check"; exit 2 }
    if (failed) exit 1
    printf "check_floors: %d includes in %d files point down\n", includes, files
}' $(find proxy filters certs config -name '*.[ch]' -o -name '*.def' | sort)
