# SPDX-License-Identifier: Apache-2.0
"""Runs a test firmware in QEMU, where an instruction takes 1024 ns of the guest's time, and returns what it printed."""
import os
import subprocess

from emulator import BOARD, FIRMWARE, command, missing


def run(case, name, last, timeout_s=240):
    """The lines up to the one that starts with `last`, or to a fault; `last` may be a function that says which line it is.
    They go to the test's output too. Skips without firmware."""
    ends = last if callable(last) else lambda line: line.startswith(last) or "perdita fault" in line
    path = os.path.join(os.path.dirname(FIRMWARE), name + ".elf")
    if not os.path.exists(path):
        case.skipTest("no firmware: script/build %s makes %s" % (BOARD, path))
    if missing():
        case.skipTest(missing())
    process = subprocess.Popen(
        ["timeout", str(timeout_s), *command(path, "-icount", "shift=10", "-nic", "none")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\r\n"))
            print(lines[-1], flush=True)
            if ends(lines[-1]):
                break
    finally:
        process.terminate()
        process.stdout.close()
        process.wait()
    return lines
