"""The auditor on the command line, for anybody who has the published files and nothing else.

    python -m consultation.disclosure.audit [--edition NAME] FILE … [--proof PROOF]
    python -m consultation.disclosure.audit --verify PROOF [--edition NAME] FILE …

Files: HTML pages, JSON, ``datapackage.json`` with its CSV, PDF. ``--edition`` names the edition of
the files after it; pages and downloads name their own. The earliest edition comes first.

Ends with 0 when the publication is adequate (or the proof holds), 1 when it is not, and 2 when
something can't be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Final

from consultation.disclosure.audit.auditing import SECONDS, audit
from consultation.disclosure.audit.checking import objections
from consultation.disclosure.audit.findings import Audit
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.proof import proof_of, written
from consultation.disclosure.audit.published import Unreadable
from consultation.disclosure.audit.reading import from_paths, read

ADEQUATE: Final = 0
BREACH: Final = 1
UNREADABLE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit or verify, say what was found, and return the exit code."""
    given = _read_arguments(list(sys.argv[1:] if arguments is None else arguments))
    try:
        policy = Policy(**{f.name: getattr(given, f.name) for f in fields(Policy)})
        editions = read(from_paths(given.files))
        if given.verify:
            problems = objections(_bytes(given.verify), editions)
            _say("The proof holds." if not problems else "\n".join(problems))
            return BREACH if problems else ADEQUATE
        with _solver_on_the_side():
            found = audit(editions, policy=policy, seconds=given.seconds)
        if given.proof:
            Path(given.proof).write_bytes(written(proof_of(found)))
    except (Unreadable, ValueError, OSError) as error:
        print(f"Can't audit: {error}", file=sys.stderr)  # noqa: T201
        return UNREADABLE
    _say("\n".join(_report(found)))
    return ADEQUATE if found.is_adequate else BREACH


def _read_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m consultation.disclosure.audit",
        description="Work out what a reader can learn about small groups from published files.",
    )
    parser.add_argument("--proof", metavar="PROOF", help="write the proof to this file")
    parser.add_argument("--verify", metavar="PROOF", help="check this proof, without a solver")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="per question to the solver")
    for limit in fields(Policy):
        option = "--" + limit.name.replace("_", "-")
        parser.add_argument(option, type=int, default=limit.default, metavar="N")
    own, rest = parser.parse_known_args(words)
    own.files = []
    edition = ""
    waiting = iter(rest)
    for word in waiting:
        if word == "--edition":
            edition = next(waiting, "")
        elif word.startswith("--"):
            parser.error(f"unknown option {word}")
        else:
            own.files.append((edition, word))
    if not own.files:
        parser.error("give the published files")
    return own


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}.") from None


@contextmanager
def _solver_on_the_side() -> Iterator[None]:
    """Send what the solver's library prints by itself to the error stream."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _report(found: Audit) -> Iterator[str]:
    for finding in found.findings:
        yield f"[{finding.rule}] {finding.cell}: {finding.sentence}"
        if finding.place:
            yield f"    {finding.place}"
    reaches = len(found.hidden)
    yield f"{reaches} hidden numbers, {len(found.findings)} findings."
    yield "Adequate." if found.is_adequate else "Not adequate."


def _say(words: str) -> None:
    print(words)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
