# SPDX-License-Identifier: Apache-2.0
"""Packages that the board under test accepts, made by the perdita command with the key the firmware trusts."""
import os
import subprocess

from emulator import SOURCE

PERDITA = os.path.join(os.environ.get("PERDITA_BIN", os.path.join(SOURCE, "build", "host", "bin")), "perdita")
DEMO = os.path.join(SOURCE, "build", "demo")
KEY = os.path.join(DEMO, "demo.key")
PLATFORM = os.path.join(DEMO, "demo.platform")


def missing():
    """What is not there to make packages with; empty: nothing."""
    return ", ".join(path for path in (PERDITA, KEY, PLATFORM) if not os.path.exists(path))


def run(*arguments, check=True):
    done = subprocess.run([PERDITA, *arguments], capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise RuntimeError("perdita %s: exit %d: %s" % (" ".join(arguments), done.returncode, done.stderr))
    return done


def package(folder, source, name, sequence, *more, key=KEY):
    """A signed package of an example, as bytes."""
    obj = os.path.join(folder, name + ".o")
    out = os.path.join(folder, "%s-%d.package" % (name, sequence))
    run("build", os.path.join(SOURCE, "examples", source), "-I", os.path.join(SOURCE, "examples", "demo"), "-o", obj)
    run("seal", obj, "--platform", PLATFORM, "--key", key, "--name", name, "--sequence", str(sequence), "-o", out, *more)
    with open(out, "rb") as file:
        return file.read()
