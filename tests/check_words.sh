#!/bin/sh
# check_words.sh - one vocabulary: a stage's word is the folder of its filters, and every word stands in the reference page.
#
# That the page is what the tables print is checked by tests/unit/test_schema.c; this looks at what no table can see.
set -u
cd "$(dirname "$0")/.." || exit 2
page=config/REFERENCE.md
failed=0

complain() {
    echo "check_words: $*" >&2
    failed=1
}

# word NAME of each STAGE(…) row, and of each REASON(…) row
stages=$(sed -n 's/^STAGE([A-Z_]*, *\([a-z_]*\),.*/\1/p' proxy/core/stages.def)
reasons=$(sed -n 's/^REASON([A-Z_]*, *\([a-z-]*\),.*/\1/p' proxy/core/reasons.def)
commands=$(sed -n 's/^COMMAND("\([a-z-]*\)".*/\1/p' proxy/app/commands.def)
[ -n "$stages" ] && [ -n "$reasons" ] && [ -n "$commands" ] || complain "the tables could not be read"

# folders are stages, but for what filters find things with
for folder in filters/*/; do
    word=$(basename "$folder")
    [ "$word" = detect ] || [ "$word" = rules ] || echo "$stages" | grep -qx "$word" || complain "filters/$word is the folder of no stage"
done

# a filter is in the folder of its stage (several may come out of one macro), and has a row
for row in $(sed -n 's/^FILTER(\([A-Z_]*\), *\([a-z_]*\)).*/\1:\2/p' filters/list.def); do
    folder=filters/$(echo "${row%%:*}" | tr 'A-Z' 'a-z') symbol=${row#*:}
    grep -qE "^const struct filter $symbol = |^ *FILTER\(${symbol#filter_}, " "$folder"/*.c ||
        complain "$symbol is not in $folder"
done
for symbol in $(sed -n 's/^const struct \(filter\|section_kind\) \([a-z_]*\) = .*/\2/p' filters/*/*.c); do
    grep -qE "[(, ]$symbol\)" filters/list.def || complain "$symbol has no row in filters/list.def"
done

# every word is told
for word in $stages $reasons; do
    grep -q "\`$word\`" $page || complain "$page does not tell \"$word\""
done
for word in $commands; do
    grep -q "\`bartizan $word[ \`]" $page || complain "$page does not tell the command \"$word\""
done
for word in $(grep -hoE 'SETTING(_AS)?\(.*' filters/*/*.c proxy/core/setup_*.c |
    sed -n 's/^SETTING_AS("\([a-z_]*\)".*/\1/p; s/^SETTING(struct [a-z_]*, \([a-z_0-9]*\),.*/\1/p' | sort -u); do
    grep -q "^| \`$word\` |" $page || complain "$page does not tell the setting \"$word\""
done

# what the README says of the file is said in words that there are
for word in $(sed -n '/^```yaml/,/^```/p' README.md | sed 's/#.*//' | grep -oE '(^| |\{ )[a-z_]+:( |$)' | tr -d ' {:' | sort -u); do
    grep -qE "\`([a-z_.]*\.)?$word\`" $page || sed -n '/^```yaml/,/^```/p' README.md | grep -qE "^  $word:" ||
        sed -n '/^```yaml/,/^```/p' README.md | grep -q "regex: { $word:" || complain "README.md says \"$word\", $page does not"
done

[ $failed = 0 ] && echo "check_words: every word is told"
exit $failed
