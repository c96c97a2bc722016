#!/usr/bin/env python3
"""A real SLURM cluster on this one machine, for tests: several slurmd, as root, without systemd.

cluster.py install        install Debian's packages for both kinds (nothing else here installs)
cluster.py up             start whatever does not run yet: munged, slurmctld, n1, n2, n3, n4
cluster.py up --accounting    the same with a database: mariadbd and slurmdbd
cluster.py kill NAME      NAME loses power: its daemon, its jobs and their children die at once
cluster.py start NAME     NAME comes back
cluster.py down           lose all power, remove the state; the daemons' logs stay

Every command but install takes the cluster's folder as its last argument, /run/caudal-slurm
where none is given. The only file elsewhere is the link /etc/slurm/slurm.conf, so a machine has
one cluster at a time. With accounting, jobs belong to the account "lab" and sacct tells their
states; without, squeue tells the state of a finished job for an hour.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/run/caudal-slurm")
LINK = Path("/etc/slurm/slurm.conf")
POLICY = Path("/usr/sbin/policy-rc.d")
PORT = 17000  # slurmctld; the nodes take the ports after it, then slurmdbd and mariadbd
NODES = ("n1", "n2", "n3", "n4")
ACCOUNTING = ("mariadbd", "slurmdbd")
PORTS = {name: PORT + place for place, name in enumerate(("slurmctld", *NODES, *ACCOUNTING))}
PACKAGES = ("slurm-wlm", "munge", "slurmdbd", "mariadb-server")
LONGEST_FOLDER = 60  # sockets lie below it, and their paths may have 107 characters

CONFIG = """\
ClusterName=caudal
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPidFile={folder}/slurmctld.pid
StateSaveLocation={folder}/slurmctld
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
{accounting}
# A finished job stays visible to squeue for so many seconds.
MinJobAge=3600

# No cgroups and no binding: the nodes declare more CPUs and memory than the machine has.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=500
# What no node can give is refused at once; otherwise some of it would pend for ever.
EnforcePartLimits=ALL

# A job above its memory is killed within 5 s. Plain RSS, without UsePss, counts a process twice
# while it forks and kills the innocent.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5
JobAcctGatherParams=OverMemoryKill,UsePss

# A silent node is down after SlurmdTimeout seconds, and back as soon as it answers.
SlurmdTimeout=20
ReturnToService=2
MessageTimeout=20
KillWait=5
OverTimeLimit=0

NodeName=n[1-4] NodeAddr=127.0.0.1 Port=[{n1}-{n4}] CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

STORED = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={slurmdbd}
AccountingStoragePass={folder}/munge.socket
"""
NOT_STORED = "AccountingStorageType=accounting_storage/none"

DATABASE = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdPort={slurmdbd}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadbd}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""

# Run by mariadbd whenever it starts.
PREPARED = """\
create database if not exists slurm;
create user if not exists slurm@127.0.0.1 identified by 'slurm';
grant all on slurm.* to slurm@127.0.0.1;
"""


def install() -> None:
    """Install the Debian packages; their own daemons are kept from starting."""
    made_policy = not POLICY.exists()
    if made_policy:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    get = ["apt-get", "-y", "-qq", "--no-install-recommends", "install", *PACKAGES]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        if subprocess.run(get, env=quiet).returncode:  # the package lists may be old
            subprocess.run(["apt-get", "-qq", "update"], check=True)
            subprocess.run(get, env=quiet, check=True)
    finally:
        if made_policy:
            POLICY.unlink()


def daemons(folder: Path) -> tuple[str, ...]:
    """The cluster's daemons, in the order in which they start."""
    accounting = ACCOUNTING if (folder / "slurmdbd.conf").exists() else ()
    return ("munged", *accounting, "slurmctld", *NODES)


def up(folder: Path, accounting: bool = False) -> None:
    """Start whatever of the cluster does not run yet; return when every node answers.

    A cluster that is there stays as it is, with accounting or without.
    Raises SystemExit where the machine has another cluster or a port is taken.
    """
    if len(str(folder)) > LONGEST_FOLDER:
        raise SystemExit(f"{folder} is too long for sockets; take a shorter path.")
    config = folder / "slurm.conf"
    if LINK.is_symlink() and not LINK.exists():
        LINK.unlink()
    if LINK.exists() and not (LINK.is_symlink() and LINK.resolve() == config):
        raise SystemExit(f"{LINK} belongs to another cluster ({LINK.resolve()}); take it down.")
    if not config.exists():
        check_ports()
        configure(folder, accounting)
    if not LINK.exists():
        # Snakemake's job step hands no SLURM_CONF on to its srun, which finds its cluster here.
        LINK.parent.mkdir(exist_ok=True)
        LINK.symlink_to(config)
    for name in daemons(folder):
        start(folder, name)
        if name == "slurmdbd":
            for words in (
                ("cluster", "caudal"),
                ("account", "lab"),
                ("user", "root", "account=lab"),
            ):
                ask("sacctmgr", "--immediate", "add", *words)  # fails where it is there already


def check_ports() -> None:
    """Raise SystemExit where one of the cluster's ports is taken."""
    for port in PORTS.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError as error:
                raise SystemExit(f"Port {port} cannot be used: {error.strerror}.") from None


def configure(folder: Path, accounting: bool) -> None:
    """Write the cluster's configuration, its key and its empty folders."""
    values = PORTS | {"folder": folder, "host": socket.gethostname().split(".")[0]}
    (folder / "log").mkdir(parents=True, exist_ok=True)
    if accounting:
        write_secret(folder / "slurmdbd.conf", DATABASE.format(**values).encode())
        (folder / "prepared.sql").write_text(PREPARED)
    values["accounting"] = STORED.format(**values) if accounting else NOT_STORED
    for name in daemons(folder):
        (folder / name).mkdir(exist_ok=True)
    write_secret(folder / "munge.key", os.urandom(1024))
    (folder / "slurm.conf").write_text(CONFIG.format(**values))
    if accounting:
        make = ["mariadb-install-db", "--no-defaults", f"--datadir={folder}/mariadbd"]
        make += ["--user=root", "--skip-test-db", "--auth-root-authentication-method=normal"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)


def write_secret(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    file.touch(mode=0o600)
    file.write_bytes(content)


def launch(folder: Path, name: str) -> None:
    """Start the daemon ``name`` in its own folder, where ``processes`` finds it."""
    if name == "munged":
        command = ["munged", "--foreground", f"--key-file={folder}/munge.key"]
        command += [f"--socket={folder}/munge.socket", f"--pid-file={folder}/munged.pid"]
        command += [f"--seed-file={folder}/munge.seed", "--force"]
    elif name == "mariadbd":
        command = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/mariadbd"]
        command += [f"--socket={folder}/mariadbd.socket", f"--pid-file={folder}/mariadbd.pid"]
        command += ["--bind-address=127.0.0.1", f"--port={PORTS[name]}", "--skip-name-resolve"]
        command += [f"--init-file={folder}/prepared.sql", "--innodb-lock-wait-timeout=900"]
        command += ["--innodb-flush-log-at-trx-commit=0"]
    elif name == "slurmdbd":
        command = ["slurmdbd", "-D"]
    elif name == "slurmctld":
        command = ["slurmctld", "-D", "-f", f"{folder}/slurm.conf"]
    else:
        for stale in (folder / name).glob(f"{name}_*.*"):  # sockets of step daemons that died
            stale.unlink()
        command = ["slurmd", "-D", "-N", name, "-f", f"{folder}/slurm.conf"]
    with open(folder / "log" / f"{name}.log", "a") as log:
        subprocess.Popen(
            command,
            cwd=folder / name,
            env=os.environ | {"SLURM_CONF": f"{folder}/slurm.conf"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def await_answer(folder: Path, name: str) -> None:
    """Return as soon as the daemon ``name`` answers, or exit after half a minute."""
    if name == "munged":
        await_true(f"{name} answers", lambda: ask("munge", "-S", f"{folder}/munge.socket", "-n"))
    elif name == "mariadbd":
        select = (
            "mariadb",
            "--no-defaults",
            f"--socket={folder}/mariadbd.socket",
            "-e",
            "select 1",
        )
        await_true(f"{name} answers", lambda: ask(*select))
    elif name == "slurmdbd":
        await_true(f"{name} answers", lambda: ask("sacctmgr", "-n", "list", "qos"))
    elif name == "slurmctld":
        await_true(f"{name} answers", lambda: ask("scontrol", "ping"))
    else:
        busy_or_idle = {"idle", "mixed", "allocated", "completing"}
        state = ("sinfo", "-h", "-n", name, "-o", "%T")
        await_true(f"{name} is up", lambda: ask(*state) in busy_or_idle)


def await_true(what: str, happened: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as ``happened()`` is true, or exit after ``seconds``."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise SystemExit(f"Waited {seconds:g} s in vain until {what}; see the cluster's log/.")
        time.sleep(0.1)


def ask(*command: str) -> str:
    """What ``command`` prints, or nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def kill(folder: Path, name: str) -> None:
    """End everything that runs on ``name`` with SIGKILL, as when a machine loses power.

    All of it is stopped first: nothing may live on long enough to report the end of another.
    A controller so killed forgets the jobs of its last five seconds, as real ones do.
    """

    def gone() -> bool:
        victims = processes(folder, name)
        for what in (signal.SIGSTOP, signal.SIGKILL):
            for pid in victims:
                with suppress(ProcessLookupError):
                    os.kill(pid, what)
        return not victims

    await_true(f"{name} is gone", gone)


def processes(folder: Path, name: str) -> set[int]:
    """The daemon ``name``, its step daemons, its jobs and all their children.

    A daemon and its step daemons have its folder as working directory; a job has the node's name
    in SLURMD_NODENAME.
    """
    found, parents = set(), {}
    mark = f"SLURMD_NODENAME={name}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            program, _, fields = (entry / "stat").read_text().rpartition(")")
            parents[pid] = int(fields.split()[1])
            if program.partition("(")[2].startswith(("munged", "mariadbd", "slurm")):
                belongs = (entry / "cwd").readlink() == folder / name
            else:
                belongs = mark in (entry / "environ").read_bytes().split(b"\0")
            if belongs:
                found.add(pid)
        except OSError:  # it has ended, or is the kernel's
            continue
    young = found
    while young:
        young = {pid for pid, parent in parents.items() if parent in young} - found
        found = found | young
    return found - {os.getpid()}


def start(folder: Path, name: str) -> None:
    """Bring ``name`` back; return when it answers."""
    if not processes(folder, name):
        launch(folder, name)
    await_answer(folder, name)


def down(folder: Path) -> None:
    """End every process of the cluster and its jobs, remove its link and all but its logs."""
    names = daemons(folder)
    for name in reversed(names):
        kill(folder, name)
    if LINK.is_symlink() and LINK.resolve() == folder / "slurm.conf":
        LINK.unlink()
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in folder.iterdir():
        if not file.is_dir():
            file.unlink()


def has_cluster(folder: Path) -> bool:
    """Whether ``up`` made a cluster in the folder, running or not."""
    config = folder / "slurm.conf"
    return config.exists() and config.read_text().startswith("ClusterName=caudal\n")


def main() -> None:
    """Read the command line and run one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("install")
    for command in (up, kill, start, down):
        arguments = commands.add_parser(command.__name__)
        if command in (kill, start):
            arguments.add_argument("name", choices=(*NODES, "slurmctld", "munged", *ACCOUNTING))
        if command is up:
            arguments.add_argument("--accounting", action="store_true")
        arguments.add_argument("folder", nargs="?", default=FOLDER, type=Path)
        arguments.set_defaults(run=command)
    given = vars(parser.parse_args())
    if os.geteuid():
        raise SystemExit("The cluster's daemons need root; run this as root.")
    if given.pop("command") == "install":
        install()
        return
    if not shutil.which("slurmctld") or not shutil.which("munged"):
        raise SystemExit(f"SLURM is not installed; run {sys.argv[0]} install.")
    folder = given["folder"] = given["folder"].resolve()
    run = given.pop("run")
    if run is not up and not has_cluster(folder):
        raise SystemExit(0 if run is down else f"There is no cluster in {folder}; take it up.")
    run(**given)


if __name__ == "__main__":
    main()
