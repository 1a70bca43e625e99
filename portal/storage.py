"""Storages that differ from Django's own; buckets are in portal.running.buckets."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Names of public media carry the hash of the content, so that a copy never grows old.
FOREVER = "public, max-age=31536000, immutable"


class StoreLost(OSError):
    """The bucket does not answer or refuses; what is kept there is not gone."""


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """Hash static names, also inside ES module imports."""

    support_js_module_import_aggregation = True
    #: One pass settles one level of imports; Django's five end before those of the courier's code do.
    max_post_process_passes = 12
