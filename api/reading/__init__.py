"""What answers are made of: reads on the three stores, joined in memory, the same for the JSON API and the pages."""
