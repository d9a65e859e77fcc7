# Runs one program in a session of its own, and ends all of it when this script's input closes: also
# when the process at the other end was killed and could not say so. Then removes the folder.
#
#   sh -c "$THIS" guard FOLDER PROGRAM [ARGUMENT...]

# Ctrl-C goes to every process of a terminal: how this ends is decided by the input alone.
trap '' INT QUIT HUP TERM
folder=$1
shift
cd "$folder" || exit 70

# Whether any of the program's processes is left. (dash knows `--` only after `-s`.)
alive() { kill -s 0 -- "-$program" 2>/dev/null; }

# In a session of its own the program and its children are one group that a single kill reaches. The
# traps of this script would be inherited as ignored signals, which some programs leave so.
exec 3<&0
(
  trap - INT QUIT HUP TERM
  exec setsid "$@" </dev/null 3<&-
) &
program=$!

(
  # Ends at the end of input; nothing is ever written there.
  read -r _ <&3
  kill -s TERM -- "-$program" 2>/dev/null
  tries=0
  while alive && [ "$tries" -lt 30 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -s KILL -- "-$program" 2>/dev/null
) >/dev/null 2>&1 &
watcher=$!

wait "$program"
code=$?
# When it ended by itself, or its first process did, the rest goes too.
if kill -KILL "$watcher" 2>/dev/null; then wait "$watcher" 2>/dev/null; fi
kill -s KILL -- "-$program" 2>/dev/null
# What is dead already may still be listed until the system has collected it.
tries=0
while alive && [ "$tries" -lt 5 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
cd / && rm -rf -- "$folder"
exit "$code"
