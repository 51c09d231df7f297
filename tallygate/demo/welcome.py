"""What a newcomer needs to know, in the terminal."""

import shlex
import sys
from pathlib import Path

from tallygate.demo.stage import Props
from tallygate.demo.traffic import query


def text(props: Props, home: Path, listener_url: str, console_url: str) -> str:
    """The credentials, a call that counts, and one that reads it back."""
    counted = f"{listener_url}/transactions/authrep.xml?" + query(
        props, props.actors[0], {"hits": 1}, 200
    )
    read = (
        f"{console_url}/stats/services/{props.service_id}/usage.json"
        f"?provider_key={props.provider_key}&metric_name=hits&period=day"
    )
    password = (
        f"  Password      {props.password}   (shown this once)"
        if props.password
        else f"  Password      as shown at the first start. To make a new one:\n  {_new_password(props, home)}"
    )
    return (
        f"\nSign in at {console_url}\n"
        f"  User name     {props.username}\n"
        f"{password}\n"
        f"\nSign in as one of its developers at {console_url}{props.portal_path}\n"
        f"  User name     {props.developer}\n"
        f"{_developer_password(props, console_url)}\n"
        f"\nMake a call that counts:\n  curl -i '{counted}'\n"
        f"\nRead it back:\n  curl '{read}'\n"
    )


def _developer_password(props: Props, console_url: str) -> str:
    if props.developer_password:
        return f"  Password      {props.developer_password}   (shown this once)"
    accounts = f"{console_url}/accounts"
    return f"  Password      as shown at the first start; under {accounts} it is set anew"


def _new_password(props: Props, home: Path) -> str:
    """The command as it works in this terminal, also where the environment is not activated."""
    command = Path(sys.executable).with_name("tallygate")
    words = [str(command) if command.exists() else "tallygate", "password", props.username]
    return shlex.join([*words, "--generate", "--home", str(home)])
