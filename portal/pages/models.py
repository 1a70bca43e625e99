"""Cards about rights, which staff edit."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from portal.regions.language import in_english


class RightsCardQuerySet(models.QuerySet):
    """Cards in the reader's words."""

    def published(self) -> "RightsCardQuerySet":
        """Return what the public sees, in order."""
        return self.filter(is_published=True)


class RightsCard(models.Model):
    """Whom to call about one concern: a few plain sentences in two languages, a phone, a link.

    The text is plain: an empty line begins a paragraph, and nothing in it is read as markup.
    """

    slug = models.SlugField(
        _("short name"), max_length=40, unique=True, help_text=_("Part of the address: /rights/#injury")
    )
    title_zh = models.CharField(_("title in Chinese"), max_length=40)
    title_en = models.CharField(_("title in English"), max_length=80)
    body_zh = models.TextField(_("text in Chinese"), max_length=1000)
    body_en = models.TextField(_("text in English"), max_length=2000)
    phone = models.CharField(
        _("phone"),
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(
                r"^\+?[0-9][0-9 -]{1,18}\Z", _("A phone number has digits, spaces and dashes only.")
            )
        ],
    )
    link = models.URLField(_("link"), blank=True, max_length=300)
    amenity_code = models.SlugField(
        _("amenity"),
        max_length=40,
        blank=True,
        help_text=_("The code of an amenity: the card then links to the stations that have it."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_published = models.BooleanField(_("published"), default=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = RightsCardQuerySet.as_manager()

    class Meta:
        verbose_name = _("rights card")
        verbose_name_plural = _("rights cards")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        """Return the title in the reader's language."""
        return self.title

    @property
    def title(self) -> str:
        """Return the title in the reader's language."""
        return self.title_en if in_english() else self.title_zh

    @property
    def paragraphs(self) -> list[str]:
        """Return the text in the reader's language, cut at empty lines."""
        body = self.body_en if in_english() else self.body_zh
        return [part.strip() for part in body.replace("\r\n", "\n").split("\n\n") if part.strip()]

    @property
    def anchor(self) -> str:
        """Return the id of the card on the page."""
        return slugify(self.slug)
