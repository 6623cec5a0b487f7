# SPDX-License-Identifier: Apache-2.0
"""Every command that needs no board and no service: what it makes, what it refuses, and with which exit code."""
import os
import re
import shutil
import socket
import stat
import subprocess
import unittest

from perdita import DEMO, EXAMPLES, PERDITA, CommandTest, run

COMMANDS = [
    (), ("new",), ("build",), ("verify",), ("compile",), ("platform",), ("platform", "build"), ("platform", "table"),
    ("platform", "diff"), ("key",), ("key", "new"), ("key", "show"), ("key", "list"), ("seal",), ("inspect",), ("dump",),
    ("dump", "xlated"), ("dump", "jited"), ("run",), ("serve",), ("deploy",), ("prog",), ("prog", "list"), ("prog", "show"),
    ("prog", "attach"), ("prog", "detach"), ("prog", "replace"), ("prog", "remove"), ("map",), ("map", "list"),
    ("map", "dump"), ("map", "lookup"), ("map", "update"), ("map", "delete"), ("map", "watch"), ("hook",), ("hook", "list"),
    ("trace",), ("device",), ("device", "list"), ("device", "show")]


def closed_port():
    """A UDP port where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Frame(CommandTest):
    """What holds for all of them."""

    objects = ("counter",)

    def test_help_teaches_on_every_level(self):
        for command in COMMANDS:
            done = run(*command, "--help")
            self.assertEqual(done.code, 0, command)
            self.assertIn("perdita", done.out, command)
            if command[1:2] not in (("update",), ("delete",)) and command != ("device", "list"):
                self.assertRegex(done.out, r"(?m)^ +perdita [a-z]", "an example of %s" % " ".join(command))
            self.assertEqual(done.err, "", command)

    def test_version(self):
        done = run("--version")
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertRegex(done.out, r"^perdita \d+\.\d+\.\d+\n$")

    def test_wrong_use_is_2_and_says_so_on_standard_error(self):
        for arguments in [(), ("nonsense",), ("verify",), ("verify", "a", "b"), ("verify", "--nonsense", "a"), ("seal", "a"),
                          ("key",), ("prog",), ("compile", "a", "--target", "z80"), ("run", "a", "--repeat", "x"),
                          ("seal", "a", "--key", "k", "--sequence", "-1"), ("--color", "blue", "device", "list"),
                          ("serve", "--key", "k"), ("run", "a", "--engine", "warp"), ("key", "new", "a", "--role", "king"),
                          ("run", "a", "--repeat", "0"), ("seal", "a", "--key", "k", "--sequence", "0"), ("prog", "lst", "a")]:
            done = run(*arguments)
            self.assertEqual((done.code, done.out), (2, ""), arguments)
            self.assertTrue(done.err, arguments)
        self.assertIn("verfy", run("verfy", "x").err)

    def test_what_is_not_there_yet_says_so(self):
        counter = self.path("counter.o")
        for arguments in [("compile", counter, "--target", "xtensa-windowed", "--platform", self.platform),
                          ("dump", "jited", counter, "--target", "xtensa-windowed", "--platform", self.platform),
                          ("seal", counter, "--target", "xtensa-windowed", "--key", self.key, "--platform", self.platform),
                          ("run", counter, "--engine", "native"), ("run", counter, "--target", "xtensa-windowed"),
                          ("device", "list")]:
            self.refused(2, "not-there-yet", *arguments)

    def test_color_only_where_it_is_wanted(self):
        verify = ("verify", self.path("counter.o"), "--platform", self.platform)
        self.assertNotIn("\x1b", run(*verify).out)
        self.assertIn("\x1b[", run("--color", "always", *verify).out)
        self.assertNotIn("\x1b", run("--color", "never", *verify).out)
        self.assertIn("\x1b[", run(*verify, "--color=always", environment={"NO_COLOR": "1"}).out)

    def test_quiet_leaves_results_and_errors(self):
        done = run("--quiet", "key", "new", "silent", "-o", self.path("silent.key"))
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertIn("silent", done.out)
        again = run("--quiet", "key", "new", "silent", "-o", self.path("silent.key"))
        self.assertEqual(again.code, 2)
        self.assertIn("error:", again.err)

    def test_a_result_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [os.path.join(os.environ["PERDITA_BIN"], "perdita"), "verify", self.path("counter.o"), "--platform", self.platform],
                stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)


class Making(CommandTest):
    def test_build_makes_an_object_or_says_what_clang_says(self):
        done = run("--json", "build", os.path.join(EXAMPLES, "blink.bpf.c"), "-I", DEMO, "-o", self.path("blink.o"))
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.json()["bytes"], len(self.read("blink.o")))
        self.assertEqual(self.read("blink.o")[:4], b"\x7fELF")
        broken = self.write("broken.bpf.c", b"int f(void) { return nothing; }\n")
        done = run("build", broken, "-o", self.path("broken.o"))
        self.assertEqual(done.code, 1)
        self.assertIn("nothing", done.err)
        self.assertFalse(os.path.exists(self.path("broken.o")))
        self.refused(2, "file-unreadable", "build", self.path("missing.bpf.c"))
        self.refused(2, "clang-missing", "build", broken, environment={"PERDITA_CLANG": "/nonexistent/clang"})
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def test_build_names_its_output_after_the_source(self):
        shutil.copy(os.path.join(EXAMPLES, "blink.bpf.c"), self.folder)
        self.must("build", "blink.bpf.c", "-I", DEMO, cwd=self.folder)
        self.assertTrue(self.read("blink.o"))

    def test_verify_accepts_with_bounds(self):
        done = run("verify", self.path("counter.o"), "--platform", self.platform)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("accepted", done.out)
        verdict = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()
        self.assertEqual(verdict["verdict"], "accepted")
        self.assertRegex(verdict["platform"], "^[0-9a-f]{64}$")
        for prog in verdict["programs"]:
            self.assertEqual(prog["verdict"], "accepted")
            self.assertEqual(prog["hook"], "sensor")
            self.assertGreater(prog["instructions"], 0)
            self.assertGreater(prog["bounds"]["instructions"], 0)
            self.assertTrue(prog["bounds"]["machine_instructions"])
            self.assertEqual(prog["diagnostics"], [])
            self.assertGreater(prog["seconds"], 0)
            self.assertGreater(prog["peak_kib"], 0)

    def test_verify_rejects_with_the_source_line(self):
        done = run("verify", self.path("out_of_bounds.o"), "--platform", self.platform)
        self.assertEqual(done.code, 1)
        self.assertRegex(done.err, r"out_of_bounds\.bpf\.c:\d+")
        verdict = run("--json", "verify", self.path("out_of_bounds.o"), "--platform", self.platform)
        self.assertEqual(verdict.code, 1)
        document = verdict.json()
        self.assertEqual(document["verdict"], "rejected")
        wrong = [prog for prog in document["programs"] if prog["verdict"] == "rejected"]
        self.assertTrue(wrong)
        why = wrong[0]["diagnostics"][0]
        with open(os.path.join(EXAMPLES, "out_of_bounds.bpf.c"), encoding="utf-8") as source:
            self.assertEqual(source.read().split("\n")[why["line"] - 1].strip(), why["source"].strip())
        self.assertIsNone(wrong[0]["bounds"])

    def test_verify_checks_periods(self):
        with open(os.path.join(EXAMPLES, "heartbeat.bpf.c"), encoding="utf-8") as file:
            source = file.read()
        for section, code in (("timer/50ms", None), ("timer/50", "period-missing"), ("timer/fast", "period-missing"), ("timer/1us", "period-range")):
            with self.subTest(section=section):
                text = source.replace('SEC("timer/50ms")', 'SEC("%s")' % section)
                self.must("build", self.write("beat.bpf.c", text.encode()), "-I", DEMO, "-o", self.path("beat.o"))
                done = run("--json", "verify", self.path("beat.o"), "--platform", self.platform)
                found = [why["code"] for prog in done.json()["programs"] for why in prog["diagnostics"]]
                self.assertEqual((done.code, found), (0 if code is None else 1, [] if code is None else [code]))
        # The period of an image's program is its own, whatever its section says.
        image = self.path("beat.image")
        self.must("build", self.write("beat.bpf.c", source.encode()), "-I", DEMO, "-o", self.path("beat.o"))
        self.must("compile", self.path("beat.o"), "--platform", self.platform, "-o", image)
        self.must("verify", image, "--platform", self.platform)

    def test_verify_knows_the_programs_and_targets_by_name(self):
        name = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()["programs"][0]["name"]
        only = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform, "--prog", name)
        self.assertEqual([prog["name"] for prog in only.json()["programs"]], [name])
        target = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform, "--target", "armv7m").json()
        self.assertTrue(all(engine.startswith("armv7m/") for engine in target["programs"][0]["bounds"]["machine_instructions"]))
        self.refused(2, "prog-unknown", "verify", self.path("counter.o"), "--platform", self.platform, "--prog", "nobody")
        self.refused(2, "target-unknown", "verify", self.path("counter.o"), "--platform", self.platform, "--target", "z80")

    def test_an_unknown_hook_is_a_rejection(self):
        source = self.write("astray.bpf.c", b'__attribute__((section("nowhere"))) int astray(void *c) { return 0; }\n')
        self.must("build", source, "-o", self.path("astray.o"))
        done = run("--json", "verify", self.path("astray.o"), "--platform", self.platform)
        self.assertEqual(done.code, 1, done.out + done.err)
        self.assertEqual(done.json()["verdict"], "rejected")

    def test_a_missing_map_is_named(self):
        source = self.write("lost.bpf.c", b"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nextern int lost_map;\n"
                            b'SEC("sensor") int lost(void *c) {\n  __u32 k = 0;\n'
                            b"  return bpf_map_lookup_elem(&lost_map, &k) != 0;\n}\n")
        self.must("build", source, "-o", self.path("lost.o"))
        done = run("--json", "verify", self.path("lost.o"), "--platform", self.platform)
        self.assertIn(done.code, (1, 2))
        self.assertIn("lost_map", done.err)

    def test_what_is_no_object_is_2(self):
        for name, content in [("empty.o", b""), ("text.o", b"hello\n"), ("cut.o", self.read("counter.o")[:100]),
                              ("headless.o", b"\0" * 4096), ("machine.o", None)]:
            if content is None:
                content = bytearray(self.read("counter.o"))
                content[18] = 62  # e_machine: x86-64
            path = self.write(name, bytes(content))
            done = run("--json", "verify", path, "--platform", self.platform)
            self.assertEqual(done.code, 2, "%s: %s%s" % (name, done.out, done.err))
            self.assertTrue(done.json()["error"]["code"])
        self.refused(2, "file-unreadable", "verify", self.path("missing.o"), "--platform", self.platform)
        self.refused(2, "file-unreadable", "verify", self.folder, "--platform", self.platform)
        self.refused(2, "input-kind", "verify", self.key, "--platform", self.platform)

    def test_no_damaged_object_is_more_than_an_error(self):
        whole = self.read("counter.o")
        for size in range(0, len(whole), max(1, len(whole) // 12)):
            done = run("verify", self.write("part.o", whole[:size]), "--platform", self.platform)
            self.assertIn(done.code, (1, 2), "%d bytes: %s" % (size, done.err))
            self.assertIn("error:", done.err)

    def test_the_platform_is_found_or_asked_for(self):
        counter = self.path("counter.o")
        elsewhere = self.path("elsewhere")
        os.makedirs(elsewhere, exist_ok=True)
        self.refused(2, "platform-missing", "verify", counter, cwd=elsewhere)
        self.must("verify", counter, cwd=elsewhere, environment={"PERDITA_PLATFORM": self.platform})
        self.must("verify", counter, cwd=self.folder)
        self.must("verify", counter, "--platform", self.folder, cwd=elsewhere)
        done = run("verify", counter, "--platform", counter)
        self.assertEqual(done.code, 2)

    def test_compile_seal_inspect_dump(self):
        image, package = self.path("counter.image"), self.path("counter.package")
        common = ("--platform", self.platform)
        self.must("compile", self.path("counter.o"), *common, "-o", image)
        sealed = self.must("--json", "seal", self.path("counter.o"), *common, "--key", self.key, "--sequence", "7", "-o", package).json()
        self.assertEqual((sealed["name"], sealed["sequence"], sealed["claim"]), ("counter", 7, True))
        self.assertEqual(sealed["bytes"], len(self.read("counter.package")))
        for path, kind in [(self.path("counter.o"), "object"), (image, "image"), (package, "package"), (self.key, "key"),
                           (self.platform, "platform")]:
            document = self.must("--json", "inspect", path, *common).json()
            self.assertEqual(document["kind"], kind)
            self.assertIn(kind, self.must("inspect", path, *common).out)
        held = self.must("--json", "inspect", package).json()
        self.assertEqual((held["name"], held["sequence"], held["attach"]), ("counter", 7, True))
        self.assertEqual(held["signatures"][0]["key"], sealed["key"])
        self.assertEqual(held["image"]["target"], "bytecode")
        self.assertTrue(held["image"]["claim"]["bounds"])
        self.assertEqual([0 < size < 26 for size in held["image"]["claim"]["fact_bytes"]], [True])  # of 26 instructions
        with_source = self.must("dump", "xlated", self.path("counter.o"), *common, "--source").out
        self.assertIn("bpf_map_lookup_elem", with_source)
        for path in (image, package):
            self.assertIn("exit", self.must("dump", "xlated", path).out)
            self.assertIn("low only", self.must("dump", "xlated", path, "--facts").out)
            self.assertNotIn("low only", self.must("dump", "xlated", path).out)
        self.refused(2, "facts-none", "dump", "xlated", self.path("counter.o"), *common, "--facts")
        self.refused(2, "prog-unknown", "dump", "xlated", package, "--prog", "nobody")
        # An image and the object it came from seal to the same bytes.
        self.must("seal", image, *common, "--key", self.key, "--sequence", "7", "-o", self.path("again.package"), "--name", "counter")
        self.assertEqual(self.read("again.package"), self.read("counter.package"))

    def test_only_what_is_accepted_is_compiled_or_signed(self):
        bad = self.path("out_of_bounds.o")
        for arguments in [("compile", bad), ("seal", bad, "--key", self.key)]:
            done = run(*arguments, "--platform", self.platform, "-o", self.path("never"))
            self.assertEqual((done.code, done.out), (1, ""))
            self.assertIn("out_of_bounds.bpf.c", done.err)
            self.assertFalse(os.path.exists(self.path("never")))

    def test_authorship_carries_no_claim(self):
        author = self.path("author.key")
        self.must("key", "new", "author", "--role", "author", "-o", author)
        for arguments in [("--key", author), ("--key", self.key, "--no-claim")]:
            sealed = self.must("--json", "seal", self.path("out_of_bounds.o"), "--platform", self.platform, *arguments,
                               "-o", self.path("unclaimed.package")).json()
            self.assertFalse(sealed["claim"])
            self.assertIsNone(self.must("--json", "inspect", self.path("unclaimed.package")).json()["image"]["claim"])
        self.must("compile", self.path("counter.o"), "--platform", self.platform, "-o", self.path("claimed.image"))
        sealed = self.must("--json", "seal", self.path("claimed.image"), "--key", author, "-o", self.path("stripped.package"))
        self.assertFalse(sealed.json()["claim"])

    def test_a_second_signature(self):
        author, verifier = self.path("second.key"), self.path("third.key")
        self.must("key", "new", "second", "--role", "author", "-o", author)
        self.must("key", "new", "third", "--role", "verifier", "-o", verifier)
        first, both = self.path("one.package"), self.path("two.package")
        self.must("seal", self.path("counter.o"), "--platform", self.platform, "--key", verifier, "-o", first)
        self.must("seal", first, "--key", author, "-o", both)
        self.assertEqual(len(self.must("--json", "inspect", both).json()["signatures"]), 2)
        # A verifier's key signs only the claim that it has just made.
        self.refused(1, "seal-claim-of-another", "seal", first, "--key", self.key, "--platform", self.platform, "-o", self.path("never"))
        self.refused(1, "seal-signed-already", "seal", both, "--key", author, "-o", self.path("never"))
        self.assertFalse(os.path.exists(self.path("never")))

    def test_bad_packages_keys_and_addressees(self):
        package = self.path("bad.package")
        self.must("seal", self.path("counter.o"), "--platform", self.platform, "--key", self.key, "-o", package)
        cut = self.write("cut.package", self.read("bad.package")[:-10])
        self.refused(2, "package-unreadable", "inspect", cut)
        self.refused(2, "uuid-malformed", "seal", self.path("counter.o"), "--platform", self.platform, "--key", self.key, "--vendor", "x")
        self.refused(2, "input-kind", "seal", self.platform, "--platform", self.platform, "--key", self.key)
        self.refused(2, "input-kind", "inspect", self.write("noise", os.urandom(64)))
        for bad_key in (self.path("missing.key"), self.write("noise.key", b"{}"), self.platform):
            done = run("seal", self.path("counter.o"), "--platform", self.platform, "--key", bad_key)
            self.assertEqual(done.code, 2, bad_key)
        open_key = self.path("open.key")
        shutil.copy(self.key, open_key)
        os.chmod(open_key, 0o644)
        self.assertEqual(run("seal", self.path("counter.o"), "--platform", self.platform, "--key", open_key).code, 2)

    def test_keys(self):
        folder = self.path("keys")
        os.makedirs(folder)
        self.must("key", "new", "alice", "-o", os.path.join(folder, "alice.key"), "--public", os.path.join(folder, "alice.pub"))
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, "alice.key")).st_mode), 0o600)
        with open(os.path.join(folder, "alice.pub"), encoding="utf-8") as public:
            self.assertNotIn("secret", public.read())
        listed = self.must("--json", "key", "list", folder).json()
        self.assertEqual([key["name"] for key in listed], ["alice", "alice"])
        self.assertEqual(listed[0]["public"], listed[1]["public"])
        self.assertEqual(listed[0]["roles"], ["author", "verifier"])
        self.refused(2, "folder-unreadable", "key", "list", self.path("nowhere"))
        shown = self.must("key", "show", os.path.join(folder, "alice.key"))
        self.assertNotIn("secret", shown.out)
        header = self.must("key", "show", "--c", self.key, os.path.join(folder, "alice.pub"), "--hook", "sensor",
                           "--platform", self.platform).out
        self.write("trusted.h", header.encode())
        program = self.write("trusted.c", b'#include "trusted.h"\n#include <assert.h>\nint main(void) {\n'
                             b"  assert(sizeof perdita_trusted_keys / sizeof *perdita_trusted_keys == 2);\n"
                             b"  assert(perdita_trusted_keys[0].hooks == 1 && perdita_trusted_keys[1].roles == 3);\n  return 0;\n}\n")
        for compiler, flags in (("gcc", ["-std=c11"]), ("g++", ["-std=c++20", "-x", "c++"])):
            subprocess.run([compiler, *flags, "-Wall", "-Wextra", "-Werror", "-I", os.path.join(os.path.dirname(EXAMPLES), "include"),
                            program, "-o", self.path("trusted")], check=True)
            subprocess.run([self.path("trusted")], check=True)
        self.refused(2, "name-unknown", "key", "show", "--c", self.key, "--hook", "nowhere", "--platform", self.platform)

    def test_platforms(self):
        table = self.must("platform", "table", self.platform).out
        self.assertIn('#include "demo.platform.h"', table)
        self.assertIn("PERDITA_HOOK_", self.must("platform", "table", self.platform, "--header").out)
        same = self.must("--json", "platform", "diff", self.platform, self.platform).json()
        self.assertEqual(same["changes"], [])
        header = self.path("changed.platform.h")
        with open(os.path.join(DEMO, "demo.platform.h"), encoding="utf-8") as old, open(header, "w", encoding="utf-8") as new:
            new.write(old.read().replace("PERDITA_BUDGET(200000)", "PERDITA_BUDGET(190000)"))
        os.makedirs(self.path("changed"), exist_ok=True)
        changed = self.path("changed/new.platform")
        self.must("platform", "build", header, "-o", changed)
        done = run("--json", "platform", "diff", self.platform, changed, self.path("counter.o"))
        document = done.json()
        self.assertEqual([change["name"] for change in document["changes"]], ["sensor"])
        self.assertEqual(done.code, 1 if document["changes"][0]["breaks"] else 0)
        self.assertTrue(document["programs"])
        self.assertEqual(run("platform", "build", self.path("missing.h")).code, 2)
        self.assertEqual(run("platform", "table", self.key).code, 2)

    def test_new_makes_a_program_that_goes_all_the_way(self):
        parent = self.path("fresh")
        os.makedirs(parent)
        self.must("new", "watcher", cwd=parent)
        here = os.path.join(parent, "watcher")
        with open(os.path.join(here, "README.md"), encoding="utf-8") as readme:
            lines = [line.split()[1:] for line in readme if line.startswith("    perdita ")]
        self.assertEqual(len(lines), 6)
        for line in lines[:-1]:  # all but the board
            self.must(*line, cwd=here)
        self.refused(2, "new-folder", "new", "watcher", cwd=parent)
        for name in ("Upper", "1st", "", "a/b", "a" * 32, ".."):
            self.refused(2, "new-name", "new", name, cwd=parent)

    def test_run(self):
        context = self.write("context", (5).to_bytes(8, "little") + (2).to_bytes(4, "little") + (1234).to_bytes(4, "little"))
        results = []
        for engine in ("interpreter", "guarded"):
            document = self.must("--json", "run", self.path("counter.o"), "--platform", self.platform, "--ctx", context,
                                 "--engine", engine, "--repeat", "3").json()
            self.assertEqual((document["engine"], document["target"]), (engine, "host"))
            self.assertGreater(document["bpf_instructions"], 0)
            self.assertGreater(document["code_bytes"], 0)
            results.append((document["result"], document["bpf_instructions"], document["output"]))
        self.assertEqual(results[0], results[1])
        bound = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()
        self.assertLessEqual(results[0][1], bound["programs"][0]["bounds"]["instructions"])
        refused = run("run", self.path("out_of_bounds.o"), "--platform", self.platform)
        self.assertEqual((refused.code, refused.out), (1, ""))
        long = self.write("long", b"\0" * 100)
        self.refused(2, "run-context", "run", self.path("counter.o"), "--platform", self.platform, "--ctx", long)
        self.refused(2, "run-packet", "run", self.path("counter.o"), "--platform", self.platform, "--packet", long)

    def test_machine_code_is_made_named_and_shown(self):
        counter, native = self.path("counter.o"), self.path("native.image")
        bytecode = self.must("--json", "compile", counter, "--platform", self.platform, "-o", self.path("b.image")).json()
        made = self.must("--json", "compile", counter, "--platform", self.platform, "--target", "armv7m", "-o", native).json()
        self.assertEqual(made["target"], "armv7m")
        held = self.must("--json", "inspect", native).json()
        self.assertEqual((held["target"], held["native"]["bytecode"]), ("armv7m", bytecode["digest"]))
        version = held["native"]["generator"]
        bounds = held["claim"]["bounds"][0]["machine_instructions"]
        self.assertEqual(list(bounds), ["armv7m/native:%d" % version])
        verified = self.must("--json", "verify", counter, "--platform", self.platform, "--target", "armv7m").json()
        self.assertEqual(verified["programs"][0]["bounds"]["machine_instructions"]["armv7m/native"], *bounds.values())
        # Of the object, of both images, and of a package: the same code.
        package = self.path("native.package")
        self.must("seal", counter, "--platform", self.platform, "--key", self.key, "--target", "armv7m", "-o", package)
        code = []
        for file in (counter, self.path("b.image"), native, package):
            shown = self.must("dump", "jited", file, "--platform", self.platform, "--source").out
            code.append(re.findall(r"(?m)^ +[0-9a-f]+: ([a-z][a-z0-9.]*\b.*)$", re.sub(r"(?m)^ {0,4}\d+: .*$", "", shown)))
            self.assertIn("blx", shown)
        self.assertTrue(code[0])
        self.assertTrue(all(one == code[0] for one in code))
        self.assertIn("bpf_map_lookup_elem(", self.must("dump", "jited", counter, "--platform", self.platform, "--source").out)
        # Machine code is made of what was just verified, and of nothing else.
        author = self.path("only-author.key")
        self.must("key", "new", "only-author", "--role", "author", "-o", author)
        self.refused(2, "native-unproved", "seal", counter, "--platform", self.platform, "--key", author, "--target", "armv7m")
        self.refused(2, "image-not-bytecode", "seal", native, "--platform", self.platform, "--key", self.key)
        self.refused(1, "disassembler", "dump", "jited", native, environment={"PERDITA_LLVM_MC": "/nonexistent"})

    def test_machine_code_of_every_target_is_shown_whole(self):
        # Constants from a pool before the code, a callback's address, subprograms: what is no instruction is told apart.
        source = self.write("whole.bpf.c", b"""
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            #include "demo.platform.h"
            static long add(__u32 i, void* data) { *(__u64*)data += i * 0x12345679u; return 0; }
            __attribute__((noinline)) static __u64 mix(__u64 a) { return a * 0x1234567f + 0x7654321; }
            SEC("sensor") int whole(struct sensor_ctx* c) {
              __u64 sum = mix(c->channel);
              bpf_loop(3, add, &sum, 0);
              return mix(sum) & 1;
            }
            """)
        made = self.path("whole.o")
        self.must("build", source, "-I", DEMO, "-o", made)
        if shutil.which("xtensa-lx106-elf-objdump") is None:
            self.skipTest("no xtensa-lx106-elf-objdump: script/bootstrap installs it")
        for target, back in (("armv7m", "pop"), ("rv32imc", "ret|jr ra"), ("xtensa", r"ret(\.n)?")):
            shown = self.must("dump", "jited", made, "--platform", self.platform, "--target", target).out
            native = self.path("whole.image")
            self.must("compile", made, "--platform", self.platform, "--target", target, "-o", native)
            alone = self.must("dump", "jited", native).out
            line = r"(?m)^ +([0-9a-f]+): ([a-z.].*)$"
            code = re.findall(line, re.sub(r"(?m)^ {0,4}\d+: .*$", "", shown))
            self.assertEqual(code, re.findall(line, alone))
            self.assertGreaterEqual(len([text for _, text in code if re.match(r"(%s)\b" % back, text)]), 3, shown)
            self.assertFalse([text for _, text in code if re.match(r"\.byte|ill|excw|<", text)], shown)
            for number in (0x12345679, 0x1234567f, 0x7654321) if target == "xtensa" else ():
                self.assertIn((".word 0x%08x" % number), [text for _, text in code])
        self.refused(1, "disassembler", "dump", "jited", self.path("whole.image"),
                     environment={"PERDITA_XTENSA_OBJDUMP": "/nonexistent"})

    def test_run_on_an_emulated_board(self):
        self.runs_on("armv7m", "mps2-an385", ("native", "interpreter", "guarded"))

    def test_run_on_emulated_riscv(self):
        self.runs_on("rv32imc", "riscv32-virt", ("native", "interpreter", "guarded"))

    def test_run_on_emulated_xtensa(self):
        self.runs_on("xtensa", "lx60", ("native", "interpreter", "guarded"))

    def runs_on(self, target, board, engines):
        firmware = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(PERDITA))), board, "bin", "trial.elf")
        if not os.path.exists(firmware):
            self.skipTest("no trial firmware: script/build %s makes it" % board)
        context = self.write("context", (5).to_bytes(8, "little") + (2).to_bytes(4, "little") + (1234).to_bytes(4, "little"))
        arguments = ("run", self.path("counter.o"), "--platform", self.platform, "--ctx", context, "--repeat", "3")
        here = self.must("--json", *arguments).json()
        bounds = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()
        bounds = bounds["programs"][0]["bounds"]["machine_instructions"]
        took = []
        for engine in engines:
            document = self.must("--json", *arguments, "--engine", engine, "--target", target).json()
            self.assertEqual((document["engine"], document["target"]), (engine, target))
            for what in ("result", "output", "bpf_instructions"):
                self.assertEqual(document[what], here[what])
            took.append(document["machine_instructions"])
            if engine != "guarded":  # which had no proof to tell its stack by
                self.assertLessEqual(took[-1], bounds[target + "/" + engine])
        self.assertEqual(took, sorted(took))

    def test_run_with_a_packet(self):
        self.must("build", os.path.join(EXAMPLES, "filter.bpf.c"), "-I", DEMO, "-o", self.path("filter.o"))
        for payload, verdict in ((b"GOOD day", 0), (b"BAD day", 1), (b"", 0)):
            packet = self.write("packet", payload)
            for engine in ("interpreter", "guarded"):
                document = self.must("--json", "run", self.path("filter.o"), "--platform", self.platform, "--packet", packet,
                                     "--engine", engine).json()
                self.assertEqual(document["result"], verdict, payload)


class Unreachable(CommandTest):
    def test_a_board_that_does_not_answer_is_3(self):
        board = "coap://127.0.0.1:%d" % closed_port()
        self.must("seal", self.path("counter.o"), "--platform", self.platform, "--key", self.key, "-o", self.path("counter.package"))
        for arguments in [("deploy", self.path("counter.package"), "--to", board), ("prog", "list", board), ("map", "list", board),
                          ("hook", "list", board), ("device", "show", board), ("trace", board, "--once"),
                          ("deploy", self.path("counter.o"), "--to", board, "--key", self.key, "--platform", self.platform),
                          ("prog", "detach", board, "count", "--key", self.key),
                          ("prog", "replace", board, self.path("counter.package"))]:
            done = run("--json", *arguments)
            self.assertEqual(done.code, 3, "%s: %s" % (arguments, done.err))
            self.assertTrue(done.json()["error"]["hint"])

    def test_what_deploy_needs(self):
        board = "coap://127.0.0.1:%d" % closed_port()
        self.refused(2, "deploy-signer", "deploy", self.path("counter.o"), "--to", board)
        self.refused(2, "deploy-signer", "deploy", self.path("counter.o"), "--to", board, "--key", self.key, "--service", "http://x")
        self.refused(2, "input-kind", "deploy", self.platform, "--to", board)
        self.assertEqual(run("prog", "list", "http://127.0.0.1").code, 2)


class TailCalls(CommandTest):
    objects = ("stages",)

    def test_an_object_and_its_image_verify_and_run(self):
        image = self.path("stages.image")
        self.must("compile", self.path("stages.o"), "--platform", self.platform, "-o", image)
        for file in (self.path("stages.o"), image):
            verified = self.must("verify", file, "--platform", self.platform).out
            self.assertIn("at most 132017 executed, 64 bytes of stack", verified)  # 33 times 4000, and its own
            # What the array declares holds on a board with either engine.
            for name in ("lenient", "strict"):
                bounds = re.search(name + r" \(hook sensor\): accepted\n.*\n.*guarded: at most (\d+) .*\n.*interpreter: at most (\d+) ", verified)
                self.assertLessEqual(max(map(int, bounds.groups())), 4000)
            for engine in ("interpreter", "guarded"):
                ran = self.must("run", file, "--platform", self.platform, "--prog", "stages", "--engine", engine)
                self.assertIn("stages: 1 ", ran.out + ran.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
