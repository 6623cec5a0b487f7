# SPDX-License-Identifier: Apache-2.0
"""A board in QEMU for a test: started with free UDP ports, ready when its console says so, always ended."""
import os
import shutil
import socket
import subprocess
import threading
import time

SOURCE = os.environ.get("PERDITA_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BOARD = os.environ.get("PERDITA_BOARD", "mps2-an385")
FIRMWARE = os.environ.get("PERDITA_FIRMWARE", os.path.join(SOURCE, "build", BOARD, "bin", "firmware.elf"))
READY = "perdita ready"


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_s=60):
    """What `condition` gives once it gives something. The time is for machines under load; nothing may depend on it."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen within %d s" % timeout_s)
        time.sleep(0.05)


def described(board=BOARD):
    """What boards/common/emulator.md says of a board, by key."""
    with open(os.path.join(SOURCE, "boards", board, "emulator"), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" ", 1) for line in file if not line.startswith("#"))


def command(firmware, *more):
    """QEMU with this board and firmware, its console on standard output."""
    return [*described()["machine"].split(), "-display", "none", "-monitor", "none", "-serial", "stdio", "-kernel", firmware,
            *os.environ.get("PERDITA_EMULATOR_ARGUMENTS", "").split(), *more]


def missing():
    """What is not there to run the board's firmware with; empty: nothing."""
    if not os.path.exists(FIRMWARE):
        return "no firmware: script/build %s makes %s" % (BOARD, FIRMWARE)
    qemu = described()["machine"].split()[0]
    return "" if shutil.which(qemu) else "no " + qemu


class Emulator:
    """with Emulator() as board: … board.coap_port, board.packet_port, board.console()"""

    def __init__(self, firmware=FIRMWARE):
        self.firmware = firmware
        self._lines = []
        self._changed = threading.Condition()
        self._process = None

    def __enter__(self):
        # A port found free may be taken before QEMU binds it: then it ends at once, and other ports are tried.
        for _ in range(5):
            if self._start():
                return self
        raise RuntimeError("QEMU does not start: " + self.console())

    def __exit__(self, *_):
        self._end()

    def _start(self):
        self.coap_port, self.packet_port = free_udp_port(), free_udp_port()
        self._lines.clear()
        self._ended = False
        network = "%s,hostfwd=udp:127.0.0.1:%d-:5683,hostfwd=udp:127.0.0.1:%d-:7777" % (
            described()["network"], self.coap_port, self.packet_port)
        self._process = subprocess.Popen(
            command(self.firmware, *network.split()), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        try:
            self.wait_for(READY, 30)
            return True
        except (TimeoutError, RuntimeError):
            self._end()
            return False

    def _end(self):
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join()  # it has the console to the end
        self._process.stdout.close()
        self._process = None

    def _read(self, process):
        for line in process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, text, timeout_s):
        """The first console line that holds `text`."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for line in self._lines:
                    if text in line:
                        return line
                    if "perdita cannot start" in line:
                        raise RuntimeError("\n".join(self._lines))
                if self._ended:  # and all that it said is in the lines
                    raise RuntimeError("QEMU ended: " + "\n".join(self._lines))
                if not self._changed.wait(max(0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError("no '%s' on the console: %s" % (text, "\n".join(self._lines)))

    def console(self):
        with self._changed:
            return "\n".join(self._lines)

    def uri(self, path=""):
        return "coap://127.0.0.1:%d/%s" % (self.coap_port, path)
