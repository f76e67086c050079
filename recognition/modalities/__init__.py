"""The modalities there are, by their name on the wire."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.facts import Modality
from recognition.modalities.base import Matcher
from recognition.modalities.face import FaceMatcher
from recognition.modalities.fingerprint import FingerMatcher
from recognition.modalities.gait import GaitMatcher
from recognition.modalities.plate import PlateMatcher

_ALL: tuple[Matcher[Any, Any, Any, Any], ...] = (FaceMatcher(), FingerMatcher(), GaitMatcher(), PlateMatcher())
MATCHERS: Mapping[Modality, Matcher[Any, Any, Any, Any]] = MappingProxyType({one.modality: one for one in _ALL})
