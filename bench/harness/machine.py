"""What a reader must know of the machine before believing a figure."""
import datetime
import os
import platform
import subprocess
from pathlib import Path


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def file_system_of(directory):
    """The type of the file system that holds `directory`: the mount with the longest matching path."""
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, point, kind = line.split()[:3]
        if str(directory).startswith(point) and len(point) > len(best[0]):
            best = (point, f"{kind} on {device}")
    return best[1]


def commit_of(root):
    def git(*arguments):
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    return commit + (" with local changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def facts(root, work_directory, settings):
    """One line per fact, for the head of the table."""
    load = os.getloadavg()[0]
    openssl = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=False).stdout.split()
    return [
        f"{os.cpu_count()} cores ({cpu_model()}), client, server and sink share them; load average {load:.2f} before the run",
        f"Linux {platform.release()}, {file_system_of(work_directory)}, OpenSSL {openssl[1] if len(openssl) > 1 else 'unknown'}",
        f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, commit {commit_of(root)}",
        settings,
    ]
