# SPDX-License-Identifier: Apache-2.0
"""The perdita command for tests: run it, and have a program on every stage of its way ready."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get("PERDITA_SOURCE", os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))
PERDITA = os.path.join(os.environ.get("PERDITA_BIN", os.path.join(SOURCE, "build", "host", "bin")), "perdita")
EXAMPLES = os.path.join(SOURCE, "examples")
DEMO = os.path.join(EXAMPLES, "demo")
TIMEOUT_S = 120

# What the tests' surroundings must not decide.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("PERDITA_PLATFORM", "PERDITA_INCLUDE")}


class Done:
    """What a run of the command left: exit code, standard output (bytes and text), standard error."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.bytes = completed.stdout
        self.out = completed.stdout.decode(errors="replace")
        self.err = completed.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out)


def run(*arguments, cwd=None, environment=None):
    return Done(subprocess.run([PERDITA, *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S,
                               cwd=cwd, env=dict(ENVIRONMENT, **(environment or {}))))


class CommandTest(unittest.TestCase):
    """A folder with the demo platform, a key, and examples as objects; each made once for the class."""

    objects = ("counter", "out_of_bounds")

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(PERDITA):
            raise unittest.SkipTest("the command is not built: " + PERDITA)
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.platform = cls.path("demo.platform")
        cls.key = cls.path("demo.key")
        cls.must("platform", "build", os.path.join(DEMO, "demo.platform.h"), "-o", cls.platform)
        cls.must("key", "new", "demo", "-o", cls.key)
        for name in cls.objects:
            cls.must("build", os.path.join(EXAMPLES, name + ".bpf.c"), "-I", DEMO, "-o", cls.path(name + ".o"))

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def must(cls, *arguments, **more):
        done = run(*arguments, **more)
        if done.code != 0:
            raise AssertionError("perdita %s: exit %d\n%s%s" % (" ".join(arguments), done.code, done.out, done.err))
        return done

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def refused(self, code, error, *arguments, **more):
        """The command must end with that exit code; its error, as a document and as text, must have that code."""
        done = run("--json", *arguments, **more)
        said = "perdita %s: exit %d\n%s%s" % (" ".join(arguments), done.code, done.out, done.err)
        self.assertEqual(done.code, code, said)
        found = done.json()["error"]
        self.assertEqual(found["code"], error, said)
        self.assertTrue(found["message"], said)
        self.assertIn("[%s]" % error, done.err, said)
        plain = run(*arguments, **more)
        self.assertEqual((plain.code, plain.out), (code, ""), said)
        return found
