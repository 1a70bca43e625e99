"""People, organisations and posts in the administration."""

from typing import Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 (registers what is taken out again below)
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_forms import NewPostForm, OrganisationForm, PostForm
from portal.accounts.admin_scope import KeyedAdmin, ScopedAdmin, ScopedRelatedFilter
from portal.accounts.giving import give_post, grantable_groups
from portal.accounts.models import Organisation, Post, User
from portal.accounts.resetting import PERMISSION, forget_password, reset_second_factor
from portal.accounts.scope import acts_everywhere
from portal.accounts.sign_ins import area_of_person
from portal.audit.changes import Changes
from portal.audit.models import Action
from portal.regions.areas import area_names

# allauth's pages keep second factors, and nobody here has an email address; both lists would show secrets to no end.
for model in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Group)
class GroupAdmin(KeyedAdmin):
    """The groups of permissions; `manage.py ensure_groups` writes them."""

    def event_action(self, action: str, changes: Changes) -> str:
        """Return that permissions were changed, whatever was done to a group."""
        return Action.PERMISSIONS_CHANGED

    search_fields = ("name",)
    filter_horizontal = ("permissions",)


class AreaColumn:
    """Show areas by name, asked for once for a whole page of a list."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Put the area's name beside each row of the page."""
        changelist = super().get_changelist_instance(request)  # type: ignore[misc]
        rows = list(changelist.result_list)
        names = area_names((_area_of(row) for row in rows), (get_language() or "zh")[:2])
        for row in rows:
            row.area_shown_name = names.get(_area_of(row), _area_of(row))
        changelist.result_list = rows
        return changelist

    @admin.display(description=_("area"))
    def area_shown(self, obj: Any) -> str:
        """Return the area's name in the reader's language, "—" without one."""
        return getattr(obj, "area_shown_name", "") or "—"


def _area_of(row: Any) -> str:
    return row.area if isinstance(row, Post) else row.area_code


@admin.register(Organisation)
class OrganisationAdmin(AreaColumn, ScopedAdmin):
    """Offices and firms in the acting post's area."""

    list_display = ("name", "kind", "area_shown")
    list_filter = ("kind",)
    search_fields = ("name",)
    autocomplete_fields = ("parent",)

    list_scope = "visible_to"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form that knows who fills it in."""
        form = super().get_form(request, obj, change, form=OrganisationForm, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})


@admin.register(Post)
class PostAdmin(AreaColumn, ScopedAdmin):
    """Who acts for whom; given by phone number, so that nobody has to be registered first."""

    form = PostForm
    list_display = ("user", "organisation", "group", "area_shown", "starts_on", "ends_on")
    list_filter = (("organisation", ScopedRelatedFilter), ("group", ScopedRelatedFilter))
    list_select_related = ("user", "organisation", "group")
    search_fields = ("user__name", "organisation__name")
    autocomplete_fields = ("organisation",)
    list_scope = "visible_to"

    def event_action(self, action: str, changes: Changes) -> str:
        """Return what was done with a post: changed or ended."""
        ended = action == Action.DELETED or changes.after.get("ends_on")
        return Action.POST_ENDED if ended else Action.POST_CHANGED

    def event_label(self, obj: Post) -> str:
        """Return whose post it is, and which."""
        return f"{obj.user} · {obj}"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form that knows who fills it in; a new post asks for a phone number."""
        if obj is None:
            kwargs["form"] = NewPostForm
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields; who holds an existing post does not change."""
        who = ["phone", "name"] if obj is None else ["user"]
        return [*who, "organisation", "group", "area_code", "starts_on", "ends_on"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what does not change."""
        return ["user"] if obj is not None else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only organisations that one keeps, and only groups that may do no more than oneself."""
        user: Any = request.user
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.editable_by(user)
        elif db_field.name == "group":
            kwargs["queryset"] = grantable_groups(user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def log_addition(self, request: HttpRequest, obj: Post, message: Any) -> None:
        """Keep nothing more: giving a post records itself."""

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """Give a new post; save what changed of one that is held."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = give_post(post=obj, by=request.user).pk


@admin.register(User)
class UserAdmin(ScopedAdmin):
    """The people whose posts lie in the acting post's area. Numbers are shown in part in lists."""

    list_display = ("shown", "masked_phone", "is_staff", "is_active", "has_second_factor", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("name", "posts__organisation__name")
    actions = ("take_second_factor", "take_password")
    fields = (
        "name",
        "phone",
        "email",
        "is_active",
        "is_staff",
        "phone_verified_at",
        "phone_seen_at",
        "last_login",
    )

    def event_action(self, action: str, changes: Changes) -> str:
        """Return that permissions were changed where somebody may do more or less than before."""
        touched = changes.after.keys() & {"is_active", "is_staff", "is_superuser"}
        return Action.PERMISSIONS_CHANGED if touched else action

    def event_area(self, obj: User) -> str:
        """Return the area of the post that a person holds."""
        return area_of_person(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add whether each person has a second factor."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(factor=Exists(factors))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields; only who may do everything says who else may."""
        extra = ["is_superuser"] if acts_everywhere(request.user) else []
        return [*self.fields, *extra]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what does not change. A phone is a way in: only who may register people changes one."""
        fixed = ["phone_verified_at", "phone_seen_at", "last_login"]
        return fixed if request.user.has_perm("accounts.add_user") else [*fixed, "phone", "is_staff"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let only superusers add people by themselves; everyone else gives somebody a post."""
        return acts_everywhere(request.user)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Treat a phone that staff entered as not proved."""
        if not change:
            obj.set_unusable_password()
        if "phone" in form.changed_data:
            obj.phone_verified_at = obj.phone_seen_at = None
        super().save_model(request, obj, form, change)

    @admin.display(description=_("name"), ordering="name")
    def shown(self, obj: User) -> str:
        """Return the name, else the masked phone."""
        return str(obj)

    @admin.display(description=_("phone"))
    def masked_phone(self, obj: User) -> str:
        """Return the number in part."""
        return obj.masked_phone

    @admin.display(description=_("second factor"), boolean=True)
    def has_second_factor(self, obj: Any) -> bool:
        """Say whether the person set one up."""
        return obj.factor

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to reset second factors."""
        return request.user.has_perm(PERMISSION)

    @admin.action(description=_("Reset the second factor"), permissions=["reset"])
    def take_second_factor(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Remove the second factors of the people chosen; each is recorded."""
        for person in queryset:
            reset_second_factor(person=person, by=request.user)  # type: ignore[arg-type]
        self._tell(request, len(queryset))

    @admin.action(description=_("Remove the password"), permissions=["reset"])
    def take_password(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Make the passwords of the people chosen useless; each is recorded."""
        for person in queryset:
            forget_password(person=person, by=request.user)  # type: ignore[arg-type]
        self._tell(request, len(queryset))

    def _tell(self, request: HttpRequest, count: int) -> None:
        told = ngettext("Done for %(count)d person.", "Done for %(count)d people.", count)
        self.message_user(request, told % {"count": count}, messages.SUCCESS)


from portal.accounts import office_pages  # noqa: E402, F401
