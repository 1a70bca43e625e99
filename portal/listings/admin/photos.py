"""Photos of a listing: an upload is stored at once, so a mistake elsewhere in the form does not lose it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from portal.listings.admin.rows import RowForm, RowFormSet, RowInline
from portal.listings.models import Photo
from portal.listings.pictures import ACCEPT, picture_paths, store_picture
from portal.listings.snapshots import Snapshot

SALT = "listing-photo"
MOST = 20


def kept_picture(digest: str, width: int, height: int) -> str:
    """Return a stored picture as the hidden field carries it, signed: nobody attaches a file that is not there."""
    return signing.dumps([digest, width, height], salt=SALT)


class PhotoForm(RowForm):
    """One photo: a new file, or the signed name of a stored one."""

    upload = forms.FileField(
        label=_("file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget({"accept": ACCEPT}),
    )
    stored = forms.CharField(required=False, widget=forms.HiddenInput())

    def has_changed(self) -> bool:
        """Say whether there is a picture at all."""
        if not self.is_bound:
            return False
        return bool(self.data.get(self.add_prefix("stored")) or self.files.get(self.add_prefix("upload")))

    def clean(self) -> dict[str, Any]:
        """Store a new file and remember its name in the form, or read the name of the stored one."""
        data = super().clean()
        data["position"] = data.get("position") or 0
        if file := data.get("upload"):
            try:
                picture = store_picture(file)
            except ValidationError as error:
                self.add_error(
                    "upload", ValidationError([f"{file.name}: {message}" for message in error.messages])
                )
                return data
            posted: Any = self.data.copy()  # type: ignore[attr-defined]
            posted[self.add_prefix("stored")] = kept_picture(*picture)
            self.data = posted
            self._take(*picture)
        elif data.get("stored"):
            try:
                self._take(*signing.loads(data["stored"], salt=SALT))
            except (signing.BadSignature, TypeError):
                self.add_error("upload", _("Choose the photo again."))
        return data

    def _take(self, digest: str, width: int, height: int) -> None:
        self.instance.digest, self.instance.width, self.instance.height = digest, width, height

    @property
    def thumbnail(self) -> str:
        """Return the address of the small picture, "" without one."""
        value = self["stored"].value()
        try:
            digest = signing.loads(value, salt=SALT)[0] if value else ""
        except (signing.BadSignature, TypeError, IndexError):
            return ""
        return storages["public"].url(picture_paths(digest)["small"]) if digest else ""

    @property
    def large(self) -> str:
        """Return the address of the large picture, "" without one."""
        return self.thumbnail.replace("-320.webp", "-1280.webp")

    @classmethod
    def initial_of(cls, row: models.Model, names: Iterable[str]) -> dict[str, Any]:
        """Return the initial values of a stored photo."""
        initial = super().initial_of(row, names)
        return {**initial, "stored": kept_picture(initial["digest"], initial["width"], initial["height"])}

    @classmethod
    def put_row(cls, data: QueryDict, prefix: str, row: Snapshot) -> None:
        """Write a photo of a snapshot into posted data."""
        super().put_row(data, prefix, row)
        data[f"{prefix}-stored"] = kept_picture(row["digest"], row["width"], row["height"])


class PhotoFormSet(RowFormSet):
    """Photos in the order of their numbers."""

    def rows(self) -> list[Snapshot]:
        """Return the photos by number; equal numbers stay in the order of the form."""
        return sorted(super().rows(), key=lambda row: row["position"] or 0)


class PhotoInline(RowInline):
    """Photos as cards, ordered by dragging or by number."""

    form = PhotoForm
    formset = PhotoFormSet
    template = "admin/listings/photos.html"
    max_num = MOST
    fields = ("role", "alt", "position", "upload")
    verbose_name_plural = Photo._meta.verbose_name_plural
    roles: tuple[str, ...] = (Photo.Role.PICTURE,)

    def formfield_for_dbfield(self, db_field: models.Field, request: Any, **kwargs: Any) -> Any:
        """Offer only the roles that the kind's photos may have."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "role" and field is not None:
            field.choices = [choice for choice in Photo.Role.choices if choice[0] in self.roles]
            if len(self.roles) == 1:
                field.widget = forms.HiddenInput()
        elif db_field.name == "position" and field is not None:
            field.required = False
        return field
