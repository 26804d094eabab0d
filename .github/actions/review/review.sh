#!/bin/sh
# Checks a dataset, compares it with a base revision, and writes both where reviewers read: the job's summary, one
# comment on the pull request, annotations. Run at the top of the repository; everything comes by environment:
#
#   AFFIANT_DATASET       the dataset folder, from the top of the repository
#   AFFIANT_BASE          the revision to compare with
#   AFFIANT_TEXTS         a folder with copies of withheld texts, or nothing
#   AFFIANT_COMMENT       yes: post or update the comment
#   AFFIANT_AUTHOR        the login that GH_TOKEN comments as
#   AFFIANT_PULL_REQUEST  the pull request's number, or nothing
#   GITHUB_STEP_SUMMARY, GITHUB_REPOSITORY, GH_TOKEN, as the runner sets them
#
# Ends as `affiant check` did; with 2 where that found nothing, and yet nothing could be compared.
set -eu

summary_bytes=1048576
comment_bytes=65536

fail() {
    echo "::error title=affiant::$1"
    exit 2
}

warn() {
    echo "::warning title=affiant::$1"
}

# Shows a file in the job's log, in which nothing is a command to the runner.
show() {
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
    cat "$1"
    echo "::$token::"
}

# A file as a block in which nothing means anything to Markdown.
quoted() {
    echo
    head -n 60 "$1" | sed 's/^/    /'
    echo
}

check() {
    set -- --max-findings=20
    [ -z "${AFFIANT_TEXTS:-}" ] || set -- "$@" --texts="$AFFIANT_TEXTS"
    affiant check "$@" -- "${dataset:-.}" >"$work/check" 2>&1 || checked=$?
    show "$work/check"
}

# Brings the base here, if the clone is too shallow to hold it.
bring_base() {
    git rev-parse --quiet --verify --end-of-options "$AFFIANT_BASE^{commit}" >"$work/base" ||
        git fetch --quiet --no-tags --depth=1 origin "$AFFIANT_BASE" ||
        warn "the base revision is not in this clone and could not be fetched"
}

# The base has no such dataset: there is nothing to compare with.
is_new() {
    git rev-parse --quiet --verify --end-of-options "$AFFIANT_BASE^{commit}" >"$work/base" &&
        ! git cat-file -e "$AFFIANT_BASE:${dataset:+$dataset/}dataset.json" 2>"$work/none"
}

compare() {
    affiant diff "$@" -- "$AFFIANT_BASE:$dataset" "${dataset:-.}"
}

verdict_words() {
    case $checked in
    0) echo "\`affiant check\` found no error." ;;
    1) echo "**\`affiant check\` found errors:**" && quoted "$work/check" ;;
    *) echo "**\`affiant check\` could not do its work:**" && quoted "$work/check" ;;
    esac
}

# What reviewers read, within so many bytes.
report() {
    { echo "$AFFIANT_MARKER" && echo && verdict_words && echo; } >"$work/report"
    if [ "$compared" = yes ]; then
        room=$(($1 - $(wc -c <"$work/report")))
        compare --format=markdown --max-bytes="$room" >>"$work/report"
    elif [ "$compared" = new ]; then
        echo "The dataset is new: there is nothing to compare it with." >>"$work/report"
    else
        { echo "**Nothing was compared:**" && quoted "$work/why"; } >>"$work/report"
    fi
    [ "$(wc -c <"$work/report")" -le "$1" ] || fail "the report is longer than the $1 bytes there are for it"
}

# Posts the report as a comment, in the place of an earlier one.
comment() {
    comments=repos/$GITHUB_REPOSITORY/issues/$AFFIANT_PULL_REQUEST/comments
    # Anybody can write the marker, but nobody else as the author.
    ours='.[] | select(.user.login == env.AFFIANT_AUTHOR and (.body | startswith(env.AFFIANT_MARKER))) | .id'
    gh api --paginate "$comments?per_page=100" --jq "$ours" >"$work/ids" || return
    id=$(head -n 1 "$work/ids")
    if [ -n "$id" ]; then
        gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$work/report"
    else
        gh api --silent --method POST "$comments" --field "body=@$work/report"
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# From the top of the repository as git writes it: without ./ before it and / behind it.
dataset=${AFFIANT_DATASET:-.}
dataset=${dataset#./}
dataset=${dataset%/}
[ "$dataset" != . ] || dataset=
case ${AFFIANT_BASE:-} in
'') fail "there is no base revision to compare with: give one as the input base" ;;
-* | *:*) fail "the base is not a revision" ;;
esac
case ${AFFIANT_PULL_REQUEST:-} in
*[!0-9]*) fail "the pull request has no number" ;;
esac
AFFIANT_MARKER="<!-- affiant review $(printf %s "$dataset" | cksum | tr ' ' -) -->"
AFFIANT_AUTHOR=${AFFIANT_AUTHOR:-github-actions[bot]}
export AFFIANT_MARKER AFFIANT_AUTHOR

checked=0
check
bring_base
compared=yes
if is_new; then
    compared=new
elif ! compare --format=github >"$work/annotations" 2>"$work/why"; then
    compared=no
    show "$work/why"
else
    cat "$work/annotations"
fi

report "$summary_bytes"
cat "$work/report" >>"$GITHUB_STEP_SUMMARY"
if [ "${AFFIANT_COMMENT:-yes}" != yes ]; then
    echo "no comment was asked for"
elif [ -z "${AFFIANT_PULL_REQUEST:-}" ]; then
    echo "no pull request, no comment"
else
    report "$comment_bytes"
    comment || warn "the comment was not posted: see above (from a fork the token may only read)"
fi
[ "$compared" != no ] || [ "$checked" != 0 ] || exit 2
exit "$checked"
