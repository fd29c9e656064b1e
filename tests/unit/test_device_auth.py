"""The user's key file: where it is looked for, and when it is refused."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from crowdsky_tui.base.errors import ExitCode, LoginNeeded
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.simulator.seestar.login import signature_is_valid

KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
OTHER = ec.generate_private_key(ec.SECP256R1())


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = KEY,
    form: PrivateFormat = PrivateFormat.PKCS8,
    secrecy: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, secrecy or NoEncryption())


def keep(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
async def test_both_forms_of_pem_sign_as_the_telescope_checks(
    tmp_path: Path, form: PrivateFormat
) -> None:
    path = keep(tmp_path / "key.pem", pem(form=form))
    key = await KeyFile(str(path), {}).read()
    numbers = KEY.public_key().public_numbers()
    for challenge in ("3f9c", "ünïcode", ""):
        signature = key.sign(challenge)
        assert len(base64.b64decode(signature)) == 128
        assert signature_is_valid((numbers.n, numbers.e), challenge, signature)
    assert str(numbers.n) not in repr(key)


async def test_the_places_are_tried_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "set": tmp_path / "set.pem",
        "variable": tmp_path / "variable.pem",
        "here": tmp_path / "here" / "seestar.pem",
        "ours": tmp_path / ".config" / "crowdsky-tui" / "seestar.pem",
        "theirs": tmp_path / ".seestarpy" / "seestar.pem",
    }
    keys = {}
    for name, path in places.items():
        keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        keep(path, pem(keys[name]))
    monkeypatch.chdir(tmp_path / "here")

    async def found(key_path: str, environment: dict[str, str]) -> str:
        key = await KeyFile(key_path, environment, home=tmp_path).read()
        signature = key.sign("x")
        for name, candidate in keys.items():
            numbers = candidate.public_key().public_numbers()
            if signature_is_valid((numbers.n, numbers.e), "x", signature):
                return name
        return "none"

    variable = {"SEESTAR_KEY_PATH": str(places["variable"])}
    assert await found(str(places["set"]), variable) == "set"
    assert await found("", variable) == "variable"
    for name in ("here", "ours", "theirs"):
        assert await found("", {}) == name
        places[name].unlink()
    with pytest.raises(LoginNeeded, match="wants a login") as caught:
        await found("", {})
    assert caught.value.exit_code == ExitCode.LOGIN_REFUSED


async def test_a_named_file_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    keep(tmp_path / ".seestarpy" / "seestar.pem", pem())
    missing = str(tmp_path / "gone.pem")
    for key_path, environment, source in (
        (missing, {}, "key_path"),
        ("", {"SEESTAR_KEY_PATH": missing}, "$SEESTAR_KEY_PATH"),
    ):
        with pytest.raises(LoginNeeded) as caught:
            await KeyFile(key_path, environment, home=tmp_path).read()
        assert source in caught.value.why
        assert missing in caught.value.why


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o644, 0o777])
async def test_a_file_that_others_can_use_is_refused_with_the_remedy(
    tmp_path: Path, mode: int
) -> None:
    path = keep(tmp_path / "my key.pem", pem(), mode)
    with pytest.raises(LoginNeeded) as caught:
        await KeyFile(str(path), {}).read()
    assert f"{mode:04o}" in caught.value.why
    assert caught.value.next_step == f"Run: chmod 600 '{path}'"


@pytest.mark.parametrize("mode", [0o600, 0o400])
async def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    path = keep(tmp_path / "key.pem", pem(), mode)
    assert (await KeyFile(str(path), {}).read()).sign("x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an RSA key"),
        (b"not a key at all", "not an RSA key"),
        (pem().replace(b"M", b"N"), "not an RSA key"),
        (pem(OTHER), "not an RSA key"),
        (pem(secrecy=BestAvailableEncryption(b"secret")), "passphrase"),
        (b"x" * 20_000, "not a key file"),
    ],
    ids=["empty", "text", "damaged", "another kind", "with a passphrase", "too long"],
)
async def test_what_is_no_key_is_said_without_quoting_it(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = keep(tmp_path / "key.pem", content)
    with pytest.raises(LoginNeeded) as caught:
        await KeyFile(str(path), {}).read()
    assert words in caught.value.why
    body = content.decode().splitlines()[1:-1]
    assert not any(line in f"{caught.value} {caught.value!r}" for line in body)
    assert caught.value.__cause__ is None


async def test_a_pipe_or_a_folder_in_its_place_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(LoginNeeded):
            await KeyFile(str(tmp_path / name), {}).read()
