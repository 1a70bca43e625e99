"""What is forgotten of people who never came."""

from datetime import timedelta

from django.utils import timezone

from portal.accounts.models import User

UNFINISHED_FOR = timedelta(days=1)


def forget_unfinished_signups() -> int:
    """Delete the sign-ups begun a day ago whose number nobody proved; return how many.

    People whom staff entered stay, and so does everybody who ever signed in, even without a number by now.
    """
    begun = timezone.now() - UNFINISHED_FOR
    rows = User.objects.unfinished().filter(
        courier__isnull=False, is_superuser=False, last_login=None, phone_seen_at=None, joined_at__lt=begun
    )
    _count, by_model = rows.delete()
    return by_model.get(User._meta.label, 0)
