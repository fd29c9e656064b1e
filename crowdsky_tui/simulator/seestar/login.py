"""The signed login of firmware 7.18 and later: challenge, RSA signature with SHA-1.

Source: docs/design/seestar-protocol.md 2.
"""

import base64
import hashlib
import os
import secrets
from pathlib import Path

# DigestInfo of SHA-1 in PKCS#1 v1.5.
SHA1_PREFIX = bytes.fromhex("3021300906052b0e03021a05000414")

KEY_BITS = 1024  # as the real one

PublicKey = tuple[int, int]
"""Modulus and exponent."""


def new_challenge() -> str:
    """A random text that a client must sign."""
    return secrets.token_hex(16)


def make_key(path: Path) -> PublicKey:
    """Write a new private key to `path`, readable for its owner only; returns the public half."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    numbers = key.public_key().public_numbers()
    return numbers.n, numbers.e


def signature_is_valid(key: PublicKey, challenge: str, signature: str) -> bool:
    """Whether `signature` (base64) is the key owner's over the challenge's UTF-8 bytes."""
    modulus, exponent = key
    size = (modulus.bit_length() + 7) // 8
    digest = SHA1_PREFIX + hashlib.sha1(challenge.encode(), usedforsecurity=False).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    try:
        signed = int.from_bytes(base64.b64decode(signature, validate=True), "big")
    except ValueError:
        return False
    return pow(signed, exponent, modulus).to_bytes(size, "big") == expected
