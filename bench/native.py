#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Native code against gcc -O2 of the same C, in machine instructions executed on the emulated Cortex-M3.

    bench/native.py [--workloads ../shared/workloads] [--json]

Each workload runs without facts and with all facts that hold for this run, which is the most that a proof could say of it. Entering
and leaving native code is counted, and so are routines. What gcc's code executes for the same input stands in the workloads' README.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

import engines

BENCH = os.path.join(engines.ROOT, "build", "host", "bin", "perdita_native_bench")
VARIANTS = ("no_facts", "facts")


def gcc_counts(folder):
    """Machine instructions of gcc's code, from the table in the README: the last column."""
    counts = {}
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == 4 and re.fullmatch(r"[0-9,]+", cells[3]):
                counts[cells[0]] = int(cells[3].replace(",", ""))
    return counts


def measure(code, memory):
    """Of each variant: result, instructions, bytes of code, instructions of the compile."""
    ran = subprocess.run([BENCH, memory.hex()], check=True, input=code.hex(), stdout=subprocess.PIPE, text=True)
    return {name: [int(word) for word in line.split()] for name, line in zip(VARIANTS, ran.stdout.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("PERDITA_SHARED", os.path.join(engines.ROOT, "..", "shared"))
    parser.add_argument("--workloads", default=os.path.join(shared, "workloads"))
    parser.add_argument("--json", action="store_true", help="rows as in the suite 'native' of the benchmarks")
    arguments = parser.parse_args()
    if not os.path.isdir(arguments.workloads):
        print("native: error: no workloads in %s" % arguments.workloads, file=sys.stderr)
        return 2
    gcc = gcc_counts(arguments.workloads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (memory, expected) in engines.WORKLOADS.items():
            code = engines.bytecode(os.path.join(arguments.workloads, name + ".c"), folder)
            for variant, (result, executed, size, compile_instructions) in measure(code, memory).items():
                if result != expected:
                    print("native: error: %s gives %#x, not %#x" % (name, result, expected), file=sys.stderr)
                    return 1
                rows.append((name, variant, executed, executed / gcc[name], size, compile_instructions / (len(code) / 8)))
    means = {variant: math.exp(sum(math.log(row[3]) for row in rows if row[1] == variant) / len(engines.WORKLOADS))
             for variant in VARIANTS}
    if arguments.json:
        out = [{"suite": "native", "case": name, "target": engines.TARGET, "variant": variant, "metric": metric, "value": value,
                "unit": unit}
               for name, variant, executed, ratio, size, compile_ratio in rows
               for metric, value, unit in (("instructions", executed, "instructions"), ("to_gcc_o2", round(ratio, 4), "ratio"),
                                           ("code", size, "bytes"),
                                           ("compile_instructions_per_bpf_instruction", round(compile_ratio, 1), "ratio"))]
        out += [{"suite": "native", "case": "geometric_mean", "target": engines.TARGET, "variant": variant, "metric": "to_gcc_o2",
                 "value": round(mean, 4), "unit": "ratio"} for variant, mean in means.items()]
        json.dump(out, sys.stdout, indent=1)
        print()
        return 0
    print("%-12s %-9s %13s %10s %8s %11s %15s" % ("workload", "variant", "instructions", "gcc -O2", "ratio", "code bytes", "compile / insn"))
    for name, variant, executed, ratio, size, compile_ratio in rows:
        print("%-12s %-9s %13d %10d %8.2f %11d %15.0f" % (name, variant, executed, gcc[name], ratio, size, compile_ratio))
    for variant, mean in means.items():
        print("%-12s %-9s %13s %10s %8.2f" % ("geomean", variant, "", "", mean))
    return 0


if __name__ == "__main__":
    sys.exit(main())
