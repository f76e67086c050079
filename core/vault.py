"""Keys, sealing and the estate's rotation: how templates and records are protected (D12, ISO/IEC 24745).

The vault is a folder: a master key (or one given by settings) wraps a data key per estate. From the data key come, by
HKDF, a sealing key (AES-256-GCM) and the seed of an orthogonal matrix. Embeddings are multiplied by that matrix right
after the model, at the gateway and at enrolment: scores are unchanged, two estates' templates cannot be linked, and a
renewed key makes old templates useless. A gateway's vault holds its own estate's key only.
"""

import os
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from core.errors import AnjuError
from core.ids import check_topic_id
from core.settings import Settings

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyMissing(AnjuError):
    """A key that is needed is not in the vault."""

    code = "key_missing"


class SealBroken(AnjuError):
    """Sealed bytes do not open under this estate's key: another key, another place, or changed bytes."""

    code = "seal_broken"


class WrappedKey(msgspec.Struct, frozen=True):
    """An estate's data key as it is stored: wrapped by the master key, bound to the estate's name and version."""

    estate: str
    version: int
    wrapped: bytes


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def _write_private(path: Path, content: bytes) -> None:
    """Create `path` readable by its owner alone; never overwrites (a lost key cannot be made again)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - mode
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        temporary.unlink()


@lru_cache(maxsize=64)
def _rotation(seed: bytes, dim: int) -> NDArray[np.float32]:
    """Orthogonal (dim, dim) float32, uniform (Haar), the same for a seed on every machine and numpy.

    Normals come from the AES-CTR key stream by Box and Muller, then QR with the signs of R's diagonal (Mezzadri 2007).
    """
    stream = Cipher(AES(seed), CTR(bytes(16))).encryptor().update(bytes(16 * dim * dim))
    words = np.frombuffer(stream, "<u8").reshape(2, dim, dim)
    uniform = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53 + 2.0**-54
    normal = np.sqrt(-2.0 * np.log(uniform[0])) * np.cos(2.0 * np.pi * uniform[1])
    q, r = np.linalg.qr(normal)
    matrix = np.ascontiguousarray((q * np.sign(np.diagonal(r))).astype(np.float32))
    matrix.setflags(write=False)
    return matrix


class EstateKey:
    """What one estate's data key can do. Never printed, never pickled."""

    def __init__(self, estate: str, version: int, key: bytes) -> None:
        self.estate = estate
        self.version = version
        self._aead = AESGCM(_derive(key, f"anju/seal/{estate}/{version}"))
        self._seed = _derive(key, f"anju/rotation/{estate}/{version}")

    def __repr__(self) -> str:
        return f"EstateKey({self.estate!r}, version={self.version})"

    def seal(self, plain: bytes, place: str) -> bytes:
        """`plain` encrypted and bound to `place` (what and whose it is): nonce, ciphertext, tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The bytes sealed for `place`; raises SealBroken."""
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                f"小区{self.estate}的加密数据无法解开。",
                f"Sealed data of estate {self.estate} cannot be opened.",
                mend_zh="请检查密钥是否属于本小区和当前版本。",
                mend_en="Check that the key belongs to this estate and version.",
            ) from error

    def rotation(self, dim: int) -> NDArray[np.float32]:
        """The estate's orthogonal matrix (dim, dim) float32, read-only."""
        return _rotation(self._seed, dim)

    def rotate(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Protected embeddings: (n, d) float32 in, (n, d) float32 out, norms and inner products kept."""
        return embeddings @ self.rotation(embeddings.shape[-1])


class Vault:
    """The folder of keys."""

    def __init__(self, folder: Path, master: bytes) -> None:
        self._folder = folder
        self._master = AESGCM(_derive(master, "anju/wrap"))
        self._keys: dict[str, EstateKey] = {}

    @classmethod
    def open(cls, settings: Settings) -> "Vault":
        """The vault of the settings; the master key is made at the very first start."""
        folder = settings.keys_dir
        if settings.master_key is not None:
            return cls(folder, bytes.fromhex(settings.master_key.get_secret_value()))
        path = folder / "master.key"
        if not path.exists():
            _write_private(path, os.urandom(KEY_BYTES).hex().encode())
        return cls(folder, bytes.fromhex(path.read_text()))

    def _path(self, estate: str) -> Path:
        return self._folder / "estates" / f"{check_topic_id(estate, 'estate')}.key"

    def create(self, estate: str) -> EstateKey:
        """The estate's key, made if it has none."""
        path = self._path(estate)
        if not path.exists():
            nonce = os.urandom(NONCE_BYTES)
            wrapped = nonce + self._master.encrypt(nonce, os.urandom(KEY_BYTES), f"{estate}/1".encode())
            _write_private(path, msgspec.msgpack.encode(WrappedKey(estate, 1, wrapped)))
        return self.estate(estate)

    def estate(self, estate: str) -> EstateKey:
        """The estate's key; raises KeyMissing, or SealBroken under another master key."""
        if estate in self._keys:
            return self._keys[estate]
        try:
            stored = msgspec.msgpack.decode(self._path(estate).read_bytes(), type=WrappedKey)
        except FileNotFoundError as error:
            raise KeyMissing(
                f"密钥库中没有小区{estate}的密钥。",
                f"The vault has no key of estate {estate}.",
                mend_zh="请从服务器导出该小区的密钥到本机密钥库。",
                mend_en="Copy the estate's key from the server's vault.",
            ) from error
        place = f"{stored.estate}/{stored.version}".encode()
        try:
            key = self._master.decrypt(stored.wrapped[:NONCE_BYTES], stored.wrapped[NONCE_BYTES:], place)
        except InvalidTag as error:
            raise SealBroken(
                f"小区{estate}的密钥与主密钥不符。",
                f"The key of estate {estate} was wrapped by another master key.",
                mend_zh="请恢复原来的主密钥。",
                mend_en="Restore the master key it was made with.",
            ) from error
        self._keys[estate] = EstateKey(estate, stored.version, key)
        return self._keys[estate]
