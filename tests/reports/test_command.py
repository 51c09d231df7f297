"""`tallygate report`, with and without a running console."""

import pytest
from support.installation import Installation
from support.mail_server import MailBox

pytestmark = pytest.mark.service


def test_a_report_is_written_and_sent(tmp_path) -> None:
    """In each form, while nothing runs and while the console runs; what makes no sense is told in one line."""
    with MailBox() as box:
        installation = Installation(tmp_path / "home", smtp_url=box.url)
        product = str(installation.ids["product"]["id"])
        out = tmp_path / "report.pdf"
        said = installation.command("report", "--product", product, "--out", str(out))
        assert (said.strip(), out.read_bytes()[:5]) == (f"written to {out}", b"%PDF-")
        with installation:
            for form, begins in (("html", b"<!doctype html>"), ("csv", b"\xef\xbb\xbfsection"), ("eml", b"From: ")):  # fmt: skip
                file = tmp_path / f"report.{form}"
                installation.command("report", "--period", "day", "--out", str(file))
                assert file.read_bytes().startswith(begins)
            said = installation.command("report", "--product", product, "--to", "ada@acme.example")
            assert said == "250 queued as 42\n"
            assert box.inbox.recipients == ["ada@acme.example"]
            for wrong, why in (
                (("--product", "99", "--out", str(out)), "there is no product 99"),
                (("--out", "report.doc"), "can be written as html"),
            ):
                with pytest.raises(AssertionError, match=why):
                    installation.command("report", *wrong)
