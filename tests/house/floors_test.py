#!/usr/bin/env python3
"""Compares the #include lines of src/ with cmake/floors.cmake: no include against the floors, no cycle, no folder that the list forgets,
and floor 1 stays pure (no Asio, no sockets, no clock, no log, no threads, no files)."""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
PURE = ["sasl", "smtp", "message", "dsn", "schedule"]
IMPURE_HEADERS = re.compile(r"boost/asio|sys/socket|sys/epoll|^fstream$|^filesystem$|^thread$|^mutex$|^coroutine$|observe/|^unistd\.h$|^fcntl\.h$|openssl/")
IMPURE_CALLS = re.compile(r"\b(wall_now|steady_now)\s*\(\s*\)|_clock::now\s*\(")


def allowed_arrows(root):
    text = (root / "cmake/floors.cmake").read_text()
    return {m[1]: set(m[2].split()) for m in re.finditer(r'^\s*"([a-z_]+):([a-z_ ]*)"', text, re.M)}


def problems_in(root):
    arrows = allowed_arrows(root)
    order = list(arrows)
    for folder, targets in arrows.items():
        for target in targets:
            if target not in arrows:
                yield f"cmake/floors.cmake: {folder} names {target}, which is no folder of the list"
            elif order.index(target) >= order.index(folder):
                yield f"cmake/floors.cmake: {folder} may include {target}, but {target} does not stand above it in the list: arrows run down only"
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc") or path.parent == root / "src":
            continue
        folder = path.relative_to(root / "src").parts[0]
        name = path.relative_to(root)
        if folder not in arrows:
            yield f"{name}: the folder {folder} is missing from cmake/floors.cmake"
            continue
        is_test = path.name.endswith("_test.cc")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line):
                header = match[1]
                if '"' in line:
                    target = header.split("/")[0]
                    if not (root / "src" / header).exists():
                        yield f"{name}:{number}: \"{header}\" is not a path below src/"
                    elif target != folder and target not in arrows[folder]:
                        yield f"{name}:{number}: {folder} may not include {target} (cmake/floors.cmake)"
                if folder in PURE and not is_test and IMPURE_HEADERS.search(header):
                    yield f"{name}:{number}: {folder} is pure, {header} is not"
            if folder in PURE and not is_test and IMPURE_CALLS.search(line.split("//")[0]):
                yield f"{name}:{number}: {folder} is pure; time arrives as an argument"


found = list(problems_in(ROOT))
for problem in found:
    print(problem)
print(f"floors: {len(allowed_arrows(ROOT))} folders, {len(found)} problems")
sys.exit(1 if found else 0)
