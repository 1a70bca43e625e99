"""What is done in the administration is kept as events, with old and new values, in the transaction of the deed."""

from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.audit.changes import Changes, of_form, of_row
from portal.audit.models import Action, Event
from portal.audit.recording import area_of, record
from portal.audit.wording import changes_of

HISTORY_ROWS = 100


class RecordedAdmin:
    """Mix into a model admin: it writes events instead of Django's own log, and shows them as an object's history.

    `event_action`, `event_area` and `event_label` say what a change is called, which office reads of it, and of what;
    `public_fields` names what everybody may read anyway, such as the number of a hotline, and is kept in full.
    """

    opts: Any
    admin_site: Any
    media: Any
    public_fields: tuple[str, ...] = ()

    def event_action(self, action: str, changes: Changes) -> str:
        """Return what a deed is called: "added", "changed" or "deleted" unless a table has words of its own."""
        return action

    def event_area(self, obj: Any) -> str:
        """Return the code of the area whose office reads of a row."""
        return area_of(obj)

    def event_label(self, obj: Any) -> str:
        """Return what a row is called in an event."""
        return str(obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return what was changed, which `log_change` or `log_addition` keeps."""
        return of_form(form, formsets, is_new=add, public=self.public_fields)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep that a row was added, and with which values."""
        return self._keep(Action.ADDED, request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep what was changed of a row; a text says what no field tells. What changed nothing leaves nothing."""
        return self._keep(Action.CHANGED, request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Keep nothing yet: `delete_model` and `delete_queryset` do, in the transaction that deletes."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a row, and keep what it held."""
        with transaction.atomic():
            self._keep_deleted(request, obj)
            super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete the rows chosen, and keep what each held."""
        with transaction.atomic():
            for obj in queryset:
                self._keep_deleted(request, obj)
            super().delete_queryset(request, queryset)  # type: ignore[misc]

    def _keep(self, action: str, request: HttpRequest, obj: Any, message: Any) -> Any:
        # Records are kept in the portal's own language, whoever writes them.
        with translation.override(settings.LANGUAGE_CODE):
            changes = message if isinstance(message, Changes) else Changes(note=str(message or ""))
        if action == Action.CHANGED and not (changes.before or changes.after or changes.note):
            return None
        return record(
            self.event_action(action, changes),
            by=request.user,
            about=obj,
            area_code=self.event_area(obj),
            before=changes.before,
            after=changes.after,
            note=changes.note,
            label=self.event_label(obj),
        )

    def _keep_deleted(self, request: HttpRequest, obj: Any) -> None:
        changes = Changes(before=of_row(obj, self.public_fields))
        record(
            self.event_action(Action.DELETED, changes),
            by=request.user,
            about=obj,
            area_code=self.event_area(obj),
            before=changes.before,
            label=self.event_label(obj),
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the events about one row, the newest first, to whoever may see the row."""
        admin: Any = self
        obj = admin.get_object(request, unquote(object_id))
        if obj is None:
            return admin._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not admin.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        rows = Event.objects.filter(
            object_kind=self.opts.label_lower, object_id=str(obj.pk), is_private=False
        ).order_by("-made_at", "-pk")
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of “%(name)s”") % {"name": obj},
            "opts": self.opts,
            "object": obj,
            "rows": [(event, changes_of(event)) for event in rows[:HISTORY_ROWS]],
            "media": self.media,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/audit/object_history.html", context)
