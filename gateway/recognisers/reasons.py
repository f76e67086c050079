"""Why a picture is not as good as it could be: a message id with its values, said in both languages."""

from dataclasses import dataclass

from core import texts


@dataclass(frozen=True, slots=True)
class Reason:
    """One shortcoming: the message, what was measured and what is asked for, in the message's own unit."""

    id: str
    value: float
    limit: float

    def text(self, lang: str) -> str:
        """The reason in words ("zh" or "en")."""
        return texts.render(self.id, lang, value=self.value, limit=self.limit)
