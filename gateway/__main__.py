"""`python -m gateway --gateway ID`: wires one gateway to the real broker, vault, recognisers and clock."""

import argparse
import os
import sys
from collections.abc import Callable

from core.clock import SystemClock
from core.mqtt import Link, PahoLink
from core.runtime import serve
from core.settings import Settings, load_settings
from core.vault import Vault
from gateway.config import Config, gateway_dir, load_config
from gateway.downlink import subscriptions
from gateway.pictures import Looks, looks_for
from gateway.recognisers.manifest import load_manifest
from gateway.service import GatewayService

SITE_MODELS = "models.toml"  # beside gateway.toml: a site's own models


def main() -> int:
    """Run until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description="One gateway of an estate")
    parser.add_argument("--gateway", required=True, metavar="ID", help="its id, as in gateway.toml")
    gateway = str(parser.parse_args().gateway)
    settings = load_settings()

    def build() -> GatewayService:
        folder = gateway_dir(settings, gateway)
        config = load_config(folder, gateway)

        def make_link(connected: Callable[[], None]) -> Link:
            filters = subscriptions(config.estate, gateway)
            return PahoLink(settings.mqtt_url, f"gateway-{config.estate}-{gateway}", filters, on_connect=connected)

        return GatewayService(
            settings, config, Vault.open(settings).estate(config.estate), folder=folder, make_link=make_link,
            looks=_looks(settings, config), clock=SystemClock(),
        )  # fmt: skip

    return serve(f"gateway-{gateway}", settings, build)


def _looks(settings: Settings, config: Config) -> list[Looks]:
    """Sets of recognisers: one, or two where the machine has cores to spare; none where no device needs any."""
    modalities = tuple(dict.fromkeys(modality for device in config.devices for modality in device.recognise))
    if not modalities:
        return []
    site = gateway_dir(settings, config.gateway) / SITE_MODELS
    manifest = load_manifest(site if site.exists() else None)
    return [looks_for(manifest, modalities) for _ in range(2 if (os.cpu_count() or 1) >= 4 else 1)]


if __name__ == "__main__":
    sys.exit(main())
