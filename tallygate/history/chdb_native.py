"""chDB's compiled module, without its Python package.

The package imports pyarrow and NumPy for data frames, which nothing here uses: 45 MB of memory and half
of the time to start. The compiled module alone has all that is needed: `connect(path).query(sql,
format, params)`. It is registered under its own name, so that the whole package can still be imported.
"""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

_NAME = "chdb._chdb"


def connect(path: str) -> Any:
    """A connection to the database in the folder `path`. One folder at a time in one process.

    Raises:
        ImportError: chDB is not installed, or not for this machine.
        RuntimeError: The folder cannot be opened.
    """
    return _module().connect(path)


def _module() -> Any:
    if _NAME not in sys.modules:
        package = importlib.util.find_spec("chdb")
        if package is None or not package.submodule_search_locations:
            raise ImportError("chDB is not installed")
        file = Path(package.submodule_search_locations[0]) / "_chdb.abi3.so"
        # As the package itself does: its allocator must not be mixed with another library's.
        ctypes.CDLL(str(file), mode=sys.getdlopenflags() | os.RTLD_DEEPBIND)
        spec = importlib.util.spec_from_file_location(_NAME, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[_NAME] = module
    return sys.modules[_NAME]
