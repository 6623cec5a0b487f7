# SPDX-License-Identifier: Apache-2.0
"""script/fuzz mutants: breaks the verifier's source in one place at a time, in scratch copies under build/mutants, and asks the
verifier's tests. Prints what happened to each mutant, and a diff of each that no test noticed. Exit code 1 where the tests kill less
than 95 %, or a survivor is not explained in fuzz/mutants/explained.txt."""
import argparse
import concurrent.futures
import os
import pathlib
import queue
import random
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mutate import mutants_of  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What decides: domains, transfer functions, joins, checks. Not what only writes text.
NOT_MUTATED = {"describe.cc", "log.cc", "report.cc"}
DOMAIN_TESTS = ["verifier_number_test", "verifier_scalar_test", "verifier_domain_precision_test"]
# Quick ones first: most mutants die at them. Each stage is built when the one before it noticed nothing.
STAGES = [["verifier_text_cases_test"], ["verifier_verify_test", "verifier_lattice_test"], ["verifier_verdicts_test"],
          ["verifier_containment_test"]]
# What the verdicts of random programs do not show, mutants of the text cases do: less than the whole of that test.
FILTERS = {"verifier_containment_test": "ContainmentOfCases.*"}
TEST_SECONDS, BUILD_SECONDS, TEST_MEMORY = 180, 300, 4 << 30


def sources(pattern):
    folder = ROOT / "src/verifier"
    found = sorted(folder.glob("*.cc")) + sorted((folder / "domain").glob("*.h"))
    found += [folder / "reg_value.h", folder / "analysis.h"]
    names = [str(path.relative_to(ROOT)) for path in found
             if not path.name.endswith("_test.cc") and path.name not in NOT_MUTATED and path.exists()]
    return [name for name in names if pattern in name]


def explanations():
    """(file, line as it was, line as it became) -> why no test can or need notice."""
    known = {}
    path = ROOT / "fuzz/mutants/explained.txt"
    for entry in path.read_text().split("\n\n") if path.exists() else []:
        lines = [line for line in entry.split("\n") if line and not line.startswith("#")]
        if len(lines) >= 4:
            known[(lines[0], lines[1][2:], lines[2][2:])] = " ".join(lines[3:])
    return known


def survivors_of(output):
    """What survived in a run whose output this is: (file, line as it was, line as it became)."""
    lines = pathlib.Path(output).read_text().split("\n")
    return {(line.split(":")[0], lines[i + 1][2:], lines[i + 2][2:])
            for i, line in enumerate(lines) if line.endswith(": survived")}


class Scratch:
    """A copy of the checkout with a build of its own, where one mutant at a time lives."""

    def __init__(self, number):
        self.tree = ROOT / f"build/mutants/{number}"
        self.build = self.tree / "build"
        self.mutated = None
        self.copy()
        if not (self.build / "build.ninja").exists():
            self.run(["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                      "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -w -DNDEBUG", "-DCMAKE_C_FLAGS_DEBUG=-O1 -w -DNDEBUG"], BUILD_SECONDS, check=True)
        self.run(["ninja", "-C", str(self.build), *DOMAIN_TESTS, *sum(STAGES, [])], 3600, check=True)

    def copy(self):
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "CMakeLists.txt", "cmake", "src", "include",
                                "tests", "fuzz", "bench", "examples", "boards", "docs"],
                               cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        for name in names:
            here, there = ROOT / name, self.tree / name
            content = here.read_bytes()
            if not there.exists() or there.read_bytes() != content:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(content)

    def run(self, command, seconds, check=False):
        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if command[0] not in ("cmake", "ninja"):
                resource.setrlimit(resource.RLIMIT_AS, (TEST_MEMORY, TEST_MEMORY))

        environment = dict(os.environ, PERDITA_SOURCE=str(self.tree), GTEST_FAIL_FAST="1", GTEST_BRIEF="1")
        try:
            done = subprocess.run(command, cwd=self.tree, env=environment, timeout=seconds, preexec_fn=limit, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return None
        if check and done.returncode != 0:
            sys.exit(f"mutants: error: {' '.join(command[:4])}…\n{done.stdout[-3000:]}")
        return done.returncode

    def fate(self, mutant):
        """'not C++', 'survived', or the test that killed it."""
        if self.mutated not in (None, mutant.path):
            (self.tree / self.mutated).write_bytes((ROOT / self.mutated).read_bytes())
        (self.tree / mutant.path).write_text(mutant.text)
        self.mutated = mutant.path
        stages = ([DOMAIN_TESTS] if "/domain/" in mutant.path else []) + STAGES
        for tests in stages:
            if self.run(["ninja", "-j1", "-C", str(self.build), *tests], BUILD_SECONDS) != 0:
                return "not C++"
            for test in tests:
                code = self.run([str(self.build / "tests" / test), "--gtest_filter=" + FILTERS.get(test, "*")], TEST_SECONDS)
                if code != 0:
                    return test + (" (does not end)" if code is None else "")
        return "survived"

    def restore(self):
        if self.mutated is not None:
            (self.tree / self.mutated).write_bytes((ROOT / self.mutated).read_bytes())


def main():
    parser = argparse.ArgumentParser(prog="script/fuzz mutants")
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--file", default="", help="only sources whose path contains this")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the seed's mutants, to go on after a part")
    parser.add_argument("--again", metavar="OUTPUT", help="only those that survived in an earlier run, whose output this is")
    parser.add_argument("--list", action="store_true", help="print the mutants, test none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    everything = [mutant for name in sources(options.file) for mutant in mutants_of(name, (ROOT / name).read_text())]
    if options.again:
        before = survivors_of(options.again)
        everything = [m for m in everything if (m.path, m.before, m.after) in before]
    random.Random(options.seed).shuffle(everything)
    chosen = everything[options.skip:options.skip + options.count]
    chosen.sort(key=lambda mutant: (mutant.path, mutant.line))
    print(f"{len(everything)} mutants of {len(sources(options.file))} files; {len(chosen)} tried", flush=True)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.path}:{mutant.line}: {mutant.kind}\n- {mutant.before}\n+ {mutant.after}")
        return 0

    known = explanations()
    began = time.monotonic()
    free = queue.Queue()
    for number in range(max(1, options.jobs)):
        free.put(Scratch(number))
    print(f"scratch copies built after {time.monotonic() - began:.0f} s", flush=True)
    fates = {}

    def try_one(index):
        scratch = free.get()
        try:
            fates[index] = scratch.fate(chosen[index])
        finally:
            free.put(scratch)
        mutant, fate = chosen[index], fates[index]
        word = fate if fate in ("not C++", "survived") else f"killed by {fate}"
        print(f"{mutant.path}:{mutant.line}: {mutant.kind}: {word}", flush=True)
        if fate == "survived":
            why = known.get((mutant.path, mutant.before, mutant.after))
            print(f"- {mutant.before}\n+ {mutant.after}\n{why or 'NOT EXPLAINED'}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        list(pool.map(try_one, range(len(chosen))))
    while not free.empty():
        free.get().restore()

    survivors = [chosen[i] for i, fate in fates.items() if fate == "survived"]
    tested = [i for i, fate in fates.items() if fate != "not C++"]
    unexplained = [m for m in survivors if (m.path, m.before, m.after) not in known]
    killed = len(tested) - len(survivors)
    rate = killed / len(tested) if tested else 1
    print(f"{len(tested)} mutants, {killed} killed ({rate:.1%}), {len(survivors)} survived, {len(unexplained)} of them not explained; "
          f"{len(chosen) - len(tested)} more did not compile; {time.monotonic() - began:.0f} s")
    return 0 if rate >= 0.95 and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
