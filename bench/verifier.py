# SPDX-License-Identifier: Apache-2.0
"""bench/verifier.py [--json]: precision on examples/ and on the verifier's test programs, the probes of the notes on other
verifiers, how time and memory grow, and where this machine's kernel takes programs, its verifier's time in the same run.
Times are of this machine; verdicts and bounds repeat exactly."""
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OBJECTS = ROOT / "build/bench/objects"
LINUX_OBJECTS = ROOT / "build/bench/linux-objects"
GOAL = 0.8  # of the kernel's time


def compile_programs(objects, folders):
    objects.mkdir(parents=True, exist_ok=True)
    for old in objects.glob("*.o"):
        old.unlink()
    triple = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
    for folder in folders:
        for source in sorted((ROOT / folder).glob("*.bpf.c")):
            subprocess.run(["clang-19", "-target", "bpf", "-mcpu=v3", "-g", "-O2", "-ffreestanding", f"-I{ROOT}/include",
                            f"-I{ROOT}/examples/demo", "-isystem", f"/usr/include/{triple}", "-c", source, "-o",
                            objects / (source.name.split(".")[0] + ".o")], check=True)


def table(rows, columns):
    lines = [[name for name, _ in columns]] + [[show(row) for _, show in columns] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        print("  ".join(text.ljust(widths[i]) if i == 0 else text.rjust(widths[i]) for i, text in enumerate(line)).rstrip())
    print()


def field(name, form="{}"):
    return lambda row: form.format(row[name]) if name in row else ""


def print_kernel(rows):
    print("Our time and the kernel's, on programs for Linux that both accept")
    for row in rows:
        if "skipped" in row:
            print(f"skipped: {row['skipped']}\n")
            return
    table(rows, [("program", field("name")), ("n", field("size", "{:,}")), ("insns", field("instructions", "{:,}")),
                 ("µs", field("us", "{:,.0f}")), ("kernel µs", field("kernel_us", "{:,.0f}")), ("ratio", field("ratio", "{:.2f}")),
                 ("kernel walked", field("kernel_processed", "{:,}")), ("its load µs", field("kernel_load_us", "{:,.0f}"))])
    for kind, what in (("C", "programs in C"), ("generated", "generated programs"), ("growing", "programs made to grow"), ("", "in all")):
        of_kind = [row for row in rows if row["kind"].startswith(kind)]
        if of_kind:
            total = sum(row["us"] for row in of_kind) / max(sum(row["kernel_us"] for row in of_kind), 1)
            mean = math.exp(sum(math.log(max(row["ratio"], 1e-6)) for row in of_kind) / len(of_kind))
            above = sum(row["ratio"] > GOAL for row in of_kind)
            print(f"{what}: {total:.2f} of the kernel's time, {mean:.2f} by geometric mean; "
                  f"above {GOAL}: {above} of {len(of_kind)}")
    print()


def main():
    compile_programs(OBJECTS, ("examples", "tests/verifier/programs", "tests/precision"))
    compile_programs(LINUX_OBJECTS, ("tests/verifier/kernel", "tests/verifier/linux"))
    done = subprocess.run([ROOT / "build/host/bin/perdita_verifier_bench", OBJECTS, ROOT / "examples/demo/demo.platform.h",
                           LINUX_OBJECTS, ROOT / "tests/platforms/linux"],
                          stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if "--json" in sys.argv:
        json.dump(rows, sys.stdout, indent=1)
        return 0
    cost = [("µs", field("us", "{:,.0f}")), ("µs/insn", field("us_per_instruction", "{:.2f}")),
            ("bytes/insn", field("bytes_per_instruction", "{:,.0f}"))]
    insns = ("insns", field("instructions", "{:,}"))
    verdict, bound = ("verdict", field("verdict")), ("bound", field("bound", "{:,}"))

    programs = [row for row in rows if row["table"] == "examples"]
    print("Programs in C (out_of_bounds, *_leak, *_used_after and *_out_of_bounds are there to be refused)")
    table(programs, [("program", field("name")), insns, verdict, bound, ("found", field("found", "{:,}")),
                     ("found/bound", lambda row: f"{row['found'] / row['bound']:.2f}" if row.get("found") else "")] + cost)
    accepted = [row for row in programs if row["verdict"] == "accept"]
    tight = [row for row in accepted if row.get("found", 0) * 2 >= row["bound"]]
    print(f"{len(accepted)} of {len(programs)} accepted; of {len(tight)} of these a search found at least half of the bound\n")

    probes = [row for row in rows if row["table"] == "probes"]
    print("Probes")
    table(probes, [("program", field("name")), insns, verdict, ("expected", field("expected")), bound] + cost)

    print("Growth")
    table([row for row in rows if row["table"] == "scaling"],
          [("family", field("name")), ("n", field("size", "{:,}")), insns, verdict, bound] + cost)
    print_kernel([row for row in rows if row["table"] == "kernel"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
