"""Property tests run on busy machines: no deadline for a single example."""

from hypothesis import settings

settings.register_profile("haihe", deadline=None)
settings.load_profile("haihe")
