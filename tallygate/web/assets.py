"""Static files that may be cached for ever: all their addresses contain a digest of all their bytes."""

import hashlib
from pathlib import Path

import tallygate


def digest() -> str:
    """12 hexadecimal digits that change when any static file of the package does.

    One digest for all, in the path: so files may refer to each other by relative addresses, and the
    installed package needs no collecting, renaming or rewriting before it can be served.
    """
    sha = hashlib.sha256()
    package = Path(tallygate.__file__).parent
    for path in sorted(package.glob("*/static/**/*")):
        if path.is_file():
            sha.update(str(path.relative_to(package)).encode())
            sha.update(path.read_bytes())
    return sha.hexdigest()[:12]


def may_be_cached_for_ever(_path: str, _url: str) -> bool:
    """WhiteNoise asks per file; see `digest`."""
    return True
