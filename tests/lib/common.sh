# Sourced by the scripts under tests/ and benches/: small things that more than one of them needs.
# shellcheck shell=bash

# Prints a TCP port of 127.0.0.1 that nothing listens on, below the range that outgoing connections
# take theirs from. Another process can still take it before it is used: callers say so when it does.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# Prints the status code of GET $2 on port $1 of this machine, or nothing when nobody answers.
# Plain bash, because a new machine may have no curl.
http_status() {
  local line=
  {
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
    read -r -t 5 line <&3 || true
    exec 3>&-
  } 2>/dev/null
  line=${line#HTTP/* }
  echo "${line%% *}"
}

# Waits until the server of process $1 on port $2 says that it is ready; fails after 60 seconds or as
# soon as the process is gone.
wait_until_ready() {
  local deadline=$((SECONDS + 60))
  while ((SECONDS < deadline)); do
    kill -0 "$1" 2>/dev/null || return 1
    [[ $(http_status "$2" /health/ready) == 200 ]] && return 0
    sleep 0.1
  done
  return 1
}

# Asks process $1, a child of this shell, to stop; leaves its exit code in `stopped_with`. Kills it when
# it has not stopped after 30 seconds. Not for $(...): a subshell cannot wait for the child.
stop() {
  local deadline=$((SECONDS + 30))
  kill -TERM "$1" 2>/dev/null || true
  while kill -0 "$1" 2>/dev/null; do
    ((SECONDS < deadline)) || kill -KILL "$1" 2>/dev/null || true
    sleep 0.05
  done
  # shellcheck disable=SC2034 # the callers read it
  {
    stopped_with=0
    wait "$1" || stopped_with=$?
  }
}
