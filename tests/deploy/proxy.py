"""nginx as `deploy/nginx/chat.conf` has it: only ports, certificate, logs and the nodes are others."""

import asyncio
import datetime as dt
import os
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.backing.process import answers, free_port
from tests.live.node import until

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "deploy" / "nginx" / "chat.conf"

# What Debian's own nginx.conf says around it. Root's workers stay root: nobody else can read the folder of a test.
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/main.log;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/chat.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    port: int
    plain_port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """For a client that knows its certificate and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))

    def written(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))


@asynccontextmanager
async def proxied(nginx: str, folder: Path, port: int, nodes: Sequence[int]) -> AsyncIterator[Proxy]:
    """In front of the nodes at these ports."""
    proxy = Proxy(port, free_port(), folder)
    certify(folder)
    (folder / "chat.conf").write_text(_placed(proxy, nodes))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    arguments = [nginx, "-p", str(folder), "-e", str(folder / "main.log"), "-c", str(folder / "nginx.conf")]
    checked = await asyncio.to_thread(subprocess.run, [*arguments, "-t"], capture_output=True, text=True)
    assert (checked.returncode, "[warn]" in checked.stderr) == (0, False), checked.stderr
    process = await asyncio.create_subprocess_exec(*arguments, stdin=subprocess.DEVNULL)
    try:
        await until(lambda: answers(proxy.port))
        yield proxy
    finally:
        process.terminate()
        await process.wait()


def _placed(proxy: Proxy, nodes: Sequence[int]) -> str:
    text = SAMPLE.read_text()
    replacements = {
        r"^ *listen \[::\].*\n": "",
        r"listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        r"listen 443 ": f"listen 127.0.0.1:{proxy.port} ",
        r"/etc/letsencrypt/live/chat.example.org/fullchain.pem": f"{proxy.folder}/certificate.pem",
        r"/etc/letsencrypt/live/chat.example.org/privkey.pem": f"{proxy.folder}/key.pem",
        r"/var/log/nginx": str(proxy.folder),
        r"^( *)server 127.0.0.1:8000 (.*);\n": "".join(f"server 127.0.0.1:{node} \\2;\n" for node in nodes),
    }
    for sought, placed in replacements.items():
        text, times = re.subn(sought, placed, text, flags=re.MULTILINE)
        assert times, f"{SAMPLE.name} has no {sought}"
    return text


def certify(folder: Path) -> None:
    """A certificate for 127.0.0.1 that nobody else believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    os.close(os.open(folder / "key.pem", os.O_CREAT, 0o600))
    (folder / "key.pem").write_bytes(secret)
