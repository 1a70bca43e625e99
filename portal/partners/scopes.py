"""What a key may be allowed to do."""

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "listings:read": _("Read listings"),
    "listings:write": _("Write listings of its own sources"),
    "listings:publish": _("Publish, pause and archive listings of its own sources, and change them at once"),
    "availability:write": _("Say what is free: beds, portions, how full a station is"),
    "couriers:write": _("Write its couriers"),
    "gates:read": _("Read what a gate needs to check codes"),
    "passes:write": _("Check codes and write passes"),
}
