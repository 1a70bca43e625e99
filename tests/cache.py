"""A Redis cache that never touches keys which are not its own."""

from portal.running.cache import PatientRedisCache


class OwnKeysRedisCache(PatientRedisCache):
    """Clear by prefix: Django's own `clear()` flushes the whole database, which may be somebody else's."""

    def clear(self) -> bool:
        """Delete the keys under this cache's prefix and return True."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
        return True
