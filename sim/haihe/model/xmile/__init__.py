"""XMILE files: parsed safely, flattened, and written as the translator's own structures."""
