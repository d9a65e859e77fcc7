# Runs one program in a session of its own, and ends all of it when this script's input closes: also
# when the process at the other end was killed and could not say so. Then removes the folder.
#
#   sh -c "$THIS" guard FOLDER OUTSIDE PROGRAM [ARGUMENT...]
#
# OUTSIDE is what else it removes, one path a line, or nothing.

# Ctrl-C goes to every process of a terminal: how this ends is decided by the input alone.
trap '' INT QUIT HUP TERM
folder=$1
outside=$2
shift 2
cd "$folder" || exit 70

# Waits until no process of the program is left, so many tenths of a second. What is dead already may
# still be listed until the system has collected it. (dash knows `--` only after `-s`.)
wait_for_end() {
  tries=$1
  while [ "$tries" -gt 0 ] && kill -s 0 -- "-$program" 2>/dev/null; do
    sleep 0.1
    tries=$((tries - 1))
  done
}

clean() {
  kill -s KILL -- "-$program" 2>/dev/null
  wait_for_end 5
  cd / && rm -rf -- "$folder"
  printf '%s\n' "$outside" | while IFS= read -r path; do [ -z "$path" ] || rm -f -- "$path"; done
}

# In a session of its own the program and its children are one group that a single kill reaches. The
# traps of this script would be inherited as ignored signals, which some programs leave so.
exec 3<&0
(
  trap - INT QUIT HUP TERM
  exec setsid "$@" </dev/null 3<&-
) &
program=$!

# This one does all the work when the shell that started it has been killed with its parent.
(
  cd /
  # Ends at the end of input; nothing is ever written there.
  read -r _ <&3
  # Its own group is there only once `setsid` has run: a signal before that would reach nobody.
  while ! kill -s 0 -- "-$program" 2>/dev/null && kill -s 0 "$program" 2>/dev/null; do sleep 0.01; done
  kill -s TERM -- "-$program" 2>/dev/null
  wait_for_end 50
  clean
) >/dev/null 2>&1 &
watcher=$!

wait "$program"
code=$?
# It ended, by itself or on the watcher's signal: what it started goes too.
kill -s KILL "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
clean
exit "$code"
