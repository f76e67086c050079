"""The services of an installation: the one list of what runs, how it is started and what it stops after."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from anju.launcher import probes
from anju.launcher.embedded import NATS, VALKEY
from anju.launcher.ports import LOOPBACK
from anju.launcher.spec import ServiceSpec
from core.settings import Settings

# One thread a product: BLAS threads of several services spin against each other on a small machine.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
API, RECOGNITION, OCCUPANCY, GATEWAY = "api", "recognition", "occupancy", "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of service.

    Args:
        name: What `anju service NAME` and docker-compose.yml call it.
        module: Run as `python -m MODULE`.
        needs: The parts and services it starts after and stops before.
    """

    name: str
    module: str
    needs: tuple[str, ...]


# A gateway stops first: what it still hands over at its end is then still decided and kept.
SERVICES = {
    service.name: service
    for service in (
        Service(name=RECOGNITION, module="recognition", needs=(NATS, VALKEY)),
        Service(name=OCCUPANCY, module="occupancy", needs=(NATS, VALKEY)),
        Service(name=API, module="anju.api_service", needs=(NATS, VALKEY)),  # wires the gateway's recogniser in
        Service(name=GATEWAY, module="gateway", needs=(NATS, VALKEY, RECOGNITION)),
    )
}


def command(name: str, *arguments: str) -> tuple[str, ...]:
    """The command line of a service; raises KeyError for one that is not listed."""
    return (sys.executable, "-m", SERVICES[name].module, *arguments)


def child_names(gateways: Sequence[str]) -> list[str]:
    """The services' children in the order of their start: each once, the gateway once for each of `gateways`."""
    return [name for name in SERVICES if name != GATEWAY] + [gateway_child(gateway) for gateway in gateways]


def gateway_child(gateway: str) -> str:
    """The name of a gateway's child process."""
    return f"{GATEWAY}-{gateway}"


def health_port_name(child: str) -> str:
    """Under which name the port of a child's /health is kept."""
    return f"{child}.health"


def device_port_name(gateway: str) -> str:
    """Under which name the port of a gateway's device link is kept."""
    return f"{gateway_child(gateway)}.devices"


def port_names(gateways: Sequence[str]) -> list[str]:
    """The ports that services need; the api's own is named like its child."""
    return [API, *map(health_port_name, child_names(gateways)), *map(device_port_name, gateways)]


def service_specs(
    settings: Settings, ports: Mapping[str, int], gateways: Sequence[str], parts: Sequence[str]
) -> list[ServiceSpec]:
    """Every service as a child.

    Args:
        settings: Complete: with the addresses of broker, Redis and database.
        ports: By the names of `port_names`.
        gateways: Ids of the gateways that run on this machine.
        parts: Names of the embedded parts that run beside them.
    """
    base = ONE_THREAD | environment(settings) | {"ANJU_API_PORT": str(ports[API])}
    running = {*parts, *SERVICES}

    def spec(service: Service, child: str, *arguments: str, **more: str) -> ServiceSpec:
        health = ports[health_port_name(child)]
        return ServiceSpec(
            name=child,
            argv=command(service.name, *arguments),
            env=base | more | {"ANJU_HEALTH_PORT": str(health)},
            probe=probes.http_ok(f"http://{LOOPBACK}:{health}/health/ready"),
            needs=tuple(name for name in service.needs if name in running),
        )

    single = [spec(service, service.name) for service in SERVICES.values() if service.name != GATEWAY]
    return single + [
        spec(
            *(SERVICES[GATEWAY], gateway_child(gateway), "--gateway", gateway),
            ANJU_DEVICE_PORT=str(ports[device_port_name(gateway)]),
        )
        for gateway in gateways
    ]


def environment(settings: Settings) -> dict[str, str]:
    """`settings` as the environment that `load_settings` reads them back from."""
    found: dict[str, str] = {}
    for field, description in Settings.model_fields.items():
        value = getattr(settings, field)
        if value is None:
            continue
        name = description.validation_alias or f"ANJU_{field.upper()}"
        found[str(name)] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return found
