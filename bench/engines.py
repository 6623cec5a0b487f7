#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many machine instructions the engines take per BPF instruction on the emulated Cortex-M3, and how large they are.

    bench/engines.py [--workloads ../shared/workloads] [--json]

Counted and measured in one and the same firmware (build/mps2-an385/bin/runner.elf). The workloads are compiled with
-mcpu=v3; each result is checked. BPF instructions are the steps that the guarded engine counts. The size of an engine is that
of its function and of every routine that it can reach by direct calls, library routines included, with their constants.
"""
import argparse
import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BOARD = os.path.join(ROOT, "build", "mps2-an385", "bin")
PLUGIN = os.path.join(ROOT, "build", "host", "bin", "perdita-plugin")
TARGET = "armv7m"
ENGINES = {"guarded": "run_guarded", "interpreter": "run_interpreter"}
TEXT = bytes((7 * i + 3) & 0xFF for i in range(360))


def fletcher32(words):
    low, high = 0xFFFF, 0xFFFF
    for word in words:
        low += word
        high += low
    for _ in range(2):
        low, high = (low & 0xFFFF) + (low >> 16), (high & 0xFFFF) + (high >> 16)
    return (high << 16 | low) & 0xFFFFFFFF


def fibonacci(n, modulus):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % modulus
    return a


def primes(n):
    return sum(all(i % d for d in range(2, int(i ** 0.5) + 1)) for i in range(2, n))


# Workload, its context, and the result that it must give, found in another way.
WORKLOADS = {
    "fletcher32": (struct.pack("<I", 180) + TEXT, fletcher32(struct.unpack("<180H", TEXT))),
    "crc32": (struct.pack("<I", 360) + TEXT, zlib.crc32(TEXT)),
    "sieve": (struct.pack("<I", 1000) + bytes(1024), primes(1000)),
    "fibmod": (struct.pack("<II", 300, 1000000007), fibonacci(300, 1000000007)),
}


def bytecode(source, folder):
    """The instructions of the one function in a workload."""
    built, code = os.path.join(folder, "workload.o"), os.path.join(folder, "workload.bin")
    subprocess.run(["clang-19", "-target", "bpf", "-mcpu=v3", "-O2", "-ffreestanding",
                    '-DSEC=__attribute__((section("prog")))', "-c", source, "-o", built], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", "--only-section=prog", built, code], check=True)
    with open(code, "rb") as file:
        return file.read()


def count(code, memory, engine):
    ran = subprocess.run([PLUGIN, memory.hex(), "--engine", engine, "--target", TARGET, "--counts"], check=True,
                         input=code.hex(), stdout=subprocess.PIPE, text=True)
    result, steps, instructions = ran.stdout.split()
    return int(result, 16), int(steps), int(instructions)


def listing(option):
    ran = subprocess.run(["arm-none-eabi-" + option[0], *option[1:], os.path.join(BOARD, "runner.elf")], check=True,
                         stdout=subprocess.PIPE, text=True)
    return ran.stdout.splitlines()


def direct_calls():
    """Of every function the functions that its code branches to."""
    calls, current = {}, None
    for line in listing(["objdump", "-d", "--no-show-raw-insn"]):
        head = re.match(r"^[0-9a-f]+ <([^>]+)>:$", line)
        if head:
            current = calls.setdefault(head.group(1), set())
        branch = re.search(r"\t(?:b|bl|b\.w|b\.n|b[a-z]{2}\.[nw]|cbz|cbnz)\t.*<([^+>]+)[+>]", line)
        if branch and current is not None:
            current.add(branch.group(1))
    return calls


def reachable(calls, start):
    found, open_ones = set(), [start]
    while open_ones:
        name = open_ones.pop()
        if name not in found:
            found.add(name)
            open_ones += calls.get(name, ())
    return found


def constants(objects):
    """Bytes of the constants that come from these objects, by the linker's map."""
    total, pending = 0, False
    with open(os.path.join(BOARD, "runner.map"), encoding="utf-8") as file:
        lines = file.read().split("Linker script and memory map")[1].splitlines()
    for line in lines:
        one = re.match(r"^ (\.rodata\S*)?(?:\s+0x0*([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+))?$", line)
        if not one:
            pending = False
            continue
        if one.group(4) and (one.group(1) or pending) and int(one.group(2), 16) != 0:
            if any(name in one.group(4) for name in objects):
                total += int(one.group(3), 16)
        pending = one.group(1) is not None and one.group(4) is None
    return total


def code_bytes():
    """Of each engine, and what it consists of."""
    sizes = {}
    for line in listing(["nm", "-S"]):
        symbol = re.match(r"^[0-9a-f]+ ([0-9a-f]+) [tTwW] (\S+)$", line)
        if symbol:
            sizes[symbol.group(2)] = int(symbol.group(1), 16)
    calls = direct_calls()
    engines = {}
    for engine, function in ENGINES.items():
        start = next(name for name in sizes if function in name)
        parts = {name: sizes[name] for name in reachable(calls, start) if name in sizes}
        # The table of handlers; the constants of maps and contracts are not the engine's.
        parts["constants"] = constants(["interpreter" if engine == "interpreter" else "guarded", "arithmetic.cc", "frames.cc"])
        engines[engine] = parts
    return engines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("PERDITA_SHARED", os.path.join(ROOT, "..", "shared"))
    parser.add_argument("--workloads", default=os.path.join(shared, "workloads"))
    parser.add_argument("--json", action="store_true", help="rows as in the suite 'engines' of the benchmarks")
    parser.add_argument("--parts", action="store_true", help="what the size of each engine consists of")
    arguments = parser.parse_args()
    if not os.path.isdir(arguments.workloads):
        print("engines: error: no workloads in %s" % arguments.workloads, file=sys.stderr)
        return 2
    ratios = {engine: {} for engine in ENGINES}
    with tempfile.TemporaryDirectory() as folder:
        for name, (memory, expected) in WORKLOADS.items():
            code = bytecode(os.path.join(arguments.workloads, name + ".c"), folder)
            steps = count(code, memory, "guarded")[1]
            for engine in ENGINES:
                result, _, instructions = count(code, memory, engine)
                if result != expected:
                    print("engines: error: %s gives %#x in %s, not %#x" % (name, result, engine, expected), file=sys.stderr)
                    return 1
                ratios[engine][name] = instructions / steps
    for engine, row in ratios.items():
        row["geometric_mean"] = math.exp(sum(map(math.log, row.values())) / len(row))
    sizes = code_bytes()
    if arguments.json:
        rows = [{"suite": "engines", "case": case, "target": TARGET, "variant": engine,
                 "metric": "instructions_per_bpf_instruction", "value": round(value, 4), "unit": "ratio"}
                for engine, row in ratios.items() for case, value in row.items()]
        rows += [{"suite": "engines", "case": "engine", "target": TARGET, "variant": engine, "metric": "code",
                  "value": sum(parts.values()), "unit": "bytes"} for engine, parts in sizes.items()]
        json.dump(rows, sys.stdout, indent=1)
        print()
        return 0
    print("%-12s %s %10s" % ("engine", "".join("%11s" % name for name in [*WORKLOADS, "geomean"]), "code"))
    for engine, row in ratios.items():
        print("%-12s %s %10d" % (engine, "".join("%11.2f" % value for value in row.values()), sum(sizes[engine].values())))
    if arguments.parts:
        for engine, parts in sizes.items():
            print("\n%s" % engine)
            for name, size in sorted(parts.items(), key=lambda part: -part[1]):
                print("%8d %s" % (size, name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
