"""The signed login of firmware 7.18 and later: challenge, RSA signature with SHA-1 (facts 2)."""

import base64
import hashlib
import secrets

# DigestInfo of SHA-1 in PKCS#1 v1.5.
SHA1_PREFIX = bytes.fromhex("3021300906052b0e03021a05000414")

PublicKey = tuple[int, int]
"""Modulus and exponent."""


def new_challenge() -> str:
    return secrets.token_hex(16)


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
