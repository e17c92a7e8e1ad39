# shellcheck shell=bash
# whale-unpack.sh: how a filter's logs are read, plain or packed; sourced by whale-spread, and sent by whale-spark.py to the
# workers, so that both read the same bytes. Needs pipefail.

# zstd, where it was built to, unpacks gzip in a third of the time.
gunzip_all() {
	if [ -z "${zstd_reads_gzip:-}" ]; then
		zstd_reads_gzip=$(echo yes | gzip -c | zstd -dcq 2>/dev/null || echo no)
	fi
	if [ "$zstd_reads_gzip" = yes ]; then zstd -dcq "$@"; else gzip -dc "$@"; fi
}

# Writes plain files. A log that was cut off while it grew gets its line end, so that it is the same in any part.
plain() {
	local bytes file at=0
	read -r -d '' -a bytes < <(tail -q -c 1 -- "$@" | od -An -v -t u1) || true
	[ "${#bytes[@]}" -eq $# ] || return 1
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

# Writes a file of a file system that only Hadoop reads.
remote() {
	case $1 in
	*.gz) hadoop fs -cat "$1" | gunzip_all ;;
	*.zst) hadoop fs -cat "$1" | zstd -dcq ;;
	*) hadoop fs -cat "$1" ;;
	esac
}

# Writes the files whose names are on stdin, each with a NUL behind it: in their order, many of a kind at once.
unpack() {
	local file kind='' last='' batch=()
	flush() {
		case $last in
		gz) gunzip_all -- "${batch[@]}" ;;
		zst) zstd -dcq -- "${batch[@]}" ;;
		plain) plain "${batch[@]}" ;;
		remote) for file in "${batch[@]}"; do remote "$file" </dev/null || return 1; done ;;
		esac || return 1
		batch=()
	}
	while IFS= read -r -d '' file; do
		case $file in file:/*) file=${file#file:} ;; esac
		case $file in
		[a-z]*://*) kind=remote ;;
		*.gz) kind=gz ;;
		*.zst) kind=zst ;;
		*) kind=plain ;;
		esac
		# An empty log has no last byte to look at; one that is gone fails the whole.
		if [ "$kind" = plain ] && [ -f "$file" ] && [ ! -s "$file" ]; then continue; fi
		if [ "$kind" != "$last" ] || [ "${#batch[@]}" -ge 200 ]; then
			flush || return 1
		fi
		last=$kind
		batch+=("$file")
	done
	flush
}
