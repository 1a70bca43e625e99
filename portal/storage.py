"""Storages that differ from Django's own."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """Hash static names, also inside ES module imports."""

    support_js_module_import_aggregation = True
