"""All parameters there are, by name."""

from collections.abc import Mapping
from typing import Any

from housing.parameters import detection, law
from housing.parameters.base import Parameter, WrongParameter, read

KNOWN: Mapping[str, Parameter[Any]] = {parameter.name: parameter for parameter in (*law.ALL, *detection.ALL)}


def check(name: str, value: str) -> None:
    """Raise WrongParameter unless `value` is one that the parameter called `name` can have."""
    parameter = KNOWN.get(name)
    if parameter is None:
        raise WrongParameter(
            f"没有名为“{name}”的参数。", f"No parameter is called {name!r}.",
            mend_zh="可用的参数见参数页。", mend_en="The page of parameters lists those that exist.",
        )  # fmt: skip
    read(parameter, value)
