#!/usr/bin/env python3
"""The rules of CONTRIBUTING that a ruler can check: length of files, the opening comment, names, no leftovers, no private paths."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
LINES_MAX = 600
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc)(_|\.|$)")
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SOURCE = {".h", ".cc", ".c", ".py", ".cmake"}


def tracked_files(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True).stdout.decode()
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def problems_in(root):
    for path in tracked_files(root):
        name = path.relative_to(root)
        is_script = path.suffix == "" and name.parts[0] in ("scripts", "bench", ".ci")
        if path.suffix not in SOURCE and not is_script:
            continue
        if path == Path(__file__).resolve():
            continue
        lines = path.read_text().splitlines()
        if len(lines) > LINES_MAX:
            yield f"{name}: {len(lines)} lines; past {LINES_MAX} a file is two concerns"
        if FORBIDDEN_NAMES.search(path.name):
            yield f"{name}: the name says nothing; name the concern"
        if path.suffix in (".h", ".cc") and not path.name.endswith("_test.cc") and lines and not lines[0].startswith("//"):
            yield f"{name}:1: a file opens with what it is"
        if path.suffix == ".h" and "#pragma once" not in lines:
            yield f"{name}: no #pragma once"
        for number, line in enumerate(lines, 1):
            if LEFTOVERS.search(line):
                yield f"{name}:{number}: unfinished work does not stand in the source"
            if len(line) > 160 and path.suffix in (".h", ".cc"):
                yield f"{name}:{number}: {len(line)} columns"


found = list(problems_in(ROOT))
for problem in found:
    print(problem)
print(f"style: {len(found)} problems")
sys.exit(1 if found else 0)
