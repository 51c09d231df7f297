"""What every long-lived process asks of the kernel: to end with its parent, enough open files, an address to listen on."""

import os
import resource
import signal
import socket
import sys

PARENT_VARIABLE = "TALLYGATE_PARENT_PID"
"""In it the supervisor tells its children who it is."""

SOCKET_VARIABLE = "TALLYGATE_SOCKET_FD"
"""In it the supervisor tells a child on which file descriptor it listens already: the socket outlives the child."""

NAME_VARIABLE = "TALLYGATE_ROLE_NAME"
"""In it the supervisor tells a child under which name to tell its address."""

WORKERS_VARIABLE = "TALLYGATE_WORKERS"
"""In it the supervisor tells a child how many processes share its address."""

SUCCESSOR_VARIABLE = "TALLYGATE_SUCCESSOR_FD"
"""In it a child learns that it succeeds another one, which still runs: a pipe, into which it writes when it can take over."""

_PR_SET_PDEATHSIG = 1
_BACKLOG = 1024


def die_with_parent(parent: int | None = None) -> None:
    """Asks the kernel to kill this process when its parent ends, however that ends.

    Where the parent (by default the supervisor, if there is one) has ended before the request, the
    process ends itself.
    """
    import ctypes  # the supervisor needs this module, but not that one

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    expected = parent or int(os.environ.get(PARENT_VARIABLE) or 0)
    if expected and os.getppid() != expected:
        sys.exit("tallygate: the parent process has gone")


def allow_many_open_files() -> None:
    """Raises the soft limit of open files to the hard one.

    Systems commonly begin with 1,024. Each client's connection is an open file, and the analytics engine keeps three for
    each of its threads.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen(host: str, port: int, shared: bool = False) -> socket.socket:
    """A socket that listens; port 0 becomes one that is free.

    Args:
        shared: Others may listen on the same address as well, and get their share of the connections.

    Raises:
        OSError: The host is not known, or the port is taken or not allowed; `strerror` says which.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, place = found[0]
        opened = socket.create_server(
            place[:2],
            family=family,
            backlog=_BACKLOG,
            reuse_port=shared,
            dualstack_ipv6=family == socket.AF_INET6,
        )
    except socket.gaierror as error:
        raise OSError(error.errno, error.strerror) from error
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0)) from error
    # Connections inherit it: an answer is one write, and must not wait for the one before to be acknowledged.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def worker_name() -> str:
    """The name of this process among those that share its address; '' when it has it alone."""
    if int(os.environ.get(WORKERS_VARIABLE) or 1) == 1:
        return ""
    return os.environ[NAME_VARIABLE]


def is_successor() -> bool:
    """Whether this process is to take over from another one."""
    return SUCCESSOR_VARIABLE in os.environ


def tell_that_it_can_take_over() -> None:
    """Of a successor: lets the supervisor ask the other process to leave."""
    descriptor = int(os.environ.pop(SUCCESSOR_VARIABLE))
    os.write(descriptor, b"\n")
    os.close(descriptor)


def handed_socket() -> socket.socket | None:
    """The socket on which this process's parent listens for it, if there is one."""
    number = os.environ.get(SOCKET_VARIABLE)
    return socket.socket(fileno=int(number)) if number else None
