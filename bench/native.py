#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Native code against gcc's of the same C, in machine instructions executed on the emulated boards.

    bench/native.py [--target armv7m|rv32imc|xtensa] [--json] [--dump PROGRAM]

The programs are those of bench/native, each verified: native code is made with the facts of the proof, and once without any. It is
compared with what gcc -O2 makes of the same source (instructions executed; routines and what stands behind helpers included on both
sides, entering native code on ours) and with gcc -Os (bytes of code, constants included, routines not). --dump shows BPF, native code
and gcc's of one program.
"""
import argparse
import glob
import json
import math
import os
import re
import subprocess
import sys
import tempfile

import engines

HERE = os.path.join(engines.ROOT, "bench", "native")
TOOL = os.path.join(engines.ROOT, "build", "host", "bin", "perdita_native_bench")
VARIANTS = ("no_facts", "facts")
WARN = ["-ffreestanding", "-ffunction-sections", "-I" + os.path.join(engines.ROOT, "include")]


class Target:
    """A target with its board and tools."""

    def __init__(self, board, tools, flags, disassembly):
        self.folder = os.path.join(engines.ROOT, "build", board)
        self.tools = tools
        self.gcc = [tools + "gcc", *flags, *WARN]
        self.disassembly = disassembly

    def described(self, key):
        """What boards/common/emulator.md says of the board."""
        with open(os.path.join(self.folder, "bin", "emulator"), encoding="utf-8") as file:
            return next(line[len(key) + 1:].strip() for line in file if line.startswith(key + " "))


TARGETS = {
    "armv7m": Target("mps2-an385", "arm-none-eabi-", ["-mcpu=cortex-m3", "-mthumb"], ["-m", "arm", "-M", "force-thumb"]),
    "rv32imc": Target("riscv32-virt", "riscv64-unknown-elf-",
                      ["--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32", "-misa-spec=2.2", "-mstrict-align"],
                      ["-m", "riscv:rv32"]),
    "xtensa": Target("lx60", "xtensa-lx106-elf-", ["-mtext-section-literals"], ["-m", "xtensa"]),
}


def text(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def objects(folder, cpu):
    """The programs as objects for BPF, by name."""
    multiarch = text(["gcc", "-print-multiarch"]).strip()
    made = {}
    for source in sorted(glob.glob(os.path.join(HERE, "*.bpf.c"))):
        name = os.path.basename(source)[:-len(".bpf.c")]
        made[name] = os.path.join(folder, name + ".o")
        subprocess.run(["clang-19", "-target", "bpf", "-mcpu=" + cpu, "-g", "-O2", "-ffreestanding", "-I" + HERE,
                        "-I" + os.path.join(engines.ROOT, "include"), "-isystem", "/usr/include/" + multiarch, "-c", source, "-o",
                        made[name]], check=True)
    return made


def gcc_bytes(target, name, folder):
    """Bytes of code of gcc -Os, its constants among it."""
    built = os.path.join(folder, name + ".gcc.o")
    subprocess.run(target.gcc + ["-Os", "-c", os.path.join(HERE, name + ".bpf.c"), "-o", built], check=True)
    sections = re.findall(r"^\.text\S*\s+([0-9]+)", text([target.tools + "size", "-A", built]), re.M)
    return sum(int(size) for size in sections)


def run(target, jobs):
    out = text(["timeout", "120", *target.described("machine").split(), "-display", "none", "-monitor", "none", "-serial", "stdio",
                "-nic", "none", "-icount", "shift=10", "-kernel", os.path.join(target.folder, "bin", "native_bench.elf"), "-device",
                "loader,file=%s,addr=%s,force-raw=on" % (jobs, target.described("jobs"))])
    lines = [line.split() for line in out.splitlines()]
    if not lines or lines[-1] != ["end"]:
        sys.exit("native: error: the board stopped: " + out[-300:])
    return [line[1:] for line in lines if line and line[0] == "bench"]


def generator_bytes(target):
    """Code and constants of the generator as linked into the firmware, without what the runtime has anyway."""
    with open(os.path.join(target.folder, "bin", "native_bench.map"), encoding="utf-8") as file:
        linked = file.read().partition("Linker script and memory map")[2]
    parts = re.findall(r"^ \.(?:text|s?rodata|literal)\S*\s+0x0*[1-9a-f][0-9a-f]*\s+0x([0-9a-f]+)\s+\S*libperdita_jit\.a\(", linked, re.M)
    return sum(int(size, 16) for size in parts)


def dump(target, target_name, name, folder):
    made = objects(folder, "v3")
    subprocess.run([TOOL, target_name, os.path.join(HERE, "bench.platform.h"), os.path.join(folder, "jobs"), made[name]], check=True)
    print(text(["llvm-objdump-19", "-d", "--no-show-raw-insn", made[name]]))
    print(text([target.tools + "objdump", "-D", "-b", "binary", *target.disassembly, os.path.join(folder, name + ".bin")]))
    built = os.path.join(folder, name + ".gcc.o")
    subprocess.run(target.gcc + ["-O2", "-c", os.path.join(HERE, name + ".bpf.c"), "-o", built], check=True)
    print(text([target.tools + "objdump", "-dr", "--no-show-raw-insn", built]))


def mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def measure(target, name, arguments, folder):
    """Rows of a table."""
    made = objects(folder, arguments.cpu)
    jobs = os.path.join(folder, "jobs")
    subprocess.run([TOOL, name, os.path.join(HERE, "bench.platform.h"), jobs, *made.values()], check=True)
    rows = []
    for program, *cells in run(target, jobs):
        variant, insns, _, same, executed, gcc, size, compiling = map(int, cells)
        if not same:
            sys.exit("native: error: %s: native code (%s) and gcc's differ" % (program, VARIANTS[variant]))
        rows.append((program, VARIANTS[variant], executed, gcc, executed / gcc, size, size / gcc_bytes(target, program, folder),
                     compiling / insns))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=list(TARGETS), action="append", help="all whose board is built, where none is given")
    parser.add_argument("--json", action="store_true", help="rows as in the suite 'native' of the benchmarks")
    parser.add_argument("--dump", metavar="PROGRAM")
    parser.add_argument("--cpu", default="v3", help="of the BPF compiler")
    arguments = parser.parse_args()
    names = arguments.target or [name for name, target in TARGETS.items()
                                 if os.path.exists(os.path.join(target.folder, "bin", "native_bench.elf"))]
    metrics = (("to_gcc_o2", 4), ("bytes_to_gcc_os", 6), ("compile_instructions_per_bpf_instruction", 7))
    out = []
    for name in names:
        target = TARGETS[name]
        with tempfile.TemporaryDirectory() as folder:
            if arguments.dump:
                dump(target, name, arguments.dump, folder)
                continue
            rows = measure(target, name, arguments, folder)
        means = {(variant, metric): mean([row[column] for row in rows if row[1] == variant]) for variant in VARIANTS
                 for metric, column in metrics}
        if arguments.json:
            out += [{"suite": "native", "case": row[0], "target": name, "variant": row[1], "metric": metric,
                     "value": round(row[column], 4), "unit": unit}
                    for row in rows
                    for metric, column, unit in (("instructions", 2, "instructions"), ("to_gcc_o2", 4, "ratio"), ("code", 5, "bytes"),
                                                 ("bytes_to_gcc_os", 6, "ratio"),
                                                 ("compile_instructions_per_bpf_instruction", 7, "ratio"))]
            out += [{"suite": "native", "case": "geometric_mean", "target": name, "variant": variant, "metric": metric,
                     "value": round(value, 4), "unit": "ratio"} for (variant, metric), value in means.items()]
            out.append({"suite": "native", "case": "generator", "target": name, "variant": "", "metric": "code",
                        "value": generator_bytes(target), "unit": "bytes"})
            continue
        print("%s\n%-14s %-9s %12s %8s %7s %11s %11s %15s" % (name, "program", "variant", "instructions", "gcc -O2", "ratio",
                                                              "code bytes", "to gcc -Os", "compile / insn"))
        for variant in reversed(VARIANTS):
            for row in rows:
                if row[1] == variant:
                    print("%-14s %-9s %12d %8d %7.2f %11d %11.2f %15.0f" % row)
            print("%-14s %-9s %12s %8s %7.2f %11s %11.2f %15.0f" % ("geomean", variant, "", "", means[variant, "to_gcc_o2"], "",
                                                                    means[variant, "bytes_to_gcc_os"], means[variant, metrics[2][0]]))
        print("generator: %d bytes of code" % generator_bytes(target))
    if arguments.json:
        json.dump(out, sys.stdout, indent=1)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
