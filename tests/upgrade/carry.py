"""Carry a database of an older version to this one, as an operator does, and print what came of it as JSON.

Run as `python -m tests.upgrade.carry` with DATABASE_URL naming the database. It works in a process of its own, because
the process that runs the tests has its own database.
"""

import io
import json
import sys
from typing import Any

ODD = "CARRY00002"
PAGES = {
    "/": 200,
    "/canteens/": 200,
    f"/canteens/{ODD}/": 200,
    "/canteens/CARRY00003/": 200,
    "/canteens/CARRY00000/": 404,
    "/canteens/CARRY00004/": 404,
    "/rights/": 200,
    "/search/?q=康桥": 200,
    "/map/": 200,
    "/api/v1/canteens/?page_size=5": 200,
    f"/api/v1/canteens/{ODD}/": 200,
}


def command(name: str, *arguments: str, **options: Any) -> str:
    """Run a management command; return what it printed or what it refused with."""
    from django.core.management import CommandError, call_command

    output = io.StringIO()
    try:
        call_command(name, *arguments, stdout=output, **options)
    except CommandError as error:
        return f"refused: {error}"
    return output.getvalue()


def carry() -> dict[str, Any]:
    """Migrate, republish and visit; return what each step said."""
    from django.test import Client

    from portal.listings.models import Listing, OpenInterval

    command("migrate", interactive=False, verbosity=0)
    said: dict[str, Any] = {"after_migrate": command("republish", "--check")}
    said["hashes"] = hashes()
    command("republish")
    said["after_republish"] = command("republish", "--check")
    said["documents"] = dict(Listing.objects.exclude(document="").values_list("public_id", "document"))
    said["hashes_after"] = hashes()
    client = Client(headers={"host": "localhost"})
    said["statuses"] = {path: client.get(path).status_code for path in PAGES}
    said["triggers"] = triggers()
    said["faults"] = faults()
    said["next_key"] = next_key()
    command("tick")
    said["intervals"] = OpenInterval.objects.count()
    return said


def hashes() -> dict[str, str]:
    """Return the document's hash of every listing."""
    from portal.listings.models import Listing

    return dict(Listing.objects.order_by("public_id").values_list("public_id", "document_hash"))


def triggers() -> list[str]:
    """Return the names of all triggers."""
    from django.db import connection

    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    }
    with connection.cursor() as cursor:
        cursor.execute(names[connection.vendor])
        return [name for (name,) in cursor.fetchall()]


def faults() -> list[str]:
    """Return what the engine itself finds wrong with keys and constraints."""
    from django.db import connection

    checks = {
        "sqlite": [
            "PRAGMA foreign_key_check",
            "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        ],
        "postgresql": ["SELECT conname FROM pg_constraint WHERE NOT convalidated"],
    }
    found = []
    with connection.cursor() as cursor:
        for check in checks[connection.vendor]:
            cursor.execute(check)
            found += [repr(row) for row in cursor.fetchall()]
    return found


def next_key() -> bool:
    """Say whether a new row gets a key of its own: sequences stand behind the last row."""
    from django.db import transaction

    from portal.accounts.models import Organisation

    with transaction.atomic():
        last = Organisation.objects.order_by("-pk").values_list("pk", flat=True)[0]
        new = Organisation.objects.create(kind="platform", name="平台 x")
        transaction.set_rollback(True)
    return new.pk > last


def back(targets: list[str]) -> dict[str, Any]:
    """Migrate apps back to the named migrations ("listings.0001"); return what each said."""
    return {
        target: command("migrate", *target.split("."), interactive=False, verbosity=0) for target in targets
    }


if __name__ == "__main__":
    import django

    django.setup()
    targets = sys.argv[1:]
    print(json.dumps(back(targets) if targets else carry(), ensure_ascii=False))
