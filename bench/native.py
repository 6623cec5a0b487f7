#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Native code against gcc's of the same C, in machine instructions executed on the emulated Cortex-M3.

    bench/native.py [--json] [--dump PROGRAM]

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
BOARD = os.path.join(engines.BOARD, "native_bench.elf")
VARIANTS = ("no_facts", "facts")
GCC = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-ffreestanding", "-ffunction-sections",
       "-I" + os.path.join(engines.ROOT, "include")]


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


def gcc_bytes(name, folder):
    """Bytes of code of gcc -Os, its constants among it."""
    built = os.path.join(folder, name + ".gcc.o")
    subprocess.run(GCC + ["-Os", "-c", os.path.join(HERE, name + ".bpf.c"), "-o", built], check=True)
    sections = re.findall(r"^\.text\S*\s+([0-9]+)", text(["arm-none-eabi-size", "-A", built]), re.M)
    return sum(int(size) for size in sections)


def run(jobs):
    out = text(["timeout", "120", "qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "stdio",
                "-icount", "shift=10", "-semihosting-config", "enable=on,target=native", "-kernel", BOARD, "-device",
                "loader,file=%s,addr=0x21000000,force-raw=on" % jobs])
    lines = [line.split() for line in out.splitlines()]
    if not lines or lines[-1] != ["end"]:
        sys.exit("native: error: the board stopped: " + out[-300:])
    return [line[1:] for line in lines if line and line[0] == "bench"]


def generator_bytes():
    """Code and constants of the generator in the firmware: src/jit/thumb2, without what the runtime has anyway."""
    library = os.path.join(engines.ROOT, "build", "mps2-an385", "src", "jit", "libperdita_jit.a")
    total = 0
    for line in text(["arm-none-eabi-size", "-A", library]).splitlines():
        cells = line.split()
        if len(cells) == 3 and re.match(r"\.(text|rodata)", cells[0]):
            total += int(cells[1])
    return total


def dump(name, folder):
    made = objects(folder, "v3")
    subprocess.run([TOOL, os.path.join(HERE, "bench.platform.h"), os.path.join(folder, "jobs"), made[name]], check=True)
    print(text(["llvm-objdump-19", "-d", "--no-show-raw-insn", made[name]]))
    print(text(["arm-none-eabi-objdump", "-D", "-b", "binary", "-m", "arm", "-M", "force-thumb", os.path.join(folder, name + ".bin")]))
    built = os.path.join(folder, name + ".gcc.o")
    subprocess.run(GCC + ["-O2", "-c", os.path.join(HERE, name + ".bpf.c"), "-o", built], check=True)
    print(text(["arm-none-eabi-objdump", "-dr", "--no-show-raw-insn", built]))


def mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="rows as in the suite 'native' of the benchmarks")
    parser.add_argument("--dump", metavar="PROGRAM")
    parser.add_argument("--cpu", default="v3", help="of the BPF compiler")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        if arguments.dump:
            return dump(arguments.dump, folder)
        made = objects(folder, arguments.cpu)
        jobs = os.path.join(folder, "jobs")
        subprocess.run([TOOL, os.path.join(HERE, "bench.platform.h"), jobs, *made.values()], check=True)
        for name, *cells in run(jobs):
            variant, insns, result, same, executed, gcc, size, compiling = map(int, cells)
            if not same:
                sys.exit("native: error: %s: native code (%s) and gcc's differ" % (name, VARIANTS[variant]))
            rows.append((name, VARIANTS[variant], executed, gcc, executed / gcc, size, size / gcc_bytes(name, folder), compiling / insns))
    metrics = (("to_gcc_o2", 4), ("bytes_to_gcc_os", 6), ("compile_instructions_per_bpf_instruction", 7))
    means = {(variant, metric): mean([row[column] for row in rows if row[1] == variant]) for variant in VARIANTS
             for metric, column in metrics}
    if arguments.json:
        out = [{"suite": "native", "case": row[0], "target": engines.TARGET, "variant": row[1], "metric": metric,
                "value": round(row[column], 4), "unit": unit}
               for row in rows
               for metric, column, unit in (("instructions", 2, "instructions"), ("to_gcc_o2", 4, "ratio"), ("code", 5, "bytes"),
                                            ("bytes_to_gcc_os", 6, "ratio"),
                                            ("compile_instructions_per_bpf_instruction", 7, "ratio"))]
        out += [{"suite": "native", "case": "geometric_mean", "target": engines.TARGET, "variant": variant, "metric": metric,
                 "value": round(value, 4), "unit": "ratio"} for (variant, metric), value in means.items()]
        out.append({"suite": "native", "case": "generator", "target": engines.TARGET, "variant": "", "metric": "code",
                    "value": generator_bytes(), "unit": "bytes"})
        json.dump(out, sys.stdout, indent=1)
        print()
        return 0
    print("%-14s %-9s %12s %8s %7s %11s %11s %15s" % ("program", "variant", "instructions", "gcc -O2", "ratio", "code bytes",
                                                       "to gcc -Os", "compile / insn"))
    for variant in reversed(VARIANTS):
        for row in rows:
            if row[1] == variant:
                print("%-14s %-9s %12d %8d %7.2f %11d %11.2f %15.0f" % row)
        print("%-14s %-9s %12s %8s %7.2f %11s %11.2f %15.0f" % ("geomean", variant, "", "", means[variant, "to_gcc_o2"], "",
                                                                means[variant, "bytes_to_gcc_os"], means[variant, metrics[2][0]]))
    print("generator: %d bytes of code" % generator_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
