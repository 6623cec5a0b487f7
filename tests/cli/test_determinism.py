# SPDX-License-Identifier: Apache-2.0
"""The same program gives the same bytes on every stage, in whichever folder and by whichever path it is made."""
import os
import shutil
import unittest

from perdita import DEMO, EXAMPLES, CommandTest

TARGETS = ("armv7m", "rv32imc", "xtensa")
PROGRAMS = ("blink", "counter", "counter_v2", "filter")


class Determinism(CommandTest):
    objects = ()

    def make(self, folder, relative):
        """All stages in one folder, with relative or absolute paths; the bytes by file name."""
        os.makedirs(folder)
        place = "" if relative else folder + "/"
        shutil.copytree(DEMO, os.path.join(folder, "demo"))
        run = lambda *arguments: self.must(*arguments, cwd=folder if relative else "/")
        run("platform", "build", place + "demo/demo.platform.h", "-o", place + "demo.platform")
        for name in PROGRAMS:
            shutil.copy(os.path.join(EXAMPLES, name + ".bpf.c"), folder)
            path = place + name
            run("build", path + ".bpf.c", "-I", place + "demo", "-o", path + ".o")
            common = ("--platform", place + "demo.platform")
            run("verify", path + ".o", *common)
            run("compile", path + ".o", *common, "-o", path + ".image")
            run("seal", path + ".o", *common, "--key", self.key, "--sequence", "5", "-o", path + ".package")
            for target in TARGETS:
                run("compile", path + ".o", *common, "--target", target, "-o", path + target + ".image")
                run("seal", path + ".o", *common, "--target", target, "--key", self.key, "-o", path + target + ".package")
        made = {}
        for file in os.listdir(folder):
            if file.rsplit(".", 1)[-1] in ("o", "image", "package", "platform"):
                with open(os.path.join(folder, file), "rb") as content:
                    made[file] = content.read()
        return made

    def test_two_folders_give_identical_bytes(self):
        first = self.make(self.path("a"), relative=True)
        second = self.make(self.path("a-longer-name/and/deeper"), relative=False)
        self.assertEqual(len(first), (3 + 2 * len(TARGETS)) * len(PROGRAMS) + 1)
        self.assertEqual(sorted(first), sorted(second))
        self.assertEqual(len(set(first.values())), len(first))
        for file, content in first.items():
            self.assertEqual(content, second[file], file)
            self.assertNotIn(self.folder.encode(), content, file)

    def test_verdicts_agree_but_for_their_cost(self):
        self.must("build", os.path.join(EXAMPLES, "counter.bpf.c"), "-I", DEMO, "-o", self.path("counter.o"))
        verdicts = []
        for _ in range(2):
            verdict = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()
            for prog in verdict["programs"]:
                del prog["seconds"], prog["peak_kib"]
            verdicts.append(verdict)
        self.assertEqual(verdicts[0], verdicts[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
