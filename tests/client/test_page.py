"""The examples of `docs/python.md` do what the page says, and its tables are complete."""

import inspect
import re
from pathlib import Path

import pytest
from support.running_listener import RunningListener

from tallygate.client import Client

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.mark.service
def test_the_examples_run(
    listener: RunningListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied into one script, with the values of a product of one's own, they count what they say."""
    app = listener.application("1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    script = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    for word, value in (
        ("http://127.0.0.1:3001", f"http://127.0.0.1:{listener.port}"),
        ("SERVICE_TOKEN", "token1"), ("USER_KEY", app.user_key), ("jobs", "hits"), ("bytes", "other"),
    ):  # fmt: skip
        assert word in script
        script = script.replace(word, value)
    names: dict[str, object] = {}
    exec(script, names)
    convert, client = names["convert"], names["client"]
    assert callable(convert)
    convert()
    assert isinstance(client, Client)
    assert client.flush()
    client.close()
    assert (listener.counted(app), listener.counted(app, "other")) == (4, 1_000)


def test_every_argument_is_documented() -> None:
    """Each argument of the client has a row; no other row is there."""
    text = PAGE.read_text("utf-8").split("## Settings")[1]
    rows = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert rows == set(inspect.signature(Client).parameters)
