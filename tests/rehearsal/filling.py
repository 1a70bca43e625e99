"""Fill the city in one process, as its operator would by single commands, and print what the crowd needs as JSON."""

import io
import json
import os
import sys

import django


def main() -> None:
    """Migrate, load a small city, sign a clerk in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from canteens.models import Canteen
    from portal.accounts.models import User

    silence = io.StringIO()
    for command in (
        ["collectstatic", "--noinput"],
        ["migrate", "--noinput"],
        ["ensure_groups"],
        ["load_regions", "portal/regions/data/hangzhou/regions.csv"],
        ["load_demo"],
        ["load_rights"],
    ):
        call_command(*command, stdout=silence)
    clerk = Client()
    clerk.force_login(User.objects.get(phone="+8613800000002"))
    rows = Canteen.objects.published().filter(area_code__startswith="330105010").order_by("pk")[:3]
    found = {
        "session": clerk.cookies["sessionid"].value,
        "keys": [row.pk for row in rows],
        "numbers": [row.public_id for row in rows],
        "drawing": json.loads(rows[0].document)["drawing"],
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
