"""One module a format; each declares `FORMATS`, which `formats.registry` finds by itself."""
