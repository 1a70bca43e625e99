"""What the guard's page says by itself, in the reader's language; a verdict's own words are in `verdict_words`."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Read by static/js/guard/words.js; {braces} are filled there.
SAYS: dict[str, Any] = {
    "word_go": pgettext_lazy("on a guard's screen", "Let in"),
    "word_wait": pgettext_lazy("on a guard's screen", "Please wait"),
    "word_no": pgettext_lazy("on a guard's screen", "Do not let in"),
    "online": _("Online {clock}"),
    "offline": _("Offline"),
    "waiting": _("{count} to send"),
    "set_aside": _("Set aside by the server: {count}. Look under “More”."),
    "clock_unknown": _("This phone's clock is not sure. Connect it to the network once."),
    "keys_rolled_back": _(
        "The server sent older keys than this phone has. They were refused; tell the property."
    ),
    "list_rolled_back": _(
        "The server sent an older list than this phone has. It was refused; tell the property."
    ),
    "list_not_signed": _(
        "The list of blocked codes is not signed rightly. It was refused; tell the property."
    ),
    "ask_digits": _("Ask the courier to type on his phone"),
    "seconds_left": _("{count} s left"),
    "provisional": _("provisional code"),
    "order_here": _("on an order here"),
    "on_foot": _("on foot only here, until his notice ends"),
    "platform_other": _("other platform"),
    "terms_ride": _("ride in"),
    "terms_enter": _("enter on foot"),
    "terms_closed": _("closed now"),
    "terms_unknown": _("hours not known"),
    "terms_never": _("no entry for couriers here"),
    "try_again": _("Scan again, or enter by hand."),
    "changed_later": _("The one before — {word}: {why}"),
    "camera_denied": _("The camera is not allowed. Allow it in the browser's settings, or choose a picture."),
    "camera_taken": _("Another app uses the camera. Close it, then scan again."),
    "camera_missing": _("No camera can be used here. Choose a picture, or enter by hand."),
    "reader_missing": _("The code reader did not load. Reload this page while online, or enter by hand."),
    "no_storage": _(
        "This browser keeps nothing. Open the page in the phone's own browser, not in a private window."
    ),
    "not_kept": _("This scan could not be kept on the phone. Note it on paper, and make room on the phone."),
    "no_code_in_picture": _("No code was found in this picture. Take it again, closer and straight."),
    "manual_offline": _(
        "The eight digits need the network. Offline, let in by your own decision, with a reason."
    ),
    "manual_lost": _("The server was not reached. Press the last digit again."),
    "manual_left": _("Tries left: {count}."),
    "manual_locked": _("Too many wrong digits. Locked until {clock}; the property has been told."),
    "incident_sent": _("Reported. The property and the street office can see it."),
    "incident_waits": _("Kept on this phone. It goes out once there is a network."),
    "not_sent": _("not sent yet"),
    "ending_waiting": _("{count} passes are not sent yet. They stay on this phone and go out later."),
    "device_expired": _("The 30 days of this phone are over."),
    "kept_unregistered": _("They are kept here and go out once this phone is registered again."),
    "reason_too_old": _("The pass is older than ten days."),
    "reason_too_new": _("The phone's clock was ahead."),
    "reason_bad_time": _("The phone's clock was changed in between."),
    "reason_other_checkpoint": _("The checkpoint belongs to another place."),
    "reason_shift_unknown": _("The shift belongs to another phone."),
    "reason_shift_over": _("The shift had ended."),
    "reason_unstorable": _("The server could not store it."),
}
