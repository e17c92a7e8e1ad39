#!/usr/bin/env python3
"""Makes session logs for tests and measurements: many files with sessions and calls of their own, always the same bytes.

Usage: make-logs.py DIR FILES LINES [SENTENCES]

SENTENCES is the most that one command prints (60).
Every seventh file is packed with gzip. Text is filler; about one call in eight fails, for one of several reasons.
"""

import gzip
import json
import os
import random
import sys

FAILURES = [
    (6, "curl: (6) Could not resolve host: depot.example"),
    (127, "/bin/bash: line 1: weld: command not found"),
    (1, "touch: cannot touch '/srv/lock': Read-only file system"),
    (101, "test result: FAILED. 7 passed; 1 failed"),
    (1, "ModuleNotFoundError: No module named 'rivet'"),
]
FILLER = "the crane lifts a beam and sets it down where the plan says it goes; "


def session(number, lines, sentences):
    rng = random.Random(number)
    second = 0
    identity = f"019e0000-0000-7000-8000-{number:012x}"

    def row(kind, payload):
        nonlocal second
        second += 1
        time = f"2026-0{1 + number % 9}-{1 + number % 28:02d}T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}.500Z"
        return json.dumps({"timestamp": time, "type": kind, "payload": payload}, separators=(",", ":"))

    yield row("session_meta", {"id": identity, "cwd": "/w/site", "originator": "codex_cli_rs", "cli_version": "0.111.0"})
    written, turn, call = 1, 0, 0
    while written + 4 <= lines:
        turn += 1
        turn_id = f"{identity[:-12]}{turn:06x}{number:06x}"
        yield row("event_msg", {"type": "task_started", "turn_id": turn_id})
        written += 1
        for _ in range(rng.randint(3, 9)):
            if written + 3 > lines:
                break
            call += 1
            call_id = f"call_{number:06x}{call:08x}"
            yield row("response_item", {"type": "function_call", "name": "exec_command", "call_id": call_id,
                                        "arguments": json.dumps({"cmd": "make beam"})})
            code, text = rng.choice(FAILURES) if rng.random() < 0.125 else (0, FILLER * rng.randint(1, sentences))
            yield row("response_item", {"type": "function_call_output", "call_id": call_id, "output":
                      f"Chunk ID: 00a1b2\nWall time: 0.5000 seconds\nProcess exited with code {code}\nOutput:\n{text}\n"})
            written += 2
        # Some turns die: the next one begins without their end.
        if rng.random() < 0.9:
            yield row("event_msg", {"type": "task_complete", "turn_id": turn_id, "last_agent_message": "done"})
            written += 1


def main():
    directory, files, lines = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sentences = int(sys.argv[4]) if len(sys.argv) > 4 else 60
    for number in range(files):
        folder = os.path.join(directory, f"day-{number % 5}")
        os.makedirs(folder, exist_ok=True)
        # Files of different sizes, so that balance matters.
        text = "".join(line + "\n" for line in session(number, max(8, lines * (1 + number % 4) // 2), sentences)).encode()
        path = os.path.join(folder, f"site {number:04d}.jsonl")
        if number % 7 == 3:
            with open(path + ".gz", "wb") as file:
                file.write(gzip.compress(text, 6, mtime=0))
        else:
            with open(path, "wb") as file:
                file.write(text)


if __name__ == "__main__":
    main()
