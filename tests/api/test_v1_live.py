"""From a call to a file, through a whole installation."""

import gzip
import http.client
import io
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pyarrow import parquet
from support.installation import Installation, get

pytestmark = pytest.mark.service


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_calls_that_were_just_counted_are_in_a_file_that_streams(
    tmp_path: Path, encoding: str
) -> None:
    with Installation(tmp_path / "home") as running:
        call = urlencode({**running.credentials(), "usage[hits]": 3})
        for _ in range(4):
            assert get(running.listener.port, f"/transactions/authrep.xml?{call}")[0] == 200
        asked = {
            "access_token": running.ids["access_token"],
            "last": "1h",
            "split": "application",
            "format": "parquet",
        }
        connection = http.client.HTTPConnection("127.0.0.1", running.console.port)
        headers = {"Accept-Encoding": encoding}
        connection.request("GET", f"/analytics/v1/usage?{urlencode(asked)}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        data = answer.read()
        connection.close()
    if answer.headers["Content-Encoding"] == "gzip":
        data = gzip.decompress(data)
    table = parquet.read_table(io.BytesIO(data))
    assert sum(table.column("value").to_pylist()) == 12
    assert set(table.column("application_id").to_pylist()) == {running.ids["application"]["id"]}
