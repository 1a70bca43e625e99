"""The pages at /partners/, on which an organisation keeps its own keys and webhooks."""
