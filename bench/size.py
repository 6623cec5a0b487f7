#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How much flash and RAM each part of a firmware takes, read from the linker's map; and what an installed package takes.

    bench/size.py [--board BOARD]... [--configuration default] [--json]

Without a board: every one that is built, and mps2-an385 in any case.

Flash: code, constants and the initial values of variables. RAM: variables and the stack. The memory that the application
hands to the runtime and to the control plane is counted as the application's: it chooses how much. `perdita` is what
Perdita itself takes: runtime, wire and isa, without network, crypto, control plane and application. An instance is a package
of one program with one subprogram, installed on the emulated board: what it takes of the runtime's memory beside stack, maps and
image, headers of blocks included (boards/common/tests/instance_test.cc).
"""
import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FLASH_ONLY = {".vectors", ".text", ".ARM.exidx"}
BOTH = {".data"}  # in RAM, with its initial values in flash
RAM_ONLY = {".bss", ".stack"}
# A part is the first whose pattern is found in the path of the object that a piece comes from.
PARTS = [
    ("runtime", re.compile(r"libperdita_runtime\.a")),
    ("wire", re.compile(r"libperdita_wire\.a")),
    ("isa", re.compile(r"libperdita_isa\.a")),
    ("control", re.compile(r"libperdita_control\.a")),
    ("network", re.compile(r"liblwip\.a|/(network|ethernet)\.cc\.obj")),
    ("crypto", re.compile(r"libsodium\.a|/crypto\.cc\.obj")),
    ("toolchain", re.compile(r"libgcc\.a|libc\.a|crt\w*\.o|/(memory|atomics|arithmetic_routines)\.cc\.obj")),
    ("application", re.compile(r"\.obj")),
]
PERDITA = ("runtime", "wire", "isa")
OUTPUT = re.compile(r"^(\.[\w.]+)(?:\s+0x[0-9a-f]+\s+(0x[0-9a-f]+).*)?$")
BOARDS = sorted(os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(ROOT, "boards", "*", "emulator")))
FIRST_BOARD = "mps2-an385"  # on which an instance is counted: its size is that of any machine with 32-bit pointers
INSTANCE = os.path.join(ROOT, "build", FIRST_BOARD, "bin", "instance_test.elf")
MOST_INSTANCE_BYTES = 256
# An input section; a long name has its numbers on the next line.
INPUT = re.compile(r"^ (?:\.\S+|COMMON)?\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+([^\s0].*)$")


def part_of(path):
    return next((name for name, pattern in PARTS if pattern.search(path)), "padding")


def read_map(lines):
    """Bytes by (part, output section), and bytes of each output section as a whole."""
    found, totals, output, awaits_size = [], {}, None, False
    in_map = False
    for line in lines:
        in_map = in_map or line.startswith("Linker script and memory map")
        if not in_map:
            continue
        head = OUTPUT.match(line)
        if head:
            output, awaits_size = head.group(1), head.group(2) is None
            if head.group(2):
                totals[output] = int(head.group(2), 16)
            continue
        if awaits_size and output:
            numbers = re.match(r"^\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)", line)
            if numbers:
                totals[output] = int(numbers.group(1), 16)
            awaits_size = False
            continue
        piece = INPUT.match(line)
        if piece and output in FLASH_ONLY | BOTH | RAM_ONLY and int(piece.group(2), 16) > 0:
            found.append((int(piece.group(1), 16), int(piece.group(2), 16), part_of(piece.group(3)), output))
    # Strings that several objects share are listed with each of them: a piece ends where the next one begins.
    pieces = collections.Counter()
    found.sort()
    for (address, size, part, output), following in zip(found, found[1:] + [(sys.maxsize,)]):
        pieces[part, output] += min(size, following[0] - address)
    return pieces, totals


def sizes(pieces, totals):
    """(flash, ram) of each part; `stack` and `padding` make the sum that of the output sections."""
    flash, ram = collections.Counter(), collections.Counter()
    for (part, output), size in pieces.items():
        if output in FLASH_ONLY | BOTH:
            flash[part] += size
        if output in RAM_ONLY | BOTH:
            ram[part] += size
    ram["stack"] += totals.get(".stack", 0)
    total_flash = sum(totals.get(name, 0) for name in FLASH_ONLY | BOTH)
    total_ram = sum(totals.get(name, 0) for name in RAM_ONLY | BOTH)
    flash["padding"] = total_flash - sum(size for part, size in flash.items() if part != "padding")
    ram["padding"] = total_ram - sum(size for part, size in ram.items() if part != "padding")
    names = [name for name, _ in PARTS] + ["stack", "padding"]
    rows = [(name, flash[name], ram[name]) for name in names]
    rows.append(("perdita", sum(flash[name] for name in PERDITA), sum(ram[name] for name in PERDITA)))
    rows.append(("total", total_flash, total_ram))
    return rows


def instance_bytes():
    """What the test firmware counted, or None where there is no emulator, or it says that something is wrong."""
    command = ["timeout", "30", "qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "stdio",
               "-nic", "none", "-kernel", INSTANCE]
    counted = None
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as board:
            for line in board.stdout:
                if line.startswith("instance: all "):
                    counted = int(line.split()[-1])
                if line.startswith("instance: done"):
                    counted = counted if line.strip() == "instance: done" else None
                    break
            board.terminate()
    except OSError:
        return None
    return counted


def map_of(board):
    return os.path.join(ROOT, "build", board, "bin", "firmware.map")


def target_of(board):
    with open(os.path.join(ROOT, "boards", board, "emulator"), encoding="utf-8") as file:
        return next(line.split()[1] for line in file if line.startswith("target "))


def sizes_of(board):
    with open(map_of(board), encoding="utf-8") as file:
        pieces, totals = read_map(line.rstrip("\n") for line in file)
    if not totals.get(".text") or not totals.get(".bss") or not any(part == "runtime" for part, _ in pieces):
        raise ValueError("%s is no map of a Perdita firmware" % map_of(board))
    return sizes(pieces, totals)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", action="append", choices=BOARDS)
    parser.add_argument("--configuration", default="default")
    parser.add_argument("--json", action="store_true", help="rows as in the suite 'size' of the benchmarks")
    arguments = parser.parse_args()
    boards = arguments.board or [name for name in BOARDS if name == FIRST_BOARD or os.path.exists(map_of(name))]
    try:
        tables = {board: sizes_of(board) for board in boards}
    except (OSError, ValueError) as error:
        print("size: error: %s: script/build makes it" % error, file=sys.stderr)
        return 2
    instance = instance_bytes()
    if instance is None:
        print("size: error: %s did not count an instance: ctest --preset host -R board_instance says why" % INSTANCE, file=sys.stderr)
        return 2
    if arguments.json:
        rows = [(target_of(board), part, metric, value) for board, table in tables.items() for part, flash, ram in table
                for metric, value in (("flash", flash), ("ram", ram))]
        rows.append((target_of(FIRST_BOARD), "instance", "ram", instance))
        json.dump([{"suite": "size", "case": part, "target": target, "variant": arguments.configuration, "metric": metric,
                    "value": value, "unit": "bytes"} for target, part, metric, value in rows], sys.stdout, indent=1)
        print()
        return 0
    print("%-12s" % "" + "".join(" %17s" % board for board in tables))
    print("%-12s" % "part" + " %8s %8s" % ("flash", "ram") * len(tables))
    for rows in zip(*tables.values()):
        print("%-12s" % rows[0][0] + "".join(" %8d %8d" % (flash, ram) for _, flash, ram in rows))
    print("\nan instance beside stack, maps and image: %d of at most %d bytes of the runtime's memory" %
          (instance, MOST_INSTANCE_BYTES))
    return 0 if instance <= MOST_INSTANCE_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
