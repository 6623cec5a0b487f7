# SPDX-License-Identifier: Apache-2.0
"""`perdita serve` for a test: started on a free port, ready when it says so, always ended."""
import signal
import subprocess
import urllib.error
import urllib.request

from perdita import ENVIRONMENT, PERDITA


class Service:
    """with Service(store, key, platform) as service: … service.url"""

    def __init__(self, store, key, platform, *more):
        self.arguments = [PERDITA, "serve", "--listen", "127.0.0.1:0", "--store", store, "--key", key, "--platform", platform, *more]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(line + self.process.stderr.read())
        self.url = line.split()[-1]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def ask(self, method, path, body=None, headers=None):
        """Status, headers, body; whatever the status."""
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
