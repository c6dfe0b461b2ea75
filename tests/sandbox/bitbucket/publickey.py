"""Public keys: one line of OpenSSH's format, taken apart."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

# UNCONFIRMED names of the security-key algorithms (FIDO2, since 8.13).
ALGORITHMS = {
    "ssh-rsa": "RSA",
    "ssh-dss": "DSA",
    "ssh-ed25519": "ED25519",
    "ecdsa-sha2-nistp256": "ECDSA",
    "ecdsa-sha2-nistp384": "ECDSA",
    "ecdsa-sha2-nistp521": "ECDSA",
    "sk-ssh-ed25519@openssh.com": "ED25519_SK",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA_SK",
}
BITS = {"ssh-ed25519": 256, "sk-ssh-ed25519@openssh.com": 256,
        "ecdsa-sha2-nistp256": 256, "ecdsa-sha2-nistp384": 384,
        "ecdsa-sha2-nistp521": 521, "sk-ecdsa-sha2-nistp256@openssh.com": 256}
ED25519_LENGTH = 32


class InvalidPublicKey(ValueError):
    """The text is not a public key in OpenSSH's format."""


@dataclass(frozen=True)
class PublicKey:
    """A public key: its type, its bytes and its comment."""

    kind: str
    blob: bytes
    comment: str
    bits: int

    @property
    def algorithm(self) -> str:
        """The name Bitbucket uses: RSA, ED25519, …"""
        return ALGORITHMS[self.kind]

    @property
    def sha256(self) -> str:
        """OpenSSH's fingerprint without ``SHA256:`` and without padding."""
        return bare_sha256(self.blob)

    @property
    def md5(self) -> str:
        """The old fingerprint, ``aa:bb:…`` without a prefix."""
        return hashlib.md5(self.blob).digest().hex(":")

    @property
    def line(self) -> str:
        """Type and base64, without the comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Take one line apart; raises InvalidPublicKey."""
        words = text.strip().split(None, 2)
        if len(words) < 2 or words[0] not in ALGORITHMS or "\n" in text.strip():
            raise InvalidPublicKey(text[:40])
        try:
            blob = base64.b64decode(words[1], validate=True)
            fields = wire_fields(blob)
        except (binascii.Error, struct.error) as problem:
            raise InvalidPublicKey(text[:40]) from problem
        if len(fields) < 2 or fields[0] != words[0].encode():
            raise InvalidPublicKey(text[:40])
        comment = words[2] if len(words) > 2 else ""
        return cls(words[0], blob, comment, bit_length(words[0], fields))


def bare_sha256(blob: bytes) -> str:
    """SHA-256 of a key's bytes in base64 without padding."""
    digest = hashlib.sha256(blob).digest()
    return base64.b64encode(digest).decode().rstrip("=")


def wire_fields(blob: bytes) -> list[bytes]:
    """The length-prefixed strings that an SSH public key consists of."""
    fields = []
    while blob:
        (length,) = struct.unpack_from(">I", blob)
        if len(blob) < 4 + length:
            raise struct.error("short field")
        fields.append(blob[4:4 + length])
        blob = blob[4 + length:]
    return fields


def bit_length(kind: str, fields: list[bytes]) -> int:
    """Size of the key in bits, as ``bitLength`` gives it."""
    if kind == "ssh-ed25519" and len(fields[1]) != ED25519_LENGTH:
        raise InvalidPublicKey("wrong length")
    if kind in BITS:
        return BITS[kind]
    modulus = fields[2] if kind == "ssh-rsa" and len(fields) > 2 else fields[1]
    return int.from_bytes(modulus, "big").bit_length()
