#!/usr/bin/env bash
# A real Slurm cluster on this machine, for tests: munged, slurmctld and some slurmd on 127.0.0.1, without systemd.
#
#   cluster.sh up DIR [NODES] [CPUS] [PID]   start; prints `export SLURM_CONF=…` to eval. Ends with process PID
#   cluster.sh down DIR                stop everything that was started
#   cluster.sh crash DIR NODE          a power cut: slurmd, its steps and their tasks die
#   cluster.sh orphan DIR NODE         slurmd alone dies; its running tasks go on
#   cluster.sh start DIR NODE          start slurmd again
#   cluster.sh restart DIR             restart the controller
#
# Exit 3: the packages (slurmctld, slurmd, slurm-client, munge) are missing.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
action=${1:?action}; mkdir -p "${2:?folder}"; dir=$(cd "$2" && pwd -P)
export SLURM_CONF=$dir/slurm.conf
# Daemons outlive their caller: what it has open, such as a lock, is not for them. Bash reads this script from 255.
for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
done
say() { echo "cluster: $*" >&2; }
die() { say "$*"; exit 1; }

# A process is known by its pid and its start time, since pids are used again.
born() { awk '{ sub(/.*\) /, "") } $1 != "Z" { print $20 }' "/proc/$1/stat" 2>/dev/null || true; }
record() { local pid; pid=$(await_pid "$dir/run/$1.pid") || die "$1 did not start: $(tail -n 3 "$dir/log/$1.log" 2>/dev/null)"; echo "$pid $(born "$pid")" >"$dir/run/$1.known"; }
await_pid() { for _ in $(seq 200); do [ -s "$1" ] && { cat "$1"; return 0; }; sleep 0.05; done; return 1; }
alive() { local pid start; read -r pid start 2>/dev/null <"$dir/run/$1.known" || return 1; [ -n "$start" ] && [ "$(born "$pid")" = "$start" ] && echo "$pid"; }
end() { # name signal
    local pid; pid=$(alive "$1") || return 0
    kill "-$2" "$pid" 2>/dev/null || true
    for _ in $(seq 100); do alive "$1" >/dev/null || return 0; sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null || true
}
family() { local child; for child in $(pgrep -P "$1" || true); do family "$child"; done; echo "$1"; }
steps() { # slurmstepds that hold the log of this node (or of any, with *)
    local pid
    for pid in $(pgrep -x slurmstepd || true); do
        find "/proc/$pid/fd" -lname "$dir/log/slurmd-$1.log" 2>/dev/null | grep -q . && echo "$pid" || true
    done
}
kill_steps() { local pid; for pid in $(steps "$1"); do family "$pid" | xargs -r kill -KILL 2>/dev/null || true; done; }
node_up() { rm -f "$dir/run/slurmd-$1.pid"; slurmd -f "$SLURM_CONF" -N "$1" && record "slurmd-$1"; }
controller_up() { rm -f "$dir/run/slurmctld.pid"; slurmctld -f "$SLURM_CONF" && record slurmctld; }
busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

up() {
    local nodes=${1:-2} cpus=${2:-2} host base i v
    for v in munged slurmctld slurmd sbatch; do command -v $v >/dev/null || { say "no $v on this machine"; exit 3; }; done
    mkdir -p "$dir"/{state,spool,run,log,munge}; chmod 755 "$dir" "$dir"/{run,log,munge}; chmod 700 "$dir/state"
    (umask 077; head -c 1024 /dev/urandom >"$dir/munge/key")
    for ((base = 17100; base < 29000; base += 50)); do
        for ((i = 0; i <= nodes; i++)); do busy $((base + i)) && continue 2; done; break
    done
    host=$(hostname -s)
    # The held-back time of a requeued job is AuthInfo's cred_expire (120 s by default); short timeouts make faults quick.
    cat >"$SLURM_CONF" <<CONF
ClusterName=tallow
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$base
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/sock,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
JobRequeue=1
ReturnToService=2
SlurmdTimeout=3
MessageTimeout=2
BatchStartTimeout=10
KillWait=1
CompleteWait=0
MinJobAge=3600
MaxArraySize=10001
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.log
CONF
    for ((i = 1; i <= nodes; i++)); do
        echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + i)) CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=1000 State=UNKNOWN"
    done >>"$SLURM_CONF"
    echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP" >>"$SLURM_CONF"
    # From 23.11 on slurmd wants a cgroup hierarchy even for linuxproc; older ones do not know the word.
    v=$(slurmd -V | sed 's/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1\2/')
    if [ "${v:-0}" -ge 2311 ]; then echo "CgroupPlugin=disabled" >"$dir/cgroup.conf"; fi
    : >"$dir/log/jobcomp.log"
    # A test that is killed cannot clean up.
    if [ -n "${3:-}" ]; then setsid bash "$0" watch "$dir" "$3" </dev/null >/dev/null 2>&1 & fi
    munged --force --socket="$dir/munge/sock" --key-file="$dir/munge/key" --pid-file="$dir/run/munged.pid" \
        --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" 2>"$dir/log/munged.err" || die "munged did not start"
    record munged
    controller_up
    for ((i = 1; i <= nodes; i++)); do node_up "n$i"; done
    for _ in $(seq 300); do
        [ "$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$nodes" ] && { echo "export SLURM_CONF=$SLURM_CONF"; return; }
        sleep 0.1
    done
    die "the nodes are not idle after 30 s"
}

down() {
    if alive slurmctld >/dev/null; then timeout 10 scancel -u "$(id -un)" 2>/dev/null || true; fi
    local known name
    for known in "$dir"/run/slurmd-*.known; do [ -e "$known" ] && { name=${known##*/}; end "${name%.known}" TERM; }; done
    end slurmctld TERM; kill_steps '*'; end munged TERM
}

watch() { # pid
    local start; start=$(born "$1")
    while [ -e "$SLURM_CONF" ]; do
        if [ -z "$start" ] || [ "$(born "$1")" != "$start" ]; then down; return; fi
        sleep 1
    done
}

case $action in
up) up "${@:3}" ;;
down) down ;;
watch) watch "$3" ;;
crash) end "slurmd-$3" KILL; kill_steps "$3" ;;
orphan) end "slurmd-$3" KILL ;;
start) alive "slurmd-$3" >/dev/null || node_up "$3" ;;
restart) end slurmctld TERM; controller_up ;;
*) die "unknown action $action" ;;
esac
