from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testimony.paper import fonts
from testimony.paper.print import BuildFailed, to_pdf

STYLE = 'body { font-family: "Paper Serif" } h1 { font-family: "Paper Sans" }'


def page(body: str) -> str:
    head = '<html lang="en"><head><title>A page</title></head>'
    return f"{head}<body><h1>A page</h1>{body}</body></html>"


def test_no_font_of_the_machine_lends_a_letter() -> None:
    with pytest.raises(BuildFailed, match="U\\+4E2D"):
        to_pdf(page("<p>中</p>"), style=STYLE, epoch=0)


def test_only_our_faces_are_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(to_pdf(page("<p><b>Bold</b> <i>and not</i></p>"), style=STYLE, epoch=0).pdf)
    listed = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
    rows = listed.splitlines()[2:]
    assert rows
    assert all("+Paper-" in row for row in rows)


def test_the_surroundings_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", "/somewhere/of/mine")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    to_pdf(page(""), style=STYLE, epoch=0)
    assert os.environ["FONTCONFIG_FILE"] == "/somewhere/of/mine"
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_the_machines_own_font_settings_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = to_pdf(page("<p>Set twice.</p>"), style=STYLE, epoch=0).pdf
    other = tmp_path / "fonts.conf"
    other.write_text("<fontconfig><dir>/usr/share/fonts</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(other))
    assert to_pdf(page("<p>Set twice.</p>"), style=STYLE, epoch=0).pdf == one


def test_a_letter_called_covered_is_drawn_by_every_face() -> None:
    letters = "".join(chr(code) for code in sorted(fonts.covered()) if 0x20 < code < 0x250)
    escaped = letters.replace("&", "&amp;").replace("<", "&lt;")
    body = f"<p>{escaped}</p><p><b>{escaped}</b></p><p><i>{escaped}</i></p><h2>{escaped}</h2>"
    assert to_pdf(page(body), style=STYLE, epoch=0).pages >= 1
