"""Settings: everything an installation may choose, read from the environment (or a `.env` file) once, at the start.

Names are `ANJU_<FIELD>`; the three addresses that every operator knows keep their customary names. `docs/settings.md`
lists them; a test keeps it in step.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import AnjuError


class WrongSettings(AnjuError):
    """The environment holds a setting that cannot be used."""

    code = "wrong_settings"


class Settings(BaseSettings):
    """One installation's choices. Handed from the launcher to its services by environment."""

    model_config = SettingsConfigDict(
        env_prefix="ANJU_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    # Where things are
    var_dir: Path = Field(Path("var"), description="Everything the installation keeps: databases, queues, keys, logs")
    mqtt_url: str = Field(
        "mqtt://127.0.0.1:1883", validation_alias="MQTT_URL", description="Broker: mqtt://[user:password@]host:port"
    )
    redis_url: str = Field("redis://127.0.0.1:6379/0", validation_alias="REDIS_URL", description="Redis or Valkey")
    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        description="postgresql://user:password@host/name; empty: SQLite files under the var directory",
    )
    vault_dir: Path | None = Field(None, description="Keys; default: the folder keys under the var directory")
    master_key: SecretStr | None = Field(
        None, description="Master key, 64 hexadecimal digits; default: a file in the vault"
    )

    # Who does what
    estates: str = Field(
        "", description="Estates served by this worker, comma separated; empty: all that are registered"
    )
    shard: str = Field("s1", description="Name of the shard of the sightings log that this worker writes")

    # Recognition
    batch_max: int = Field(
        4, ge=1, le=64, description="Messages matched in one micro-batch at most; a message holds up to 64"
    )
    commit_max: int = Field(512, ge=1, le=4096, description="Sightings in one transaction at most")
    decision_life_ms: int = Field(5000, ge=500, le=30000, description="A decision older than this opens nothing")
    clock_slack_s: int = Field(300, ge=1, description="A device clock further off than this is reported as wrong")

    # Gateway
    device_port: int = Field(0, ge=0, le=65535, description="Port of the gateway's device link; 0: any free one")
    decide_alone_ms: int = Field(
        1500, ge=100, le=30000, description="Without an answer for so long the gateway decides"
    )
    policy_max_age_h: int = Field(72, ge=1, description="Past this age of its copy a gateway marks decisions as stale")
    outbox_max: int = Field(200_000, ge=50_000, description="Undelivered events kept by a gateway at least")

    # Occupancy
    sweep_s: float = Field(300.0, ge=0.2, description="Seconds between two sweeps of the rules")

    # Pages
    api_host: str = Field("127.0.0.1", description="Address the pages listen on")
    api_port: int = Field(8000, ge=0, le=65535, description="Port of the pages")
    session_hours: int = Field(10, ge=1, le=168, description="A sign-in ends after so many hours")
    secure_cookies: bool = Field(False, description="Send cookies over HTTPS only (set it behind TLS)")

    # Watching
    health_port: int = Field(
        0, ge=0, le=65535, description="Port of /health and /metrics of a service; 0: any free one"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged")
    log_format: Literal["json", "console"] = Field("json", description="One JSON object a line, or text for people")
    language: Literal["zh", "en"] = Field("zh", description="Language of letters and of messages to staff")

    @property
    def keys_dir(self) -> Path:
        """Where the vault's files are."""
        return self.vault_dir or self.var_dir / "keys"

    @property
    def estate_list(self) -> tuple[str, ...]:
        """The estates named in `estates`; empty for all."""
        return tuple(name for part in self.estates.split(",") if (name := part.strip()))


def load_settings() -> Settings:
    """The settings of this process; raises WrongSettings naming each wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in error.errors())
        raise WrongSettings(
            f"设置有误：{wrong}。",
            f"Wrong settings: {wrong}.",
            mend_zh="请按 docs/settings.md 修改环境变量或 .env 文件。",
            mend_en="Correct the environment or the .env file; see docs/settings.md.",
        ) from error
