"""What answers look like to OpenAPI: models filled from the attributes of our own rows."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict

from api.paging import PAGE_DEFAULT, PAGE_MAX
from core.clock import CHINA, from_us

T = TypeVar("T")


def _moment(value: object) -> object:
    return from_us(value).astimezone(CHINA) if isinstance(value, int) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Rows in the page")]
Before = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
LIMIT = PAGE_DEFAULT


class Out(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class Page(Out, Generic[T]):
    """Rows in order; `next` leads on where there are more."""

    items: list[T]
    next: str | None = None
