# shellcheck shell=sh
# whale-lib.sh: what the whale scripts share; sourced, never run. Needs $0 and $here.
#
# Messages are fixed sentences: nothing of the input is quoted.

name=$(basename -- "$0")
: "${here:?}"

# The header comment of a script is its help.
help() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
}

say() { printf '%s: %s\n' "$name" "$1" >&2; }

die() {
	say "$1"
	exit "${2:-2}"
}

usage() { die "$1; see $name --help"; }

need() {
	command -v "$1" >/dev/null 2>&1 || die "$1 is needed and was not found"
}

# Sets $filter: $WHALE_CLASSIFY, the binary beside the script, the one on the PATH, or the one that this checkout built.
find_filter() {
	filter=${WHALE_CLASSIFY:-}
	if [ -z "$filter" ] && [ -x "$here/whale-classify" ]; then filter=$here/whale-classify; fi
	if [ -z "$filter" ] && ! command -v whale-classify >/dev/null 2>&1 && [ -x "$here/../target/release/whale-classify" ]; then
		filter=$here/../target/release/whale-classify
	fi
	filter=${filter:-whale-classify}
	command -v "$filter" >/dev/null 2>&1 || die "whale-classify was not found: install it, or set WHALE_CLASSIFY"
}

# The filter's vocabulary as one line of JSON.
vocabulary() {
	"$filter" --vocabulary </dev/null 2>/dev/null | jq -L "$here" -nRc 'include "whale-records"; vocabulary' 2>/dev/null
}

# Runs a jq program over records on stdin: `records PROGRAM [jq options]`. In it $v is the vocabulary and `record($v)` reads
# a raw line. jq's own messages can quote their input: they are dropped.
records() {
	need jq
	find_filter
	program=$1
	shift
	{
		vocabulary || echo '{}'
		cat
	} | jq -L "$here" -nrR "$@" 'include "whale-records";
		((input? | fromjson?) // {}) as $v
		| if ($v.rules // {}) == {} then "" | halt_error(6) else . end
		| '"$program" 2>/dev/null || {
		case $? in
		6) die "whale-classify did not give its vocabulary" ;;
		7) die "no summary came: give the whole output of one run of whale-classify" ;;
		# The reader went away, as head does.
		141) exit 0 ;;
		8) die "more than one summary came: give the output of one run, or the sum from whale-classify --merge" ;;
		*) die "the records could not be read" ;;
		esac
	}
}
