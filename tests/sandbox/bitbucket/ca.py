"""A throwaway certificate authority, made with the openssl program.

`Authority` lives in one folder: ``ca.pem`` is what clients trust.  The key of
the CA never leaves the folder, and the folder goes with the sandbox.
"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes")
CA_CONFIG = """\
[ca]
default_ca = here
[here]
database = {folder}/{name}.index
serial = {folder}/{name}.serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def openssl(*words: str) -> None:
    """Run the openssl program; raises CalledProcessError with its output."""
    subprocess.run(("openssl", *words), check=True, capture_output=True,
                   stdin=subprocess.DEVNULL)


class Authority:
    """One CA and the certificates it signs."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        openssl("req", "-x509", *CURVE, "-keyout", str(self._key),
                "-out", str(self.certificate), "-days", "30",
                "-subj", f"/CN=Sandbox {name}",
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name: str, names: str = NAMES,
              dates: tuple[str, str] | None = None) -> ssl.SSLContext:
        """A server context with a new certificate.

        `dates` are notBefore and notAfter as YYYYMMDDHHMMSSZ; without them
        the certificate is good for thirty days.
        """
        request = self.folder / f"{name}.csr"
        key = self.folder / f"{name}.key"
        chain = self.folder / f"{name}.pem"
        openssl("req", "-new", *CURVE, "-keyout", str(key), "-out",
                str(request), "-subj", f"/CN={name}",
                "-addext", f"subjectAltName={names}",
                "-addext", "extendedKeyUsage=serverAuth")
        if dates is None:
            openssl("x509", "-req", "-in", str(request), "-CA",
                    str(self.certificate), "-CAkey", str(self._key),
                    "-CAcreateserial", "-days", "30", "-copy_extensions",
                    "copyall", "-out", str(chain))
        else:
            self._sign_with_dates(name, request, chain, dates)
        return server_context(chain, key)

    def _sign_with_dates(self, name: str, request: Path, chain: Path,
                         dates: tuple[str, str]) -> None:
        """Sign with `openssl ca`, which alone takes both dates."""
        config = self.folder / f"{name}.cnf"
        config.write_text(CA_CONFIG.format(folder=self.folder, name=name))
        (self.folder / f"{name}.index").write_text("")
        (self.folder / f"{name}.serial").write_text("1000\n")
        openssl("ca", "-batch", "-notext", "-config", str(config),
                "-cert", str(self.certificate), "-keyfile", str(self._key),
                "-startdate", dates[0], "-enddate", dates[1],
                "-in", str(request), "-out", str(chain))


def self_signed(folder: Path, name: str) -> ssl.SSLContext:
    """A server context whose certificate is signed by its own key."""
    key, chain = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", *CURVE, "-keyout", str(key), "-out", str(chain),
            "-days", "30", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={NAMES}")
    return server_context(chain, key)


def server_context(chain: Path, key: Path) -> ssl.SSLContext:
    """A context for the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def only_tls_1_1(context: ssl.SSLContext) -> ssl.SSLContext:
    """Make a context speak nothing newer than TLS 1.1."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
