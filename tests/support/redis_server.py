"""Real Redis servers for tests: one, or a cluster of masters, on free ports of this machine; they can be killed and started again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import redis
from support.installation import free_port

READY_WITHIN_S = 20


class RedisServer:
    """One `redis-server`, whose data survives being killed.

    Attributes:
        url: As `TALLYGATE_LEDGER_URL` has it.
    """

    def __init__(self, folder: Path, fsync: str = "always", *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._options = [
            "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--appendonly", "yes", "--appendfsync", fsync, "--daemonize", "no", *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        program = shutil.which("redis-server")
        assert program is not None, "redis-server is not installed (Debian's package redis-server)"
        with (self.folder / "redis.out").open("ab") as out:
            self._process = subprocess.Popen([program, *self._options], stdout=out, stderr=out)
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        give_up_at_s = time.monotonic() + READY_WITHIN_S
        while True:
            with contextlib.suppress(redis.RedisError, OSError), self.client() as client:
                if client.ping():
                    return
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "redis.out").read_text()
            assert time.monotonic() < give_up_at_s, "redis-server is not ready"
            time.sleep(0.02)

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """It hangs until `go_on`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        if self.alive:
            self.kill()


class RedisCluster:
    """Masters without replicas, each with a third of the slots.

    Attributes:
        url: As `TALLYGATE_LEDGER_URL` has it.
    """

    MASTERS = 3

    def __init__(self, folder: Path, fsync: str = "always") -> None:
        options = (
            "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
            "--cluster-require-full-coverage", "no",
        )  # fmt: skip
        self.nodes = [
            RedisServer(folder / str(number), fsync, *options, "--cluster-port", str(_bus_port()))
            for number in range(self.MASTERS)
        ]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        self.url = f"redis+cluster://{hosts}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        for node in self.nodes:
            node.start()
        program = shutil.which("redis-cli")
        assert program is not None, "redis-cli is not installed (Debian's package redis-tools)"
        hosts = [f"127.0.0.1:{node.port}" for node in self.nodes]
        subprocess.run(
            [program, "--cluster", "create", *hosts, "--cluster-yes"],
            check=True,
            capture_output=True,
        )
        self.wait_until_ready()

    def __exit__(self, *exception: object) -> None:
        for node in self.nodes:
            node.__exit__()

    def wait_until_ready(self) -> None:
        """Returns when every node says that all slots are served."""
        give_up_at_s = time.monotonic() + READY_WITHIN_S
        for node in self.nodes:
            while True:
                with node.client() as client:
                    if client.execute_command("CLUSTER INFO")["cluster_state"] == "ok":
                        break
                assert time.monotonic() < give_up_at_s, "the cluster is not ready"
                time.sleep(0.05)

    def master_of(self, partition: int) -> RedisServer:
        """The node that has the partition's slot."""
        with self.nodes[0].client() as client:
            slot = client.execute_command("CLUSTER KEYSLOT", f"{{{partition}}}")
            for first, last, master, *_ in client.execute_command("CLUSTER SLOTS"):
                if first <= slot <= last:
                    return next(node for node in self.nodes if node.port == master[1])
        raise AssertionError("no node has the slot")

    def flush(self) -> None:
        """Empties all nodes."""
        for node in self.nodes:
            with node.client() as client:
                client.flushall()


def _bus_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
