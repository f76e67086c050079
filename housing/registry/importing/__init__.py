"""Import of the registry's files (docs: contracts of the CSV files and the same as sheets of one .xlsx)."""

from housing.registry.importing.service import FilesMissing, Report, run_import
from housing.registry.importing.sheets import Progress, Refusal, SourceRefused
from housing.registry.upsert import Counts

__all__ = ["Counts", "FilesMissing", "Progress", "Refusal", "Report", "SourceRefused", "run_import"]
