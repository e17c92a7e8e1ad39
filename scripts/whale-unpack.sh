# shellcheck shell=bash
# whale-unpack.sh: how a filter's logs are read, plain or packed; sourced by whale-spread, and sent by whale-spark.py to the
# workers, so that both read the same bytes. Needs pipefail.

# Whether this zstd was built to read gzip as well: it unpacks it in a third of the time.
zstd_reads_gzip() {
	if [ -z "${reads_gzip:-}" ]; then
		reads_gzip=$(echo yes | gzip -c | zstd -dcq 2>/dev/null || echo no)
	fi
	[ "$reads_gzip" = yes ]
}

gunzip_all() {
	if zstd_reads_gzip; then zstd -dcq "$@"; else gzip -dc "$@"; fi
}

# Sets `bytes` to the last byte of each of these plain files.
last_bytes() {
	read -r -d '' -a bytes < <(tail -q -c 1 -- "$@" | od -An -v -t u1) || true
	[ "${#bytes[@]}" -eq $# ]
}

# Writes plain files. A log that was cut off while it grew gets its line end, so that it is the same in any part.
plain() {
	local bytes file at=0
	last_bytes "$@" || return 1
	if [[ ${bytes[*]} =~ ^(10 ?)*$ ]]; then
		cat -- "$@"
		return
	fi
	for file; do
		cat -- "$file" || return 1
		[ "${bytes[at]}" -eq 10 ] || echo
		at=$((at + 1))
	done
}

# Writes files of one kind.
alike() {
	case $1 in
	gz) gunzip_all -- "${@:2}" ;;
	zst) zstd -dcq -- "${@:2}" ;;
	plain) plain "${@:2}" ;;
	esac
}

# Whether each of these packed files begins as gzip or zstd does: what does not would be handed on as it is.
packed() {
	local first
	read -r -d '' -a first < <(head -q -c 2 -- "$@" 2>/dev/null | od -An -v -t x1) || true
	[ "${#first[@]}" -eq $((2 * $#)) ] && [[ "${first[*]} " =~ ^((1f 8b|28 b5) )*$ ]]
}

# Writes files of several kinds: all at once where each ends its last line, for a process costs more than a small log.
mixed() {
	local bytes=() file text=() rest=()
	for file; do
		case $file in *.gz | *.zst) rest+=("$file") ;; *) text+=("$file") ;; esac
	done
	[ "${#text[@]}" -eq 0 ] || last_bytes "${text[@]}" || return 1
	if [[ ${bytes[*]} =~ ^(10 ?)*$ ]] && zstd_reads_gzip && { [ "${#rest[@]}" -eq 0 ] || packed "${rest[@]}"; }; then
		zstd -dcqf -- "$@"
		return
	fi
	for file; do alike "$(kind_of "$file")" "$file" || return 1; done
}

# Writes a file of a file system that only Hadoop reads.
remote() {
	case $1 in
	*.gz) hadoop fs -cat "$1" | gunzip_all ;;
	*.zst) hadoop fs -cat "$1" | zstd -dcq ;;
	*) hadoop fs -cat "$1" ;;
	esac
}

kind_of() {
	case $1 in
	*.gz) echo gz ;;
	*.zst) echo zst ;;
	*) echo plain ;;
	esac
}

# Writes the files whose names are on stdin, each with a NUL behind it: in their order, many at once.
unpack() {
	local file kind kinds='' batch=()
	flush() {
		case $kinds in
		'') ;;
		' gz' | ' zst' | ' plain') alike "${kinds# }" "${batch[@]}" ;;
		*) mixed "${batch[@]}" ;;
		esac || return 1
		batch=() kinds=''
	}
	while IFS= read -r -d '' file; do
		case $file in file:/*) file=${file#file:} ;; esac
		case $file in
		[a-z]*://*)
			flush || return 1
			remote "$file" </dev/null || return 1
			continue
			;;
		*.gz) kind=gz ;;
		*.zst) kind=zst ;;
		*) kind=plain ;;
		esac
		# An empty log has no last byte to look at; one that is gone fails the whole.
		if [ "$kind" = plain ] && [ -f "$file" ] && [ ! -s "$file" ]; then continue; fi
		case "$kinds " in *" $kind "*) ;; *) kinds="$kinds $kind" ;; esac
		batch+=("$file")
		if [ "${#batch[@]}" -ge 200 ]; then
			flush || return 1
		fi
	done
	flush
}
