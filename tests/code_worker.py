"""What browser tests of workers ask of a page."""

from typing import Any

from playwright.sync_api import Error

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


def wait_until(page: Any, question: str, seconds: int = 20) -> None:
    """Ask the page until a function answers yes; a page that is being loaded anew is asked again.

    Unlike `wait_for_function`, which polls by `eval` inside the page and breaks on our policy when the first
    answer is no.
    """
    for _attempt in range(seconds * 5):
        try:
            if page.evaluate(question):
                return
        except Error as error:
            if "context" not in str(error).lower():
                raise
        page.wait_for_timeout(200)
    raise AssertionError(f"It never came to this: {question}")


def wait_for_worker(page: Any) -> None:
    """Wait until the page is controlled by a worker that is alone."""
    wait_until(
        page,
        """async () => {
            const found = await navigator.serviceWorker.getRegistration();
            return Boolean(navigator.serviceWorker.controller && found?.active && !found.installing && !found.waiting);
        }""",
    )
