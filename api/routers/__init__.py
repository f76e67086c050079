"""The JSON API: one module a subject, all under /api/v1."""
