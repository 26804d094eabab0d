#!/usr/bin/env python3
"""A release appears whole or not at all, and so do a co-signer's seals: killed or failing at every system call, on a full
disk, in a read-only folder. The log loses no entry, and agrees with the releases after the next run."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "clients"))
import tool  # noqa: E402

VERSION = "1.1.0"
# What changes the disk, or promises that it was changed.
MUTATING = {"openat", "mkdir", "mkdirat", "write", "pwrite64", "ftruncate", "rename", "renameat", "renameat2",
            "unlink", "unlinkat", "rmdir", "fsync", "fdatasync", "syncfs", "flock"}
# What must not fail in silence. (Opening and making folders fails harmlessly where the answer is looked at.)
PROMISES = {"write", "pwrite64", "rename", "renameat", "renameat2", "fsync", "fdatasync", "syncfs"}
MOST_RUNS = 150


class Scene:
    """A folder of releases and their log, to which a command does one thing."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.out = workshop.path / "scene"
        self.out.mkdir(exist_ok=True)
        self.command = self.typed()
        self.reset()
        self.before = self.contents()
        tool.must(*self.command)
        self.after = self.contents()

    def reset(self):
        """Everything stands as it did before the command."""
        for entry in self.out.iterdir():
            shutil.rmtree(entry)
        for name in ("1.0.0", "log"):
            shutil.copytree(self.workshop.release.parent / name, self.out / name)

    def contents(self):
        """Every file of every folder, with its bytes."""
        return {folder.name: content(folder) for folder in self.out.iterdir()}

    def verifies(self, folder):
        return tool.accepts(tool.AFFIANT, "verify", folder, "--trust", self.workshop.trust, "--no-state")

    def fault(self, exit_code):
        """What is wrong after an interrupted run, or nothing."""
        for name, files in self.contents().items():
            states = [state[name] for state in (self.before, self.after) if name in state]
            if name == "log":
                if lost := [path for path in states[0] if path not in files]:
                    return f"the log has lost {lost}"
            elif name.startswith("."):
                if self.verifies(self.out / name):
                    return f"{name} verifies"
            elif files not in states:
                return f"{name} stands there and is not whole"
        if not (self.out / "1.0.0").exists():
            return "the release before is gone"
        done = all(self.contents().get(name) == files for name, files in self.after.items() if name != "log")
        if exit_code == 0 and not done:
            return "it said that all went well, and did nothing"
        if (tool.run(*self.command).returncode == 0) == done:
            return "the next run did not do what it should"
        if self.contents() != self.after:
            return "after the next run something is missing or left over"
        if not tool.accepts(tool.AFFIANT, "log", self.out / "log", "--trust", self.workshop.trust):
            return "after the next run the log does not agree with the releases"
        return None


class Releasing(Scene):
    """It holds 1.0.0 and is to receive 1.1.0."""

    name = "release"

    def typed(self):
        return [tool.AFFIANT, "--threads", "1", "release", self.workshop.dataset, "--version", VERSION,
                "--date", tool.DATE, "--key", self.workshop.key, "--out", self.out]


class Signing(Scene):
    """It holds 1.0.0, which is to receive a co-signer's seals."""

    name = "sign"

    def typed(self):
        other = self.workshop.path / "other-key"
        tool.must(tool.THROWAWAY_KEY, other)
        return [tool.AFFIANT, "--threads", "1", "sign", self.out / "1.0.0", "--key", other, "--trust", self.workshop.trust]


def content(folder):
    """Every file below a folder, with its bytes; what the log's readers pass over is passed over."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".tmp"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def system_calls(scene):
    """The n-th call of every name that changes the disk, by the thread that makes most of them."""
    scene.reset()
    log = scene.workshop.path / "strace.log"
    if tool.run("strace", "-f", "-qq", "-o", log, *scene.command).returncode != 0:
        return []
    calls = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if (call := re.match(r"(\d+) +(\w+)\(", line)) and call[2] in MUTATING:
            calls[call.groups()] += 1
    most = Counter()
    for (_, name), count in calls.items():
        most[name] = max(most[name], count)
    return [(name, n) for name in sorted(most) for n in range(1, most[name] + 1)]


def at_every_call(checks, scene, calls):
    step = max(1, -(-len(calls) // MOST_RUNS))
    for action, words in [("signal=KILL", "killed"), ("error=EIO", "refused by the disk")]:
        faults = []
        reached = 0
        for name, n in calls[::step]:
            scene.reset()
            ended = tool.run("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={name}",
                             "-e", f"inject={name}:{action}:when={n}", *scene.command)
            reached += ended.returncode != 0
            fault = scene.fault(ended.returncode)
            if not fault and ended.returncode == 0 and (words == "killed" or name in PROMISES):
                fault = "it went on as if nothing had happened"
            if fault:
                faults.append(f"{name} number {n}: {fault}")
        runs = len(calls[::step])
        print("\n".join(faults), end="\n" if faults else "")
        checks.expect(f"{scene.name} {words} at {runs} of {len(calls)} system calls ({reached} runs ended by it)", runs and not faults)


def at_random_moments(checks, scene, runs=100):
    """Without ptrace: less sharp, and said to be so."""
    scene.reset()
    began = time.monotonic()
    tool.must(*scene.command)
    lasts = time.monotonic() - began
    faults = []
    for _ in range(runs):
        scene.reset()
        process = subprocess.Popen([str(word) for word in scene.command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, lasts))
        process.send_signal(signal.SIGKILL)
        if fault := scene.fault(process.wait()):
            faults.append(fault)
    checks.expect(f"{scene.name} killed at {runs} random moments{': ' if faults else ''}{'; '.join(faults)}", not faults)


def two_at_once(checks, scene):
    wrong = 0
    for _ in range(20):
        scene.reset()
        racers = [subprocess.Popen([str(word) for word in scene.command], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL) for _ in range(2)]
        wrong += sorted(racer.wait() for racer in racers) != [0, 2]
        wrong += scene.contents() != scene.after
    checks.expect(f"{scene.name} two at once, twenty times: one does it, the other says why not", wrong == 0)


def small_disk(checks, scene):
    """On a file system of a few KiB that is full at another place each time, and on one that is read-only."""
    shutil.rmtree(scene.out)
    scene.out.mkdir()

    def mount(options):
        return tool.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", scene.out).returncode == 0

    if not mount("size=4m"):
        print("NOT RUN: full disk (no tmpfs can be mounted here), read-only folder (the same)")
        return
    try:
        scene.reset()
        used = shutil.disk_usage(scene.out).used
        faults, full = [], 0
        for kib in range(used // 1024, used // 1024 + 256, 8):
            scene.reset()
            tool.must("mount", "-o", f"remount,size={kib}k", scene.out)
            ended = tool.run(*scene.command)
            full += b"space" in ended.stderr
            tool.must("mount", "-o", "remount,size=4m", scene.out)
            if fault := scene.fault(ended.returncode):
                faults.append(f"{kib} KiB: {fault}")
        checks.expect(f"{scene.name} on a disk that is full in {full} places{': ' if faults else ''}{'; '.join(faults)}", full and not faults)

        scene.reset()
        tool.must("mount", "-o", "remount,ro", scene.out)
        ended = tool.run(*scene.command)
        tool.must("mount", "-o", "remount,rw", scene.out)
        checks.expect(f"{scene.name} in a read-only folder", ended.returncode == 2 and ended.stderr and not scene.fault(2))
    finally:
        tool.must("umount", scene.out)


def main():
    checks = tool.Checks("never half")
    with tool.Workshop() as workshop:
        for scene in (Releasing(workshop), Signing(workshop)):
            calls = system_calls(scene) if tool.find("strace") else []
            if calls:
                at_every_call(checks, scene, calls)
            else:
                print(f"NOT RUN: {scene.name} killed at every system call (no strace, or it may not trace here)")
                at_random_moments(checks, scene)
            two_at_once(checks, scene)
            if sys.platform == "linux" and os.geteuid() == 0 and tool.find("mount"):
                small_disk(checks, scene)
            else:
                print(f"NOT RUN: {scene.name} on a full disk, in a read-only folder (they need root on Linux)")
    checks.end()


main()
