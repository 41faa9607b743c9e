# Runs one private PostgreSQL until standard input ends, then leaves nothing behind.
# Arguments: the folder of initdb and postgres, the port, further arguments for postgres.
# Prints the folder it works in; there, the file `stopped` appears when the server is not running.
set -u
trap '' HUP INT TERM
programs=$1 port=$2
shift 2
folder=$(mktemp -d "${TMPDIR:-/tmp}/crm-test-postgres.XXXXXX" 2>/dev/null) ||
    folder=$(mktemp -d /tmp/crm-test-postgres.XXXXXX) || exit 1
cd "$folder" || exit 1
printf '%s\n' "$folder"
exec 3<&0 </dev/null >log 2>&1

prepare() {
    "$programs/initdb" -D data -U postgres -A trust -N --locale=C.UTF-8 -E UTF8 &&
        echo 'CREATE DATABASE crm_test' | "$programs/postgres" --single -F -D data template1
}

# A background job of sh ignores SIGQUIT until postgres has set its own handlers: hence the loop.
stop_at_end_of_input() {
    cat <&3
    while kill -QUIT "$1" 2>/dev/null; do sleep 1; done
}

if prepare; then
    "$programs/postgres" -D data -p "$port" "$@" &
    server=$!
    stop_at_end_of_input "$server" &
    watcher=$!
    wait "$server"
    kill -KILL "$watcher"
fi
: >stopped
cat <&3
cd /
rm -rf "$folder"
