"""Recognisers: a picture in, probes out. The weights ship in packages and are checked before they are used."""
