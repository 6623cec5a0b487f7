# SPDX-License-Identifier: Apache-2.0
"""Changes an emulated board at random for as long as it is told, and holds it to a model after each change.

    soak.py SECONDS [SEED]

Packages come, are replaced, detached, attached and removed; old, cut and altered ones and noise are sent between; hooks
fire all the while. After each step the board must hold what the model holds; with nothing installed its memory must be
what it was at the start. Ends with a line of figures; exit code 1 at the first difference, with the seed and the steps
before it."""
import collections
import os
import random
import socket
import sys
import tempfile
import time

import cbor2

import signed
from coap import GET, Peer
from emulator import Emulator
from test_board import malformed

SOURCES = {"counter": ("counter.bpf.c", "counter_v2.bpf.c"), "filter": ("filter.bpf.c",), "blink": ("blink.bpf.c",),
           "watchdog": ("watchdog.bpf.c",), "wordcount": ("wordcount.bpf.c",)}


class Different(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Different(what)


class Soak:
    def __init__(self, board, folder, source):
        self.board, self.source, self.folder = board, source, folder
        self.peer = Peer(board.coap_port)
        self.sequence = collections.Counter()  # of the last package or order that was taken
        self.installed = {}
        self.attached = {}  # package -> whether its program is
        self.sealed = {}    # package -> bytes last taken
        self.last = ""
        self.steps = collections.Counter()
        for name, sources in SOURCES.items():
            for version, file in enumerate(sources):
                signed.run("build", os.path.join(signed.SOURCE, "examples", file), "-I",
                           os.path.join(signed.SOURCE, "examples", "demo"), "-o", self.object(name, version))
        self.empty = self.used()

    def object(self, name, version):
        return os.path.join(self.folder, "%d" % version, name + ".o")

    def read(self, path):
        reply, body = self.peer.get(path)
        expect(reply.text == "2.05", "GET %s: %s" % (path, reply.text))
        return cbor2.loads(body)

    def items(self, path):
        first, out = 0, []
        while True:
            reply, body = self.peer.get(path, "from=%d" % first)
            expect(reply.text == "2.05", "GET %s: %s" % (path, reply.text))
            page = cbor2.loads(body)
            out += page[1]
            if 2 not in page:
                return out
            first = page[2]

    def used(self):
        return self.read("device")[9][1]

    def send(self, data):
        reply = self.peer.post("packages", data)
        return reply.text, cbor2.loads(reply.payload)

    def seal(self, name, version, sequence):
        out = os.path.join(self.folder, "soak.package")
        signed.run("seal", self.object(name, version), "--platform", signed.PLATFORM, "--key", signed.KEY, "--name", name,
                   "--sequence", str(sequence), "-o", out)
        with open(out, "rb") as file:
            return file.read()

    # ---- steps ----

    def install(self):
        name = self.source.choice(list(SOURCES))
        data = self.seal(name, self.source.randrange(len(SOURCES[name])), self.sequence[name] + 1)
        code, report = self.send(data)
        if report[2] == "out_of_memory":  # an honest answer, and nothing changes
            return "did not fit"
        expect(code == "2.04", "install %s: %s %s" % (name, code, report))
        # A replaced program is attached only where it was; a new one is.
        self.sequence[name] += 1
        self.attached[name] = True
        self.sealed[name] = data
        self.installed[name] = self.sequence[name]
        return None

    def order(self, verb):
        if not self.attached:
            return "nothing there"
        name = self.source.choice(sorted(self.attached))
        done = signed.run("prog", verb, "coap://127.0.0.1:%d" % self.board.coap_port,
                          name if verb == "remove" else "%s/%s" % (name, self.prog_of(name)), "--key", signed.KEY,
                          check=False)
        unneeded = {"attach": self.attached[name], "detach": not self.attached[name], "remove": False}[verb]
        expect(done.returncode == (1 if unneeded else 0), "%s %s: exit %d %s" % (verb, name, done.returncode, done.stderr))
        if unneeded:
            return "refused"
        self.sequence[name] += 1
        if verb == "remove":
            del self.attached[name]
        else:
            self.attached[name] = verb == "attach"
        return None

    def attach(self):
        return self.order("attach")

    def detach(self):
        return self.order("detach")

    def remove(self):
        return self.order("remove")

    def old(self):
        if not self.sealed:
            return "nothing there"
        code, report = self.send(self.sealed[self.source.choice(sorted(self.sealed))])
        expect(code == "4.03" and report[2] == "old_sequence", "an old package: %s %s" % (code, report))
        return None

    def altered(self):
        if not self.sealed:
            return "nothing there"
        data = bytearray(self.sealed[self.source.choice(sorted(self.sealed))])
        bit = self.source.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        if self.source.randrange(3) == 0:
            data = data[:self.source.randrange(1, len(data))]
        code, _ = self.send(bytes(data))
        expect(code in ("4.01", "4.03", "4.13"), "an altered package: %s" % code)
        return None

    def noise(self):
        for index, data in enumerate(malformed(self.source, 50)):
            self.peer.send(data)
            if index % 10 == 9:
                with Peer(self.board.coap_port) as probe:
                    expect(probe.request(GET, "device").text == "2.05", "no answer after noise")
        self.peer.socket.close()
        self.peer = Peer(self.board.coap_port)
        return None

    def packets(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.board.packet_port))
            for _ in range(20):
                udp.send(self.source.choice((b"BAD", b"GOOD", b"some words to count")) * self.source.randrange(1, 40))
        return None

    # ---- the model ----

    def progs(self):
        return {prog[2]: prog for prog in self.items("progs")}

    def prog_of(self, package):
        return self.progs()[package][1]

    def check(self):
        packages = {package[1]: package[2] for package in self.items("packages")}
        expect(set(packages) == set(self.attached), "packages %s, expected %s" % (packages, self.attached))
        progs = self.progs()
        for name, attached in self.attached.items():
            expect(packages[name] == self.installed[name], "%s has number %d" % (name, packages[name]))
            expect(progs[name][4] == attached, "%s attached: %s" % (name, progs[name][4]))
            expect(progs[name][8] == 0, "%s has faults" % name)
        for name, sequence in self.sequence.items():
            floor = self.read("packages/" + name)[1]
            expect(floor == sequence, "%s has floor %d, expected %d" % (name, floor, sequence))
        if not self.attached:
            expect(self.used() == self.empty, "%d bytes in use, %d at the start" % (self.used(), self.empty))
        console = self.board.console()
        expect("restarting" not in console and "fault" not in console, "on the console:\n" + console)

    def step(self):
        kinds = (self.install, self.install, self.install, self.attach, self.detach, self.remove, self.remove, self.old,
                 self.altered, self.noise, self.packets)
        kind = self.source.choice(kinds)
        said = kind()
        self.last = kind.__name__
        self.steps[kind.__name__ + (" (%s)" % said if said else "")] += 1
        self.check()


def main():
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    if signed.missing():
        sys.exit("soak: error: cannot make signed packages without %s: run script/build first" % signed.missing())
    print("soak: %g seconds, seed %d" % (seconds, seed), flush=True)
    with tempfile.TemporaryDirectory() as folder, Emulator() as board:
        for version in range(2):
            os.mkdir(os.path.join(folder, "%d" % version))
        soak = Soak(board, folder, random.Random(seed))
        end, shown = time.monotonic() + seconds, time.monotonic()
        try:
            while time.monotonic() < end:
                soak.step()
                if time.monotonic() - shown > 10:
                    shown = time.monotonic()
                    print("soak: %d steps" % sum(soak.steps.values()), flush=True)
            while soak.attached:
                soak.remove()
                soak.check()
        except (Different, TimeoutError, RuntimeError) as error:
            print("soak: error: seed %d, after %s, the last %s: %s" % (seed, dict(soak.steps), soak.last, error), file=sys.stderr)
            sys.exit(1)
    print("soak: done: " + ", ".join("%d %s" % (count, kind) for kind, count in sorted(soak.steps.items())))


if __name__ == "__main__":
    main()
