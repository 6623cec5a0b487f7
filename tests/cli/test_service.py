# SPDX-License-Identifier: Apache-2.0
"""`perdita serve` over real HTTP: its API against its document, many clients at a time, and a store that outlives kill -9."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import threading
import time
import unittest
import urllib.parse

from perdita import CommandTest, run
from service import Service


class ServiceTest(CommandTest):
    def setUp(self):
        self.store = self.path(self.id() + ".sqlite")

    def service(self, *more):
        service = Service(self.store, self.key, self.platform, *more).__enter__()
        self.addCleanup(service.__exit__)
        return service

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(self.store)) as database, database:
            return database.execute(sql).fetchall()


class Api(ServiceTest):
    def test_the_way_of_a_package(self):
        service = self.service()
        counter = self.read("counter.o")
        status, headers, body = service.ask("POST", "/v1/verify", counter)
        self.assertEqual((status, headers["Perdita-Cache"]), (200, "miss"))
        local = self.must("--json", "verify", self.path("counter.o"), "--platform", self.platform).json()
        verdict = json.loads(body)
        for prog in verdict["programs"] + local["programs"]:
            del prog["seconds"], prog["peak_kib"]
        self.assertEqual(verdict, local)
        self.assertEqual(service.ask("POST", "/v1/verify", counter)[1]["Perdita-Cache"], "hit")

        status, headers, package = service.ask("POST", "/v1/packages?name=counter&sequence=7", counter)
        self.assertEqual(status, 201)
        digest = hashlib.sha256(package).hexdigest()
        self.assertEqual(headers["Location"], "/v1/packages/" + digest)
        self.must("seal", self.path("counter.o"), "--platform", self.platform, "--key", self.key, "--sequence", "7", "-o", self.path("own"))
        self.assertEqual(self.read("own"), package)  # the command signs the same bytes
        status, headers, fetched = service.ask("GET", headers["Location"])
        self.assertEqual((status, fetched), (200, package))
        self.assertIn("immutable", headers["Cache-Control"])
        self.assertEqual(service.ask("GET", "/v1/packages/" + digest, headers={"If-None-Match": headers["ETag"]})[0], 304)
        self.assertEqual(service.ask("HEAD", "/v1/packages/" + digest)[2], b"")
        described = json.loads(service.ask("POST", "/v1/packages?name=counter&sequence=7", counter, {"Accept": "application/json"})[2])
        self.assertEqual((described["digest"], described["bytes"]), (digest, len(package)))
        self.assertEqual(self.rows("SELECT package, name, sequence FROM signed"), [(digest, "counter", "7")] * 2)
        self.assertEqual(json.loads(service.ask("GET", "/v1/health")[2])["signings"], 2)

    def test_machine_code_is_the_commands_own(self):
        """For every target: the same bytes as `perdita seal --target`, described, stored and logged."""
        service = self.service()
        counter = self.read("counter.o")
        image = self.must("--json", "compile", self.path("counter.o"), "--platform", self.platform, "-o", self.path("b.image")).json()["digest"]
        signed = []
        for target in ("armv7m", "rv32imc", "xtensa", "bytecode"):
            out = self.path(target + ".package")
            sealed = run("--json", "seal", self.path("counter.o"), "--platform", self.platform, "--key", self.key, "--sequence", "7",
                         "--target", target, "-o", out)
            query = "/v1/packages?name=counter&sequence=7&target=" + target
            status, headers, package = service.ask("POST", query, counter)
            if sealed.code == 2:  # no generator for it in this version
                self.assertEqual((target, status, json.loads(package)["code"]), ("xtensa", 400, "not-there-yet"))
                continue
            self.assertEqual((status, package), (201, self.read(target + ".package")), target)
            location = headers["Location"]
            described = json.loads(service.ask("POST", query, counter, {"Accept": "application/json"})[2])
            self.assertEqual(json.loads(service.ask("GET", location, headers={"Accept": "application/json"})[2]), described)
            self.assertEqual(service.ask("GET", location)[2], package)
            for key, value in described.items():
                if key != "location":
                    self.assertEqual(sealed.json()[key], value, key)
            content = {key: described[key] for key in ("target", "programs", "native")}
            self.assertEqual(content["target"], target)
            signed += [(target, content)] * 2
            if target == "bytecode":
                self.assertIsNone(content["native"])
                self.assertEqual(service.ask("POST", "/v1/packages?name=counter&sequence=7", counter)[2], package)
                signed.append((target, content))
                continue
            self.assertEqual(content["native"]["bytecode"], image)
            held = self.must("--json", "inspect", out).json()["image"]
            self.assertEqual({key: content["native"][key] for key in held["native"]}, held["native"])
            # What the verdict said of the program.
            verdict = json.loads(service.ask("POST", "/v1/verify?target=" + target, counter)[2])["programs"][0]
            self.assertTrue(all(engine.startswith(target + "/") for engine in verdict["bounds"]["machine_instructions"]))
            engine = target + "/native"
            prog = content["programs"][0]
            self.assertEqual(verdict["code_bytes"], {engine: prog["code_bytes"]})
            self.assertEqual(prog["bounds"]["machine_instructions"], {engine: verdict["bounds"]["machine_instructions"][engine]})
            self.assertEqual(prog["bounds"]["instructions"], verdict["bounds"]["instructions"])
        logged = self.rows("SELECT target, content FROM signed ORDER BY number")
        self.assertEqual([(target, json.loads(content)) for target, content in logged], signed)
        for path in ("/v1/packages?name=a&target=z80", "/v1/packages?name=a&target=armv6m", "/v1/verify?target=bytecode", "/v1/verify?target=z80"):
            status, _, answer = service.ask("POST", path, counter)
            self.assertEqual(status, 400, path)
            self.assertTrue(json.loads(answer)["have" if "verify" in path or "armv6m" in path else "need"], answer)
        rejected = service.ask("POST", "/v1/packages?name=bad&target=armv7m", self.read("out_of_bounds.o"))
        self.assertEqual((rejected[0], json.loads(rejected[2])["code"]), (422, "verdict-rejected"))
        self.assertEqual(len(self.rows("SELECT 1 FROM signed")), len(signed))

    def test_what_is_refused_is_explained(self):
        service = self.service("--max-object-kib", "64")
        bad = self.read("out_of_bounds.o")
        cases = [
            ("POST", "/v1/packages?name=bad", bad, 422, "verdict-rejected"),
            ("POST", "/v1/packages", bad, 400, "query-wrong"),
            ("POST", "/v1/packages?name=a&nonsense=1", bad, 400, "query-wrong"),
            ("POST", "/v1/packages?name=a&vendor=x", bad, 400, "uuid-malformed"),
            ("POST", "/v1/verify", b"", 400, "query-wrong"),
            ("POST", "/v1/verify", b"x" * (65 * 1024), 413, "http-refused"),
            ("GET", "/v1/packages/" + "0" * 64, None, 404, "no-such-package"),
            ("GET", "/v1/packages/../../etc/passwd", None, 400, "query-wrong"),
            ("GET", "/nowhere", None, 404, "no-such-resource"),
            ("DELETE", "/v1/packages/" + "0" * 64, None, 405, "method-not-allowed")]
        for method, path, body, expected, code in cases:
            status, headers, answer = service.ask(method, path, body)
            self.assertEqual(status, expected, (method, path, answer))
            self.assertEqual(headers["Content-Type"], "application/problem+json", path)
            self.assertEqual(json.loads(answer)["code"], code, path)
        # The body is never taken for a form, whatever its type says.
        for kind in ("application/x-www-form-urlencoded", "application/octet-stream", "text/plain"):
            padded = self.read("counter.o") + b"&nonsense=1" + b"\0" * 20000
            self.assertEqual(service.ask("POST", "/v1/verify?name=a%2Eo", padded, {"Content-Type": kind})[0], 200, kind)
        status, _, answer = service.ask("POST", "/v1/verify", b"no object")
        self.assertEqual(status, 400)
        self.assertTrue(json.loads(answer)["code"])
        self.assertEqual(service.ask("POST", "/v1/verify", b"x", {"Content-Encoding": "gzip"})[0], 415)
        self.assertEqual(service.ask("POST", "/v1/verify", b"x", {"Content-Type": "multipart/form-data; boundary=x"})[0], 415)
        rejected = json.loads(service.ask("POST", "/v1/packages?name=bad", bad)[2])["verdict"]
        self.assertEqual(rejected["programs"][0]["verdict"], "rejected")
        self.assertEqual(self.rows("SELECT count(*) FROM signed"), [(0,)])
        self.assertEqual(self.rows("SELECT count(*) FROM artefact WHERE kind = 'package'"), [(0,)])

    def test_every_route_of_the_document_is_there(self):
        service = self.service()
        document = json.loads(service.ask("GET", "/v1/openapi.json")[2])
        counter = self.read("counter.o")
        good = {"/v1/packages": "?name=counter"}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                asked = path.replace("{sha256}", "0" * 64) + (good.get(path, ""))
                status, headers, _ = service.ask(method.upper(), asked, counter if method == "post" else None)
                self.assertIn(str(status), operation["responses"], path)
                self.assertLess(status, 500, path)
                content = operation["responses"][str(status)].get("content", {})
                self.assertIn(headers["Content-Type"], content, path)
                for other in {"PUT", "DELETE", "PATCH", "POST", "GET"} - {name.upper() for name in methods}:
                    self.assertEqual(service.ask(other, asked, b"x" if other != "GET" else None)[0], 405, (other, path))

    def test_bytes_that_are_no_http_do_not_stop_it(self):
        service = self.service()
        address = urllib.parse.urlparse(service.url)
        body = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
        smuggled = b"POST /v1/verify HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        with socket.create_connection((address.hostname, address.port), timeout=20) as peer:
            peer.sendall(smuggled)
            with peer.makefile("rb") as answers:
                self.assertEqual(answers.read().count(b"HTTP/1.1"), 1, "a refused body is no second request")
        for noise in (b"\r\n\r\n", b"GET\r\n\r\n", b"\0" * 4096, b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/verify HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                      b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"POST /v1/verify HTTP/1.1\r\nContent-Length: 10\r\n\r\nab"):
            with socket.create_connection((address.hostname, address.port), timeout=20) as peer:
                peer.sendall(noise)
        self.assertEqual(service.ask("GET", "/v1/health")[0], 200)

    def test_many_clients_at_a_time_get_the_same_bytes(self):
        service = self.service("--workers", "2")
        counter = self.read("counter.o")

        def one(number):
            if number % 3 == 0:
                return "verify", service.ask("POST", "/v1/verify", counter)
            return "package", service.ask("POST", "/v1/packages?name=counter&sequence=%d" % (1 + number % 2), counter)

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(one, range(24)))
        statuses = {(what, answer[0]) for what, answer in answers}
        # A machine under load may make some wait too long; nobody may get anything else.
        self.assertLessEqual(statuses, {("verify", 200), ("package", 201), ("verify", 503), ("package", 503)})
        self.assertIn(("package", 201), statuses)
        packages = {answer[2] for what, answer in answers if what == "package" and answer[0] == 201}
        self.assertLessEqual(len(packages), 2)
        made = sum(1 for what, answer in answers if what == "package" and answer[0] == 201)
        self.assertEqual(self.rows("SELECT count(*) FROM signed"), [(made,)])

    def test_it_ends_when_told_and_frees_its_port(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            service = self.service()
            address = urllib.parse.urlparse(service.url)
            self.assertEqual(service.end(number), 0)
            with self.assertRaises(OSError):
                socket.create_connection((address.hostname, address.port), timeout=1)

    def test_what_it_cannot_start_with(self):
        author = self.path("author-%s.key" % self.id())
        self.must("key", "new", "author", "--role", "author", "-o", author)
        base = ["serve", "--listen", "127.0.0.1:0", "--store", self.store]
        for code, arguments in [
                ("key-role", base + ["--key", author, "--platform", self.platform]),
                ("store-unusable", ["serve", "--store", self.write("text.sqlite", b"text " * 100), "--key", self.key, "--platform", self.platform]),
                ("address-unusable", ["serve", "--listen", "nowhere", "--store", self.store, "--key", self.key, "--platform", self.platform]),
                ("address-unusable", ["serve", "--listen", "192.0.2.1:1", "--store", self.store, "--key", self.key, "--platform", self.platform]),
                ("serve-limits", base + ["--key", self.key, "--platform", self.platform, "--workers", "65"])]:
            self.refused(2, code, *arguments)
        service = self.service()
        taken = urllib.parse.urlparse(service.url).netloc
        self.refused(2, "address-unusable", "serve", "--listen", taken, "--store", self.path("x"), "--key", self.key, "--platform", self.platform)


class Command(ServiceTest):
    """The command as the service's client."""

    def test_an_unreachable_service_is_3_and_a_wrong_one_is_told(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            closed = "http://127.0.0.1:%d" % probe.getsockname()[1]
        deploy = ("deploy", self.path("counter.o"), "--to", "coap://127.0.0.1:9", "--sequence", "1", "--service")
        self.refused(3, "service-unreachable", *deploy, closed)
        self.refused(2, "service-url", *deploy, "ftp://127.0.0.1")
        service = self.service()
        done = run("deploy", self.path("out_of_bounds.o"), "--to", "coap://127.0.0.1:9", "--sequence", "1", "--service", service.url)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("out_of_bounds.bpf.c", done.err)


class Killed(ServiceTest):
    def test_the_store_is_whole_after_every_kill(self):
        """Clients keep asking while the service is killed; each package that anybody got is there after the restart."""
        counter = self.read("counter.o")
        got = {}
        sequence = 0
        for round_number in range(4):
            service = self.service("--workers", "2")
            stop = threading.Event()

            def client(first, service=service, stop=stop):
                number = first
                while not stop.is_set():
                    try:
                        status, _, body = service.ask("POST", "/v1/packages?name=counter&sequence=%d" % number, counter)
                    except (OSError, http.client.HTTPException):
                        return
                    if status == 201:
                        got[hashlib.sha256(body).hexdigest()] = body
                    number += 2

            before = len(got)
            clients = [threading.Thread(target=client, args=(sequence + 1 + i,)) for i in range(2)]
            for thread in clients:
                thread.start()
            deadline = time.monotonic() + 60
            while len(got) < before + 2 + round_number and time.monotonic() < deadline:
                time.sleep(0.01)  # until enough arrived that a kill falls into the middle of work
            service.process.kill()
            stop.set()
            for thread in clients:
                thread.join()
            service.process.wait()
            self.assertGreaterEqual(len(got), before + 2)
            sequence += 1000

        service = self.service()
        for digest, body in got.items():
            self.assertEqual(service.ask("GET", "/v1/packages/" + digest)[2], body)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        logged = {row[0] for row in self.rows("SELECT package FROM signed")}
        stored = {row[0] for row in self.rows("SELECT digest FROM artefact WHERE kind = 'package'")}
        self.assertEqual(logged, stored)  # signed and stored together, or neither
        self.assertLessEqual(set(got), logged)
        for digest, content in self.rows("SELECT digest, bytes FROM artefact"):
            self.assertEqual(hashlib.sha256(content).hexdigest(), digest)
        for sql in ("DELETE FROM signed", "UPDATE signed SET name = 'x'", "UPDATE artefact SET bytes = x''"):
            with self.assertRaises(sqlite3.IntegrityError):
                self.rows(sql)


if __name__ == "__main__":
    unittest.main(verbosity=2)
