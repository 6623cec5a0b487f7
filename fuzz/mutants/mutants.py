# SPDX-License-Identifier: Apache-2.0
"""script/fuzz mutants: breaks the verifier's source in one place at a time, in a scratch copy under build/mutants, and asks the
verifier's tests. Prints what happened to each mutant, and a diff of each that no test noticed. Exit code 1 where the tests kill less
than 95 % of what is not the same program written otherwise, or a survivor is not explained in fuzz/mutants/explained.txt."""
import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mutate import mutants_of  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What decides: domains, transfer functions, joins, checks. Not what only writes text.
NOT_MUTATED = {"describe.cc", "log.cc", "report.cc"}
# Tests and which of their cases, those first that cost little for what they find: most mutants die there.
DOMAIN_TESTS = [("verifier_number_test", "*"), ("verifier_scalar_test", "*"), ("verifier_widen_test", "*"), ("verifier_domain_precision_test", "*")]
QUICK_TESTS = [("verifier_path_cost_test", "*"), ("verifier_loop_costs_test", "*"), ("verifier_verify_test", "*"), ("verifier_state_facts_test", "*"), ("verifier_lattice_test", "-*Laws*"), ("verifier_linear_test", "*"), ("verifier_loop_summary_test", "*"),
               ("verifier_graph_test", "*"), ("verifier_linux_test", "*"), ("verifier_programs_test", "*"), ("verifier_straight_code_test", "*"),
               ("verifier_state_sets_test", "*"), ("verifier_verdicts_test", "*"), ("verifier_text_cases_test", "*"), ("verifier_diagnostics_test", "*"),
               ("verifier_examples_test", "*"), ("verifier_small_loops_test", "*"), ("verifier_shared_loops_test", "*"), ("verifier_small_nests_test", "*"),
               ("verifier_lattice_test", "*Laws*")]
# A minute and a half.
SLOW_TESTS = [("precision_test", "*Tight*"), ("verifier_broken_test", "*"), ("verifier_containment_test", "*FactsAboutSeveral*"),
              ("verifier_containment_test", "ContainmentOfCases.*")]
# Only where facts are made: what they are made from, the states, is what the other tests look at.
FACT_TESTS = [("verifier_facts_test", "Facts.*")]
FACT_SOURCES = ("facts.cc", "dead_uppers.cc", "alignment.cc", "values_of.cc")
FLAGS = "-O1 -w -DNDEBUG"
# Of a processor: other work on the machine kills no mutant. The longest test takes 20 where nothing is wrong.
TEST_SECONDS, TEST_MEMORY = 60, 4 << 30
BUILD_SECONDS = 1800
LIBRARY = "libperdita_verifier.so"


def sources(pattern):
    folder = ROOT / "src/verifier"
    found = sorted(folder.glob("*.cc")) + sorted((folder / "domain").glob("*.h"))
    found += [folder / "reg_value.h", folder / "analysis.h"]
    names = [str(path.relative_to(ROOT)) for path in found
             if not path.name.endswith("_test.cc") and path.name not in NOT_MUTATED and path.exists()]
    return [name for name in names if pattern in name]


SAME = "The same"  # how the reason begins where the answer is the same for every program: no test can notice


def explanations():
    """(file, line as it was, line as it became) -> why no test can or need notice. "FILE, number 2" is about the second such line."""
    known = {}
    path = ROOT / "fuzz/mutants/explained.txt"
    for entry in path.read_text().split("\n\n") if path.exists() else []:
        lines = [line for line in entry.split("\n") if line and not line.startswith("#")]
        if len(lines) >= 4:
            known[(lines[0], lines[1][2:], lines[2][2:])] = " ".join(lines[3:])
    return known


def without_their_line(known):
    """Explanations of what is not written so any more, as "FILE: LINE"."""
    def words(text):
        return re.sub(r"\s+", " ", text)
    for path, before, _ in known:
        file = ROOT / path.split(",")[0]
        if not file.exists() or words(before) not in words(file.read_text()):
            yield f"{path}: {before}"


def numbers_in(output, survived=False):
    """The numbers of the mutants in a run's output: of all, or of those that survived."""
    lines = pathlib.Path(output).read_text().split("\n")
    return {int(line[1:].split(" ")[0]) for line in lines if line.startswith("#") and (not survived or line.endswith(": survived"))}


def names_of(tests):
    return sorted({name for name, _ in tests})


def tests_of(path, quick):
    return ((DOMAIN_TESTS if "/domain/" in path else []) + QUICK_TESTS + (FACT_TESTS if path.endswith(FACT_SOURCES) else []) +
            ([] if quick else SLOW_TESTS))


def key_of(mutant, seed, number):
    """Where a mutant stands in a seed's order: its own text decides, so that a change elsewhere leaves the sample as it was."""
    text = f"{seed}|{mutant.path}|{mutant.before}|{mutant.after}|{number}"
    return hashlib.sha256(text.encode()).digest()


def in_order(mutants, seed):
    """The mutants as the seed wants them, each with its number among those that look alike, from 1."""
    seen = collections.Counter()
    keyed = []
    for mutant in mutants:
        same = (mutant.path, mutant.before, mutant.after)
        keyed.append((key_of(mutant, seed, seen[same]), mutant, seen[same] + 1))
        seen[same] += 1
    return [(mutant, alike) for _, mutant, alike in sorted(keyed, key=lambda entry: entry[0])]


def reason_for(known, mutant, alike):
    lines = (mutant.before, mutant.after)
    return known.get((f"{mutant.path}, number {alike}", *lines), known.get((mutant.path, *lines), ""))


class Scratch:
    """A copy of the checkout with a build of its own, where the verifier is a shared library. Mutants of headers live in it, one at a
    time; one of a source has a library of its own beside it (Variant)."""

    def __init__(self, quick):
        self.quick = quick
        self.tree = ROOT / "build/mutants/0"
        self.build = self.tree / "build"
        self.mutated = None
        self.failed = ""
        self.copy()
        if not (self.build / "build.ninja").exists():
            self.run(["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                      f"-DCMAKE_CXX_FLAGS_DEBUG={FLAGS}", f"-DCMAKE_C_FLAGS_DEBUG={FLAGS}",
                      "-DCMAKE_POSITION_INDEPENDENT_CODE=ON", "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON"], BUILD_SECONDS, check=True)
        self.run(["ninja", "-C", str(self.build), "perdita_verifier", *names_of(DOMAIN_TESTS + QUICK_TESTS + FACT_TESTS + ([] if quick else SLOW_TESTS))], 3600, check=True)

    def copy(self):
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "CMakeLists.txt", "cmake", "src", "include",
                                "tests", "fuzz", "bench", "examples", "boards", "docs"],
                               cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        for name in names:
            here, there = ROOT / name, self.tree / name
            if not here.exists():
                continue
            content = here.read_bytes()
            if name == "src/verifier/CMakeLists.txt":
                content = content.replace(b"add_library(perdita_verifier STATIC", b"add_library(perdita_verifier SHARED")
            if not there.exists() or there.read_bytes() != content:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(content)

    def run(self, command, seconds, check=False, libraries=None):
        """The exit code, None where it did not end; and what the first test is called that failed."""
        test = command[0].startswith(str(self.build / "tests"))

        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if test:
                resource.setrlimit(resource.RLIMIT_AS, (TEST_MEMORY, TEST_MEMORY))
                resource.setrlimit(resource.RLIMIT_CPU, (TEST_SECONDS, TEST_SECONDS + 5))

        environment = dict(os.environ, PERDITA_SOURCE=str(self.tree), GTEST_FAIL_FAST="1", GTEST_BRIEF="1",
                           PATH=f"{ROOT}/build/mutants/bin:{os.environ['PATH']}")
        if libraries:
            environment["LD_LIBRARY_PATH"] = str(libraries)
        try:
            done = subprocess.run(command, cwd=self.tree, env=environment, timeout=seconds, preexec_fn=limit, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return None, ""
        if check and done.returncode != 0:
            sys.exit(f"mutants: error: {' '.join(command[:4])}…\n{done.stdout[-3000:]}")
        failed = re.search(r"^\[  FAILED  \] ([^\s,]+)", done.stdout, re.M)
        code = None if test and done.returncode in (-signal.SIGXCPU, -signal.SIGKILL) else done.returncode
        return code, failed.group(1) if failed else "a crash"

    def test(self, tests, libraries=None):
        """The first that fails, or None."""
        for name, cases in tests:
            code, failed = self.run([str(self.build / "tests" / name), "--gtest_filter=" + cases], 20 * TEST_SECONDS, libraries=libraries)
            if code != 0:
                return f"{name}: {'does not end' if code is None else failed}"
        return None

    def fate(self, mutant):
        """'not C++', 'survived', or the test that killed it."""
        if self.mutated not in (None, mutant.path):
            (self.tree / self.mutated).write_bytes((ROOT / self.mutated).read_bytes())
        (self.tree / mutant.path).write_text(mutant.text)
        self.mutated = mutant.path
        # Much is built again: no more than the next test needs.
        for test in tests_of(mutant.path, self.quick):
            library = [] if test in DOMAIN_TESTS else ["perdita_verifier"]
            if self.run(["ninja", "-j1", "-C", str(self.build), *library, test[0]], BUILD_SECONDS)[0] != 0:
                return "not C++"
            killer = self.test([test])
            if killer:
                return killer
        return "survived"

    def restore(self):
        if self.mutated is not None:
            (self.tree / self.mutated).write_bytes((ROOT / self.mutated).read_bytes())
            self.mutated = None


class Variant:
    """A place for the verifier's library with one source mutated, which the tests of the scratch copy take instead of theirs."""

    def __init__(self, scratch, number):
        self.scratch, self.folder = scratch, ROOT / f"build/mutants/variants/{number}"
        self.folder.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run(["ninja", "-C", str(scratch.build), "-t", "commands", "perdita_verifier"], capture_output=True, text=True, check=True)
        self.commands = listed.stdout.split("\n")

    def fate(self, mutant):
        """'not C++', 'survived', or the test that killed it."""
        name = pathlib.Path(mutant.path).name
        source, made, library = self.folder / name, self.folder / (name + ".o"), self.folder / LIBRARY
        source.write_text(mutant.text)
        known = f"src/verifier/CMakeFiles/perdita_verifier.dir/{name}.o"
        build = next(line for line in self.commands if f"-o {known} " in line)
        # What reads beyond an end dies, as under the sanitizers.
        build = build.replace(f"-o {known}", f"-D_GLIBCXX_ASSERTIONS -o {made}").replace(f"-MF {known}.d", f"-MF {made}.d")
        build = build.replace(f"-c {self.scratch.tree / mutant.path}", f"-c {source}").removeprefix("ccache ")
        link = next(line for line in self.commands if f"src/verifier/{LIBRARY} " in line)
        link = link.replace(f"-o src/verifier/{LIBRARY}", f"-o {library}").replace(f" {known} ", f" {made} ")
        library.unlink(missing_ok=True)
        shell = ["sh", "-c", f"cd {self.scratch.build} && {build} && {link}"]
        if self.scratch.run(shell, BUILD_SECONDS)[0] != 0:
            return "not C++"
        return self.scratch.test(tests_of(mutant.path, self.scratch.quick), self.folder) or "survived"


def remember_clang():
    """The programs in C never change: where there is a compiler cache, the tests' clang asks it. What it makes names its folder."""
    wrapper = ROOT / "build/mutants/bin/clang-19"
    if shutil.which("ccache") and shutil.which("clang-19") and not wrapper.exists():
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        wrapper.write_text(f'#!/bin/sh\nexec env -u CCACHE_BASEDIR -u CCACHE_NOHASHDIR ccache {shutil.which("clang-19")} "$@"\n')
        wrapper.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(prog="script/fuzz mutants")
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--file", default="", help="only sources whose path contains this")
    parser.add_argument("--only", metavar="FILE[:LINE]", action="append", help="of those chosen, only the ones there; any number of times")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the seed's mutants, to go on after a part")
    parser.add_argument("--again", metavar="OUTPUT", help="only those that survived in the run whose output this is")
    parser.add_argument("--go-on", metavar="OUTPUT", help="leave out those that stand in the output of this run, which was broken off")
    parser.add_argument("--quick", action="store_true", help="only the tests that take seconds")
    parser.add_argument("--list", action="store_true", help="print the mutants, test none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    everything = [mutant for name in sources(options.file) for mutant in mutants_of(name, (ROOT / name).read_text())]
    ordered = in_order(everything, options.seed)
    alike = [number for _, number in ordered]
    chosen = [(i, mutant) for i, (mutant, _) in enumerate(ordered)][options.skip:options.skip + options.count]
    if options.only:
        chosen = [(i, m) for i, m in chosen if {pathlib.Path(m.path).name, f"{pathlib.Path(m.path).name}:{m.line}"} & set(options.only)]
    if options.again:
        again = numbers_in(options.again, survived=True)
        chosen = [(i, m) for i, m in chosen if i in again]
    if options.go_on:
        done = numbers_in(options.go_on)
        chosen = [(i, m) for i, m in chosen if i not in done]
    # By file; headers, for which much is built again, last.
    chosen.sort(key=lambda pair: (pair[1].path.endswith(".h"), pair[1].path, pair[1].line))
    print(f"{len(everything)} mutants of {len(sources(options.file))} files; {len(chosen)} tried", flush=True)
    if options.list:
        for number, mutant in chosen:
            print(f"#{number} {mutant.path}:{mutant.line}: {mutant.kind}\n- {mutant.before}\n+ {mutant.after}")
        return 0

    known = explanations()
    for gone in without_their_line(known):
        print(f"explained.txt is about a line that is not there any more: {gone}", file=sys.stderr)
    began = time.monotonic()
    remember_clang()
    scratch = Scratch(options.quick)
    print(f"scratch copy built after {time.monotonic() - began:.0f} s", flush=True)
    # Nothing is said about a mutant by a test that fails without it.
    broken = None if options.go_on else scratch.test(DOMAIN_TESTS + QUICK_TESTS + ([] if options.quick else FACT_TESTS + SLOW_TESTS))
    if broken:
        sys.exit(f"mutants: error: {broken} fails without any mutant")
    free = queue.Queue()
    for number in range(max(1, options.jobs)):
        free.put(Variant(scratch, number))
    fates = {}

    def try_one(index, place):
        number, mutant = chosen[index]
        fates[index] = fate = place.fate(mutant)
        word = fate if fate in ("not C++", "survived") else f"killed by {fate}"
        text = f"#{number} {mutant.path}:{mutant.line}: {mutant.kind}: {word}"
        if fate == "survived":
            why = reason_for(known, mutant, alike[number])
            text += f"\n- {mutant.before}\n+ {mutant.after}\n{why or 'NOT EXPLAINED'}"
        print(text, flush=True)

    def try_source(index):
        place = free.get()
        try:
            try_one(index, place)
        finally:
            free.put(place)

    headers = [i for i, (_, mutant) in enumerate(chosen) if mutant.path.endswith(".h")]
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        list(pool.map(try_source, [i for i in range(len(chosen)) if i not in headers]))
    for index in headers:
        try_one(index, scratch)
    scratch.restore()

    survivors = [chosen[i] for i, fate in fates.items() if fate == "survived"]
    tested = [i for i, fate in fates.items() if fate != "not C++"]
    reasons = [reason_for(known, mutant, alike[number]) for number, mutant in survivors]
    unexplained, same = reasons.count(""), sum(why.startswith(SAME) for why in reasons)
    killed = len(tested) - len(survivors)
    of_all, rate = killed / max(1, len(tested)), killed / max(1, len(tested) - same)
    print(f"{len(tested)} mutants, {killed} killed ({of_all:.1%}), {len(survivors)} survived, {unexplained} of them not explained, {same} the "
          f"same program: {rate:.1%} of those that could be noticed; {len(chosen) - len(tested)} more did not compile; "
          f"{time.monotonic() - began:.0f} s")
    return 0 if rate >= 0.95 and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
