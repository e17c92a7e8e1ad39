"""What the bench scripts share: the binaries as cargo builds them, and made-up logs in files."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def binary(name, kind="bench"):
    """Builds a binary of the package, optimised, and gives its path. WHALE_<NAME> names one to take instead."""
    given = os.environ.get("WHALE_" + name.removeprefix("whale-").replace("-", "_").upper())
    if given:
        return given
    command = ["cargo", "build", "-q", "--release", "--" + kind, name, "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if built.returncode != 0:
        sys.exit(f"{name} does not build")
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            path = message["executable"]
    return path


def generate(profile, size, directory, seed=1):
    """A log of this profile in a file; gives its path and the pieces that its summary must hold."""
    path = Path(directory) / f"{profile}-{size}-{seed}.jsonl"
    pieces = path.with_suffix(".expected")
    if not path.exists():
        with open(path, "wb") as out:
            command = [ROOT / "scripts" / "generate", profile, size, str(seed), "--expected", str(pieces)]
            subprocess.run(command, stdout=out, check=True)
    return path, pieces.read_text().splitlines()


def check(summary, pieces, what):
    """Says where a summary lacks a piece that it must hold; a figure beside a wrong answer must not pass for a good one."""
    lacks = [piece for piece in pieces if piece not in summary]
    for piece in lacks:
        print(f"{what}: WRONG ANSWER, the summary lacks {piece}", file=sys.stderr)
    return not lacks
