"""What people and other systems reach: a JSON API under /api/v1, the pages of the console, and one live feed."""
