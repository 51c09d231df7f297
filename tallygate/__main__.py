"""The `tallygate` command: `python -m tallygate`."""

import sys


def main() -> None:
    """Runs the command line; where the server's packages are missing, says how to get them."""
    try:
        from tallygate.cli import main as run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tallygate"):
            raise
        sys.exit(
            f"tallygate: {error.name} is not installed: the command needs the server's packages;"
            " each comes with pip install tallygate without --no-deps"
        )
    run()


if __name__ == "__main__":
    main()
