"""Erase what is kept of a courier's code: the person keeps their sign-in, and nothing says who the codes were."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Courier, User
from services.codes import news, private_pictures
from services.codes.checking import enrolled
from services.codes.models import Holder, Refusal, RosterEntry
from services.codes.revoking import end_containers, revoke_live
from services.codes.standing import rest_on


@transaction.atomic
def erase(*, user: Any, now: datetime | None = None) -> Holder:
    """Erase a courier's code; return the holder's row, which says no more than that there was one.

    All that is live is taken back, devices are forgotten, links from codes to the person are cut, name, platform, proof
    and photo go. What an open case holds stays until it is closed; a suspension stays for as long as it would have
    lasted. The caller has seen a fresh code by text message. Raise CodeRefused for somebody without a code.
    """
    moment = now or timezone.now()
    holder = enrolled(user)
    end_containers(holder.containers.live(), why="erased", now=moment)
    revoke_live(holder.credentials.all(), now=moment)
    cut_links(holder.credentials.filter(held_by_case=False))
    # Containers go by themselves once nothing names them; those of held codes keep no words about the device.
    holder.containers.filter(credentials=None).delete()
    holder.containers.update(label="")
    RosterEntry.objects.filter(holder=holder).update(holder=None)
    Refusal.objects.filter(holder=holder).update(note="")
    news.forget(holder)
    transaction.on_commit(partial(private_pictures.forget, holder.proof_image, holder.photo))
    # Staff who also deliver keep the name that they decide under.
    User.objects.filter(pk=holder.courier.user_id, is_staff=False).update(name="")
    Courier.objects.filter(pk=holder.courier_id).update(platform=None)
    rest_on(holder, Holder.Basis.CLAIM, None)
    holder.state, holder.erased_at = Holder.State.ERASED, moment
    holder.proof_image = holder.proof_reason = holder.photo = holder.photo_reason = ""
    holder.proof_sent_at, holder.photo_state = None, Holder.PhotoState.NONE
    holder.save()
    return holder


def cut_links(credentials: Any) -> int:
    """Take away who some credentials were issued to, and their bytes with the masked name; return how many.

    Their rows stay, so that old proofs can be checked.
    """
    return credentials.update(holder=None, container=None, data=None)
