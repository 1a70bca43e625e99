"""What browser tests of workers ask of a page."""

from typing import Any

#: The address and the language of what is kept, by the name of the store.
STORES = """async () => {
    const found = {};
    for (const name of await caches.keys()) found[name] = (await (await caches.open(name)).keys()).map((one) => one.url);
    return found;
}"""
WATCH = """() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
}"""


def wait_for_worker(page: Any) -> None:
    """Wait until the page is controlled by a worker that is alone."""
    page.wait_for_function(
        """async () => {
            const found = await navigator.serviceWorker.getRegistration();
            return Boolean(navigator.serviceWorker.controller && found?.active && !found.installing && !found.waiting);
        }"""
    )
